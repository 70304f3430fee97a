package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// A task that is traced never just runs: pick sets it aside, and its turn here is one stay in ring 3, of which everything is looked at that
// ends it. None of the short ways knows of tracing. They do not come to such a task, since it waits with task.LongWay; and none leaves from
// it, since nothing is settled while it runs.

// tracer is who traces the lives of an account.
type tracer struct {
	by      abi.Endpoint // 0: nobody. It may have died, and its end not have come to this account yet: then nobody traces, too
	classes abi.TraceClass
	ceiling uint64 // frames (TraceCeiling); 0: what AccountSpec says
}

// traced is what the kernel knows of a life that is traced, beside the task.
type traced struct {
	why       abi.TraceWhy // of the last stop
	vector    uint32
	err, cr2  uint64
	cause     abi.Cause // of its death, if the exception takes its course
	at, order uint64    // ns, and place among all stops
	stops     uint64

	born   bool         // its birth was told, or was over when its tracer came
	make   bool         // the call that it was stopped before is to be made
	ends   bool         // the exception that it was stopped for ends it
	due    abi.TraceWhy // a stop that comes before it goes on in ring 3
	step   bool         // #DB is to come after one instruction
	pushes bool         // that instruction pushes the flags
	shut   bool         // its ports are closed
	end    uint64       // of its own time in ring 3: TraceEnd; 0: none

	watch, control uint64 // TraceWatch; control 0: none
}

// tracing is what the kernel knows of tracers.
type tracing struct {
	tracers [abi.MaxAccounts]tracer
	traced  [abi.MaxTasks]traced // by slot; of a task that is set aside and not dying
	by      uint64               // slots of tasks that may have been named by tracers
	untold  uint64               // slots of tasks that are stopped, and their tracer has not asked for it
	stops   uint64
	lag     uint64 // TSC counts from armEnd to ring 3, the last time
}

// tracerOf is who traces t now, and what; nil: nobody.
func (k *Kernel) tracerOf(t *task.Task) (*task.Task, abi.TraceClass) {
	r := &k.tracers[t.Account]
	if by := k.tasks.Lookup(r.by); by != nil {
		return by, r.classes
	}
	return nil, 0
}

// aside is the turn of a task that is not just let run.
func (k *Kernel) aside(t *task.Task) {
	if t.Dying || t.Wait&task.Reborn != 0 {
		if t.Dying {
			k.bury(t)
		} else {
			k.reborn(t)
		}
		k.poll()
		return
	}
	if t.Root && k.twin.on {
		k.lockstep(t)
		return
	}
	k.settled = 0 // as after each charge: nobody goes on without having been picked
	if t.Ctx != k.cpu.Current {
		k.switchTo(t)
	}
	if t.ReadyTSC != 0 {
		k.waited(t, k.since)
	}
	k.arm(t)
	if !k.before(t) {
		k.poll()
		return
	}
	k.tracedStay(t)
}

// before does what comes before t goes on in ring 3, and tells whether it does.
func (k *Kernel) before(t *task.Task) bool {
	l := &k.traced[t.Slot]
	by, classes := k.tracerOf(t)
	k.shutPorts(t, classes&abi.TracePorts != 0)
	switch {
	case l.ends:
		k.finish(t, end{cause: l.cause, vector: l.vector, err: l.err, cr2: l.cr2})
	case l.make:
		l.make = false
		k.makeCall(t, by != nil)
	case by == nil && l.end == 0:
		t.Aside = false
	case l.due != 0:
		k.stop(t, l.due)
	case t.FirstRunNS == 0 && !l.born && classes&abi.TraceBirth != 0:
		l.born = true
		k.stop(t, abi.StopBirth)
	default:
		return true
	}
	return false
}

// tracedStay lets t run until it comes back once.
func (k *Kernel) tracedStay(t *task.Task) {
	l, f := &k.traced[t.Slot], &t.Ctx.Frame
	if l.step {
		l.pushes = k.pushesFlags(t)
		f.Step()
	}
	if l.control != 0 {
		k.cpu.Watch(l.watch, l.control)
	}
	armed := uint64(0)
	if l.end != 0 {
		armed = k.cpu.TSC()
		k.armEnd(l.end - t.Ticks)
	}
	v, left, back := k.cpu.Enter(t.Ctx)
	if armed != 0 {
		k.lag = left - armed
	}
	if l.control != 0 {
		k.cpu.Watch(0, arch.WatchNothing)
	}
	if l.step {
		f.Stepped()
	}
	k.stayed(left, back)
	if t.FirstRunNS == 0 {
		t.FirstRunNS = k.sinceBoot(left)
	}
	t.Ticks += back - left
	k.charge(back)
	switch {
	case l.end != 0 && t.Ticks >= l.end:
		k.over(t, v)
	case v == arch.VectorSyscall:
		t.Calls++
		k.why = f.AX
		k.tracedCall(t)
	case v < arch.VectorIRQ:
		k.why = 1000 + v
		k.tracedException(t, v)
	default:
		k.why = 1000 + v
		k.event(t, v)
	}
}

// tracedCall hands a SYSCALL of t to its tracer, or makes it.
func (k *Kernel) tracedCall(t *task.Task) {
	nr := abi.CallNr(t.Ctx.Frame.AX)
	_, classes := k.tracerOf(t)
	if nr < abi.CallBase && classes&abi.TraceCalls != 0 || nr == abi.CallPortIO && classes&abi.TracePorts != 0 {
		k.stop(t, abi.StopCall)
		return
	}
	l, f, ep, ip := &k.traced[t.Slot], &t.Ctx.Frame, t.Endpoint, t.Ctx.Frame.IP
	k.call(t, nr)
	if k.tasks.Lookup(ep) != t {
		return
	}
	if l.step && f.IP == ip { // else it makes the call once more
		l.due = abi.StopStep
	}
	k.afterCall(t)
}

// makeCall makes the call that t was stopped before. told: its tracer is told when it returns.
func (k *Kernel) makeCall(t *task.Task, told bool) {
	l, f, ep, ip := &k.traced[t.Slot], &t.Ctx.Frame, t.Endpoint, t.Ctx.Frame.IP
	k.why = f.AX
	k.call(t, abi.CallNr(f.AX))
	if k.tasks.Lookup(ep) != t {
		return
	}
	if f.IP != ip { // it works in steps
		f.IP, l.make = ip, true
		return
	}
	if told {
		l.due = abi.StopReturn
	}
	k.afterCall(t)
}

// afterCall sees to it that what t waits for comes the long way, and that what is due to its tracer comes now, if t does not wait.
func (k *Kernel) afterCall(t *task.Task) {
	if t.Wait&(task.Sending|task.Receiving) != 0 {
		t.Wait |= task.LongWay
	} else if due := k.traced[t.Slot].due; due != 0 && t.Wait == 0 {
		k.stop(t, due)
	}
}

// tracedException is exception for t. Breakpoints and #DB are for its tracer, and what would be its end is, if the tracer has asked for it.
func (k *Kernel) tracedException(t *task.Task, v uint64) {
	l, f := &k.traced[t.Slot], &t.Ctx.Frame
	_, classes := k.tracerOf(t)
	l.vector, l.err, l.cr2, l.cause = uint32(v), f.Err, 0, abi.CauseException
	switch v {
	case arch.VectorBreakpoint:
		k.stop(t, abi.StopBreak)
		return
	case arch.VectorDebug:
		k.stop(t, k.debugged(t))
		return
	case arch.VectorPageFault:
		l.cr2 = k.cpu.FaultAddress()
		e := k.demand(t, l.cr2, f.Err)
		if e == abi.OK {
			return
		}
		if e == abi.ENOMEM {
			l.cause = abi.CauseMemory
		}
	case vectorProtection:
		if classes&abi.TracePorts != 0 {
			classes |= abi.TraceExceptions
		}
	}
	if classes&abi.TraceExceptions != 0 {
		k.stop(t, abi.StopFault)
		return
	}
	k.finish(t, end{cause: l.cause, vector: l.vector, err: l.err, cr2: l.cr2})
}

const vectorProtection = 13 // #GP

// debugged is why #DB came, for which the error code of the stop has the bits of DR6.
func (k *Kernel) debugged(t *task.Task) abi.TraceWhy {
	l := &k.traced[t.Slot]
	l.err = k.cpu.DebugStatus & arch.DebugBits
	stepped := l.step && l.err&arch.DebugStepped != 0
	if stepped && l.pushes { // the flag is on the task's stack
		if b, e := k.bytes(t, t.Ctx.Frame.SP+1, 1, true); e == abi.OK {
			b[0] &^= arch.SecondByteTF
		}
	}
	switch {
	case l.control != 0 && l.err&arch.DebugWatched != 0:
		return abi.StopWatch
	case stepped:
		return abi.StopStep
	}
	return abi.StopFault
}

// pushesFlags tells whether t's next instruction is PUSHF, with prefixes that it may have.
func (k *Kernel) pushesFlags(t *task.Task) bool {
	var code [4]byte
	for _, b := range code[:k.peek(t, t.Ctx.Frame.IP, code[:])] {
		switch {
		case b == 0x9c:
			return true
		case b != 0x66 && b&0xf0 != 0x40:
			return false
		}
	}
	return false
}

// stop stops t for its tracer, which is told. With it all ends that was to come of how t goes on.
func (k *Kernel) stop(t *task.Task, why abi.TraceWhy) {
	l := &k.traced[t.Slot]
	if why != abi.StopBreak && why != abi.StopStep && why != abi.StopWatch && why != abi.StopFault {
		l.vector, l.err, l.cr2 = 0, 0, 0
	} else if l.due != 0 { // of a call
		l.vector, l.err, l.cr2 = arch.VectorDebug, arch.DebugStepped, 0
	}
	k.stops++
	l.stops++
	l.why, l.at, l.order, l.due, l.step = why, k.Now(), k.stops, 0, false
	by, _ := k.tracerOf(t)
	if by == nil { // it has ended: nobody lets the task go on but this
		k.course(t)
		return
	}
	t.Wait |= task.Stopped
	k.sched.Block(t.Slot)
	k.untold |= 1 << (t.Slot & 63)
	k.ipc.SystemEvent(by, abi.SystemTrace)
}

// course is what comes of the stop of t when no tracer says otherwise.
func (k *Kernel) course(t *task.Task) {
	l := &k.traced[t.Slot]
	l.make = l.why == abi.StopCall
	l.ends = l.why == abi.StopBreak || l.why == abi.StopFault
	l.step, l.control = false, 0
}

// goOn lets t, which is stopped, be run again.
func (k *Kernel) goOn(t *task.Task) {
	t.Wait &^= task.Stopped
	k.untold &^= 1 << (t.Slot & 63)
	if t.Wait == 0 {
		k.Ready(t)
	}
}

// shutPorts closes t's ports, or opens them again.
func (k *Kernel) shutPorts(t *task.Task, shut bool) {
	l := &k.traced[t.Slot]
	if l.shut == shut {
		return
	}
	l.shut = shut
	var io ioRights
	if t.Priv.NPorts == 0 || k.sortPorts(t, &t.Priv, &io) != abi.OK || io.nOpen == 0 {
		return
	}
	if shut {
		t.Space.ShutIO()
	} else {
		t.Space.ReopenIO(io.open[:io.nOpen])
	}
}

// trace begins to trace t: a new life, or one of an account whose tracer comes now.
func (k *Kernel) trace(t *task.Task) {
	k.traced[t.Slot] = traced{born: t.FirstRunNS != 0}
	t.Aside = true
	if t.Wait&(task.Sending|task.Receiving) != 0 {
		t.Wait |= task.LongWay
	}
}

// untrace ends the tracing of an account's lives. Those that are stopped go on, and what they were stopped for takes its course. Each is
// set aside once more, for what is left to be done before it runs.
func (k *Kernel) untrace(id abi.AccountID) {
	if k.tracers[id].by == 0 {
		return
	}
	if k.tracers[id].ceiling != 0 {
		k.logDeaths() // a line tells of the ceiling as it was
	}
	k.tracers[id] = tracer{}
	k.limitFrames(id)
	for m := k.tasks.Living(); m != 0; m &= m - 1 {
		t := k.taskOf(m)
		if t.Account != id || !t.Aside {
			continue
		}
		k.irqs.Lose(t.Endpoint, anyLine, 0)
		l := &k.traced[t.Slot]
		l.step, l.control, l.due = false, 0, 0
		if t.Wait&task.Stopped != 0 {
			k.course(t)
			k.goOn(t)
		}
	}
}

// forgetTraces ends, in steps, what t, which is buried, traces. done: there is no more.
func (k *Kernel) forgetTraces(t *task.Task) (done bool) {
	for id := range k.tracers {
		if k.tracers[id].by == t.Endpoint {
			k.untrace(abi.AccountID(id))
			return false
		}
	}
	k.by &^= 1 << (t.Slot & 63)
	return true
}

// limitFrames sets the most frames that an account may have: what its spec says, or less.
func (k *Kernel) limitFrames(id abi.AccountID) {
	a := k.accounts.Get(id)
	if a == nil {
		return
	}
	most := uint64(a.Spec.CeilingFrames)
	if c := k.tracers[id].ceiling; c != 0 {
		most = min(most, c)
	}
	a.Frames.Limit(most)
}
