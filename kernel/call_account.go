package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/sched"
	"bennu/kernel/task"
)

// callAccount: (AccountOp, account); Buf: AccountSpec → account.
//
// Errors: EINVAL (unknown op, or a value out of range), ESRCH (no such account, or it has no snapshot to check), ENOSPC (all accounts, or all rows of
// images, are others'), ENOMEM (the reserve cannot be promised), EPERM (the kernel's account; AccountFree of the root
// task's; AccountPay of one that is no server), EBUSY (tasks, images or windows are on it), EIO (of
// AccountCheckSnapshot, which works in steps: the snapshot is damaged).
func (k *Kernel) callAccount(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	id := abi.AccountID(min(f.SI, abi.MaxAccounts))
	switch abi.AccountOp(f.DI) {
	case abi.AccountSet:
		var s abi.AccountSpec
		copy(abi.Bytes(&s), t.Call.Buf[:])
		k.logDeaths()
		a, e := k.accounts.Set(id, &s)
		if e != abi.OK {
			return e, 0
		}
		k.limitFrames(a.ID)
		k.share(a, sched.Level(a.Spec.Priority))
		k.beginKept(a)
		return abi.OK, uint64(a.ID)
	case abi.AccountFree:
		k.logDeaths()
		if a := k.accounts.Get(id); a != nil && a.Tasks == 0 {
			k.dropSnapshot(id)
			k.endKept(a)
		}
		e := k.accounts.Close(id)
		if e == abi.OK {
			k.untrace(id)
			k.sched.Clear(id)
		}
		return e, 0
	case abi.AccountPay:
		if !t.Server || id == abi.AccountKernel {
			return abi.EPERM, 0
		}
		if k.accounts.Get(id) == nil {
			return abi.ESRCH, 0
		}
		k.sched.SetPayer(t.Slot, id)
		return abi.OK, 0
	case abi.AccountDropSnapshot, abi.AccountCheckSnapshot:
		if k.accounts.Get(id) == nil {
			return abi.ESRCH, 0
		}
		if abi.AccountOp(f.DI) == abi.AccountCheckSnapshot {
			return k.checkSnapshot(t, id)
		}
		k.dropSnapshot(id)
		return abi.OK, 0
	}
	return abi.EINVAL, 0
}

// imageGone takes an image off its account's rows.
func (k *Kernel) imageGone(id abi.AccountID) {
	if a := k.accounts.Get(id); a != nil {
		a.Images--
	}
}

// accountInfo fills a row for CallGetInfo.
func (k *Kernel) accountInfo(index uint64, out *abi.AccountInfo) abi.Errno {
	if index >= abi.MaxAccounts {
		return abi.EDOM
	}
	a := k.accounts.Get(abi.AccountID(index))
	if a == nil {
		return abi.ESRCH
	}
	*out = abi.AccountInfo{Account: a.ID, Tasks: a.Tasks, Spec: a.Spec, CPUNS: k.ns(k.sched.Used(a.ID)), LeftNS: k.signedNS(k.sched.Left(a.ID, k.since)),
		Exhausted: k.sched.Exhausted(a.ID), WorstWaitNS: k.ns(a.WorstWait), Lives: a.Lives, Frames: a.Frames.Used(), FramesPeak: a.Frames.Peak(), Images: a.Images, Windows: k.windows.Of(a.ID), Snapshot: uint32(k.snapshots[a.ID].Frames())}
	for i := range abi.MaxHooks {
		if owner, used := k.irqs.Owner(i); used && k.tasks.Tasks[owner.Slot()].Account == a.ID {
			out.Hooks++
		}
	}
	return abi.OK
}

func (k *Kernel) signedNS(d int64) int64 {
	if d < 0 {
		return -int64(k.ns(uint64(-d)))
	}
	return int64(k.ns(uint64(d)))
}
