package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/account"
	"bennu/kernel/arch"
	"bennu/kernel/invariant"
	"bennu/kernel/keep"
	"bennu/kernel/task"
)

// callKeep: (KeepOp, …): memory that outlives the caller's life.
//
// Errors: EINVAL (unknown op, an argument, past a bank's end, no kept memory), ENOSPC (KeepAppend: the bank is full), E2BIG, EPERM (to consume is the
// root task's), and of KeepStage those of a buffer.
func (k *Kernel) callKeep(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	m := &k.kept[t.Account]
	switch op := abi.KeepOp(f.DI); {
	case (op == abi.KeepConsume || op == abi.KeepAppend && f.DX != 0) && !t.Root:
		return abi.EPERM, 0
	case op == abi.KeepConsume:
		k.consume(t)
		return abi.OK, 0
	case !m.Whole():
		return abi.EINVAL, 0
	case op == abi.KeepAppend:
		if f.SI > abi.MaxKeptLine || f.DX > 1 {
			return abi.EINVAL, 0
		}
		if e := m.Append(t.Call.Buf[:f.SI]); e != abi.OK || f.DX == 0 {
			return e, 0
		}
		k.consume(t)
		return abi.OK, 0
	case op == abi.KeepStage:
		return k.keepStage(t, m, f)
	case op == abi.KeepFlip:
		return m.Flip(f.SI), 0
	case op == abi.KeepSettled:
		if m.Settled(); t.Root && !k.ipc.Requeue(t) {
			return again, 0
		}
		return abi.OK, 0
	}
	return abi.EINVAL, 0
}

// keepStep is how many bytes one step of KeepStage copies.
const keepStep = 8 << 10

// keepStage is KeepStage: (offset, address, length).
func (k *Kernel) keepStage(t *task.Task, m *keep.Memory, f *arch.Frame) (abi.Errno, uint64) {
	offset, at, n := f.SI, f.DX, f.R10
	if n > abi.MaxCopy {
		return abi.E2BIG, 0
	}
	if e := m.MayStage(offset, n); e != abi.OK {
		return e, 0
	}
	if at+n < at {
		k.misuse(t, abi.CallKeep)
		return abi.EFAULT, 0
	}
	for end := min(t.Done+keepStep, n); t.Done < end; {
		mine, e := k.bytes(t, at+t.Done, end-t.Done, false)
		if e != abi.OK {
			return k.badBuffer(t, abi.CallKeep, at+t.Done, e), 0
		}
		m.Stage(offset+t.Done, mine)
		t.Done += uint64(len(mine))
	}
	if t.Done < n {
		return again, 0
	}
	return abi.OK, 0
}

// beginKept notes what an account is to keep over its lives, once. The first of them waits until the frames are there, which are of the reserve.
func (k *Kernel) beginKept(a *account.Account) {
	if m := &k.kept[a.ID]; a.Spec.KeptFrames != 0 && m.Size() == 0 {
		m.Take(k.pool, &a.Frames, uint64(a.Spec.KeptFrames))
	}
}

// fillKept takes some of the frames that an account's kept memory lacks. Errors: ENOMEM, or again.
func fillKept(m *keep.Memory) abi.Errno {
	if _, e := m.Fill(); e != abi.OK {
		return e
	}
	return again
}

// endKept frees the kept memory of an account on which nothing else is, and which is to be given up.
func (k *Kernel) endKept(a *account.Account) {
	if a.ID > abi.AccountRoot && a.Tasks == 0 && a.Images == 0 && k.windows.Of(a.ID) == 0 {
		k.kept[a.ID].Free()
	}
}

// showKept gives a new life what its account keeps. false when memory is out.
func (k *Kernel) showKept(t *task.Task, i *abi.StartInfo) bool {
	m := &k.kept[t.Account]
	if !t.Space.MapKept(m.Table(), m.Size()) {
		return false
	}
	i.KeptSize = m.Size()
	return true
}

// checkKept looks at all kept memory.
func (k *Kernel) checkKept() invariant.Fault {
	for id := range k.kept {
		m := &k.kept[id]
		if f := m.Check(&k.walk.own); f.Broken() {
			return f
		}
		pages := uint64(0)
		if a := k.accounts.Get(abi.AccountID(id)); a != nil {
			pages = uint64(a.Spec.KeptFrames)
		}
		if m.Size() != pages*abi.PageSize {
			return invariant.Of("kept memory that its account does not say (account, bytes)", uint64(id), m.Size())
		}
	}
	return invariant.Fault{}
}
