// Package ipc is message passing: send, receive, sendrec, notify, senda, with MINIX's rules.
// It moves messages between call pages and says who became ready; it knows neither time
// slices nor hardware.
package ipc

import (
	"bennu/kernel/abi"
	"bennu/kernel/task"
)

// Machine is what message passing needs from the kernel around it.
type Machine interface {
	Ready(t *task.Task)                    // t became runnable
	Block(t *task.Task)                    // t is not runnable any more
	SetLimit(t *task.Task, timeout uint64) // WaitOver will be called after timeout ns
	ClearLimit(t *task.Task)               // the wait has ended
	Now() uint64                           // ns since boot
	Held(to, from *task.Task) bool         // messages from from to to, a server, wait; Retry when they need not
	Pays(t, by *task.Task)                 // t, a server, works for by from now on; nil: for itself
	Repeats(n uint32)                      // IPC.Again has changed
}

// IPC is the state that belongs to no one task.
type IPC struct {
	tasks *task.Table
	m     Machine
	seq   uint64 // orders senda messages
	kept  uint64 // senda slots that are used

	flight flight
	again  uint32 // that the machine knows
	life   uint32 // of the root task
}

// New makes the message passing among tasks.
func New(tasks *task.Table, m Machine) *IPC { return &IPC{tasks: tasks, m: m, life: 1} }

// complete ends the wait of t with a result.
func (x *IPC) complete(t *task.Task, e abi.Errno, value uint64) {
	t.Result(e, value)
	t.Wait &^= task.Sending | task.Receiving | task.LongWay
	t.Seq = 0
	if t.Limited {
		t.Limited = false
		x.m.ClearLimit(t)
	}
	if t.Wait == 0 {
		x.m.Ready(t)
	}
}

// limit ends the wait of t after timeout ns, if that is not for ever.
func (x *IPC) limit(t *task.Task, timeout uint64) {
	if timeout != abi.NoTimeout {
		t.Limited = true
		x.m.SetLimit(t, timeout)
	}
}

// wants tells whether t waits for a message from ep that answers nothing. Who waits for an answer does not.
func wants(t *task.Task, ep abi.Endpoint) bool {
	return t.Wait&task.Receiving != 0 && !t.InSendRec() && (t.RecvFrom == abi.Any || t.RecvFrom == ep)
}

// takes tells whether to waits for a message from from, and may have it now.
func (x *IPC) takes(to, from *task.Task) bool { return wants(to, from.Endpoint) && !x.held(to, from) }

// left tells t that something waits for it with the kernel: it need not ask as long as it is not told. Who waits for what is
// left is not told, but given it.
func left(t *task.Task) { t.Call.Pending = 1 }

// target finds the task that t may reach with primitive nr. Order of checks: MINIX's (mini_send).
func (x *IPC) target(t *task.Task, ep abi.Endpoint, nr abi.CallNr) (*task.Task, abi.Errno) {
	if ep == abi.Any {
		return nil, abi.EINVAL
	}
	to := x.tasks.Lookup(ep)
	if to == nil {
		return nil, abi.EDEADSRCDST
	}
	if t.SendTo>>to.Slot&1 == 0 || to == t {
		return nil, abi.ECALLDENIED
	}
	if t.Priv.TrapMask&abi.TrapBit(nr) == 0 {
		return nil, abi.ETRAPDENIED
	}
	if nr != abi.CallNotify && t.Call.Msg.Type == abi.MsgNotify {
		return nil, abi.EINVAL
	}
	return to, abi.OK
}

func (x *IPC) deliver(from, to *task.Task, kind abi.ReceiveKind) {
	to.Call.Msg = from.Call.Msg
	to.Call.Msg.Source, to.Call.Msg.Seq = from.Endpoint, 0
	if kind == abi.KindSendRec {
		to.Call.Msg.Seq = from.Seq
	}
	if to.Root && !to.InSendRec() {
		x.flies(to, from, kind)
	}
	x.serve(to, from)
	x.complete(to, abi.OK, uint64(kind))
}

// answer delivers t's message to the task whose request it quotes. That may be in the queue again, if t's earlier life had received it.
// Errors: ESTALE, and nothing is delivered.
func (x *IPC) answer(t, to *task.Task, kind abi.ReceiveKind) abi.Errno {
	if to.Seq != t.Call.Msg.Seq || to.RecvFrom != t.Endpoint {
		return abi.ESTALE
	}
	x.leave(to)
	x.deliver(t, to, kind)
	return abi.OK
}

// Send is CallSend.
func (x *IPC) Send(t *task.Task, ep abi.Endpoint) {
	to, e := x.target(t, ep, abi.CallSend)
	if e == abi.OK {
		if t.Call.Msg.Seq != 0 {
			e = x.answer(t, to, abi.KindSend)
		} else {
			e = x.send(t, to, abi.KindSend)
		}
		if e == abi.OK {
			asks(t, to)
		}
	}
	if t.Wait == 0 {
		t.Result(e, 0)
	}
}

// send delivers or blocks t.
func (x *IPC) send(t, to *task.Task, kind abi.ReceiveKind) abi.Errno {
	if x.takes(to, t) {
		x.deliver(t, to, kind)
		return abi.OK
	}
	if x.cycle(t, to) {
		return abi.ELOCKED
	}
	t.Wait |= task.Sending
	t.SendingTo, t.Kind, t.NextSend = to.Endpoint, kind, task.None
	if to.Senders == task.None {
		to.Senders = t.Slot
	} else {
		x.tasks.Tasks[to.LastSend].NextSend = t.Slot
	}
	to.LastSend = t.Slot
	left(to)
	x.m.Block(t)
	return abi.OK
}

// cycle tells whether to waits for t, through any number of others, and would do so for ever. A wait with a
// time limit ends by itself, so it closes no cycle. The walk ends: no cycle of waits without limits was ever
// let in.
func (x *IPC) cycle(t, to *task.Task) bool {
	for k := to; k != nil; {
		var next abi.Endpoint
		switch {
		case k.Limited:
			return false
		case k.Wait&task.Sending != 0:
			next = k.SendingTo
		case k.Wait&task.Receiving != 0 && k.RecvFrom != abi.Any:
			next = k.RecvFrom
		default:
			return false
		}
		if k = x.tasks.Lookup(next); k == t {
			return true
		}
	}
	return false
}

// SendRec is CallSendRec.
func (x *IPC) SendRec(t *task.Task, ep abi.Endpoint, timeout uint64) {
	to, e := x.target(t, ep, abi.CallSendRec)
	if e != abi.OK {
		t.Result(e, 0)
		return
	}
	x.tasks.Seq++
	t.Seq, t.Heard = x.tasks.Seq, 0
	t.RecvFrom = to.Endpoint
	if e := x.send(t, to, abi.KindSendRec); e != abi.OK {
		t.Seq = 0
		t.Result(e, 0)
		return
	}
	asks(t, to)
	if t.Wait == 0 {
		x.m.Block(t)
	}
	t.Wait |= task.Receiving
	x.limit(t, timeout)
}

// Receive is CallReceive.
func (x *IPC) Receive(t *task.Task, from abi.Endpoint, timeout uint64) {
	var peer *task.Task
	if t.Priv.TrapMask&abi.TrapBit(abi.CallReceive) == 0 {
		t.Result(abi.ETRAPDENIED, 0)
		return
	}
	if t.Server {
		x.m.Pays(t, nil)
	}
	switch from {
	case abi.Any, abi.Hardware, abi.Clock, abi.System:
	case abi.Self: // nobody: a wait for the limit only
		from, peer = t.Endpoint, t
	default:
		if peer = x.tasks.Lookup(from); peer == nil {
			t.Result(abi.EDEADSRCDST, 0)
			return
		}
	}
	t.RecvFrom = from
	if t.Root && x.landed(t) {
		return
	}
	if x.pending(t) || x.async(t) || x.queued(t) {
		return
	}
	if timeout == 0 {
		t.Result(abi.EAGAIN, 0)
		return
	}
	if peer != nil && timeout == abi.NoTimeout && (peer == t || x.cycle(t, peer)) {
		t.Result(abi.ELOCKED, 0)
		return
	}
	if peer != nil && peer != t { // it may be one that neither may send to
		task.Meet(t, peer)
	}
	t.Wait |= task.Receiving
	x.m.Block(t)
	x.limit(t, timeout)
}

// queued takes the first sender that t waits for out of its queue.
func (x *IPC) queued(t *task.Task) bool {
	prev := task.None
	for s := t.Senders; s != task.None; prev, s = s, x.tasks.Tasks[s].NextSend {
		from := &x.tasks.Tasks[s]
		if t.RecvFrom != abi.Any && t.RecvFrom != from.Endpoint || !requeued(from) && x.held(t, from) {
			continue
		}
		x.unlink(t, prev, from)
		x.deliver(from, t, from.Kind)
		x.sent(from)
		return true
	}
	return false
}

// sent goes on with a task whose queued message was received.
func (x *IPC) sent(from *task.Task) {
	if from.Kind == abi.KindSendRec {
		from.Wait &^= task.Sending // Receiving stays: the answer
		return
	}
	x.complete(from, abi.OK, 0)
}

func (x *IPC) unlink(to *task.Task, prev int, from *task.Task) {
	if prev == task.None {
		to.Senders = from.NextSend
	} else {
		x.tasks.Tasks[prev].NextSend = from.NextSend
	}
	if to.LastSend == from.Slot {
		to.LastSend = prev
	}
	from.NextSend = task.None
}

// leave takes t out of the queue that it sends to.
func (x *IPC) leave(t *task.Task) {
	to := x.tasks.Lookup(t.SendingTo)
	if t.Wait&task.Sending == 0 || to == nil {
		return
	}
	prev := task.None
	for s := to.Senders; s != task.None; prev, s = s, x.tasks.Tasks[s].NextSend {
		if s == t.Slot {
			x.unlink(to, prev, t)
			return
		}
	}
}

// WaitOver ends a wait whose limit has come.
func (x *IPC) WaitOver(t *task.Task) {
	switch {
	case t.Wait&task.Sending != 0:
		x.leave(t)
		v := heard(t)
		if v != 0 {
			t.Late = t.Seq
		}
		x.complete(t, abi.ETIMEDOUT, v)
	case t.Wait&task.Receiving == 0:
	case t.InSendRec():
		t.Late = t.Seq
		x.complete(t, abi.ETIMEDOUT, 1)
	default:
		x.complete(t, abi.EAGAIN, 0)
	}
}
