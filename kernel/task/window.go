package task

import (
	"bennu/kernel/abi"
	"bennu/kernel/mem"
	"bennu/kernel/space"
)

// Window is a step of CallWindow with arguments a, made by k, a task of account whose frames are h's. first: it is the first one; more asks
// for another. v is what k sees one of more, where it is not zero.
//
// Errors: EINVAL (unknown op; the caller has no such window; size, flags, rights), EPERM (WindowMap: no such window of that owner is let to the
// caller), EDEADSRCDST, ECALLDENIED (WindowAllow: the caller may not send to it), EEXIST (it is let, or mapped), ESRCH (WindowRevoke: it is
// not let), ENOSPC (a share of rows or places is used up), ENOMEM.
func (t *Table) Window(w *space.Windows, k *Task, account abi.AccountID, h *mem.Holder, a [4]uint64, first bool) (v abi.WindowView, more bool, e abi.Errno) {
	id, ep := abi.WindowID(a[1]), abi.Endpoint(a[2])
	switch abi.WindowOp(a[0]) {
	case abi.WindowCreate:
		return w.Create(k.Endpoint, &k.Space, account, h, a[1], a[2], first)
	case abi.WindowAllow:
		to := t.Lookup(ep)
		switch {
		case to == nil:
			return v, false, abi.EDEADSRCDST
		case to != k && k.SendTo>>to.Slot&1 == 0:
			return v, false, abi.ECALLDENIED
		}
		return v, false, w.Allow(k.Endpoint, id, to.Endpoint, abi.WindowRights(min(a[3], 1<<31)))
	case abi.WindowMap:
		owner := t.Lookup(ep)
		if owner == nil {
			return v, false, abi.EDEADSRCDST
		}
		v, e = w.Map(k.Endpoint, &k.Space, owner.Endpoint, id)
		return v, false, e
	case abi.WindowUnmap:
		return v, false, w.Unmap(k.Endpoint, id)
	case abi.WindowRevoke:
		e := w.Revoke(k.Endpoint, id, ep)
		if e == abi.ESRCH && t.Lookup(ep) == nil {
			e = abi.EDEADSRCDST
		}
		return v, false, e
	case abi.WindowFree:
		return v, false, w.Free(k.Endpoint, account, id)
	}
	return v, false, abi.EINVAL
}
