package sched

import "bennu/kernel/abi"

// Out tells whether account a has used up its budget. want asks Raise and Idle to tell when that is over.
func (s *Sched) Out(a abi.AccountID, now uint64, want bool) bool {
	h := &s.shares[a]
	return h.out && s.still(h, now, want)
}

// still is Out of an account that was.
func (s *Sched) still(h *share, now uint64, want bool) bool {
	if h.epoch != s.epoch {
		s.fillUp(h, now)
		return false
	}
	if want && !h.want {
		h.want = true
		s.wants++
		s.gen++
	}
	return true
}

// Used is how many ticks account a was charged in all.
func (s *Sched) Used(a abi.AccountID) uint64 { return s.shares[a].used }

// Exhausted is how often account a's budget was used up.
func (s *Sched) Exhausted(a abi.AccountID) uint64 { return s.shares[a].exhausted }

// Left is what account a's budget has now; negative: it is overdrawn.
func (s *Sched) Left(a abi.AccountID, now uint64) int64 {
	s.fillUp(&s.shares[a], now)
	return s.shares[a].left
}
