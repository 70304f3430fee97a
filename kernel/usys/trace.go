package usys

import "bennu/kernel/abi"

// All methods here are CallTrace: errors are EPERM (the privilege does not name the account), EDEADSRCDST or ESRCH, EINVAL, and what each says.

// Trace is the ops that need no buffer. Errors: EFAULT, ENOMEM too.
func (g Gate) Trace(op abi.TraceOp, ep abi.Endpoint, addr, value uint64) (uint64, abi.Errno) {
	e, v := g.call4(abi.CallTrace, uint64(op), uint64(ep), addr, value)
	return v, e
}

// TraceRegs reads another task's registers.
func (g Gate) TraceRegs(ep abi.Endpoint, r *abi.Registers) abi.Errno {
	e, _ := g.call2(abi.CallTrace, uint64(abi.TraceRegs), uint64(ep))
	copy(abi.Bytes(r), g.area().Buf[:])
	return e
}

// TraceSetRegs sets the registers of a life that is stopped. Errors: EBUSY (it is not), EFAULT (RIP or a base can be no task's).
func (g Gate) TraceSetRegs(ep abi.Endpoint, r *abi.Registers) abi.Errno {
	copy(g.area().Buf[:], abi.Bytes(r))
	e, _ := g.call2(abi.CallTrace, uint64(abi.TraceSetRegs), uint64(ep))
	return e
}

// TraceAttach makes the caller the tracer of all lives of an account. Errors: EBUSY (another is).
func (g Gate) TraceAttach(a abi.AccountID, c abi.TraceClass) abi.Errno {
	e, _ := g.call3(abi.CallTrace, uint64(abi.TraceAttach), uint64(a), uint64(c))
	return e
}

// TraceDetach ends that.
func (g Gate) TraceDetach(a abi.AccountID) abi.Errno {
	e, _ := g.call2(abi.CallTrace, uint64(abi.TraceDetach), uint64(a))
	return e
}

// TraceNext tells of the life that was stopped longest and is untold. Errors: EAGAIN (there is none).
func (g Gate) TraceNext(s *abi.TraceStop) abi.Errno {
	e, _ := g.call2(abi.CallTrace, uint64(abi.TraceNext), 0)
	copy(abi.Bytes(s), g.area().Buf[:])
	return e
}

// TraceContinue lets a life go on that is stopped.
func (g Gate) TraceContinue(ep abi.Endpoint, how abi.TraceHow) abi.Errno {
	e, _ := g.call3(abi.CallTrace, uint64(abi.TraceContinue), uint64(ep), uint64(how))
	return e
}

// TraceRead copies another task's memory into b, at most abi.MaxCopy bytes, up to the first page that is not there, and tells how many bytes
// those were. Errors: E2BIG.
func (g Gate) TraceRead(ep abi.Endpoint, addr uint64, b []byte) (int, abi.Errno) {
	e, n := g.call5(abi.CallTrace, uint64(abi.TraceRead), uint64(ep), addr, g.address(b), uint64(len(b)))
	return int(n), e
}

// TraceWrite copies b, at most abi.MaxCopy bytes, into another task's memory, into private copies of what it shares. Errors: E2BIG, EFAULT
// (a page is not there: what lies before it is written), ENOMEM (likewise: the task's account may have no more).
func (g Gate) TraceWrite(ep abi.Endpoint, addr uint64, b []byte) abi.Errno {
	e, _ := g.call5(abi.CallTrace, uint64(abi.TraceWrite), uint64(ep), addr, g.address(b), uint64(len(b)))
	return e
}

// TraceRegion is the first piece of a task's memory that ends above an address. Errors: EDOM (there is no more).
func (g Gate) TraceRegion(ep abi.Endpoint, addr uint64, out *abi.TraceArea) abi.Errno {
	e, _ := g.call3(abi.CallTrace, uint64(abi.TraceRegion), uint64(ep), addr)
	copy(abi.Bytes(out), g.area().Buf[:])
	return e
}

// TracePortIn reads a port by another task's rights, 1, 2 or 4 bytes wide. Errors: EPERM (it is not the task's).
func (g Gate) TracePortIn(ep abi.Endpoint, port uint16, width int) (uint32, abi.Errno) {
	e, v := g.call4(abi.CallTrace, uint64(abi.TracePortIn), uint64(ep), uint64(port), uint64(width))
	return uint32(v), e
}

// TracePortOut writes one. Errors: as TracePortIn; EAGAIN (of a guarded one: the device has not taken the byte before).
func (g Gate) TracePortOut(ep abi.Endpoint, port uint16, width int, v uint32) abi.Errno {
	e, _ := g.call5(abi.CallTrace, uint64(abi.TracePortOut), uint64(ep), uint64(port), uint64(width), uint64(v))
	return e
}

// TraceRaise tells a task of an interrupt that did not come. Errors: EPERM (it has no hook on the line).
func (g Gate) TraceRaise(ep abi.Endpoint, line uint32) abi.Errno {
	e, _ := g.call3(abi.CallTrace, uint64(abi.TraceRaise), uint64(ep), uint64(line))
	return e
}

// TraceLose keeps the next n interrupts of a line from a task. Errors: EPERM (it has no hook on the line).
func (g Gate) TraceLose(ep abi.Endpoint, line uint32, n uint64) abi.Errno {
	e, _ := g.call4(abi.CallTrace, uint64(abi.TraceLose), uint64(ep), uint64(line), n)
	return e
}

// TraceWatch stops a life after it has accessed size bytes, 1, 2, 4 or 8; kind 0: no more.
func (g Gate) TraceWatch(ep abi.Endpoint, addr, kind uint64, size int) abi.Errno {
	e, _ := g.call5(abi.CallTrace, uint64(abi.TraceWatch), uint64(ep), addr, kind, uint64(size))
	return e
}

// TraceCeiling is the most pages that an account may have, until 0 ends that.
func (g Gate) TraceCeiling(a abi.AccountID, pages uint64) abi.Errno {
	e, _ := g.call3(abi.CallTrace, uint64(abi.TraceCeiling), uint64(a), pages)
	return e
}

// TraceVerify compares an account's image and snapshot with their checksums. Errors: EIO (damaged).
func (g Gate) TraceVerify(a abi.AccountID) abi.Errno {
	e, _ := g.call2(abi.CallTrace, uint64(abi.TraceVerify), uint64(a))
	return e
}
