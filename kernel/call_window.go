package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/space"
	"bennu/kernel/task"
)

// callWindow: (WindowOp, …): memory that tasks share.
//
// Errors: EINVAL (unknown op; the caller has no such window; size, flags, rights), EPERM (WindowMap: no such window of that owner is let to the
// caller), EDEADSRCDST, ECALLDENIED (WindowAllow: the caller may not send to it), EEXIST (it is let, or mapped), ESRCH (WindowRevoke: it is
// not let), ENOSPC (a share of rows or places is used up), ENOMEM.
func (k *Kernel) callWindow(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	id := abi.WindowID(f.SI)
	switch abi.WindowOp(f.DI) {
	case abi.WindowCreate:
		return k.createWindow(t, f)
	case abi.WindowAllow:
		to := k.tasks.Lookup(abi.Endpoint(f.DX))
		switch {
		case to == nil:
			return abi.EDEADSRCDST, 0
		case to != t && t.SendTo>>to.Slot&1 == 0:
			return abi.ECALLDENIED, 0
		case f.R10 > uint64(abi.WindowRead|abi.WindowWrite):
			return abi.EINVAL, 0
		}
		return k.windows.Allow(t.Endpoint, id, to.Endpoint, abi.WindowRights(f.R10)), 0
	case abi.WindowMap:
		owner := k.tasks.Lookup(abi.Endpoint(f.DX))
		if owner == nil {
			return abi.EDEADSRCDST, 0
		}
		v, e := k.windows.Map(t.Endpoint, &t.Space, owner.Endpoint, id)
		return k.viewed(t, v, e)
	case abi.WindowUnmap:
		return k.windows.Unmap(t.Endpoint, id), 0
	case abi.WindowRevoke:
		to := abi.Endpoint(f.DX)
		e := k.windows.Revoke(t.Endpoint, id, to)
		if e == abi.ESRCH && k.tasks.Lookup(to) == nil {
			return abi.EDEADSRCDST, 0
		}
		return e, 0
	case abi.WindowFree:
		return k.windows.Free(t.Endpoint, t.Account, id), 0
	}
	return abi.EINVAL, 0
}

// createWindow: (size, flags) → address; Buf: WindowView. It works in steps.
func (k *Kernel) createWindow(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	a := k.accounts.Get(t.Account)
	v, more, e := k.windows.Create(t.Endpoint, &t.Space, a.ID, &a.Frames, f.SI, f.DX, t.Done == 0)
	if more {
		t.Done++
		return again, 0
	}
	return k.viewed(t, v, e)
}

// viewed is the answer to a task that sees one window more, or not.
func (k *Kernel) viewed(t *task.Task, v abi.WindowView, e abi.Errno) (abi.Errno, uint64) {
	if e != abi.OK {
		return e, 0
	}
	t.FramesPeak = max(t.FramesPeak, t.Space.Used())
	put(t, e, &v)
	return abi.OK, v.Address
}

// unmapped has the processor forget what it remembers of a space that has lost entries.
func (k *Kernel) unmapped(s *space.Space) {
	if t := k.current(); t != nil && s == &t.Space {
		k.cpu.Switch(t.Ctx, s.Root)
	}
}

// There implements space.Tasks.
func (k *Kernel) There(ep abi.Endpoint) bool {
	t := &k.tasks.Tasks[ep.Slot()]
	return t.Endpoint == ep && there(t)
}
