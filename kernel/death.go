package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/mem"
	"bennu/kernel/task"
)

// deaths is the records that the root task has not consumed, and lines that the log does not have yet. A record is in the slot of the task that
// died: no other task begins there before, so none can be lost.
type deaths struct {
	dead      [abi.MaxTasks]uint8 // slots, a ring in the order in which they died
	firstDead int
	nDead     int
	nTaken    int // of these, the first: taken, and not consumed

	unlogged  [unloggedMost]uint8 // slots of the newest deaths, of which the log has no line yet, the oldest first
	nUnlogged int
}

// end is why a task ends.
type end struct {
	cause            abi.Cause
	vector           uint32
	err, cr2, status uint64
	hung             bool // with CauseKilled: because it does not go on
}

// finish ends t, which does nothing more. Everything that it had is gone before anyone is told: interrupt lines, alarm,
// waits of its own and of others for it, memory. Its slot stays, as the record of its death.
//
// The order is DESIGN.md section 5's: nothing may reach the task, then nothing of it may reach others, then its
// memory is another's. Long work is done in steps, at t's own level and on its account (bury).
func (k *Kernel) finish(t *task.Task, why end) {
	if t.Wait&task.Reborn != 0 {
		return // it has ended, and its next life has not begun
	}
	if k.current() == t {
		k.cpu.Switch(nil, k.template)
	}
	k.record(t, why)
	if t.Root {
		k.rootEnds(t, &why)
		return
	}
	k.keptEnds(t, &why)
	k.tasks.Bury(t)
	k.sched.Block(t.Slot)
	k.sched.SetPayer(t.Slot, t.Account)
	k.dropFunctions(t)
	k.irqs.ReleaseAll(t.Endpoint)
	k.closeDomain(&k.dma[t.Slot])
	k.timers.Cancel(alarmID(t))
	k.closePorts(t)
	k.images.ReleaseAll(t.Endpoint)
	k.bury(t)
}

// keptEnds notes how t's life ends with what it keeps, which may be why. That is not so of one that somebody else has ended, unless because it hung and
// was not waiting for others, nor of one that a tracer has changed. Preconditions: its record is made, its call page is there.
func (k *Kernel) keptEnds(t *task.Task, why *end) {
	switch {
	case t.Traced || t.Call == nil || !k.kept[t.Account].Whole() || !t.Root && !t.Space.Keeps():
	case why.cause == abi.CauseDiffers: // data does the same to both: it is not why
		k.kept[t.Account].Died(&t.Death, 0)
	case why.cause != abi.CauseKilled:
		k.kept[t.Account].Died(&t.Death, t.Call.Reading)
	case why.hung && t.Wait == 0:
		k.kept[t.Account].Hung(t.Call.Reading)
	}
}

// bury goes on with t's end, and finishes it when nobody is traced by t, all peers of t are told, no device reaches its windows and nobody sees them.
func (k *Kernel) bury(t *task.Task) {
	if k.by>>(t.Slot&63)&1 != 0 && !k.forgetTraces(t) || !k.ipc.Forget(t) || !k.dmaEnds(t) || !k.windows.Forget(t.Endpoint, t.Account) {
		k.sched.Ready(t.Slot, k.since)
		return
	}
	k.sched.Block(t.Slot)
	t.Space.Free() // frames are zeroed when they are next taken
	k.unshare(t)
	t.Ctx, t.Call = nil, nil
	k.images.Drop(t.Image)
	k.accounts.Get(t.Account).Tasks--
	k.tasks.Lay(t)
	t.Death.CleanNS = k.clock()
	k.dead[(k.firstDead+k.nDead)%len(k.dead)] = uint8(t.Slot)
	k.nDead++
	k.logLater(t)
	waited := k.root.Wait != 0
	k.ipc.SystemEvent(k.root, abi.SystemDeath)
	if waited && k.root.Wait == 0 { // it does nothing else before it takes the record
		k.sched.SetPayer(k.root.Slot, t.Account)
	}
}

// record fills t's record with why it ends and what it was, as long as it can be read.
func (k *Kernel) record(t *task.Task, why end) {
	if k.nUnlogged > 0 && k.lineless(t.Slot) { // the line about the life before
		k.logDeaths()
	}
	f, r := &t.Ctx.Frame, &t.Death
	*r = abi.DeathRecord{}
	r.Cause, r.Vector, r.ErrorCode, r.CR2, r.Status = why.cause, why.vector, why.err, why.cr2, why.status
	r.Endpoint, r.Label, r.Incarnation = t.Endpoint, t.Label, t.Incarnation
	r.StartedNS, r.DiedNS, r.CPUNS, r.Account = t.StartedNS, k.Now(), k.ns(t.Ticks), t.Account
	if r.Cause == abi.CauseMemory {
		r.Status = k.accounts.Get(t.Account).Frames.Used()
	}
	r.FramesPeak = max(t.FramesPeak, t.Space.Used())
	registers(t, &r.Regs)
	r.CodeLen = uint64(k.peek(t, f.IP, r.Code[:]))
	r.StackLen = uint64(k.peek(t, f.SP, abi.Bytes(&r.Stack))) / 8
}

// peek copies the beginning of [va, va+len(b)) that is mapped. It maps nothing on demand.
func (k *Kernel) peek(t *task.Task, va uint64, b []byte) (n int) {
	for len(b) > 0 {
		a, ok := t.Space.Peek(va)
		if !ok {
			break
		}
		off := va % abi.PageSize
		c := copy(b, k.phys.Bytes(a+mem.Addr(off), abi.PageSize-off))
		n, va, b = n+c, va+uint64(c), b[c:]
	}
	return n
}

func registers(t *task.Task, r *abi.Registers) {
	f := &t.Ctx.Frame
	r.GPR = [16]uint64{f.AX, f.CX, f.DX, f.BX, f.SP, f.BP, f.SI, f.DI, f.R8, f.R9, f.R10, f.R11, f.R12, f.R13, f.R14, f.R15}
	r.RIP, r.RFLAGS, r.FSBase, r.GSBase = f.IP, f.Flags, t.Ctx.FSBase, t.Ctx.GSBase
}

// closePorts gives t's ports, and its rows of the table of hooks, back to nobody.
func (k *Kernel) closePorts(t *task.Task) {
	k.forsakePorts(t)
	for _, r := range t.Priv.Ports[:t.Priv.NPorts] {
		k.ports.drop(r)
	}
	k.hookRows -= uint64(t.Priv.NIRQs)
	t.Priv.NPorts, t.Priv.NIRQs = 0, 0
}

// takeDeath takes the oldest record. Its slot stays taken until consume, if it is to be kept. The dead task's account pays for what the root task
// does until it receives again: that is the restart.
func (k *Kernel) takeDeath(kept bool) (r *abi.DeathRecord, e abi.Errno) {
	if k.own == recordWaits {
		return k.takeOwn(kept), abi.OK
	}
	if k.nTaken == k.nDead {
		return nil, abi.EAGAIN
	}
	r = &k.tasks.Tasks[k.dead[(k.firstDead+k.nTaken)%len(k.dead)]].Death
	k.nTaken++
	r.Waiting = uint32(k.nDead - k.nTaken)
	if k.accounts.Get(r.Account) != nil {
		k.sched.SetPayer(k.root.Slot, r.Account)
	}
	if !kept {
		k.consumeDeaths()
	}
	return r, abi.OK
}

// consumeDeaths frees the slots of the records that were taken.
func (k *Kernel) consumeDeaths() {
	if k.own == recordTaken {
		k.own = noRecord
	}
	for ; k.nTaken > 0; k.nTaken-- {
		k.tasks.Release(&k.tasks.Tasks[k.dead[k.firstDead]])
		k.firstDead = (k.firstDead + 1) % len(k.dead)
		k.nDead--
	}
}

// consume notes that the root task is done with what it was given.
func (k *Kernel) consume(t *task.Task) {
	k.consumeDeaths()
	k.ipc.Consumed(t)
}

// Panic is the kernel's own end: a broken invariant, or no root task. It says so where a person sees
// it and ends the machine with a failure.
func (k *Kernel) Panic(why string) {
	k.consoleTask = false
	k.Print("kernel: panic: ", why)
	k.flush()
	k.m.Shutdown(abi.PowerOff, StatusPanic)
}

// Statuses with which the machine ends when it is not powered off on request with status 0. QEMU's own
// are twice these, plus one (isa-debug-exit).
const (
	StatusFailure = 1 // powered off on request, with a status that is not 0
	StatusPanic   = 2 // kernel panic
	StatusRefused = 3 // the kernel refused the machine or the boot archive
)
