package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/mem"
	"bennu/kernel/task"
)

// kill ends t, which does nothing more. Everything that it had is gone before anyone is told: interrupt lines, alarm,
// waits of its own and of others for it, memory, slot. r says why; the rest is filled here.
//
// The order is DESIGN.md section 5's: nothing may reach the task, then nothing of it may reach others, then its
// memory is another's. Long work is done in steps, at t's own level and on its account (bury).
func (k *Kernel) kill(t *task.Task, r abi.DeathRecord) {
	if k.current() == t {
		k.cpu.Switch(nil, k.template)
	}
	k.record(t, &r)
	t.Death = r
	k.tasks.Bury(t)
	k.sched.Block(t.Slot)
	k.sched.SetPayer(t.Slot, t.Account)
	k.irqs.ReleaseAll(t.Endpoint)
	k.timers.Cancel(alarmID(t))
	k.closePorts(t)
	k.images.ReleaseAll(t.Endpoint)
	k.bury(t)
}

// bury goes on with t's end, and finishes it when nobody is traced by t, all peers of t are told and nobody sees its windows.
func (k *Kernel) bury(t *task.Task) {
	if k.by>>(t.Slot&63)&1 != 0 && !k.forgetTraces(t) || !k.ipc.Forget(t) || !k.windows.Forget(t.Endpoint, t.Account) {
		k.sched.Ready(t.Slot, k.since)
		return
	}
	k.sched.Block(t.Slot)
	t.Space.Free() // frames are zeroed when they are next taken
	k.unshare(t)
	t.Ctx, t.Call = nil, nil
	k.images.Drop(t.Image)
	k.accounts.Get(t.Account).Tasks--
	k.tasks.Release(t)
	r := &k.deaths[(k.firstDeath+k.nDeaths)%len(k.deaths)] // create sees to it that there is room
	copy(abi.Bytes(r), abi.Bytes(&t.Death))
	r.CleanNS = k.clock()
	k.logLater()
	k.nDeaths++
	if t.Root {
		k.Panic("the root task died")
		return
	}
	waited := k.root.Wait != 0
	k.ipc.SystemEvent(k.root, abi.SystemDeath)
	if waited && k.root.Wait == 0 { // it does nothing else before it takes the record
		k.sched.SetPayer(k.root.Slot, r.Account)
	}
}

// record fills r with what t was, as long as it can be read.
func (k *Kernel) record(t *task.Task, r *abi.DeathRecord) {
	f := &t.Ctx.Frame
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

// takeDeath takes the oldest record. The dead task's account pays for what the root task does until it receives
// again: that is the restart.
func (k *Kernel) takeDeath() (r *abi.DeathRecord, e abi.Errno) {
	if k.nDeaths == 0 {
		return nil, abi.EAGAIN
	}
	r = &k.deaths[k.firstDeath]
	k.firstDeath = (k.firstDeath + 1) % len(k.deaths)
	k.nDeaths--
	r.Waiting = uint32(k.nDeaths)
	if k.accounts.Get(r.Account) != nil {
		k.sched.SetPayer(k.root.Slot, r.Account)
	}
	return r, abi.OK
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
