package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/invariant"
)

// addOther counts the frames of the root task's other body.
func (k *Kernel) addOther() invariant.Fault {
	if !k.twin.on || k.twin.ctx == nil {
		return invariant.Fault{}
	}
	w := k.walk
	before := w.all.Len()
	if f := k.twin.space.AddFrames(&w.all, k.pool.Size()); f.Broken() {
		return f
	}
	n := w.all.Len() - before
	if w.frames[abi.AccountRoot] += n; n != k.twin.space.Used() {
		return invariant.Of("frames of the root task's other body (counted)", k.twin.space.Used(), n)
	}
	return invariant.Fault{}
}

// checkTwin: the root task's other body has page tables like its own, and both are set aside.
func (k *Kernel) checkTwin() (f invariant.Fault) {
	if !k.twin.on || k.stage != lives {
		return f
	}
	k.exchange(k.root)
	f = k.checkSpaces()
	k.exchange(k.root)
	if !f.Broken() && (!k.root.Aside || k.root.Call != callAt(k.phys, k.limbo)) {
		f = invariant.Of("the root task runs twice, and is not set aside, or has its own call page (phase)", uint64(k.twin.phase), 0)
	}
	return f
}
