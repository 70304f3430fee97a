package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// callCopyFrom: (granter, GrantID, offset, address, length): from the grant to the caller.
//
// Errors: E2BIG (over MaxCopy), EDEADSRCDST (also when it dies while this goes on), EPERM (no such grant, a stale id, not
// for the caller, not for reading, out of its bounds), EFAULT (the granter's memory is not there, or the caller's window
// is not). Another address of the caller's own that is not its memory ends the caller.
func (k *Kernel) callCopyFrom(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	return k.copyGrant(t, f, abi.GrantRead)
}

// callCopyTo: (granter, GrantID, offset, address, length): from the caller to the grant. Errors as
// callCopyFrom.
func (k *Kernel) callCopyTo(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	return k.copyGrant(t, f, abi.GrantWrite)
}

// copyStep is how many bytes one step copies: each page may have to be given on both sides.
const copyStep = 12 << 10

func (k *Kernel) copyGrant(t *task.Task, f *arch.Frame, access uint32) (abi.Errno, uint64) {
	id, offset, at, n := abi.GrantID(f.SI), f.DX, f.R10, f.R8
	if n > abi.MaxCopy {
		return abi.E2BIG, 0
	}
	granter := k.tasks.Lookup(abi.Endpoint(f.DI))
	if granter == nil {
		return abi.EDEADSRCDST, 0
	}
	g, ok := granter.Granted(t.Endpoint, id, access)
	if !ok || offset+n < offset || offset+n > g.Len {
		return abi.EPERM, 0
	}
	if at+n < at {
		k.misuse(t, abi.CallNr(f.AX))
		return abi.EFAULT, 0
	}
	for end := min(t.Done+copyStep, n); t.Done < end; {
		mine, e := k.bytes(t, at+t.Done, end-t.Done, access == abi.GrantRead)
		if e != abi.OK {
			return k.badBuffer(t, abi.CallNr(f.AX), at+t.Done, e), 0
		}
		theirs, e := k.bytes(granter, g.Start+offset+t.Done, uint64(len(mine)), access == abi.GrantWrite)
		if e != abi.OK {
			return abi.EFAULT, 0
		}
		if access == abi.GrantRead {
			t.Done += uint64(copy(mine, theirs))
		} else {
			t.Done += uint64(copy(theirs, mine))
		}
	}
	if t.Done < n {
		return again, 0
	}
	return abi.OK, 0
}
