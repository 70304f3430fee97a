package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/mem"
	"bennu/kernel/task"
)

// lockstep is the turn of the root task whose program runs twice.
func (k *Kernel) lockstep(t *task.Task) {
	k.settled = 0 // nobody goes on without having been picked
	if t.ReadyTSC != 0 {
		k.waited(t, k.since)
	}
	k.arm(t)
	switch k.twin.phase {
	case inSteps:
		k.forBoth(t)
		k.poll()
		return
	case owed:
		if !k.tellBoth(t) {
			return
		}
	}
	for k.oneStay(t) {
	}
}

// oneStay lets the body in t's row run until it comes back, and tells whether it, or the other one, goes on without anything else before.
func (k *Kernel) oneStay(t *task.Task) bool {
	if t.Ctx != k.cpu.Current {
		if o := k.current(); o != nil && o != t && k.sched.Queued(o.Slot) {
			o.ReadyTSC = k.entered
		}
		k.cpu.Switch(t.Ctx, t.Space.Root)
	}
	l, o := &k.traced[t.Slot], &k.twin
	slice := k.ticks(sliceNS)
	k.armEnd(slice)
	if l.end != 0 {
		k.armEnd(l.end - t.Ticks)
	}
	v, left, back := k.cpu.Enter(t.Ctx)
	k.stayed(left, back)
	if t.FirstRunNS == 0 {
		t.FirstRunNS = k.sinceBoot(left)
	}
	t.Ticks += back - left
	o.ran += back - left
	k.charge(back)
	k.why = 1000 + v
	f := &t.Ctx.Frame
	switch {
	case l.end != 0 && t.Ticks >= l.end:
		k.over(t, v)
	case v == arch.VectorSyscall:
		k.why = f.AX
		return k.came(t, 0)
	case v == arch.VectorPageFault:
		va := k.cpu.FaultAddress()
		switch k.demand(t, va, f.Err) {
		case abi.OK:
			return true
		case abi.ENOMEM:
			k.finish(t, end{cause: abi.CauseMemory, vector: uint32(v), err: f.Err, cr2: va})
		default:
			return k.came(t, va)
		}
	case v < arch.VectorIRQ:
		return k.came(t, 0)
	default:
		k.event(t, v)
		if o.ran > 2*o.has+slice && k.stage == lives {
			k.late(t)
		}
	}
	return false
}

// sliceNS is how long one body runs alone before the other one has its turn.
const sliceNS = 1e6

// late: the body in t's row has run for much longer than the other one and has come to nothing. Both do the same: where the other one has come to a call it
// would have, too.
func (k *Kernel) late(t *task.Task) {
	if k.twin.phase == awaited {
		k.differs(t, abi.DiffersTime)
	} else {
		k.exchange(t)
	}
}

// came: the body in t's row has come to a call, or to an exception that would end it. Where the other one was before it, both are compared.
func (k *Kernel) came(t *task.Task, cr2 uint64) (goesOn bool) {
	o := &k.twin
	if o.phase == apart {
		o.phase, o.cr2 = awaited, cr2
		k.exchange(t)
		return true
	}
	f := &t.Ctx.Frame
	switch {
	case *f != o.ctx.Frame || t.Ctx.FSBase != o.ctx.FSBase || cr2 != o.cr2:
		k.differs(t, abi.DiffersState)
		return false
	case string(abi.Bytes(o.mine)) != string(abi.Bytes(o.page)):
		k.differs(t, abi.DiffersPage)
		return false
	}
	news := t.Call.Pending
	copy(said(t.Call), said(o.mine))
	t.Call.Pending |= news
	if f.Vector != arch.VectorSyscall {
		k.finish(t, end{cause: abi.CauseException, vector: uint32(f.Vector), err: f.Err, cr2: cr2})
		return false
	}
	t.Calls++
	k.forBoth(t)
	return false
}

// differs ends the life of t, whose bodies are not alike.
func (k *Kernel) differs(t *task.Task, what abi.Differs) {
	k.finish(t, end{cause: abi.CauseDiffers, status: uint64(what)})
}

// said is what a call page has beside copy grants, which a task that is two cannot give: what is behind them might not be the same.
func said(c *abi.CallArea) []byte { return abi.Bytes(c)[:len(abi.Bytes(c))-len(abi.Bytes(&c.Grants))] }

// forBoth makes the call that both bodies of t have come to, or its next step.
func (k *Kernel) forBoth(t *task.Task) {
	f, o := &t.Ctx.Frame, &k.twin
	ip := f.IP
	k.call(t, abi.CallNr(f.AX))
	switch {
	case k.stage != lives:
		return
	case f.IP != ip: // it works in steps
		f.IP, o.phase = ip, inSteps
		return
	}
	if o.phase = owed; t.Wait&(task.Sending|task.Receiving) != 0 {
		t.Wait |= task.LongWay
	}
}

// tellBoth gives both bodies of t, which goes on, what came of their call. false: it has ended for want of memory.
func (k *Kernel) tellBoth(t *task.Task) bool {
	o := &k.twin
	o.ctx.Frame.AX, o.ctx.Frame.DX, o.ctx.FSBase = t.Ctx.Frame.AX, t.Ctx.Frame.DX, t.Ctx.FSBase
	for at, last := o.at, o.at+o.n; at < last; {
		from, _, e := t.Space.Page(at, false)
		to, _, e2 := o.space.Page(at, true)
		if e != abi.OK || e2 != abi.OK {
			k.finish(t, end{cause: abi.CauseMemory})
			return false
		}
		off := at % abi.PageSize
		at += uint64(copy(k.phys.Bytes(to+mem.Addr(off), abi.PageSize-off), k.phys.Bytes(from+mem.Addr(off), min(last-at, abi.PageSize-off))))
	}
	t.Call.Stamp = max(k.cpu.TSC(), t.Call.Stamp+1)
	copy(said(o.mine), said(t.Call))
	copy(said(o.page), said(t.Call))
	t.Call.Pending, o.n, o.phase, o.ran, o.has = 0, 0, apart, 0, 0
	return true
}

// bytesOfBoth is bytes of t, which is two: what a call takes in must be the same in both, and what it writes is noted for the other one. Errors: also
// EFAULT, and the life has ended.
func (k *Kernel) bytesOfBoth(t *task.Task, va, n uint64, write bool) ([]byte, abi.Errno) {
	a, e := k.page(t, va, write)
	if e != abi.OK {
		return nil, e
	}
	o, off := &k.twin, va%abi.PageSize
	b := k.phys.Bytes(a+mem.Addr(off), min(n, abi.PageSize-off))
	if write {
		if o.n == 0 {
			o.at = va
		}
		o.n = va + uint64(len(b)) - o.at
		return b, abi.OK
	}
	a, _, e = o.space.Page(va, false)
	if e != abi.OK || string(k.phys.Bytes(a+mem.Addr(off), uint64(len(b)))) != string(b) {
		k.differs(t, abi.DiffersMemory)
		return nil, abi.EFAULT
	}
	return b, abi.OK
}
