package sched

import (
	"bennu/kernel/abi"
	"bennu/kernel/invariant"
)

// Check looks whether the queue's links, levels and counts agree, and the accounts' waits with their count.
func (s *Sched) Check() invariant.Fault {
	n := 0
	for level := range levels {
		prev := int16(none)
		for slot := s.head[level]; slot != none; prev, slot = slot, s.slots[slot].next {
			if n++; n > abi.MaxTasks {
				return invariant.Of("sched: a level's queue has no end (level)", uint64(level), 0)
			}
			if int(s.slots[slot].level) != level || s.slots[slot].prev != prev {
				return invariant.Of("sched: a slot is queued where it does not belong (slot, level)", uint64(slot), uint64(level))
			}
			if level == leftOver && prev != none && s.slots[prev].seat > s.slots[slot].seat {
				return invariant.Of("sched: the last level is out of order (slot)", uint64(slot), 0)
			}
		}
		if s.tail[level] != prev || s.filled>>level&1 != 0 != (prev != none) {
			return invariant.Of("sched: a level's end is wrong (level)", uint64(level), 0)
		}
	}
	queued := 0
	for slot := range s.slots {
		if s.slots[slot].level != none {
			queued++
		}
	}
	if n != s.n || n != queued {
		return invariant.Of("sched: ready slots (counted, linked)", uint64(s.n), uint64(n))
	}
	wants := 0
	for a := range s.shares {
		h := &s.shares[a]
		if h.want {
			wants++
		}
		if h.left > int64(h.Budget) {
			return invariant.Of("sched: an account has more than its budget (account, ticks)", uint64(a), uint64(h.left))
		}
		if h.out && h.epoch == s.epoch && h.back < s.soon {
			return invariant.Of("sched: an account comes back before anybody looks (account)", uint64(a), 0)
		}
	}
	if wants != s.wants {
		return invariant.Of("sched: accounts that are waited for (counted, found)", uint64(s.wants), uint64(wants))
	}
	return invariant.Fault{}
}

// Forget makes two schedulers equal that differ in nothing that matters: the count of changes, and the links of slots that are not ready.
func (s *Sched) Forget() {
	s.gen = 0
	for i := range s.slots {
		if x := &s.slots[i]; x.level == none {
			x.next, x.prev = none, none
		}
	}
}
