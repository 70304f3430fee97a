package sched

import "bennu/kernel/abi"

// Wake is Ready of a slot that works for itself, when nobody is ready: it is next, and limited tells whether it has a limit. ok is false when
// it is not so simple; nothing was done then.
func (s *Sched) Wake(slot int) (a abi.AccountID, left int64, limited, ok bool) {
	x := &s.slots[slot&last]
	h := &s.shares[x.own]
	if s.n != 0 || h.out || x.pays != x.own {
		return 0, 0, false, false
	}
	s.stand(slot)
	s.push(slot, h.Level)
	return abi.AccountID(x.own), h.left, h.limited, true
}
