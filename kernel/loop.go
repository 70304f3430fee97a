package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/sched"
	"bennu/kernel/task"
	"bennu/kernel/timer"
)

// Run is the kernel's life. It does not return.
func (k *Kernel) Run() {
	k.running = true
	k.takeHandOver()
	k.entered = k.cpu.TSC() // nobody waited for the boot: it is no stay in ring 0
	k.cfg.Facts.RootTSC, k.root.ReadyTSC = k.entered, k.entered
	for {
		if t := k.pick(); t != nil {
			k.turn(t, forEver)
		}
	}
}

const forEver = int(^uint(0) >> 1) // more stays in ring 3 than a machine lives for

// Step is one time round: one task runs until it comes back, or one interrupt is waited for.
func (k *Kernel) Step() {
	t := k.current()
	if !k.same() {
		t = k.pick()
	}
	if t != nil {
		k.turn(t, 1)
	}
}

// same tells whether all is as pick left it, so that who ran goes on: the queue, the budgets, the deadlines.
func (k *Kernel) same() bool { return k.settled == k.generation() }

// turn runs t, and handles what it comes back for, until it does not just go on, or has come back so often.
func (k *Kernel) turn(t *task.Task, stays int) {
	for ; stays > 0; stays-- {
		v, left, back := k.cpu.Enter(t.Ctx)
		if k.cpu.Current != t.Ctx { // it was handed over
			t = k.current()
		}
		k.stayed(left, back)
		if t.FirstRunNS == 0 {
			t.FirstRunNS = k.sinceBoot(left)
		}
		t.Ticks += back - left
		if v != arch.VectorSyscall && v != arch.VectorPageFault {
			k.charge(back)
			k.why = 1000 + v
			k.event(t, v)
			return
		}
		if back >= k.bill.due {
			k.charge(back)
		}
		if v == arch.VectorSyscall {
			t.Calls++
			nr := abi.CallNr(t.Ctx.Frame.AX)
			k.why = uint64(nr)
			k.call(t, nr)
		} else { // a page is mostly given, and t goes on
			k.why = 1000 + v
			k.exception(t, v)
		}
		if !k.same() {
			return
		}
	}
}

// pick finds the task that runs next, switches to it and sets the timer. nil: something else was done.
func (k *Kernel) pick() *task.Task {
	if k.chores {
		if k.showing() {
			k.showSome()
		}
		k.release()
		k.chores = k.showing() || k.retry != 0
	}
	slot, payer, how := k.sched.Turn()
	if slot < 0 {
		return k.rest()
	}
	if slot != k.slot && k.slot < 0 && payer == k.payer && how == k.how {
		k.slot = slot // its turn began with what it is called for
	} else if slot != k.slot || payer != k.payer || how != k.how {
		before := k.generation()
		k.charge(k.cpu.TSC())
		if k.generation() != before { // somebody's turn or budget was over with that
			slot, payer, how = k.sched.Turn()
		}
		k.payer, k.how, k.slot = payer, how, slot // the switch is this one's
	}
	t := &k.tasks.Tasks[slot]
	if t.Aside {
		k.aside(t)
		return nil
	}
	if t.Ctx != k.cpu.Current {
		k.switchTo(t)
	}
	if t.ReadyTSC != 0 {
		k.waited(t, k.since)
	}
	k.arm(t)
	if !k.chores {
		k.settled = k.generation()
	}
	return t
}

// switchTo loads t's address space and context. The task that had the CPU may have to wait for it from now on.
func (k *Kernel) switchTo(t *task.Task) {
	if o := k.current(); o != nil && k.sched.Queued(o.Slot) {
		o.ReadyTSC = k.entered
	}
	k.cpu.Switch(t.Ctx, t.Space.Root)
}

// stayed notes how long ring 0 was kept, with interrupts off, before it was left at TSC left, and that
// it was entered again at back.
func (k *Kernel) stayed(left, back uint64) {
	k.latency.Entries++
	if d := left - k.entered; d > k.longest {
		k.longest, k.latency.MaxKernelCall = d, k.why
	}
	k.entered = back
}

// event handles everything but calls. t is the task that ran, nil when none did.
func (k *Kernel) event(t *task.Task, v uint64) {
	if v < arch.VectorIRQ {
		k.exception(t, v)
		return
	}
	k.entropy.Stir(k.entered)
	k.unclaimed = true
	switch {
	case v == arch.VectorTimer: // the end of a turn is t's
		k.m.EndInterrupt()
		k.armed = ^uint64(0)
		k.expire()
		k.irqs.Reopen()
		k.unasked()
	case v == arch.VectorDMAFault && k.iommu != nil:
		k.m.EndInterrupt()
		k.dmaFaults()
		if k.unclaimed {
			k.cause(abi.AccountKernel)
		}
	case v == arch.VectorSpurious:
		if k.m.EndSpurious() {
			k.irqs.Interrupt(uint32(v-arch.VectorIRQ), k.tell)
		}
		k.cause(abi.AccountKernel)
	default:
		k.irqs.Interrupt(uint32(v-arch.VectorIRQ), k.tell)
		k.m.EndInterrupt()
		if k.unclaimed { // nobody's line
			k.cause(abi.AccountKernel)
		}
	}
	k.unclaimed = false
}

// interrupted tells the owner of a hook, at the expense of the owner's account; not while that is overdrawn.
func (k *Kernel) interrupted(owner abi.Endpoint, bit uint) bool {
	t := k.tasks.Lookup(owner)
	if t == nil {
		return true
	}
	k.cause(t.Account)
	if k.sched.Out(t.Account, k.since, true) {
		return false
	}
	k.ipc.Interrupt(t, bit, k.Now())
	return true
}

// expireEach is how many deadlines one entry handles. For the rest the timer is set to now.
const expireEach = 8

// expire handles the deadlines that have come, and lets accounts with filled budgets run again.
func (k *Kernel) expire() {
	for range expireEach {
		id := k.timers.Expired(k.Now())
		if id < 0 {
			break
		}
		if id == timer.Root {
			k.cause(abi.AccountRoot)
			k.look()
			continue
		}
		t := &k.tasks.Tasks[id/2]
		k.cause(t.Account)
		if id == alarmID(t) {
			k.ipc.Alarm(t, k.Now())
		} else {
			k.ipc.WaitOver(t)
		}
	}
	if tsc := k.since; k.sched.Next() <= tsc {
		a := k.sched.Due()
		k.blame(a, sched.Free) // an early look at the account: taken off, it could cost everything that was credited since the last one
		if k.sched.Raise(tsc) {
			k.refilled()
		}
		if !k.sched.Out(a, tsc, false) {
			k.how = sched.Whole
		}
	}
}

// call hands a SYSCALL to its handler.
func (k *Kernel) call(t *task.Task, nr abi.CallNr) {
	f := &t.Ctx.Frame
	t.Made |= 1 << (nr & 63)
	if nr >= abi.CallBase {
		k.kernelCall(t, nr)
		return
	}
	switch nr {
	case abi.CallSend:
		k.ipc.Send(t, abi.Endpoint(f.DI))
	case abi.CallReceive:
		k.ipc.Receive(t, abi.Endpoint(f.DI), f.SI)
	case abi.CallSendRec:
		k.ipc.SendRec(t, abi.Endpoint(f.DI), f.SI)
	case abi.CallReplyReceive:
		k.ipc.ReplyReceive(t, abi.Endpoint(f.DI))
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
	abi.CallAccount - abi.CallBase:     (*Kernel).callAccount,
	abi.CallPortIO - abi.CallBase:      (*Kernel).callPortIO,
	abi.CallSnapshot - abi.CallBase:    (*Kernel).callSnapshot,
	abi.CallEntropy - abi.CallBase:     (*Kernel).callEntropy,
	abi.CallSetClock - abi.CallBase:    (*Kernel).callSetClock,
	abi.CallWindow - abi.CallBase:      (*Kernel).callWindow,
	abi.CallImageModule - abi.CallBase: (*Kernel).callImageModule,
	abi.CallKeep - abi.CallBase:        (*Kernel).callKeep,
	abi.CallPCI - abi.CallBase:         (*Kernel).callPCI,
	abi.CallDMA - abi.CallBase:         (*Kernel).callDMA,
}

// userEnd is the end of the addresses that ring 3 could ever have. The CPU refuses to load a base that is not
// canonical, and it would refuse in ring 0.
const userEnd = 1 << 47

// kernelCall checks the call mask and calls the handler. The mask does not hold CallExit:
// dying is nobody's privilege.
func (k *Kernel) kernelCall(t *task.Task, nr abi.CallNr) {
	f := &t.Ctx.Frame
	if nr < abi.CallBase || nr > abi.CallMax {
		k.foreignCall(t, nr)
		return
	}
	if nr != abi.CallExit && t.Priv.CallMask&abi.CallBit(nr) == 0 {
		t.Result(abi.ECALLDENIED, 0)
		return
	}
	if t.DoneIP != f.IP {
		t.Done = 0
	}
	generation := t.Generation
	e, v := handlers[nr-abi.CallBase](k, t, f)
	if !t.Live || t.Generation != generation {
		return
	}
	if e == again {
		t.DoneIP = f.IP
		f.IP -= syscallSize
		return
	}
	t.Done = 0
	t.Result(e, v)
}

// foreignCall is a number that is none of the kernel's. The official TamaGo runtime sets its thread pointer by Linux's call;
// whoever makes another one ends.
func (k *Kernel) foreignCall(t *task.Task, nr abi.CallNr) {
	if f := &t.Ctx.Frame; nr == abi.CallArchPrctl && f.DI == abi.ArchSetFS && f.SI < userEnd {
		t.Ctx.FSBase = f.SI
		t.Result(abi.OK, 0)
		return
	}
	k.misuse(t, nr)
}

// again is returned by the handler of a call that works in steps, before the last step: the task makes the call once
// more, at once or when it runs next, and goes on at Done. Its registers are unchanged.
const again = ^abi.Errno(0)

// syscallSize is the length of SYSCALL, 0F 05.
const syscallSize = 2

// misuse ends a task for a call that only a broken program makes.
func (k *Kernel) misuse(t *task.Task, nr abi.CallNr) {
	k.finish(t, end{cause: abi.CauseBadCall, status: uint64(nr)})
}
