package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// Run is the kernel's life. It does not return.
func (k *Kernel) Run() {
	k.entered = k.m.TSC() // what boot took is not a stay in ring 0 that anybody waited for
	for {
		k.Step()
	}
}

// Step runs one task until it comes back, or waits for one interrupt.
func (k *Kernel) Step() {
	slot := k.queue.First()
	if slot < 0 {
		k.idle()
		return
	}
	t := &k.tasks.Tasks[slot]
	if t != k.current {
		k.switchTo(t)
	}
	k.waited(t)
	k.arm(t)
	v, left, back := k.m.Enter(t.Ctx)
	k.stayed(left, back)
	if t.FirstRunNS == 0 {
		t.FirstRunNS = k.ns(left - k.cfg.Facts.EntryTSC)
	}
	ran := k.ns(back - left)
	t.CPUNS += ran
	if v == arch.VectorSyscall {
		t.Calls++
		k.why = t.Ctx.Frame.AX
		k.call(t)
	} else {
		k.why = 1000 + v
		k.event(t, v)
	}
	k.spend(t, ran)
}

// switchTo loads t's address space and context. The task that had the CPU may have to wait for it from now on.
func (k *Kernel) switchTo(t *task.Task) {
	if o := k.current; o != nil && k.queue.Queued(o.Slot) {
		o.ReadyNS = k.now
	}
	k.m.LoadSpace(t.Space.Root)
	k.m.SetTask(t.Ctx)
	k.current = t
}

// waited notes how long t was ready before it runs now.
func (k *Kernel) waited(t *task.Task) {
	if t.ReadyNS == 0 {
		return
	}
	d := k.now - t.ReadyNS
	t.ReadyNS = 0
	if d > t.WorstWaitNS {
		t.WorstWaitNS = d
		if t.Priv.Priority < abi.DefaultPriority && d > k.latency.MaxReadyNS {
			k.latency.MaxReadyNS, k.latency.MaxReadyTask = d, t.Endpoint
		}
	}
}

// stayed notes how long ring 0 was kept, with interrupts off, before it was left at TSC left, and that
// it was entered again at back.
func (k *Kernel) stayed(left, back uint64) {
	k.latency.Entries++
	if d := left - k.entered; d > k.longest {
		k.longest, k.latency.MaxKernelCall = d, k.why
	}
	k.entered, k.now = back, k.ns(back-k.cfg.Facts.EntryTSC)
}

// idle waits for an interrupt with nothing to run.
func (k *Kernel) idle() {
	k.arm(nil)
	left := k.m.TSC()
	v := k.m.Idle()
	k.stayed(left, k.m.TSC())
	k.why = 1000 + v
	k.event(nil, v)
}

// event handles whatever came but a call. t is the task that ran, nil when none did.
func (k *Kernel) event(t *task.Task, v uint64) {
	switch {
	case v < arch.VectorIRQ:
		k.exception(t, v)
	case v == arch.VectorTimer:
		k.m.EndInterrupt()
		k.armed = ^uint64(0)
		k.expire()
	case v == arch.VectorSpurious:
	default:
		line, ok := k.m.IRQLine(v)
		if ok {
			k.irqs.Interrupt(line, k.tell)
		}
		k.m.EndInterrupt()
	}
}

// interrupted tells the owner of a hook.
func (k *Kernel) interrupted(owner abi.Endpoint, bit uint) {
	if t := k.tasks.Lookup(owner); t != nil {
		k.ipc.Interrupt(t, bit, k.now)
	}
}

// expire handles the deadlines that have come.
func (k *Kernel) expire() {
	for {
		id := k.timers.Expired(k.now)
		if id < 0 {
			return
		}
		t := &k.tasks.Tasks[id/2]
		if id == alarmID(t) {
			k.ipc.Alarm(t, k.now)
		} else {
			k.ipc.WaitOver(t)
		}
	}
}

// call hands a SYSCALL to its handler.
func (k *Kernel) call(t *task.Task) {
	f := &t.Ctx.Frame
	nr := abi.CallNr(f.AX)
	switch nr {
	case abi.CallSend:
		k.ipc.Send(t, abi.Endpoint(f.DI))
	case abi.CallReceive:
		k.ipc.Receive(t, abi.Endpoint(f.DI), f.SI)
	case abi.CallSendRec:
		k.ipc.SendRec(t, abi.Endpoint(f.DI), f.SI)
	case abi.CallNotify:
		k.ipc.Notify(t, abi.Endpoint(f.DI))
	case abi.CallSendNB:
		k.ipc.SendNB(t, abi.Endpoint(f.DI))
	case abi.CallSendA:
		k.ipc.SendA(t, abi.Endpoint(f.DI), f.SI)
	default:
		k.kernelCall(t, nr)
	}
}

// handlers is the table of kernel calls: number minus CallBase to what it does.
var handlers = [abi.CallMax - abi.CallBase + 1]func(*Kernel, *task.Task, *arch.Frame) (abi.Errno, uint64){
	abi.CallExit - abi.CallBase:        (*Kernel).callExit,
	abi.CallPrivCtl - abi.CallBase:     (*Kernel).callPrivCtl,
	abi.CallTaskCreate - abi.CallBase:  (*Kernel).callTaskCreate,
	abi.CallTaskKill - abi.CallBase:    (*Kernel).callTaskKill,
	abi.CallImageCreate - abi.CallBase: (*Kernel).callImageCreate,
	abi.CallImageWrite - abi.CallBase:  (*Kernel).callImageWrite,
	abi.CallImageSeal - abi.CallBase:   (*Kernel).callImageSeal,
	abi.CallImageFree - abi.CallBase:   (*Kernel).callImageFree,
	abi.CallIRQCtl - abi.CallBase:      (*Kernel).callIRQCtl,
	abi.CallSetAlarm - abi.CallBase:    (*Kernel).callSetAlarm,
	abi.CallTimes - abi.CallBase:       (*Kernel).callTimes,
	abi.CallGetInfo - abi.CallBase:     (*Kernel).callGetInfo,
	abi.CallDiag - abi.CallBase:        (*Kernel).callDiag,
	abi.CallTrace - abi.CallBase:       (*Kernel).callTrace,
	abi.CallShutdown - abi.CallBase:    (*Kernel).callShutdown,
	abi.CallCopyFrom - abi.CallBase:    (*Kernel).callCopyFrom,
	abi.CallCopyTo - abi.CallBase:      (*Kernel).callCopyTo,
}

// userEnd is where addresses end that ring 3 could ever have. The CPU refuses to load a base that is not
// canonical: in ring 0, where that must not happen.
const userEnd = 1 << 47

// kernelCall checks the call mask and calls the handler. The mask does not hold CallExit:
// dying is nobody's privilege.
func (k *Kernel) kernelCall(t *task.Task, nr abi.CallNr) {
	f := &t.Ctx.Frame
	if nr == abi.CallArchPrctl && f.DI == abi.ArchSetFS && f.SI < userEnd {
		t.Ctx.FSBase = f.SI
		t.Result(abi.OK, 0)
		return
	}
	if nr < abi.CallBase || nr > abi.CallMax {
		k.misuse(t, nr)
		return
	}
	if nr != abi.CallExit && t.Priv.CallMask&abi.CallBit(nr) == 0 {
		t.Result(abi.ECALLDENIED, 0)
		return
	}
	slot := t.Generation
	e, v := handlers[nr-abi.CallBase](k, t, f)
	if t.Live && t.Generation == slot {
		t.Result(e, v)
	}
}

// misuse ends a task that does what only a broken caller does.
func (k *Kernel) misuse(t *task.Task, nr abi.CallNr) {
	k.kill(t, abi.DeathRecord{Cause: abi.CauseBadCall, Status: uint64(nr)})
}
