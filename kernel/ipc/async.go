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
	if wants(to, t.Endpoint) {
		x.deliver(t, to, abi.KindSendA)
		t.Result(abi.OK, 0)
		return
	}
	for i := range t.Async {
		if a := &t.Async[i]; a.State == task.AsyncFree {
			x.seq++
			x.kept++
			*a = task.Async{State: task.AsyncWaiting, To: ep, Tag: tag, Seq: x.seq, Msg: t.Call.Msg}
			to.AsyncToMe++
			to.AsyncFrom |= 1 << t.Slot
			t.Result(abi.OK, 0)
			return
		}
	}
	t.Result(abi.EAGAIN, 0)
}

// async delivers the oldest kept message that t waits for.
func (x *IPC) async(t *task.Task) bool {
	if t.AsyncToMe == 0 {
		return false
	}
	var best *task.Async
	var from *task.Task
	for m := t.AsyncFrom; m != 0; m &= m - 1 {
		slot := bits.TrailingZeros64(m)
		k := &x.tasks.Tasks[slot]
		if t.RecvFrom != abi.Any && t.RecvFrom != k.Endpoint || x.held(t, k) {
			continue
		}
		a := oldest(k, t)
		if a == nil {
			t.AsyncFrom &^= 1 << slot
		} else if best == nil || a.Seq < best.Seq {
			best, from = a, k
		}
	}
	if best == nil {
		return false
	}
	t.Call.Msg = best.Msg
	t.Call.Msg.Source = from.Endpoint
	x.drop(best)
	t.AsyncToMe--
	x.serve(t, from)
	x.complete(t, abi.OK, uint64(abi.KindSendA))
	return true
}

// drop frees a senda slot.
func (x *IPC) drop(a *task.Async) {
	if a.State != task.AsyncFree {
		a.State = task.AsyncFree
		x.kept--
	}
}

// oldest is the message of k's that has waited longest for t; nil when there is none.
func oldest(k, t *task.Task) (best *task.Async) {
	for i := range k.Async {
		a := &k.Async[i]
		if a.State == task.AsyncWaiting && a.To == t.Endpoint && (best == nil || a.Seq < best.Seq) {
			best = a
		}
	}
	return best
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

// forgetEach is how many peers of a dying task are told in one go: each may have to be woken, and to be told of
// messages that were not received.
const forgetEach = 12

// Forget removes the traces of t, which is buried, from message passing: peers that wait for it get
// EDEADSRCDST, what it left and what was left for it is dropped, and nobody may send to its slot. It works in
// steps: done is false when it is to be called again.
func (x *IPC) Forget(t *task.Task) (done bool) {
	if t.Forgotten == 0 {
		x.leave(t)
		x.m.ClearLimit(t)
		t.Wait = task.NoPriv
		x.forgetAsync(t)
	}
	told := 0
	for ; t.Forgotten < len(x.tasks.Tasks); t.Forgotten++ {
		o := &x.tasks.Tasks[t.Forgotten]
		if !o.Live {
			continue
		}
		o.Notified &^= 1 << t.Slot
		o.AsyncFrom &^= 1 << t.Slot
		o.SendTo &^= 1 << t.Slot
		waits := o.Wait&task.Sending != 0 && o.SendingTo == t.Endpoint || o.Wait&task.Receiving != 0 && o.RecvFrom == t.Endpoint
		left := t.AsyncFrom>>o.Slot&1 != 0 && t.AsyncToMe > 0
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
	t.Senders, t.LastSend = task.None, task.None
	return true
}

// forgetAsync drops what t left with the kernel.
func (x *IPC) forgetAsync(t *task.Task) {
	for i := range t.Async {
		a := &t.Async[i]
		if to := x.tasks.Lookup(a.To); a.State == task.AsyncWaiting && to != nil {
			to.AsyncToMe--
		}
		x.drop(a)
	}
}

// fail turns o's kept messages to t into results, and tells o once.
func (x *IPC) fail(o, t *task.Task) {
	before := o.AsyncFails
	for i := range o.Async {
		a := &o.Async[i]
		if a.State == task.AsyncWaiting && a.To == t.Endpoint {
			a.State, a.Errno = task.AsyncFailed, abi.EDEADSRCDST
			o.AsyncFails++
			t.AsyncToMe--
		}
	}
	if o.AsyncFails != before {
		x.SystemEvent(o, abi.SystemAsync)
	}
}

// FreeAsync is how many senda slots are free, those of free task slots included.
func (x *IPC) FreeAsync() uint64 { return abi.MaxTasks*abi.MaxAsync - x.kept }
