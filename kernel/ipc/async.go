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
		if t.RecvFrom != abi.Any && t.RecvFrom != k.Endpoint {
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
	best.State = task.AsyncFree
	t.AsyncToMe--
	x.complete(t, abi.OK, uint64(abi.KindSendA))
	return true
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
	best.State = task.AsyncFree
	t.AsyncFails--
	return abi.OK
}

// Forget removes every trace of a dying task from message passing: peers that wait for it get
// EDEADSRCDST, what it left and what was left for it is dropped, and nobody may send to its slot.
func (x *IPC) Forget(t *task.Task) {
	x.leave(t)
	x.m.ClearLimit(t)
	t.Wait = task.NoPriv
	for i := range x.tasks.Tasks {
		o := &x.tasks.Tasks[i]
		if !o.Live || o == t {
			continue
		}
		o.Notified &^= 1 << t.Slot
		o.Priv.SendTo &^= 1 << t.Slot
		if t.AsyncToMe > 0 {
			x.fail(o, t)
		}
		if o.Wait&task.Sending != 0 && o.SendTo == t.Endpoint || o.Wait&task.Receiving != 0 && o.RecvFrom == t.Endpoint {
			x.complete(o, abi.EDEADSRCDST, 0)
		}
	}
	for i := range t.Async {
		a := &t.Async[i]
		if to := x.tasks.Lookup(a.To); a.State == task.AsyncWaiting && to != nil {
			to.AsyncToMe--
		}
		a.State = task.AsyncFree
	}
	t.Senders, t.LastSend = task.None, task.None
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

// FreeAsync is how many senda slots are free in living tasks, plus all of free slots.
func (x *IPC) FreeAsync() (n uint64) {
	for i := range x.tasks.Tasks {
		k := &x.tasks.Tasks[i]
		if !k.Live {
			n += abi.MaxAsync
			continue
		}
		for j := range k.Async {
			if k.Async[j].State == task.AsyncFree {
				n++
			}
		}
	}
	return n
}
