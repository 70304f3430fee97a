package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/mem"
	"bennu/kernel/space"
	"bennu/kernel/task"
)

// Bits of a page fault's error code.
// Source: Intel SDM Vol. 3A, "Page-Fault Exceptions".
const (
	faultPresent = 1 << 0
	faultWrite   = 1 << 1
)

// exception handles an exception of ring 3: a page that is given on demand, or the task's end. What the processor remembers
// of the address, the page fault itself has made it forget.
//
// Source: Intel SDM Vol. 3A, "Operations that Invalidate TLBs and Paging-Structure Caches".
func (k *Kernel) exception(t *task.Task, v uint64) {
	f := &t.Ctx.Frame
	if v != arch.VectorPageFault {
		k.finish(t, end{cause: abi.CauseException, vector: uint32(v), err: f.Err})
		return
	}
	va, e := k.cpu.FaultAddress(), abi.EFAULT
	switch f.Err & (faultPresent | faultWrite) {
	case 0, faultWrite:
		e = t.Space.Populate(va)
	case faultPresent | faultWrite:
		e = t.Space.Copy(va)
	}
	switch e {
	case abi.OK:
		k.given(t)
	case abi.ENOMEM:
		k.finish(t, end{cause: abi.CauseMemory, vector: uint32(v), err: f.Err, cr2: va})
	default:
		k.finish(t, end{cause: abi.CauseException, vector: uint32(v), err: f.Err, cr2: va})
	}
}

// demand gives t the page of va that an access, as the error code says, has not found. Errors: EFAULT, ENOMEM.
func (k *Kernel) demand(t *task.Task, va, code uint64) (e abi.Errno) {
	switch code & (faultPresent | faultWrite) {
	case faultPresent | faultWrite:
		e = t.Space.Copy(va)
	case faultPresent:
		e = abi.EFAULT
	default:
		e = t.Space.Populate(va)
	}
	if e == abi.OK {
		k.given(t)
	}
	return e
}

// given counts a page that t was given.
func (k *Kernel) given(t *task.Task) {
	t.Faults++
	t.FramesPeak = max(t.FramesPeak, t.Space.Used())
}

// page finds the frame of t's page at va, which it may read, or write when write is set. A page not
// touched yet is given. Errors: EFAULT (there is none, or not for that), ENOMEM.
func (k *Kernel) page(t *task.Task, va uint64, write bool) (mem.Addr, abi.Errno) {
	a, changed, e := t.Space.Page(va, write)
	if changed {
		k.given(t)
		if t == k.current() {
			k.cpu.Invalidate(va)
		}
	}
	return a, e
}

// bytes is the first piece of t's memory [va, va+n), which does not go past a page's end. Errors: EFAULT (it is not
// t's), ENOMEM (it could not be given). Preconditions: n > 0.
func (k *Kernel) bytes(t *task.Task, va, n uint64, write bool) ([]byte, abi.Errno) {
	if t.Root && k.twin.on {
		return k.bytesOfBoth(t, va, n, write)
	}
	a, e := k.page(t, va, write)
	if e != abi.OK {
		return nil, e
	}
	off := va % abi.PageSize
	return k.phys.Bytes(a+mem.Addr(off), min(n, abi.PageSize-off)), abi.OK
}

// badBuffer ends t, whose own buffer for call nr is not its memory at va (EFAULT), or is memory that it cannot
// have any more (ENOMEM). A window can have been taken from a task that does all right: that is only an error of the call.
func (k *Kernel) badBuffer(t *task.Task, nr abi.CallNr, va uint64, e abi.Errno) abi.Errno {
	switch {
	case e == abi.ENOMEM:
		k.finish(t, end{cause: abi.CauseMemory})
	case !space.WindowAddress(va) || t.Space.Find(va).Kind == space.Window:
		k.misuse(t, nr)
	}
	return e
}
