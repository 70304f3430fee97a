package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// callCopyFrom: (granter, GrantID, offset, address, length): from the grant to the caller.
//
// Errors: E2BIG (over MaxCopy), EDEADSRCDST, EPERM (no such grant, a stale id, not for the caller, not
// for reading, out of its bounds), EFAULT (the granter's memory is not there). A caller's own
// address that is not its memory ends the caller.
func (k *Kernel) callCopyFrom(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	return k.copyGrant(t, f, abi.GrantRead)
}

// callCopyTo: (granter, GrantID, offset, address, length): from the caller to the grant. Errors as
// callCopyFrom.
func (k *Kernel) callCopyTo(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	return k.copyGrant(t, f, abi.GrantWrite)
}

func (k *Kernel) copyGrant(t *task.Task, f *arch.Frame, access uint32) (abi.Errno, uint64) {
	id, offset, at, n := abi.GrantID(f.SI), f.DX, f.R10, f.R8
	if n > abi.MaxCopy {
		return abi.E2BIG, 0
	}
	granter := k.tasks.Lookup(abi.Endpoint(f.DI))
	if granter == nil {
		return abi.EDEADSRCDST, 0
	}
	g := granter.Call.Grants[id&63] // a copy: the granter is not running, but its page is not trusted twice
	if g.Flags&abi.GrantValid == 0 || g.Flags&access == 0 || g.Seq != uint32(id)>>8 || g.To != t.Endpoint || id&0xc0 != 0 {
		return abi.EPERM, 0
	}
	if offset+n < offset || offset+n > g.Len {
		return abi.EPERM, 0
	}
	remote, failed := g.Start+offset, false
	e := k.each(t, at, n, access == abi.GrantRead, func(mine []byte) {
		start := remote
		remote += uint64(len(mine))
		failed = failed || k.each(granter, start, uint64(len(mine)), access == abi.GrantWrite, func(theirs []byte) {
			if access == abi.GrantRead {
				copy(mine, theirs)
			} else {
				copy(theirs, mine)
			}
			mine = mine[len(theirs):]
		}) != abi.OK
	})
	if e != abi.OK {
		k.badBuffer(t, abi.CallNr(f.AX), e)
		return e, 0
	}
	if failed {
		return abi.EFAULT, 0
	}
	return abi.OK, 0
}
