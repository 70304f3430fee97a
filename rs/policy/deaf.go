package policy

import (
	"time"

	"bennu/kernel/abi"
)

// A service that does not answer hangs. When nobody answers, RS is the likelier one to be ill: it does not hear, or its pings do not go out, and it would
// kill everybody for that. So before it kills the first one it ends its own life (Deaf), once: the next one forgives (Reborn) and pings anew, and whoever
// is silent then is killed. What really hangs is killed three periods of its own later for that.

// deafRest is how long RS does not suspect itself again: services that hang together again and again are not to bring about so many ends of RS that the
// kernel starts the machine again.
const deafRest = 2 * time.Second

// deaf tells whether a service that has answered nothing for two periods is not to be killed, since nobody has answered meanwhile: not one, and there is
// another one that has had the time. It is used up until somebody was heard again.
func (s *State) deaf(now time.Duration, id ID) bool {
	r := &s.rows[id]
	if s.silent {
		return true
	}
	if s.heardAt >= r.pingAt || s.deafAt != never && (s.heardAt <= s.deafAt || now-s.deafAt < deafRest) {
		return false
	}
	for i := range s.rows {
		if o := &s.rows[i]; ID(i) != id && o.pinged() && o.missed > 0 && o.pingAt+min(o.cfg.Period, r.cfg.Period)/2 <= now {
			s.silent, s.deafAt = true, now
			return true
		}
	}
	return false
}

// poll pings those that owe nothing when one has missed a ping and nobody was heard since: in a period it is known whether RS hears.
func (s *State) poll(now time.Duration, id ID) {
	r := &s.rows[id]
	if r.missed < 2 || s.heardAt >= r.pingAt {
		return
	}
	for i := range s.rows {
		if o := &s.rows[i]; o.pinged() && o.missed == 0 {
			s.ping(now, ID(i))
		}
	}
}

// pinged tells whether a service has to answer pings.
func (r *row) pinged() bool { return r.state == abi.ServiceRunning && r.cfg.Period > 0 }
