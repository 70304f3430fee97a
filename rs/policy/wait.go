package policy

import "bennu/kernel/abi"

// Askers that wait for an answer.

// share is the count of an asker's requests that wait.
func (s *State) share(from ID) *int {
	if from < 0 {
		return &s.open[len(s.rows)]
	}
	return &s.open[from]
}

// wait keeps an asker until answer; false (and EAGAIN said) when too many requests of its wait.
func (s *State) wait(id ID, to Asker, gone bool) bool {
	if to == (Asker{}) {
		return true
	}
	n := s.share(to.From)
	if *n == MaxOpen {
		s.reply(id, to, abi.EAGAIN, abi.WhyTooMany)
		return false
	}
	*n++
	s.waiters = append(s.waiters, waiter{to, id, gone})
	return true
}

// answer replies to those who wait for the end of a service (gone) or for its being ready.
func (s *State) answer(id ID, gone bool, e abi.Errno, why abi.Why) {
	if len(s.waiters) == 0 {
		return
	}
	keep := s.waiters[:0]
	for _, w := range s.waiters {
		if w.id != id || w.gone != gone {
			keep = append(keep, w)
			continue
		}
		*s.share(w.asker.From)--
		s.reply(id, w.asker, e, why)
	}
	s.waiters = keep
}

// interrupt tells those who wait for a service to be ready that it is taken down.
func (s *State) interrupt(id ID) {
	why := abi.WhyTakenDown
	if s.stopping {
		why = abi.WhyShutdown
	}
	s.answer(id, false, abi.EINTR, why)
}

// release ends a service's own waits: it is to stop (and is told EINTR), or dead.
func (s *State) release(from ID, tell bool) {
	if len(s.waiters) == 0 {
		return
	}
	keep := s.waiters[:0]
	for _, w := range s.waiters {
		if w.asker.From != from {
			keep = append(keep, w)
			continue
		}
		*s.share(from)--
		if tell {
			s.reply(w.id, w.asker, abi.EINTR, abi.WhyAskerStops)
		}
	}
	s.waiters = keep
}
