package ipc

import (
	"math/bits"

	"bennu/kernel/abi"
	"bennu/kernel/task"
)

// The root task keeps its slot and its endpoint over its deaths, so what waits for it waits on. What a life of its has received and not
// finished is not lost either: the message that it received last is kept here, and who still waits for the answer to an earlier one is made a
// sender again (Requeue).

// flight is the message that the root task received last, until it receives again or says that it is done with it.
type flight struct {
	state flightState
	kind  abi.ReceiveKind
	again uint32 // lives that have ended by themselves while they handled it
	when  uint64 // it was received, ns
	msg   abi.Msg
}

type flightState uint8

const (
	none    flightState = iota
	flying              // the life that there is has received it
	waiting             // it is what the next life receives first
)

// flies notes what root has just been given, in its call page.
func (x *IPC) flies(root, from *task.Task, kind abi.ReceiveKind) {
	if kind == abi.KindSendRec {
		from.Heard = x.life
	}
	if x.flight.state == waiting { // root has asked for another's before: there is one place
		return
	}
	x.flight = flight{flying, kind, 0, x.m.Now(), root.Call.Msg}
	x.tellAgain()
}

// landed begins a receive of root's: what it was given before is done with, and what its earlier life was is what it gets.
func (x *IPC) landed(root *task.Task) bool {
	f := &x.flight
	x.Consumed(root)
	if f.state != waiting || root.RecvFrom != abi.Any && root.RecvFrom != f.msg.Source {
		return false
	}
	f.state, f.when = flying, x.m.Now()
	x.tellAgain()
	from := x.tasks.Lookup(f.msg.Source)
	if from != nil && f.kind == abi.KindSendRec {
		switch f.msg.Seq {
		case from.Seq: // it waits for the answer, in the queue or not yet again
			x.leave(from)
			from.Wait &^= task.Sending
			from.Heard = x.life
		case from.Late: // it does no more, and may be sent it: no answer can meet another request
			f.kind, f.msg.Seq = abi.KindSend, 0
		}
	}
	root.Call.Msg = f.msg
	if from != nil {
		x.serve(root, from)
	}
	x.complete(root, abi.OK, uint64(f.kind))
	return true
}

// Consumed: root is done with the message that it received last. The next life will not get it.
func (x *IPC) Consumed(*task.Task) {
	if x.flight.state == flying {
		x.flight.state = none
		x.tellAgain()
	}
}

// tellAgain tells the machine what Again is now.
func (x *IPC) tellAgain() {
	if n := x.Again(nil); n != x.again {
		x.again = n
		x.m.Repeats(n)
	}
}

// Flight is since when, in ns, root has had the message that it is not done with; ok is false when there is none.
func (x *IPC) Flight(*task.Task) (since uint64, ok bool) {
	return x.flight.when, x.flight.state == flying
}

// Again is how many lives of root's have ended by themselves while they handled the message that it is not done with.
func (x *IPC) Again(*task.Task) uint32 {
	if x.flight.state != flying {
		return 0
	}
	return x.flight.again
}

// Died ends what root's life was in the middle of; its next one goes on in the same slot. Its wait is over, and what it left with the kernel
// for others is dropped, but not its notifications. What others have left for it stays, and so do they that wait for it. The next life gets
// the message that this one was not done with before all others, unless it is a notification, whose cause is to be found. byItself: nobody has ended
// it, so that this message may be why.
//
// That is so also where the message was answered: what follows from it may not be done.
func (x *IPC) Died(root *task.Task, byItself bool) {
	x.leave(root)
	root.Wait &^= task.Sending | task.Receiving | task.LongWay
	root.Seq, root.Asked = 0, 0
	if root.Limited {
		root.Limited = false
		x.m.ClearLimit(root)
	}
	x.forgetAsync(root)
	root.AsyncFails = 0
	x.life++
	if f := &x.flight; f.state == flying {
		if f.state = waiting; byItself {
			f.again++
		}
		x.tellAgain()
	}
}

// requeueEach is how many askers are queued again in one step: each time all tasks are looked at.
const requeueEach = 4

// Requeue makes those who wait for root's answer to what an earlier life of its has received senders again, before all others, in the order of
// their requests. It works in steps: done is false when it is to be called again.
func (x *IPC) Requeue(root *task.Task) (done bool) {
	for range requeueEach {
		last := x.lastHeard(root)
		if last == nil {
			return true
		}
		last.Wait |= task.Sending
		last.SendingTo, last.Kind, last.NextSend = root.Endpoint, abi.KindSendRec, root.Senders
		if root.Senders = last.Slot; root.LastSend == task.None {
			root.LastSend = last.Slot
		}
		left(root)
	}
	return false
}

// requeued tells whether an earlier life of root's had received the request that t waits with. Such a one is not held: what it has led to is
// there, and the next life can make nothing of that before it knows the request.
func requeued(t *task.Task) bool { return t.InSendRec() && t.Heard != 0 }

// lastHeard is who has made the newest of the requests that earlier lives of root's have received.
func (x *IPC) lastHeard(root *task.Task) (last *task.Task) {
	for m := x.tasks.Living(); m != 0; m &= m - 1 {
		o := &x.tasks.Tasks[bits.TrailingZeros64(m)]
		if o.Seq != 0 && o.RecvFrom == root.Endpoint && o.Wait&task.Sending == 0 && o.Heard != x.life && (last == nil || o.Seq > last.Seq) {
			last = o
		}
	}
	return last
}

// Asks is the number of the request that t waits with, and the life of the root task that there is has received; 0: it does not.
func (x *IPC) Asks(root, t *task.Task) uint64 {
	if t.Seq == 0 || t.Wait&task.Sending != 0 || t.Heard != x.life || t.RecvFrom != root.Endpoint {
		return 0
	}
	return t.Seq
}

// heard is the value of a sendrec that has timed out in the queue: 1 if a life of the root task had received it before.
func heard(t *task.Task) uint64 {
	if t.InSendRec() && t.Heard != 0 {
		return 1
	}
	return 0
}
