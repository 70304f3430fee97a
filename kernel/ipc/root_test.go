package ipc

import (
	"slices"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/task"
)

// rooted is a rig whose task 0 is the root task.
func rooted(t *testing.T, tasks int) *rig {
	r := newRig(t, tasks)
	r.task(0).Root = true
	return r
}

// rises is a death of the root task, and its next life, whose page is new.
func (r *rig) rises(byItself bool) {
	r.Died(r.task(0), byItself)
	r.ready[0] = true
	*r.task(0).Call = abi.CallArea{}
	r.msg(0, 0, 0)
}

func (r *rig) requeues() (steps int) {
	for steps = 1; !r.Requeue(r.task(0)); steps++ {
	}
	return steps
}

// next has the root task receive from anybody, and tells from whom and what.
func (r *rig) next() (from int, kind abi.ReceiveKind, typ abi.MsgType) {
	r.receive(0, abi.Any, 0)
	k := r.task(0)
	if e := r.state(0); e != "OK" {
		r.t.Fatalf("the root task has nothing to receive: %s", e)
	}
	return k.Call.Msg.Source.Slot(), abi.ReceiveKind(k.Ctx.Frame.DX), k.Call.Msg.Type
}

// Requests that were received and not answered come again after Requeue: before all others, in the order in which they were made, in few
// steps, however many there are. Who has given up or died does not; who was answered does not.
func TestRequeue(t *testing.T) {
	const tasks = 60
	r := rooted(t, tasks)
	order := []int{}
	for i := range tasks - 20 { // not in the order of slots
		order = append(order, 1+(i*7)%(tasks-20))
	}
	for i, n := range order[:len(order)-1] {
		limit := abi.NoTimeout
		if i%5 == 0 {
			limit = 50
		}
		r.sendrec(n, 0, abi.MsgType(0x900+n), limit)
		if from, kind, _ := r.next(); from != n || kind != abi.KindSendRec {
			t.Fatalf("received from %d by %d, want %d", from, kind, n)
		}
	}
	for n := tasks - 19; n < tasks; n++ { // more comes meanwhile
		r.sendrec(n, 0, 0x800, forever)
	}
	r.answer(0, order[3], abi.MsgReply)
	r.rises(true)
	r.WaitOver(r.task(order[5]))
	r.die(r.task(order[8]))
	r.answer(0, order[9], abi.MsgReply) // what the life before had decided
	want := slices.Clone(order[:len(order)-1])
	for _, gone := range []int{order[3], order[5], order[8], order[9]} {
		want = slices.DeleteFunc(want, func(n int) bool { return n == gone })
	}
	if steps := r.requeues(); steps > (len(want)+requeueEach)/requeueEach {
		t.Errorf("%d steps for %d requests", steps, len(want))
	}
	r.WaitOver(r.task(order[10])) // it had been received
	if r.want(order[10], "ETIMEDOUT"); r.task(order[10]).Ctx.Frame.DX != 1 {
		t.Error("a request that an earlier life had received is told as not received")
	}
	r.answer(0, order[11], abi.MsgReply) // before it is received again
	r.want(order[11], "OK")
	for _, gone := range []int{order[10], order[11]} {
		want = slices.DeleteFunc(want, func(n int) bool { return n == gone })
	}
	last := order[len(order)-2] // it was received last, and not done with
	want = append([]int{last}, slices.DeleteFunc(want, func(n int) bool { return n == last })...)
	for n := tasks - 19; n < tasks; n++ {
		want = append(want, n)
	}
	for _, n := range want {
		from, kind, _ := r.next()
		if from != n || kind != abi.KindSendRec || r.task(0).Call.Msg.Seq != r.task(n).Seq {
			t.Fatalf("received from %d by %d, number %d, want %d, %d", from, kind, r.task(0).Call.Msg.Seq, n, r.task(n).Seq)
		}
	}
	r.receive(0, abi.Any, 0)
	r.want(0, "EAGAIN")
	if r.requeues(); r.task(0).Senders != task.None {
		t.Error("what this life has received comes again")
	}
}

// A message that a life was not done with comes to the next one first, whatever its sender does; one that it was done with does not.
func TestFlight(t *testing.T) {
	for name, give := range map[string]func(r *rig){
		"send, root waits":   func(r *rig) { r.receive(0, abi.Any, forever); r.send(1, 0, 0x901) },
		"send, queued":       func(r *rig) { r.send(1, 0, 0x901); r.receive(0, abi.Any, 0) },
		"senda, root waits":  func(r *rig) { r.receive(0, abi.Any, forever); r.msg(1, 0x901, 0); r.SendA(r.task(1), r.from(0), 1) },
		"senda, kept":        func(r *rig) { r.msg(1, 0x901, 0); r.SendA(r.task(1), r.from(0), 1); r.receive(0, abi.Any, 0) },
		"sendnb":             func(r *rig) { r.receive(0, abi.Any, forever); r.msg(1, 0x901, 0); r.SendNB(r.task(1), r.from(0)) },
		"from it, not a any": func(r *rig) { r.send(1, 0, 0x901); r.receive(0, r.from(1), 0) },
	} {
		for _, sender := range []string{"lives", "dies", "sends more"} {
			r := rooted(t, 4)
			give(r)
			kind := abi.ReceiveKind(r.task(0).Ctx.Frame.DX)
			ep := r.from(1)
			if since, ok := r.Flight(r.task(0)); !ok || since != r.now {
				t.Errorf("%s: in hand %v since %d", name, ok, since)
			}
			r.rises(true)
			if _, ok := r.Flight(r.task(0)); ok {
				t.Errorf("%s: the next life has it before it receives", name)
			}
			switch sender {
			case "dies":
				r.die(r.task(1))
			case "sends more":
				r.send(1, 0, 0x902)
			}
			r.Notify(r.task(2), r.from(0))
			r.Consumed(r.task(0)) // this life was given nothing yet
			r.receive(0, abi.Any, 0)
			if r.got(0, kind, ep, 0x901); r.Again(r.task(0)) != 1 || r.again != 1 {
				t.Errorf("%s, %s: again %d", name, sender, r.Again(r.task(0)))
			}
			r.rises(false) // killed: that says nothing of the message
			r.receive(0, abi.Any, 0)
			if r.got(0, kind, ep, 0x901); r.Again(r.task(0)) != 1 {
				t.Errorf("%s, %s: again %d after a kill", name, sender, r.Again(r.task(0)))
			}
			if r.Consumed(r.task(0)); r.again != 0 {
				t.Errorf("%s: again %d of what is done", name, r.again)
			}
			r.rises(true)
			if from, kind, _ := r.next(); from != 2 || kind != abi.KindNotify {
				t.Errorf("%s, %s: received from %d by %d, what was done with", name, sender, from, kind)
			}
		}
	}
}

// A request that its asker gave up while it was handled, or while there was no life, comes to the next one as a message whose answer is one: no
// other request can be met by it.
func TestFlightOfWhoGaveUp(t *testing.T) {
	for _, when := range []string{"handled", "dead", "queued"} {
		r := rooted(t, 3)
		r.sendrec(1, 0, 0x901, 50)
		r.next()
		if when == "handled" {
			r.WaitOver(r.task(1))
		}
		r.rises(true)
		if when == "dead" {
			r.WaitOver(r.task(1))
		}
		r.requeues()
		if when == "queued" {
			r.WaitOver(r.task(1))
		}
		if r.want(1, "ETIMEDOUT"); r.task(1).Ctx.Frame.DX != 1 {
			t.Errorf("%s: it was not received", when)
		}
		r.receive(1, r.from(0), forever)
		if from, kind, typ := r.next(); from != 1 || kind != abi.KindSend || typ != 0x901 || r.task(0).Call.Msg.Seq != 0 {
			t.Fatalf("%s: received %#x from %d by %d, number %d", when, typ, from, kind, r.task(0).Call.Msg.Seq)
		}
		r.msg(0, abi.MsgReply, 0)
		r.SendNB(r.task(0), r.from(1))
		r.got(1, abi.KindSendNB, r.from(0), abi.MsgReply)
		r.receive(0, abi.Any, 0)
		r.want(0, "EAGAIN")
	}
}

// The next receive ends it, too, and a notification is not kept.
func TestFlightEnds(t *testing.T) {
	r := rooted(t, 3)
	r.send(1, 0, 0x901)
	r.next()
	r.receive(0, abi.Any, 0)
	r.want(0, "EAGAIN")
	r.rises(true)
	r.Notify(r.task(1), r.from(0))
	r.next()
	r.rises(true)
	r.receive(0, abi.Any, 0)
	r.want(0, "EAGAIN")
}

// How many lives a request has cost is told with that request, and with no other, whatever comes between.
func TestAgainOfARequest(t *testing.T) {
	r := rooted(t, 4)
	r.sendrec(1, 0, 0x901, forever)
	r.sendrec(2, 0, 0x902, forever)
	for lives := range uint32(3) {
		if from, _, _ := r.next(); from != 1 || r.Again(r.task(0)) != lives {
			t.Fatalf("received from %d, again %d, want %d", from, r.Again(r.task(0)), lives)
		}
		r.rises(true)
		if lives == 0 {
			r.send(3, 0, 0x903) // waits meanwhile
		}
		r.requeues()
	}
	r.next()
	r.answer(0, 1, abi.MsgReply)
	if from, _, _ := r.next(); from != 2 || r.Again(r.task(0)) != 0 {
		t.Errorf("received from %d, again %d", from, r.Again(r.task(0)))
	}
	r.answer(0, 2, abi.MsgReply)
	r.next()                        // of 3
	r.sendrec(1, 0, 0x901, forever) // another request of the same task
	if from, _, _ := r.next(); from != 1 || r.Again(r.task(0)) != 0 {
		t.Errorf("received from %d, again %d: that of the request before", from, r.Again(r.task(0)))
	}
	r.answer(0, 1, abi.MsgReply)
	r.sendrec(1, 0, 0x901, forever) // and one that nobody has received when the life ends
	r.rises(true)
	r.requeues()
	for again := range uint32(2) { // the one that has its answer comes again: what follows from it may not have been done
		if from, kind, _ := r.next(); from != 1 || kind != abi.KindSendRec || r.Again(r.task(0)) != 1-again {
			t.Errorf("received from %d by %d, again %d, want %d", from, kind, r.Again(r.task(0)), 1-again)
		}
		seq := r.task(0).Call.Msg.Seq
		r.msg(0, abi.MsgReply, 0)
		r.task(0).Call.Msg.Seq = seq
		r.SendNB(r.task(0), r.from(1))
		if e := abi.Errno(r.task(0).Ctx.Frame.AX); (e == abi.ESTALE) != (again == 0) {
			t.Errorf("its answer: %s", e.Name())
		}
	}
}

// What the root task waited for is over with its life; what it left for others is gone, but its notifications; who sends to it waits on.
func TestDied(t *testing.T) {
	r := rooted(t, 5)
	r.send(3, 0, 0x903)
	r.msg(0, 0x904, 0)
	r.SendA(r.task(0), r.from(4), 1)
	r.Notify(r.task(0), r.from(4))
	r.sendrec(0, 1, 0x901, 50)
	number := r.task(0).Seq
	r.rises(true)
	if r.want(0, "E2989"); len(r.limits) != 0 || r.task(1).Senders != task.None { // 0xbad: what msg left
		t.Errorf("limits %v, queue of the asked %d", r.limits, r.task(1).Senders)
	}
	r.msg(1, abi.MsgReply, 0)
	r.task(1).Call.Msg.Seq = number
	r.Send(r.task(1), r.from(0))
	r.want(1, "ESTALE")
	r.receive(4, abi.Any, 0)
	r.got(4, abi.KindNotify, r.from(0), abi.MsgNotify)
	r.receive(4, abi.Any, 0)
	r.want(4, "EAGAIN")
	if from, _, typ := r.next(); from != 3 || typ != 0x903 {
		t.Errorf("received %#x from %d", typ, from)
	}
}

// What the budget of its asker would hold back is not, if an earlier life has received it: the next life cannot tell what that has led to before
// it knows the request. A new one of the same asker is.
func TestRequeuedIsNotHeld(t *testing.T) {
	r := rooted(t, 3)
	r.task(0).Server = true
	for n := 1; n <= 2; n++ {
		r.sendrec(n, 0, abi.MsgType(0x900+n), forever)
		r.next()
		r.holds[n] = true
	}
	r.rises(false)
	r.requeues()
	if from, _, typ := r.next(); from != 2 || typ != 0x902 { // it was in hand
		t.Fatalf("received %#x from %d", typ, from)
	}
	if from, _, typ := r.next(); from != 1 || typ != 0x901 {
		t.Fatalf("received %#x from %d", typ, from)
	}
	r.answer(0, 1, abi.MsgReply)
	r.sendrec(1, 0, 0x903, forever)
	r.receive(0, abi.Any, 0)
	r.want(0, "EAGAIN")
}

// TestAsks: whose request the root task's life has received and not answered, and nobody else's.
func TestAsks(t *testing.T) {
	r := rooted(t, 6)
	asks := func(n int) bool { return r.Asks(r.task(0), r.task(n)) != 0 }
	r.sendrec(1, 0, 0x901, forever)
	if asks(1) {
		t.Error("it waits in the queue")
	}
	r.next()
	if !asks(1) || r.Asks(r.task(0), r.task(1)) != r.task(1).Seq {
		t.Error("it was received")
	}
	r.sendrec(2, 3, 0x902, forever)
	r.receive(3, abi.Any, forever)
	if asks(2) {
		t.Error("another has received it")
	}
	r.rises(true)
	if asks(1) {
		t.Error("an earlier life has received it")
	}
	r.requeues()
	r.next()
	if !asks(1) {
		t.Error("it was received again")
	}
	r.answer(0, 1, abi.MsgReply)
	if asks(1) {
		t.Error("it was answered")
	}
}
