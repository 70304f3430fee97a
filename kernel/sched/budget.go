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

// debtAtOnce is how many overruns (Serve) one charge can put an account into debt by. A task's turn ends with its budget, what a server does for it has
// a limit, and nothing that the root task does for a client takes so long: what is more was no task's, but the machine ran something else, firmware
// or the other guests of a hypervisor. A small account would be in debt for seconds by it, and keep its task from answering a ping. (A limit on
// what is charged would be looked at in each charge; this one only where a budget is used up.)
const debtAtOnce = 5

// usedUp has h, which a charge of ticks has left nothing, wait for its budget.
func (s *Sched) usedUp(a abi.AccountID, h *share, ticks int64, now uint64) {
	if h.Serve > 0 {
		h.left = max(h.left, min(h.left+ticks, 0)-debtAtOnce*int64(h.Serve))
	}
	if !h.out {
		h.out = true
		s.gen++
		h.exhausted++
		s.later(int(a), h, now)
	}
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
