package server

import (
	"math/bits"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/policy"
)

// sweepRest is how long those come first, when a life of the server begins, who were waiting for it.
const sweepRest = 100 * time.Microsecond

// sweep ends the lives, and gives the images up, that nobody has come to know by now: what they were made for has been taken again, and has led to
// something else.
func (s *Server) sweep() {
	s.orphans()
	for ; s.unknown != 0; s.unknown &= s.unknown - 1 {
		l := &s.lives[bits.TrailingZeros64(s.unknown)]
		s.say("event=swept ep=" + decimal(uint64(l.Endpoint)) + ": a life that rs has no record of")
		s.k.TaskKill(l.Endpoint)
	}
	for id := s.stray(0, 0); id != 0 && s.k.ImageFree(id) == abi.OK; id = s.stray(0, 0) {
	}
	s.sweeping, s.taken = false, s.taken[:0]
}

// sender is whose message s.in is. If it is of a life that nobody knows yet, what that was begun for comes first: it can only be that a time was over.
func (s *Server) sender() policy.ID {
	from := s.find(s.in.Source)
	if from != policy.Nobody || !s.sweeping {
		return from
	}
	for m := s.unknown; m != 0; m &= m - 1 {
		if s.lives[bits.TrailingZeros64(m)].Endpoint == s.in.Source {
			s.tickDue = false
			s.step(policy.Event{Kind: policy.Tick})
			s.sweep()
			return s.find(s.in.Source)
		}
	}
	return from
}

// orphans are lives that somebody had asked for who has died since, so that nobody asks again: they are begun all the same, or were.
func (s *Server) orphans() {
	for m := s.unknown; m != 0; m &= m - 1 {
		l := &s.lives[bits.TrailingZeros64(m)]
		s.upAgain(l.Account, l.Incarnation)
	}
	for i := 0; i < len(s.taken); i++ {
		s.upAgain(s.taken[i].Account, s.taken[i].Incarnation)
	}
}

// upAgain begins the next life of a service that has none and is to have none, if that is its incarnation.
func (s *Server) upAgain(a abi.AccountID, incarnation uint32) {
	for i := range s.table[:s.good] {
		id := policy.ID(i)
		if s.table[i].account != a || incarnation != s.policy.Lives(id) {
			continue
		}
		if why := s.policy.Doing(id); why == abi.WhyDown || why == abi.WhyFailed {
			s.step(policy.Event{Kind: policy.Up, ID: id})
		}
	}
}
