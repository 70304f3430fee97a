package ipc

import (
	"math/bits"

	"bennu/kernel/abi"
	"bennu/kernel/task"
)

// SendA is CallSendA: the message is delivered now, or kept until the target receives.
func (x *IPC) SendA(t *task.Task, ep abi.Endpoint, tag uint64) {
	to, e := x.target(t, ep, abi.CallSendA)
	if e != abi.OK {
		t.Result(e, 0)
		return
	}
	if t.Call.Msg.Seq != 0 {
		if e = x.answer(t, to, abi.KindSendA); e == abi.OK {
			asks(t, to)
		}
		t.Result(e, 0)
		return
	}
	if x.takes(to, t) {
		x.deliver(t, to, abi.KindSendA)
		asks(t, to)
		t.Result(abi.OK, 0)
		return
	}
	for i := range t.Async {
		if a := &t.Async[i]; a.State == task.AsyncFree {
			x.seq++
			x.kept++
			*a = task.Async{State: task.AsyncWaiting, To: ep, From: t.Slot, Tag: tag, Seq: x.seq, Msg: t.Call.Msg}
			enqueue(to, a)
			left(to)
			asks(t, to)
			t.Result(abi.OK, 0)
			return
		}
	}
	t.Result(abi.EAGAIN, 0)
}

// enqueue puts a behind the messages that wait for to already.
func enqueue(to *task.Task, a *task.Async) {
	if a.Prev = to.AsyncLast; a.Prev == nil {
		to.AsyncFirst = a
	} else {
		a.Prev.Next = a
	}
	to.AsyncLast = a
}

// dequeue takes a off the list of to, which it waits for.
func dequeue(to *task.Task, a *task.Async) {
	if a.Prev == nil {
		to.AsyncFirst = a.Next
	} else {
		a.Prev.Next = a.Next
	}
	if a.Next == nil {
		to.AsyncLast = a.Prev
	} else {
		a.Next.Prev = a.Prev
	}
}

// async delivers the oldest kept message that t waits for.
func (x *IPC) async(t *task.Task) bool {
	if t.AsyncFirst == nil {
		return false
	}
	a := x.oldest(t)
	if a == nil {
		return false
	}
	from := &x.tasks.Tasks[a.From]
	dequeue(t, a)
	t.Call.Msg = a.Msg
	t.Call.Msg.Source = from.Endpoint
	x.drop(a)
	if t.Root {
		x.flies(t, from, abi.KindSendA)
	}
	x.serve(t, from)
	x.complete(t, abi.OK, uint64(abi.KindSendA))
	return true
}

// oldest is the message that t may have now; nil when there is none.
func (x *IPC) oldest(t *task.Task) (best *task.Async) {
	if t.RecvFrom != abi.Any { // those of one sender
		from := x.tasks.Lookup(t.RecvFrom)
		if from == nil {
			return nil
		}
		for i := range from.Async {
			if a := &from.Async[i]; a.State == task.AsyncWaiting && a.To == t.Endpoint && (best == nil || a.Seq < best.Seq) {
				best = a
			}
		}
		return best
	}
	var held uint64 // senders whose messages wait
	for a := t.AsyncFirst; a != nil; a = a.Next {
		if held>>(a.From&63)&1 != 0 {
			continue
		}
		if !x.held(t, &x.tasks.Tasks[a.From]) {
			return a
		}
		held |= 1 << a.From
	}
	return nil
}

// drop frees a senda slot.
func (x *IPC) drop(a *task.Async) {
	if a.State != task.AsyncFree {
		a.State = task.AsyncFree
		x.kept--
	}
}

// TakeResult takes the oldest result of a senda of t's that failed. Errors: EAGAIN.
func (x *IPC) TakeResult(t *task.Task, out *abi.AsyncResult) abi.Errno {
	var best *task.Async
	for i := range t.Async {
		if a := &t.Async[i]; a.State == task.AsyncFailed && (best == nil || a.Seq < best.Seq) {
			best = a
		}
	}
	if best == nil {
		return abi.EAGAIN
	}
	*out = abi.AsyncResult{To: best.To, Errno: best.Errno, Tag: best.Tag}
	x.drop(best)
	t.AsyncFails--
	return abi.OK
}

// forgetEach is how many peers of a dying task are told in one step: each of them may have to be woken, and
// told of messages that were not received.
const forgetEach = 8

// Forget removes the traces of t, which is buried, from message passing: peers that wait for it get
// EDEADSRCDST, kept messages from it and for it are dropped, and nobody may send to its slot. It works in
// steps: done is false when it is to be called again.
func (x *IPC) Forget(t *task.Task) (done bool) {
	if t.Forgotten == 0 {
		x.leave(t)
		x.m.ClearLimit(t)
		t.Wait = task.NoPriv
		x.forgetAsync(t)
	}
	told, bit := 0, uint64(1)<<(t.Slot&63)
	for m := t.Peers & x.tasks.Living() >> t.Forgotten << t.Forgotten; m != 0; m &= m - 1 {
		t.Forgotten = bits.TrailingZeros64(m)
		o := &x.tasks.Tasks[t.Forgotten]
		o.Notified &^= bit
		o.SendTo &^= bit
		o.Asked &^= bit
		o.Peers &^= bit
		waits := o.Wait&task.Sending != 0 && o.SendingTo == t.Endpoint || o.Wait&task.Receiving != 0 && o.RecvFrom == t.Endpoint
		left := t.AsyncFirst != nil && leftFor(o, t)
		if !waits && !left {
			continue
		}
		if told++; told > forgetEach {
			return false
		}
		if left {
			x.fail(o, t)
		}
		if waits {
			x.complete(o, abi.EDEADSRCDST, 0)
		}
	}
	t.Forgotten = len(x.tasks.Tasks)
	t.Senders, t.LastSend = task.None, task.None
	return true
}

// forgetAsync drops the messages that t left with the kernel.
func (x *IPC) forgetAsync(t *task.Task) {
	if x.kept == 0 {
		return
	}
	for i := range t.Async {
		a := &t.Async[i]
		if to := &x.tasks.Tasks[a.To.Slot()]; a.State == task.AsyncWaiting && to.Endpoint == a.To && (to.Live || to.Dying) {
			dequeue(to, a)
		}
		x.drop(a)
	}
}

// leftFor tells whether o left messages for t.
func leftFor(o, t *task.Task) bool {
	for i := range o.Async {
		if a := &o.Async[i]; a.State == task.AsyncWaiting && a.To == t.Endpoint {
			return true
		}
	}
	return false
}

// fail turns o's kept messages to t into results, and tells o once.
func (x *IPC) fail(o, t *task.Task) {
	before := o.AsyncFails
	for i := range o.Async {
		a := &o.Async[i]
		if a.State == task.AsyncWaiting && a.To == t.Endpoint {
			dequeue(t, a)
			a.State, a.Errno = task.AsyncFailed, abi.EDEADSRCDST
			o.AsyncFails++
		}
	}
	if o.AsyncFails != before {
		x.SystemEvent(o, abi.SystemAsync)
	}
}

// FreeAsync is how many senda slots are free, those of free task slots included.
func (x *IPC) FreeAsync() uint64 { return abi.MaxTasks*abi.MaxAsync - x.kept }
