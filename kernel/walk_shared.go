package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/invariant"
)

// addShared counts the frames that no task has for itself: snapshots, which their services' lives share, and windows. They are on the
// account that they belong to. Spares of snapshots are free frames.
func (k *Kernel) addShared() invariant.Fault {
	w, size, spares := k.walk, k.pool.Size(), uint64(0)
	for id := range k.snapshots {
		before := w.all.Len()
		if f := k.snapshots[id].AddFrames(k.phys, &w.all, size); f.Broken() {
			return f
		}
		w.frames[id] += w.all.Len() - before
		before = w.all.Len()
		if f := k.snapshots[id].AddSpares(k.phys, &w.all); f.Broken() {
			return f
		}
		spares += w.all.Len() - before
	}
	if spares != k.pool.Spares() {
		return invariant.Of("spare frames (counted, found)", k.pool.Spares(), spares)
	}
	for row := range abi.WindowRows {
		before := w.all.Len()
		a, f := k.windows.AddFrames(row, &w.all, size)
		if f.Broken() {
			return f
		}
		w.frames[a] += w.all.Len() - before
	}
	return invariant.Fault{}
}
