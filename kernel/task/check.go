package task

import "bennu/kernel/invariant"

// Check looks whether the ring of free slots holds each slot that is neither living nor dying nor dead, once.
func (t *Table) Check() invariant.Fault {
	var free [len(t.Tasks)]bool
	for i := range t.nFree {
		s := t.free[(t.oldest+i)%len(t.free)]
		if free[s] {
			return invariant.Of("task: a free slot is twice in the ring (slot)", uint64(s), 0)
		}
		free[s] = true
	}
	for s := range t.Tasks {
		k := &t.Tasks[s]
		if k.Slot != s || k.Live && k.Dying || k.Dead && (k.Live || k.Dying) || free[s] == (k.Live || k.Dying || k.Dead) {
			return invariant.Of("task: a slot is free and not, or living and dying or dead (slot, free)", uint64(s), uint64(t.nFree))
		}
		if k.Dying != (t.dying>>s&1 != 0) {
			return invariant.Of("task: a slot is dying, and is not among the dying, or the other way (slot, dying)", uint64(s), t.dying)
		}
		if k.Live != (t.living>>s&1 != 0) {
			return invariant.Of("task: a slot lives, and is not among the living, or the other way (slot, living)", uint64(s), t.living)
		}
	}
	return invariant.Fault{}
}
