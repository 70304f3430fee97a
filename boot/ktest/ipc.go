//go:build tamago

package main

import (
	"bennu/kernel/abi"
)

var ipcTests = []test{
	{"TestSendReceive", sendReceive},
	{"TestSourceCannotBeForged", forged},
	{"TestNotifyTypeRefused", notifyType},
	{"TestSendersAreServedInOrder", fifo},
	{"TestReceiveFromOne", fromOne},
	{"TestSendNB", sendNB},
	{"TestNotifyCoalesces", notifyCoalesces},
	{"TestNotifyDoesNotAnswer", notifyDoesNotAnswer},
	{"TestReceiveOrder", receiveOrder},
	{"TestLocked", locked},
	{"TestReceiveTimeout", receiveTimeout},
	{"TestSendRecTimeout", sendRecTimeout},
	{"TestSleepers", sleepers},
	{"TestTimedCircle", timedCircle},
}

func sendReceive(t *T) {
	p := t.puppets(2)
	for _, first := range []int{0, 1} { // the sender first, then the receiver first
		p[0].setMsg(0x111, 1, 2, 3, 4, 5, 6, 7)
		if first == 0 {
			p[0].send(p[1])
			equal(t, "state", t.info(p[0].ep).State, abi.StateSending)
			equal(t, "peer", t.info(p[0].ep).Peer, p[1].ep)
			p[1].receive(abi.Any)
		} else {
			p[1].receive(p[0].ep)
			equal(t, "state", t.info(p[1].ep).State, abi.StateReceiving)
			equal(t, "peer", t.info(p[1].ep).Peer, p[0].ep)
			p[0].send(p[1])
		}
		e, _ := p[0].result()
		t.want("send", e, abi.OK)
		equal(t, "arguments", p[1].got(abi.KindSend, p[0].ep, 0x111).Arg, [7]uint64{1, 2, 3, 4, 5, 6, 7})
	}
	p[0].setMsg(0x222, 8)
	p[0].blocks(abi.CallSendRec, uint64(p[1].ep), abi.NoTimeout)
	p[1].receive(abi.Any)
	p[1].got(abi.KindSendRec, p[0].ep, 0x222)
	equal(t, "answered", p[0].ended(), false)
	p[1].setMsg(abi.MsgReply, 9)
	p[1].send(p[0])
	equal(t, "answer", p[0].got(abi.KindSend, p[1].ep, abi.MsgReply).Arg[0], 9)
}

// forged: Source is the sender's endpoint, whatever it wrote there. setMsg writes 0xdead.
func forged(t *T) {
	p := t.puppets(2)
	for nr, kind := range map[abi.CallNr]abi.ReceiveKind{abi.CallSend: abi.KindSend, abi.CallSendRec: abi.KindSendRec, abi.CallSendNB: abi.KindSendNB, abi.CallSendA: abi.KindSendA, abi.CallReplyReceive: abi.KindSendNB} {
		p[1].receive(abi.Any)
		p[0].setMsg(0x300)
		p[0].start(nr, uint64(p[1].ep), 1)
		p[1].got(kind, p[0].ep, 0x300)
		if nr == abi.CallReplyReceive { // it waits for the next message
			p[1].setMsg(0x301)
			p[1].call(abi.CallSendNB, uint64(p[0].ep))
			p[0].got(abi.KindSendNB, p[1].ep, 0x301)
		}
		sys.Sleep(10)
	}
}

func notifyType(t *T) {
	p := t.puppets(2)
	for _, receiving := range []bool{false, true} {
		if receiving {
			p[1].receive(abi.Any)
		}
		p[0].setMsg(abi.MsgNotify, 1)
		for _, nr := range []abi.CallNr{abi.CallSend, abi.CallSendRec, abi.CallSendNB, abi.CallSendA, abi.CallReplyReceive} {
			e, _ := p[0].call(nr, uint64(p[1].ep), 1)
			t.want(callName(nr), e, abi.EINVAL)
		}
	}
}

func fifo(t *T) {
	p := t.puppets(6)
	order := []int{3, 1, 5, 2, 4}
	for _, i := range order {
		p[i].setMsg(abi.MsgType(0x400 + i))
		p[i].send(p[0])
	}
	for _, i := range order {
		p[0].receive(abi.Any)
		p[0].got(abi.KindSend, p[i].ep, abi.MsgType(0x400+i))
	}
}

// fromOne takes a sender out of the queue's middle, then its end, then what is left in order.
func fromOne(t *T) {
	p := t.puppets(6)
	for i := 1; i < 6; i++ {
		p[i].setMsg(abi.MsgType(0x400 + i))
		p[i].send(p[0])
	}
	for _, i := range []int{3, 5} {
		p[0].receive(p[i].ep)
		p[0].got(abi.KindSend, p[i].ep, abi.MsgType(0x400+i))
	}
	p[3].send(p[0])
	for _, i := range []int{1, 2, 4, 3} {
		p[0].receive(abi.Any)
		p[0].got(abi.KindSend, p[i].ep, abi.MsgType(0x400+i))
	}
}

func sendNB(t *T) {
	p := t.puppets(3)
	try := func(want abi.Errno) {
		p[0].setMsg(0x500)
		e, _ := p[0].call(abi.CallSendNB, uint64(p[1].ep))
		t.want("sendnb", e, want)
	}
	try(abi.ENOTREADY)
	p[1].receive(p[2].ep)
	try(abi.ENOTREADY)
	p[2].send(p[1])
	p[1].receive(p[0].ep)
	try(abi.OK)
	p[1].got(abi.KindSendNB, p[0].ep, 0x500)
	p[1].blocks(abi.CallSendRec, uint64(p[2].ep), abi.NoTimeout)
	try(abi.ENOTREADY)
}

func notifyCoalesces(t *T) {
	p := t.puppets(3)
	for _, i := range []int{2, 1, 1, 2, 1} {
		e, _ := p[i].call(abi.CallNotify, uint64(p[0].ep))
		t.want("notify", e, abi.OK)
	}
	order := []int{1, 2}
	if p[2].ep.Slot() < p[1].ep.Slot() { // by slot
		order = []int{2, 1}
	}
	for _, i := range order {
		p[0].receive(abi.Any)
		m := p[0].got(abi.KindNotify, p[i].ep, abi.MsgNotify)
		if m.Arg[0] != 0 || m.Arg[1] == 0 {
			t.errorf("arguments %v", m.Arg)
		}
	}
	e, _ := p[0].poll(abi.Any)
	t.want("a third", e, abi.EAGAIN)
	p[0].receive(abi.Any) // while it waits
	p[1].call(abi.CallNotify, uint64(p[0].ep))
	p[0].got(abi.KindNotify, p[1].ep, abi.MsgNotify)
	p[1].call(abi.CallNotify, uint64(p[0].ep)) // one from another does not end the wait
	p[0].receive(p[2].ep)
	equal(t, "ended", p[0].ended(), false)
	p[2].call(abi.CallNotify, uint64(p[0].ep))
	p[0].got(abi.KindNotify, p[2].ep, abi.MsgNotify)
}

// notifyDoesNotAnswer: a sendrec is not satisfied by a notification of the same task, which stays pending.
func notifyDoesNotAnswer(t *T) {
	p := t.puppets(2)
	p[0].call(abi.CallSetAlarm, tick)
	p[1].receive(abi.Any)
	p[0].setMsg(0x600)
	p[0].blocks(abi.CallSendRec, uint64(p[1].ep), abi.NoTimeout)
	p[1].got(abi.KindSendRec, p[0].ep, 0x600)
	p[1].call(abi.CallNotify, uint64(p[0].ep))
	sys.Sleep(2 * tick)
	equal(t, "ended by a notification", p[0].ended(), false)
	p[1].setMsg(abi.MsgReply)
	p[1].send(p[0])
	p[0].got(abi.KindSend, p[1].ep, abi.MsgReply)
	for _, from := range []abi.Endpoint{abi.Clock, p[1].ep} {
		p[0].receive(abi.Any)
		p[0].got(abi.KindNotify, from, abi.MsgNotify)
	}
}

// receiveOrder: notifications (Clock, tasks by slot), then senda, then the queue.
func receiveOrder(t *T) {
	p := t.puppets(5)
	p[1].setMsg(0x701)
	p[1].send(p[0])
	p[2].setMsg(0x702)
	p[2].call(abi.CallSendA, uint64(p[0].ep), 1)
	p[4].call(abi.CallNotify, uint64(p[0].ep))
	p[3].call(abi.CallNotify, uint64(p[0].ep))
	p[0].call(abi.CallSetAlarm, 1)
	sys.Sleep(tick)
	for _, want := range []struct {
		kind abi.ReceiveKind
		from abi.Endpoint
		typ  abi.MsgType
	}{
		{abi.KindNotify, abi.Clock, abi.MsgNotify}, {abi.KindNotify, p[3].ep, abi.MsgNotify}, {abi.KindNotify, p[4].ep, abi.MsgNotify},
		{abi.KindSendA, p[2].ep, 0x702}, {abi.KindSend, p[1].ep, 0x701},
	} {
		p[0].receive(abi.Any)
		p[0].got(want.kind, want.from, want.typ)
	}
}

func locked(t *T) {
	p := t.puppets(3)
	p[0].send(p[1])
	for _, nr := range []abi.CallNr{abi.CallSend, abi.CallSendRec} {
		e, _ := p[1].call(nr, uint64(p[0].ep), abi.NoTimeout)
		t.want("cycle of 2", e, abi.ELOCKED)
	}
	p[1].send(p[2])
	e, _ := p[2].call(abi.CallSend, uint64(p[0].ep))
	t.want("cycle of 3", e, abi.ELOCKED)
	e, _ = p[2].call(abi.CallSendRec, uint64(p[0].ep), abi.NoTimeout)
	t.want("cycle of 3", e, abi.ELOCKED)
	p[2].receive(abi.Any)
	p[2].got(abi.KindSend, p[1].ep, 0)
	p[1].receive(p[2].ep) // 0 sends to 1, 1 waits for 2
	e, _ = p[2].call(abi.CallReceive, uint64(p[0].ep), abi.NoTimeout)
	t.want("cycle of 3 with receives", e, abi.ELOCKED)
	e, _ = p[2].call(abi.CallReceive, uint64(p[2].ep), abi.NoTimeout)
	t.want("from itself", e, abi.ELOCKED)
}

func receiveTimeout(t *T) {
	p := t.puppets(2)
	for _, from := range []abi.Endpoint{abi.Any, p[1].ep, abi.Hardware, abi.Clock, abi.System, abi.Self} {
		e, _ := p[0].poll(from)
		t.want("poll", e, abi.EAGAIN)
		began := now()
		p[0].blocks(abi.CallReceive, uint64(from), tick)
		for n := 0; !p[0].ended() && n < 100; n++ {
			sys.Sleep(tick / 10)
		}
		if d := now() - began; d < tick {
			t.errorf("limit of %d ns ended after %d", tick, d)
		}
		e, _ = p[0].result()
		t.want("timeout", e, abi.EAGAIN)
	}
	p[0].blocks(abi.CallReceive, uint64(abi.Any), tick)
	p[1].setMsg(0x800)
	p[1].send(p[0])
	p[0].got(abi.KindSend, p[1].ep, 0x800)
	p[0].receive(abi.Any) // the old limit must not end this one
	sys.Sleep(2 * tick)
	equal(t, "ended by an old limit", p[0].ended(), false)
	p[1].blocks(abi.CallReceive, uint64(abi.Any), 1<<64-2)
	sys.Sleep(tick)
	equal(t, "ended by a limit that wraps", p[1].ended(), false)
}

func sendRecTimeout(t *T) {
	p := t.puppets(2)
	p[0].setMsg(0x900)
	p[0].blocks(abi.CallSendRec, uint64(p[1].ep), tick)
	sys.Sleep(2 * tick)
	e, sent := p[0].result()
	t.want("unsent", e, abi.ETIMEDOUT)
	equal(t, "sent", sent, 0)
	e, _ = p[1].poll(abi.Any)
	t.want("a request that was given up", e, abi.EAGAIN)

	p[0].setMsg(0x901)
	p[0].blocks(abi.CallSendRec, uint64(p[1].ep), tick)
	p[1].receive(abi.Any)
	p[1].got(abi.KindSendRec, p[0].ep, 0x901)
	sys.Sleep(2 * tick)
	e, sent = p[0].result()
	t.want("unanswered", e, abi.ETIMEDOUT)
	equal(t, "sent", sent, 1)
	e, _ = p[1].call(abi.CallSendNB, uint64(p[0].ep))
	t.want("answer to one that has given up", e, abi.ESTALE)
	p[0].start(abi.CallSendRec, uint64(p[1].ep), 0)
	sys.Sleep(100_000)
	e, _ = p[0].result()
	t.want("no time at all", e, abi.ETIMEDOUT)
}

// sleepers: a send to a task that sleeps waits for it, and is no deadlock.
func sleepers(t *T) {
	p := t.puppets(2)
	p[0].blocks(abi.CallReceive, uint64(abi.Self), tick)
	p[1].blocks(abi.CallSend, uint64(p[0].ep))
	sys.Sleep(2 * tick)
	e, _ := p[0].result()
	t.want("sleep", e, abi.EAGAIN)
	p[0].receive(abi.Any)
	p[0].got(abi.KindSend, p[1].ep, 0)
}

// timedCircle: two that wait for each other for a time, and a third that sends to them.
func timedCircle(t *T) {
	p := t.puppets(3)
	p[0].blocks(abi.CallReceive, uint64(p[1].ep), tick)
	p[1].blocks(abi.CallReceive, uint64(p[0].ep), tick)
	p[2].blocks(abi.CallSend, uint64(p[0].ep))
	sys.Sleep(2 * tick)
	for _, x := range p[:2] {
		e, _ := x.result()
		t.want("receive", e, abi.EAGAIN)
	}
	p[0].receive(abi.Any)
	p[0].got(abi.KindSend, p[2].ep, 0)
}
