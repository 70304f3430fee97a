package policy

import (
	"math/bits"
	"time"

	"bennu/kernel/abi"
)

// Services that belong together. Bit n of a mask is service n.
//
//   - after: a life that begins fresh waits until those are ready, have failed, or are down.
//   - requires: as after, at each start; one is not started while one of those is down or given up, and ends when one of them ends. If that comes
//     back it comes back too, once that is ready.
//   - a group that is all-for-one: when one of it dies and is to come back, all are ended, and begin together when all have ended.
//   - a group with a burst: when so many of its deaths come within its window, it is given up whole.

// order puts services in the order of their starts: each behind those that it is after, else as in the table.
func order(configs []Config) []ID {
	list := make([]ID, 0, len(configs))
	var done uint64
	for len(list) < len(configs) {
		n := len(list)
		for i := range configs {
			if done>>i&1 == 0 && (configs[i].After|configs[i].Requires)&^done&(1<<len(configs)-1) == 0 {
				done |= 1 << i
				list = append(list, ID(i))
				break
			}
		}
		if len(list) > n {
			continue
		}
		for i := range configs { // a circle, which system.conf cannot have
			if done>>i&1 == 0 {
				done |= 1 << i
				list = append(list, ID(i))
			}
		}
	}
	return list
}

// relate fills in what follows from the masks of all services.
func (s *State) relate() {
	for i := range s.rows {
		s.rows[i].requirers, s.rows[i].mates, s.rows[i].bound = 0, 0, false
	}
	for _, id := range s.order {
		r := &s.rows[id]
		need := r.cfg.Requires & (1<<len(s.rows) - 1)
		for n := range s.rows { // all that those require, too: they stand earlier
			if need>>n&1 != 0 || s.rows[n].requirers&need != 0 {
				s.rows[n].requirers |= 1 << id
			}
		}
	}
	for i := range s.rows {
		r := &s.rows[i]
		for n := range s.rows {
			if c := &s.rows[n].cfg; n != i && r.cfg.Group != 0 && c.Group == r.cfg.Group {
				r.mates |= 1 << n
			}
		}
		r.bound = r.cfg.After|r.cfg.Requires != 0 || r.cfg.Lacks || r.mates != 0 && r.cfg.AllForOne
	}
}

// begin starts a life, or has it wait for those that it needs.
func (s *State) begin(now time.Duration, id ID, how abi.InitKind) {
	if s.rows[id].bound {
		s.await(id, how)
	} else {
		s.start(now, id, how)
	}
}

// await has a life wait until wake finds all that it needs.
func (s *State) await(id ID, how abi.InitKind) {
	r := &s.rows[id]
	r.state, r.due, r.fresh = abi.ServiceWaiting, never, how == abi.InitFresh
	s.waiting++
	for m := r.mates; r.cfg.AllForOne && m != 0; m &= m - 1 {
		r.together = r.together || s.rows[bits.TrailingZeros64(m)].together
	}
}

// wake starts services that have waited long enough, and gives up those that wait for what does not come.
func (s *State) wake(now time.Duration) {
	for again := true; again; { // these first: a group may go with one
		again = false
		for _, id := range s.order {
			if r := &s.rows[id]; r.state == abi.ServiceWaiting && (r.cfg.Lacks || s.lacking(id) != Nobody) {
				s.lacks(now, id)
				again = true
			}
		}
	}
	for _, id := range s.order {
		if r := &s.rows[id]; r.state == abi.ServiceWaiting && !s.mustWait(id) {
			s.waiting--
			r.together = false
			s.start(now, id, initKind(r.fresh))
		}
	}
}

func initKind(fresh bool) abi.InitKind {
	if fresh {
		return abi.InitFresh
	}
	return abi.InitRestart
}

// lacking is the first service that one requires and that is down or given up; Nobody if there is none.
func (s *State) lacking(id ID) ID {
	for m := s.rows[id].cfg.Requires & (1<<len(s.rows) - 1); m != 0; m &= m - 1 {
		n := bits.TrailingZeros64(m)
		if o := &s.rows[n]; o.state == abi.ServiceDown || o.state == abi.ServiceFailed || o.state == abi.ServiceStopping && (o.then == followDown || o.then == followFail) {
			return ID(n)
		}
	}
	return Nobody
}

// mustWait tells whether a service has to wait for others.
func (s *State) mustWait(id ID) bool {
	r := &s.rows[id]
	for m := r.cfg.Requires & (1<<len(s.rows) - 1); m != 0; m &= m - 1 {
		if s.rows[bits.TrailingZeros64(m)].state != abi.ServiceRunning {
			return true
		}
	}
	if r.fresh || r.together {
		for m := r.cfg.After & (1<<len(s.rows) - 1); m != 0; m &= m - 1 {
			switch o := &s.rows[bits.TrailingZeros64(m)]; o.state {
			case abi.ServiceStarting, abi.ServiceBackoff, abi.ServiceWaiting, abi.ServiceStopping:
				return true
			}
		}
	}
	for m := r.mates; r.together && m != 0; m &= m - 1 {
		if o := &s.rows[bits.TrailingZeros64(m)]; o.together && o.state != abi.ServiceWaiting {
			return true
		}
	}
	return false
}

// lacks gives a waiting service up, since one that it requires is not there.
func (s *State) lacks(now time.Duration, id ID) {
	r := &s.rows[id]
	s.dwell(r)
	r.errno, r.why = abi.ESRCH, abi.WhyRequires
	s.giveUp(now, id, r.reason)
}

// dwell notes that a service does not wait, is not due and not held back any more.
func (s *State) dwell(r *row) {
	if r.state == abi.ServiceWaiting {
		s.waiting--
	}
	s.letGo(r)
	r.due, r.together = never, false
}

// pull ends those that require a service, the last to start first: because it has ended or is to end, and they with it (followDown), or to
// begin again after it (followAgain).
func (s *State) pull(now time.Duration, id ID, then follow) {
	for i, m := len(s.order)-1, s.rows[id].requirers; m != 0 && i >= 0; i-- {
		d := s.order[i]
		if m>>d&1 == 0 {
			continue
		}
		m &^= 1 << d
		r := &s.rows[d]
		switch {
		case r.alive && then == followDown:
			s.interrupt(d)
			s.stop(now, d, then)
		case r.alive && r.state != abi.ServiceStopping:
			s.stop(now, d, then)
		case r.state == abi.ServiceBackoff && then == followDown, r.state == abi.ServiceWaiting && then == followDown:
			s.toDown(d)
		}
	}
}

// together has a group that is all-for-one end, because of the death of one that is to come back. All begin when the last has ended and
// this one's backoff is over.
func (s *State) together(now time.Duration, id ID) {
	r := &s.rows[id]
	if !r.cfg.AllForOne {
		return
	}
	r.together = true
	for i := len(s.order) - 1; i >= 0; i-- {
		d := s.order[i]
		if r.mates>>d&1 == 0 {
			continue
		}
		switch o := &s.rows[d]; {
		case o.alive && o.state != abi.ServiceStopping:
			o.together = true
			s.stop(now, d, followAgain)
		case o.alive && o.then != followDown && o.then != followFail, o.state == abi.ServiceBackoff, o.state == abi.ServiceWaiting:
			o.together = true
		}
	}
}

// exceeds notes a death in its group's ring, and tells whether that were too many.
func (s *State) exceeds(now time.Duration, r *row) bool {
	return s.groups[r.cfg.Group].tooMany(now, r.cfg.GroupWindow)
}

// giveUpGroup gives up all others of a group, the last to start first.
func (s *State) giveUpGroup(now time.Duration, id ID) {
	for i, m := len(s.order)-1, s.rows[id].mates; m != 0 && i >= 0; i-- {
		d := s.order[i]
		if m>>d&1 == 0 {
			continue
		}
		m &^= 1 << d
		switch r := &s.rows[d]; {
		case r.alive && (r.state != abi.ServiceStopping || r.then != followDown):
			s.stop(now, d, followFail)
		case r.state == abi.ServiceBackoff, r.state == abi.ServiceWaiting:
			s.dwell(r)
			r.errno, r.why = abi.EIO, abi.WhyGroup
			s.giveUp(now, d, r.reason)
		}
	}
}
