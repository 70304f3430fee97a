package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/invariant"
	"bennu/kernel/paging"
	"bennu/kernel/task"
)

// addShared counts the frames that no task has for itself: snapshots and kept memory, which their services' lives share, and windows. They are on the
// account that they belong to. Spares of snapshots are free frames.
func (k *Kernel) addShared() invariant.Fault {
	w, size, spares := k.walk, k.pool.Size(), uint64(0)
	for id := range k.snapshots {
		before := w.all.Len()
		if f := k.snapshots[id].AddFrames(k.phys, &w.all, size); f.Broken() {
			return f
		}
		w.frames[snapshotAccount(id)] += w.all.Len() - before
		before = w.all.Len()
		if f := k.snapshots[id].AddSpares(k.phys, &w.all); f.Broken() {
			return f
		}
		spares += w.all.Len() - before
	}
	if spares != k.pool.Spares() {
		return invariant.Of("spare frames (counted, found)", k.pool.Spares(), spares)
	}
	for id := range k.kept {
		before := w.all.Len()
		if f := k.kept[id].AddFrames(k.phys, &w.all, size); f.Broken() {
			return f
		}
		w.frames[id] += w.all.Len() - before
	}
	before := w.all.Len()
	f := k.module.frames.AddTo(k.phys, &w.all, size)
	if k.limbo != 0 && !f.Broken() && !w.all.Add(k.limbo) {
		f = invariant.Of("the call page of no life is somebody's (frame)", uint64(k.limbo), 0)
	}
	if w.frames[abi.AccountRoot] += w.all.Len() - before; f.Broken() {
		return f
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

// shares is the last-level tables of others that one task has where windows are. It implements paging.Shares.
type shares struct {
	windows paging.Shares
	kept    paging.PTE
	module  *module // nil: it has none
}

// Part implements paging.Shares.
func (s *shares) Part(va uint64) paging.PTE {
	if va>>21 == abi.KeptBase>>21 {
		return s.kept
	}
	if s.module != nil && va-abi.ModuleBase < maxModule {
		return s.module.part(va)
	}
	return s.windows.Part(va)
}

// lent is the tables of others that the task in a slot has.
func (w *walker) lent(k *Kernel, slot int) *shares {
	w.shares = shares{windows: k.windows.Shares(slot)}
	if n := &k.kept[k.tasks.Tasks[slot].Account]; n.Whole() {
		w.shares.kept = paging.Entry(n.Table(), paging.Present|paging.User|paging.Shared|paging.NX)
	}
	if k.tasks.Tasks[slot].Root {
		w.shares.module = &k.module
	}
	return &w.shares
}

// there tells whether a slot has a task, be it dying.
func there(t *task.Task) bool { return t.Live || t.Dying }

// bodied tells whether it has memory.
func bodied(t *task.Task) bool { return there(t) && t.Ctx != nil }
