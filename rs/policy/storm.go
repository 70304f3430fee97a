package policy

import (
	"time"

	"bennu/kernel/abi"
)

// Restarts of all services together are limited, so that crash loops take a share of the machine that does not grow with their number:
//
//   - Each service has one restart in ownEvery of its own. Nobody else can take it, so a service that dies seldom is back at once, whatever others
//     do.
//   - All others share a bucket of stormBurst restarts, filled by one in stormEvery. When it is empty, services are held back; the one whose last
//     restart is longest ago goes first.
//
// A service whose Config says Storm takes none of these and is never held back: its restarts are neither limited nor counted here.
//
// So in any time t the machine makes at most stormBurst + t/stormEvery + n·(1 + t/ownEvery) restarts of n others. What somebody asked for
// (up, refresh, restart) is not among them.
const (
	ownEvery   = 500 * time.Millisecond
	stormEvery = 5 * time.Millisecond
	stormBurst = 32
)

// own tells whether a service may use the restart that is its own, or may always.
func (r *row) own(now time.Duration) bool {
	return r.cfg.Storm || r.restartedAt == never || now-r.restartedAt >= ownEvery
}

// take takes a restart out of the bucket; false: it is empty.
func (s *State) take(now time.Duration) bool {
	if now < s.freeAt() {
		return false
	}
	if s.fullAt <= now {
		s.fullAt, s.storm = now, false
	}
	s.fullAt += stormEvery
	return true
}

// freeAt is when there is a restart in the bucket, perhaps long ago.
func (s *State) freeAt() time.Duration { return s.fullAt - (stormBurst-1)*stormEvery }

// charge counts a restart that is one more because of another one: it is not held back, but later ones are.
func (s *State) charge(now time.Duration, r *row) {
	if !r.cfg.Storm {
		s.fullAt = max(s.fullAt, now) + stormEvery
	}
}

// hold is how long a service that wants to restart now is held back, if those that are held back already go before it.
func (s *State) hold(now time.Duration) time.Duration {
	return max(max(s.freeAt()-now, 0)+time.Duration(s.held)*stormEvery, 1)
}

// again counts a restart that nobody asked for.
func (r *row) again(now time.Duration) {
	r.restarts++
	r.total++
	r.restartedAt = now
}

// due restarts the services whose backoff is over, as far as the limit goes: who has restarted least lately first.
func (s *State) due(now time.Duration) {
	for {
		next := Nobody
		for i := range s.rows {
			r := &s.rows[i]
			if r.state == abi.ServiceBackoff && r.due <= now && (next == Nobody || r.restartedAt < s.rows[next].restartedAt) {
				next = ID(i)
			}
		}
		if next == Nobody {
			return
		}
		r := &s.rows[next]
		if !r.own(now) && !s.take(now) {
			s.holdAll(now)
			return
		}
		s.letGo(r)
		r.again(now)
		s.begin(now, next, abi.InitRestart)
	}
}

// holdAll holds back what is due.
func (s *State) holdAll(now time.Duration) {
	at := max(s.freeAt(), now+1)
	for i := range s.rows {
		r := &s.rows[i]
		if r.state != abi.ServiceBackoff || r.due > now {
			continue
		}
		r.due = min(at, max(r.restartedAt+ownEvery, now+1))
		if !r.held {
			r.held = true
			s.held++
		}
		if !s.storm {
			s.storm = true
			a := s.emit(ID(i), abi.EventStorm)
			a.Errno, a.Why = abi.EAGAIN, abi.WhyStorm
		}
	}
}

// letGo notes that a service is not held back any more.
func (s *State) letGo(r *row) {
	if r.held {
		r.held = false
		s.held--
	}
}
