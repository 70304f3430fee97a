package policy

import (
	"time"

	"bennu/kernel/abi"
)

// latest is behind all times that a State has, and so far from the end of the numbers that a sum of two is one.
const latest = time.Duration(1 << 61)

const noTime = "there is a time that cannot be"

func instant(b []byte) time.Duration { return time.Duration(le.Uint64(b)) }

// some tells whether t is a time, or would not be: never.
func some(t time.Duration) bool { return t >= never && t < latest }

func past(t time.Duration) bool { return t >= 0 && t < latest }

// check is what holds of a State between two Steps; an error says what does not.
func (s *State) check() error {
	booting, living := 0, 0
	for i := range s.rows {
		r := &s.rows[i]
		if what := r.check(); what != "" {
			return wrong(what)
		}
		if r.boot {
			booting++
		}
		if r.alive {
			living++
		}
		if s.stopping && (r.state == abi.ServiceBackoff || r.state == abi.ServiceWaiting) {
			return wrong("a restart is due while the machine is being shut down")
		}
	}
	if !past(s.fullAt) || !past(s.heardAt) || !some(s.deafAt) {
		return wrong(noTime)
	}
	for i := range s.waiters {
		w := &s.waiters[i]
		if st := s.rows[w.id].state; st != abi.ServiceStopping && (w.gone || st != abi.ServiceStarting && st != abi.ServiceBackoff && st != abi.ServiceWaiting) {
			return wrong("one waits for what has come")
		}
	}
	for _, n := range s.open {
		if n > MaxOpen {
			return wrong("one waits more often than anybody may")
		}
	}
	switch {
	case booting > 0 && s.booting != booting, booting == 0 && s.booting != -1:
		return wrong("the count of services that the boot waits for is not theirs")
	case s.off && !s.stopping, s.stopping && s.off != (living == 0):
		return wrong("the machine is off and is not, or is not and is")
	}
	return nil
}

// check is what holds of a row; else it is words.
func (r *row) check() string {
	timed, lives := r.due != never, false
	switch r.state {
	case abi.ServiceStarting, abi.ServiceStopping:
		lives = true
		if !timed {
			return "a life is starting or stopping without a limit"
		}
	case abi.ServiceRunning:
		lives = true
		if timed != (r.cfg.Period > 0) || r.readyAt == never {
			return "a service that is pinged has no timer, or one that is not has, or was never ready"
		}
	case abi.ServiceBackoff:
		if !timed {
			return "a restart is due, and has no time"
		}
	case abi.ServiceDown, abi.ServiceFailed, abi.ServiceWaiting:
		if timed {
			return "a service that is down, or waits, has a timer"
		}
	default:
		return "a service is in a state that nobody knows"
	}
	switch {
	case r.alive != lives, lives && r.lives == 0, (r.endpoint != abi.None) && !lives:
		return "a service lives and does not"
	case r.boot && r.state != abi.ServiceStarting && r.state != abi.ServiceStopping && r.state != abi.ServiceBackoff && r.state != abi.ServiceWaiting:
		return "the boot waits for one that has settled"
	case r.held && r.state != abi.ServiceBackoff, r.state == abi.ServiceWaiting && !r.bound:
		return "a service is held back, or waits, for nothing"
	case r.together && (r.mates == 0 || !r.cfg.AllForOne || r.state == abi.ServiceDown || r.state == abi.ServiceFailed || r.state == abi.ServiceStarting || r.state == abi.ServiceRunning):
		return "a service begins again with no group"
	case r.state == abi.ServiceStarting && r.readyAt != never:
		return "a service is starting, and was ready"
	case r.missed > 0 && (!lives || r.cfg.Period == 0):
		return "a service that is not pinged owes heartbeats"
	case r.early < 0 || r.early > 0 && r.early >= r.cfg.Snapshot, r.checkAt != never && r.cfg.Snapshot == 0:
		return "a service has a snapshot and has none"
	case uint32(r.reason) >= abi.Reasons, uint32(r.ended) >= abi.Reasons, r.why >= abi.Whys:
		return "there is a reason that nobody knows"
	case r.injected > abi.FaultSelf:
		return "there is an injection that nobody knows"
	}
	return r.checkTimes()
}

func (r *row) checkTimes() string {
	if !some(r.due) || !some(r.readyAt) || !some(r.faultAt) || !some(r.checkAt) || !some(r.restartedAt) || !past(r.startedAt) || !past(r.nextPing) || !past(r.pingAt) ||
		!past(r.injectedAt) || !past(r.recovery) {
		return noTime
	}
	return ""
}

// hash is a number for what configs say.
func hash(configs []Config) uint64 {
	h := uint64(14695981039346656037) // FNV-1a, a number at a time
	mix := func(v uint64) { h = (h ^ v) * 1099511628211; h ^= h >> 29 }
	mix(uint64(len(configs)))
	for i := range configs {
		c := &configs[i]
		mix(uint64(bit(c.Boot, 1)))
		for _, v := range [...]time.Duration{c.Period, c.Init, c.Stop, c.BackoffUnit, c.BackoffMax, c.Quiet, c.Window, c.Check} {
			mix(uint64(v))
		}
		mix(uint64(c.Burst))
		mix(uint64(c.OnExit))
		mix(uint64(bit(c.Storm, 1)))
		mix(uint64(c.Snapshot))
		for _, v := range [...]uint64{c.After, c.Requires, uint64(c.Group), uint64(bit(c.Lacks, 1)), uint64(bit(c.AllForOne, 1)), uint64(c.GroupBurst), uint64(c.GroupWindow)} {
			mix(v)
		}
	}
	return h
}
