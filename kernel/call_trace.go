package kernel

import (
	"encoding/binary"
	"math/bits"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/mem"
	"bennu/kernel/task"
)

// callTrace: (TraceOp, endpoint or account, …): fault injection and post-mortem. Writes go into a copy of the target's own, never into the
// image that others share.
//
// Errors: EPERM (the caller's privilege does not name the account), EDEADSRCDST, ESRCH (no such account), EINVAL (unknown op, the caller
// itself, an argument), EAGAIN (the root task is between two lives), EFAULT (not the target's memory), ENOMEM (its account may not have the copy); and what the op says.
func (k *Kernel) callTrace(t *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	switch op := abi.TraceOp(f.DI); {
	case op == abi.TraceNext:
		if f.SI != 0 {
			return abi.EINVAL, 0
		}
		return k.traceNext(t)
	case accountOp(op):
		return k.traceAccount(t, op, f)
	}
	to := k.tasks.Lookup(abi.Endpoint(f.SI))
	switch {
	case to == nil:
		return abi.EDEADSRCDST, 0
	case to == t:
		return abi.EINVAL, 0
	case !mayTrace(t, to.Account):
		return abi.EPERM, 0
	case to.Wait&task.Reborn != 0: // there is nothing to be traced
		return abi.EAGAIN, 0
	}
	switch abi.TraceOp(f.DI) {
	case abi.TracePeek, abi.TracePoke, abi.TracePoke1, abi.TracePokeSnapshot, abi.TraceRead, abi.TraceWrite, abi.TraceRegion:
		return k.traceMemory(t, to, f)
	case abi.TraceRegs:
		var r abi.Registers
		registers(to, &r)
		return put(t, abi.OK, &r)
	case abi.TraceSetPC:
		if !abi.TaskAddress(f.DX) { // SYSRET to a non-canonical address faults in ring 0
			return abi.EFAULT, 0
		}
		to.Ctx.Frame.IP, to.Done, to.Traced = f.DX, 0, true
		return abi.OK, 0
	case abi.TraceSetRegs:
		return traceSetRegs(t, to), 0
	case abi.TraceContinue:
		return k.traceContinue(t, to, abi.TraceHow(f.DX)), 0
	case abi.TraceWatch:
		return k.traceWatch(t, to, f.DX, f.R10, f.R8), 0
	case abi.TraceEnd:
		k.traceEnd(to, f.DX)
		return abi.OK, 0
	case abi.TracePortIn, abi.TracePortOut:
		return k.tracePort(to, f)
	case abi.TraceRaise, abi.TraceLose:
		return k.traceLine(t, to, f), 0
	}
	return abi.EINVAL, 0
}

// mayTrace tells whether t may trace the tasks of an account.
func mayTrace(t *task.Task, id abi.AccountID) bool {
	return t.Root || id != t.Account && id != abi.AccountKernel && t.Priv.Traced(id)
}

// mayEndRoot tells whether t may end or stop the root task's life: who may trace it. The root task itself has CallExit.
func mayEndRoot(t *task.Task) bool { return mayTrace(t, abi.AccountRoot) && !t.Root }

// accountOp tells whether op names an account.
func accountOp(op abi.TraceOp) bool {
	return op == abi.TraceAttach || op == abi.TraceDetach || op == abi.TraceCeiling || op == abi.TraceVerify
}

// traceAccount is the ops that name an account. Errors: EPERM, ESRCH, EINVAL (unknown classes, the caller's own account, or it is not the
// account's tracer), EBUSY (of TraceAttach: another is); of TraceVerify EIO.
func (k *Kernel) traceAccount(t *task.Task, op abi.TraceOp, f *arch.Frame) (abi.Errno, uint64) {
	id := abi.AccountID(min(f.SI, abi.MaxAccounts))
	switch {
	case !mayTrace(t, id):
		return abi.EPERM, 0
	case k.accounts.Get(id) == nil:
		return abi.ESRCH, 0
	case op == abi.TraceVerify:
		return k.traceVerify(t, id)
	case op == abi.TraceAttach:
		return k.traceAttach(t, id, f.DX), 0
	}
	r := &k.tracers[id]
	if r.by != t.Endpoint {
		return abi.EINVAL, 0
	}
	if op == abi.TraceDetach {
		k.untrace(id)
		return abi.OK, 0
	}
	k.logDeaths() // a line tells of the ceiling as it was
	r.ceiling = f.DX
	k.limitFrames(id)
	return abi.OK, 0
}

const traceClasses = uint64(abi.TraceExceptions | abi.TraceCalls | abi.TraceBirth | abi.TracePorts)

// traceAttach makes t the tracer of an account. Errors: as traceAccount.
func (k *Kernel) traceAttach(t *task.Task, id abi.AccountID, classes uint64) abi.Errno {
	r := &k.tracers[id]
	switch {
	case classes&^traceClasses != 0 || id == t.Account || id == abi.AccountRoot && k.twin.on: // a stop of one body is none of the other
		return abi.EINVAL
	case r.by == t.Endpoint:
		r.classes = abi.TraceClass(classes)
		return abi.OK
	case k.tasks.Lookup(r.by) != nil:
		return abi.EBUSY
	}
	k.untrace(id) // its tracer is dead, and has not come to it
	*r = tracer{by: t.Endpoint, classes: abi.TraceClass(classes)}
	k.by |= 1 << (t.Slot & 63)
	for m := k.tasks.Living(); m != 0; m &= m - 1 {
		if o := k.taskOf(m); o.Account == id {
			k.attached(o)
		}
	}
	return abi.OK
}

// attached begins to trace a life, of which something may be left to be done since its last tracer.
func (k *Kernel) attached(o *task.Task) {
	if l := &k.traced[o.Slot]; o.Aside && (l.make || l.ends || l.shut || l.end != 0) {
		l.born = true
		return
	}
	k.trace(o)
}

// taskOf is the task of the first slot of a mask.
func (k *Kernel) taskOf(m uint64) *task.Task { return &k.tasks.Tasks[bits.TrailingZeros64(m)] }

// traceNext fills Buf with the TraceStop of the life that was stopped longest of those that t traces and has not been told of. Errors:
// EAGAIN (none).
func (k *Kernel) traceNext(t *task.Task) (abi.Errno, uint64) {
	var first *task.Task
	for m := k.untold; m != 0; m &= m - 1 {
		o := k.taskOf(m)
		switch {
		case !o.Live || o.Wait&task.Stopped == 0: // it has ended
			k.untold &^= m & -m
		case k.tracers[o.Account].by == t.Endpoint && (first == nil || k.traced[o.Slot].order < k.traced[first.Slot].order):
			first = o
		}
	}
	if first == nil {
		return abi.EAGAIN, 0
	}
	k.untold &^= 1 << (first.Slot & 63)
	l := &k.traced[first.Slot]
	s := abi.TraceStop{Endpoint: first.Endpoint, Account: first.Account, Why: l.why, Vector: l.vector, ErrorCode: l.err, CR2: l.cr2, TimeNS: l.at, Stops: l.stops}
	registers(first, &s.Regs)
	return put(t, abi.OK, &s)
}

// stopped tells whether to is stopped for t.
func (k *Kernel) stopped(t, to *task.Task) bool {
	return to.Wait&task.Stopped != 0 && k.tracers[to.Account].by == t.Endpoint
}

// traceContinue lets a life go on that is stopped. Errors: EINVAL (it is not stopped for the caller; no such way to go on, or not from this
// stop).
func (k *Kernel) traceContinue(t, to *task.Task, how abi.TraceHow) abi.Errno {
	l := &k.traced[to.Slot]
	if !k.stopped(t, to) || how > abi.TraceSkip || how == abi.TraceSkip && l.why != abi.StopCall {
		return abi.EINVAL
	}
	switch how {
	case abi.TracePass:
		l.ends = l.why == abi.StopBreak || l.why == abi.StopFault
	case abi.TraceStep:
		l.step = true
	case abi.TraceSkip:
		to.Done = 0
	}
	l.make = l.why == abi.StopCall && how != abi.TraceSkip
	k.goOn(to)
	return abi.OK
}

// traceSetRegs sets the registers of a life that is stopped. Errors: EBUSY (it is not), EFAULT (RIP, FSBase or GSBase can be no task's: the
// processor would refuse them in ring 0).
func traceSetRegs(t, to *task.Task) abi.Errno {
	var r abi.Registers
	copy(abi.Bytes(&r), t.Call.Buf[:])
	switch {
	case to.Wait&task.Stopped == 0:
		return abi.EBUSY
	case !abi.TaskAddress(r.RIP) || r.FSBase >= userEnd || r.GSBase >= userEnd:
		return abi.EFAULT
	}
	f, g := &to.Ctx.Frame, &r.GPR
	f.AX, f.CX, f.DX, f.BX, f.SP, f.BP, f.SI, f.DI = g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7]
	f.R8, f.R9, f.R10, f.R11, f.R12, f.R13, f.R14, f.R15 = g[8], g[9], g[10], g[11], g[12], g[13], g[14], g[15]
	f.IP, to.Ctx.FSBase, to.Ctx.GSBase = r.RIP, r.FSBase, r.GSBase
	f.SetFlags(r.RFLAGS)
	f.Whole()
	to.Done, to.Traced = 0, true
	return abi.OK
}

// traceWatch sets the data breakpoint of a life, or ends it. Errors: EINVAL (size, kind, an address that is not a multiple of the size, or
// no task's; the caller is not its tracer).
func (k *Kernel) traceWatch(t, to *task.Task, va, kind, size uint64) abi.Errno {
	l := &k.traced[to.Slot]
	if k.tracers[to.Account].by != t.Endpoint {
		return abi.EINVAL
	}
	if kind == 0 {
		l.watch, l.control = 0, 0
		return abi.OK
	}
	c := arch.WatchControl(kind, size)
	if c == 0 || va%size != 0 || !abi.TaskAddress(va) {
		return abi.EINVAL
	}
	l.watch, l.control = va, c
	return abi.OK
}

// traceMemory is the ops on memory that work without a tracer, too.
func (k *Kernel) traceMemory(t, to *task.Task, f *arch.Frame) (abi.Errno, uint64) {
	var word [8]byte
	switch abi.TraceOp(f.DI) {
	case abi.TracePeek:
		if k.peek(to, f.DX, word[:]) != len(word) {
			return abi.EFAULT, 0
		}
		return abi.OK, binary.LittleEndian.Uint64(word[:])
	case abi.TracePoke:
		binary.LittleEndian.PutUint64(word[:], f.R10)
		return k.poke(to, f.DX, word[:]), 0
	case abi.TracePoke1:
		word[0] = byte(f.R10)
		return k.poke(to, f.DX, word[:1]), 0
	case abi.TracePokeSnapshot:
		return k.pokeSnapshot(to, f.DX, byte(f.R10)), 0
	case abi.TraceRegion:
		r := to.Space.After(f.DX)
		if r.Kind == 0 {
			return abi.EDOM, 0
		}
		return put(t, abi.OK, &abi.TraceArea{Start: r.Start, End: r.End, Rights: to.Space.Rights(&r), Kind: areaKinds[r.Kind]})
	}
	return k.traceCopy(t, to, f)
}

func (k *Kernel) poke(to *task.Task, va uint64, b []byte) abi.Errno {
	to.Traced = true
	for len(b) > 0 {
		a, e := to.Space.Private(va)
		if e != abi.OK {
			return e
		}
		off := va % abi.PageSize
		n := copy(k.phys.Bytes(a+mem.Addr(off), abi.PageSize-off), b)
		b, va = b[n:], va+uint64(n)
	}
	return abi.OK
}
