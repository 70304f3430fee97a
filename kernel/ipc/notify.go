package ipc

import (
	"math/bits"

	"bennu/kernel/abi"
	"bennu/kernel/task"
)

// Notify is CallNotify.
func (x *IPC) Notify(t *task.Task, ep abi.Endpoint) {
	to, e := x.target(t, ep, abi.CallNotify)
	t.Result(e, 0)
	if e != abi.OK {
		return
	}
	if x.takes(to, t) {
		x.notified(to, t.Endpoint, 0, x.m.Now())
		x.serveNotify(to, t)
		return
	}
	if to.Notified == 0 {
		to.NotifiedNS = x.m.Now()
	}
	to.Notified |= 1 << t.Slot
	left(to)
}

// notified delivers a notification to a task that waits for one.
func (x *IPC) notified(to *task.Task, from abi.Endpoint, what, when uint64) {
	to.Call.Msg = abi.Msg{Source: from, Type: abi.MsgNotify, Arg: [7]uint64{what, when}}
	x.complete(to, abi.OK, uint64(abi.KindNotify))
}

// Interrupt makes bit pending at t, from Hardware.
func (x *IPC) Interrupt(t *task.Task, bit uint, now uint64) {
	if t.IRQBits == 0 {
		t.IRQNS = now
	}
	t.IRQBits |= 1 << bit
	x.kick(t, abi.Hardware)
}

// Wakes tells whether an interrupt would end the wait of t. Wake is Interrupt then.
func Wakes(t *task.Task) bool {
	return t.Wait == task.Receiving && !t.InSendRec() && (t.RecvFrom == abi.Any || t.RecvFrom == abi.Hardware)
}

// Wake ends the wait of t with the interrupt whose bit that is. It does not tell the machine that t is ready, nor that its wait is not limited
// any more: limited is whether it was. Preconditions: Wakes.
func Wake(t *task.Task, bit uint, now uint64) (limited bool) {
	t.IRQNS = now
	t.Call.Msg = abi.Msg{Source: abi.Hardware, Type: abi.MsgNotify, Arg: [7]uint64{1 << (bit & 63), now}}
	t.Wait = 0
	t.Result(abi.OK, uint64(abi.KindNotify))
	limited, t.Limited = t.Limited, false
	return limited
}

// Alarm makes t's alarm pending, from Clock.
func (x *IPC) Alarm(t *task.Task, now uint64) {
	t.Alarm, t.AlarmNS = true, now
	x.kick(t, abi.Clock)
}

// SystemEvent makes bits pending at t, from System.
func (x *IPC) SystemEvent(t *task.Task, what uint64) {
	if t.SysBits == 0 {
		t.SysNS = x.m.Now()
	}
	t.SysBits |= what
	x.kick(t, abi.System)
}

func (x *IPC) kick(t *task.Task, from abi.Endpoint) {
	if wants(t, from) {
		x.pending(t)
	} else {
		left(t)
	}
}

// pending delivers the first notification that t, waiting, may have.
func (x *IPC) pending(t *task.Task) bool {
	any := t.RecvFrom == abi.Any
	switch {
	case t.IRQBits != 0 && (any || t.RecvFrom == abi.Hardware):
		what := t.IRQBits
		t.IRQBits = 0
		x.notified(t, abi.Hardware, what, t.IRQNS)
	case t.Alarm && (any || t.RecvFrom == abi.Clock):
		t.Alarm = false
		x.notified(t, abi.Clock, 0, t.AlarmNS)
	case t.SysBits != 0 && (any || t.RecvFrom == abi.System):
		what := t.SysBits
		t.SysBits = 0
		x.notified(t, abi.System, what, t.SysNS)
	case t.Notified != 0:
		return x.pendingTask(t, any)
	default:
		return false
	}
	return true
}

func (x *IPC) pendingTask(t *task.Task, any bool) bool {
	if !any {
		from := x.tasks.Lookup(t.RecvFrom)
		return from != nil && t.Notified>>from.Slot&1 != 0 && x.takeNotify(t, from)
	}
	for m := t.Notified; m != 0; m &= m - 1 {
		if from := &x.tasks.Tasks[bits.TrailingZeros64(m)]; !x.held(t, from) {
			return x.takeNotify(t, from)
		}
	}
	return false
}

func (x *IPC) takeNotify(t, from *task.Task) bool {
	t.Notified &^= 1 << from.Slot
	x.notified(t, from.Endpoint, 0, t.NotifiedNS)
	x.serveNotify(t, from)
	return true
}
