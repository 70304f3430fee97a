package kernel

import (
	"math/bits"

	"bennu/kernel/invariant"
	"bennu/kernel/task"
)

// untold tells whether a task that dies has not told slot yet.
func untold(dying *task.Task, slot int) bool { return dying.Dying && slot >= dying.Forgotten }

// named is the slots of those that the end of which has something to undo in t, but for messages that it has left for them.
func named(t *task.Task) uint64 {
	m := t.SendTo | t.Notified | t.Asked
	if t.Wait&task.Sending != 0 {
		m |= 1 << t.SendingTo.Slot()
	}
	if t.Wait&task.Receiving != 0 && t.RecvFrom != t.Endpoint && t.RecvFrom.Generation() != 0 {
		m |= 1 << t.RecvFrom.Slot()
	}
	return m
}

// checkMasks: a slot's bits of senders and of notifiers are of living tasks; nothing of an earlier life is left.
func (k *Kernel) checkMasks() invariant.Fault {
	for i := range k.tasks.Tasks {
		t := &k.tasks.Tasks[i]
		if !t.Live {
			continue
		}
		for m := t.SendTo | t.Notified; m != 0; m &= m - 1 {
			if s := bits.TrailingZeros64(m); !k.tasks.Tasks[s].Live && !untold(&k.tasks.Tasks[s], i) || s == i {
				return invariant.Of("a mask names a slot that nobody has (slot, named)", uint64(i), uint64(s))
			}
		}
		if n := named(t) &^ t.Peers; n != 0 {
			return invariant.Of("a task has to do with one that is no peer of its (slot, named)", uint64(i), uint64(bits.TrailingZeros64(n)))
		}
		if t.Ctx == nil && t.Wait&task.Reborn == 0 || t.Call == nil || k.accounts.Get(t.Account) == nil {
			return invariant.Of("a living task without context or account (slot)", uint64(i), 0)
		}
	}
	if t := k.current(); t != nil && t.Ctx != k.cpu.Current {
		return invariant.Of("the page tables of a task that does not live are in force (slot)", k.cpu.Current.Slot, 0)
	}
	return invariant.Fault{}
}
