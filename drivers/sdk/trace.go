package sdk

import "bennu/kernel/abi"

// What a service may do with those that its entry of system.conf names (`trace`). Lives are named by their endpoints, services by their
// accounts (abi.TaskInfo). All errors: EPERM (not named), EDEADSRCDST or ESRCH, EINVAL, ECALLDENIED, and what each says.

// Trace is the ops that need no buffer (abi.TraceOp). Errors: EFAULT, ENOMEM too.
func (c *Context) Trace(op abi.TraceOp, ep abi.Endpoint, addr, value uint64) (uint64, abi.Errno) {
	return c.k.Trace(op, ep, addr, value)
}

// TraceRegs reads another task's registers.
func (c *Context) TraceRegs(ep abi.Endpoint, r *abi.Registers) abi.Errno { return c.k.TraceRegs(ep, r) }

// TraceSetRegs sets the registers of a life that is stopped. Errors: EBUSY (it is not), EFAULT (RIP or a base can be no task's).
func (c *Context) TraceSetRegs(ep abi.Endpoint, r *abi.Registers) abi.Errno {
	return c.k.TraceSetRegs(ep, r)
}

// TraceAttach makes the caller the tracer of all lives of an account. Errors: EBUSY (another is).
func (c *Context) TraceAttach(a abi.AccountID, classes abi.TraceClass) abi.Errno {
	return c.k.TraceAttach(a, classes)
}

// TraceDetach ends that.
func (c *Context) TraceDetach(a abi.AccountID) abi.Errno { return c.k.TraceDetach(a) }

// TraceNext tells of the life that was stopped longest and is untold. Errors: EAGAIN (there is none).
func (c *Context) TraceNext(s *abi.TraceStop) abi.Errno { return c.k.TraceNext(s) }

// TraceContinue lets a life go on that is stopped.
func (c *Context) TraceContinue(ep abi.Endpoint, how abi.TraceHow) abi.Errno {
	return c.k.TraceContinue(ep, how)
}

// TraceRead copies another task's memory into b, at most abi.MaxCopy bytes, up to the first page that is not there, and tells how many bytes
// those were. Errors: E2BIG.
func (c *Context) TraceRead(ep abi.Endpoint, addr uint64, b []byte) (int, abi.Errno) {
	return c.k.TraceRead(ep, addr, b)
}

// TraceWrite copies b, at most abi.MaxCopy bytes, into another task's memory, into private copies of what it shares. Errors: E2BIG, EFAULT
// (a page is not there: what lies before it is written), ENOMEM (likewise: the task's account may have no more).
func (c *Context) TraceWrite(ep abi.Endpoint, addr uint64, b []byte) abi.Errno {
	return c.k.TraceWrite(ep, addr, b)
}

// TraceRegion is the first piece of a task's memory that ends above an address. Errors: EDOM (there is no more).
func (c *Context) TraceRegion(ep abi.Endpoint, addr uint64, out *abi.TraceArea) abi.Errno {
	return c.k.TraceRegion(ep, addr, out)
}

// TracePortIn reads a port by another task's rights, 1, 2 or 4 bytes wide. Errors: EPERM (it is not the task's).
func (c *Context) TracePortIn(ep abi.Endpoint, port uint16, width int) (uint32, abi.Errno) {
	return c.k.TracePortIn(ep, port, width)
}

// TracePortOut writes one. Errors: as TracePortIn; EAGAIN (of a guarded one: the device has not taken the byte before).
func (c *Context) TracePortOut(ep abi.Endpoint, port uint16, width int, v uint32) abi.Errno {
	return c.k.TracePortOut(ep, port, width, v)
}

// TraceRaise tells a task of an interrupt that did not come. Errors: EPERM (it has no hook on the line).
func (c *Context) TraceRaise(ep abi.Endpoint, line uint32) abi.Errno { return c.k.TraceRaise(ep, line) }

// TraceLose keeps the next n interrupts of a line from a task. Errors: EPERM (it has no hook on the line).
func (c *Context) TraceLose(ep abi.Endpoint, line uint32, n uint64) abi.Errno {
	return c.k.TraceLose(ep, line, n)
}

// TraceWatch stops a life after it has accessed size bytes, 1, 2, 4 or 8; kind 0: no more.
func (c *Context) TraceWatch(ep abi.Endpoint, addr, kind uint64, size int) abi.Errno {
	return c.k.TraceWatch(ep, addr, kind, size)
}

// TraceCeiling is the most pages that an account may have, until 0 ends that.
func (c *Context) TraceCeiling(a abi.AccountID, pages uint64) abi.Errno {
	return c.k.TraceCeiling(a, pages)
}

// TraceVerify compares an account's image and snapshot with their checksums. Errors: EIO (damaged).
func (c *Context) TraceVerify(a abi.AccountID) abi.Errno { return c.k.TraceVerify(a) }
