//go:build tamago

package main

import (
	"bennu/kernel/abi"
)

var deadPeerTests = []test{
	{"TestDeathOfReceiver", deathOfReceiver},
	{"TestDeathOfAnswerer", deathOfAnswerer},
	{"TestDeathOfAwaited", deathOfAwaited},
	{"TestDeathOfSender", deathOfSender},
	{"TestDeathInQueue", deathInQueue},
	{"TestDeathOfNotifier", deathOfNotifier},
	{"TestDeathWhileStopped", deathWhileStopped},
	{"TestDeathIsToldAfterwards", deathToldAfterwards},
}

// deathOfReceiver: all that send to it get EDEADSRCDST, in send and in both halves of sendrec, with and
// without a limit.
func deathOfReceiver(t *T) {
	p := t.puppets(6)
	p[1].blocks(abi.CallSend, uint64(p[0].ep))
	p[2].blocks(abi.CallSendRec, uint64(p[0].ep), abi.NoTimeout)
	p[3].blocks(abi.CallSendRec, uint64(p[0].ep), 1<<62)
	p[4].blocks(abi.CallReceive, uint64(p[0].ep), abi.NoTimeout)
	p[5].blocks(abi.CallReceive, uint64(p[0].ep), 1<<62)
	t.kill(p[0].ep)
	for _, x := range p[1:] {
		e, v := x.result()
		t.want("peer "+itoa(uint64(x.ep)), e, abi.EDEADSRCDST)
		equal(t, "value", v, 0)
	}
}

// deathOfAnswerer: killed after it took the request and before it answered.
func deathOfAnswerer(t *T) {
	p := t.puppets(3)
	for i, limit := range []uint64{abi.NoTimeout, 1 << 62} {
		p[1+i].blocks(abi.CallSendRec, uint64(p[0].ep), limit)
		p[0].receive(abi.Any)
		p[0].got(abi.KindSendRec, p[1+i].ep, 0)
	}
	t.kill(p[0].ep)
	for _, x := range p[1:] {
		e, _ := x.result()
		t.want("sendrec", e, abi.EDEADSRCDST)
	}
}

func deathOfAwaited(t *T) {
	p := t.puppets(3)
	p[1].receive(abi.Any) // this one goes on waiting
	p[2].receive(p[0].ep)
	t.kill(p[0].ep)
	e, _ := p[2].result()
	t.want("receive from the dead", e, abi.EDEADSRCDST)
	equal(t, "receive from any ended", p[1].ended(), false)
	e, _ = p[2].poll(p[0].ep)
	t.want("later", e, abi.EDEADSRCDST)
}

// deathOfSender: what the dead had begun to send is not received, at each stage of its request.
func deathOfSender(t *T) {
	server := t.puppet()
	for stage := range 4 {
		x := t.puppet()
		switch stage {
		case 0:
			x.blocks(abi.CallSend, uint64(server.ep))
		case 1:
			x.blocks(abi.CallSendRec, uint64(server.ep), abi.NoTimeout)
		case 2:
			x.blocks(abi.CallSendRec, uint64(server.ep), abi.NoTimeout)
			server.receive(abi.Any)
			server.got(abi.KindSendRec, x.ep, 0)
		case 3:
			x.call(abi.CallSendA, uint64(server.ep), 1)
		}
		t.kill(x.ep)
		e, _ := server.poll(abi.Any)
		t.want("receive at stage "+itoa(uint64(stage)), e, abi.EAGAIN)
		e, _ = server.call(abi.CallSendNB, uint64(x.ep))
		t.want("answer", e, abi.EDEADSRCDST)
	}
}

// deathInQueue takes senders out of the front, the middle and the end of a queue.
func deathInQueue(t *T) {
	p := t.puppets(6)
	for _, x := range p[1:] {
		x.setMsg(abi.MsgType(x.ep))
		x.send(p[0])
	}
	for _, i := range []int{3, 1, 5} {
		t.kill(p[i].ep)
	}
	late := t.puppet()
	late.setMsg(abi.MsgType(late.ep))
	late.send(p[0])
	for _, x := range []*puppet{p[2], p[4], late} {
		p[0].receive(abi.Any)
		p[0].got(abi.KindSend, x.ep, abi.MsgType(x.ep))
	}
	e, _ := p[0].poll(abi.Any)
	t.want("more", e, abi.EAGAIN)
}

// deathOfNotifier: its pending notification is gone, and is not its slot's next task's.
func deathOfNotifier(t *T) {
	p := t.puppets(2)
	p[1].call(abi.CallNotify, uint64(p[0].ep))
	t.kill(p[1].ep)
	next := t.heir(p[1].ep, all())
	e, _ := p[0].poll(abi.Any)
	t.want("notification", e, abi.EAGAIN)
	next.call(abi.CallNotify, uint64(p[0].ep)) // and what was for the dead is not the next one's
	t.kill(p[0].ep)
	heir := t.heir(p[0].ep, all())
	e, _ = heir.poll(abi.Any)
	t.want("notification for the dead", e, abi.EAGAIN)
}

// deathWhileStopped: a peer that is disallowed learns of a death too, and stays stopped.
func deathWhileStopped(t *T) {
	p := t.puppets(2)
	p[1].receive(p[0].ep)
	t.must("disallow", sys.PrivDisallow(p[1].ep))
	t.kill(p[0].ep)
	equal(t, "state", t.info(p[1].ep).State, abi.StateNoPriv)
	equal(t, "ended", p[1].ended(), false)
	t.must("allow", sys.PrivAllow(p[1].ep))
	e, _ := p[1].result()
	t.want("receive", e, abi.EDEADSRCDST)
}

// deathToldAfterwards: when a death is told, nothing of the dead is left.
func deathToldAfterwards(t *T) {
	before := counts()
	p := t.puppetWith(withIRQs(clockLine))
	p.call(abi.CallSetAlarm, 1<<62)
	p.call(abi.CallIRQCtl, uint64(abi.IRQSetPolicy), clockLine, 0)
	p.call(abi.CallSendA, uint64(me()), 1)
	during := counts()
	if during.Alarms != before.Alarms-1 || during.Hooks != before.Hooks-1 || during.Async != before.Async-1 || during.Ports != before.Ports-2 ||
		during.Tasks != before.Tasks-1 || during.Images != before.Images-1 || during.Frames >= before.Frames {
		t.errorf("counts before %+v, with a task that has one of each %+v", before, during)
	}
	var m abi.Msg
	t.want("senda", second(sys.Receive(abi.Any, 0, &m)), abi.OK)
	for second(sys.Receive(abi.System, 0, &m)) == abi.OK {
	}
	p.start(abi.CallExit, 1)
	t.want("told", second(sys.Receive(abi.System, 0, &m)), abi.OK)
	equal(t, "bits", m.Arg[0], abi.SystemDeath)
	after := counts()
	after.Deaths++
	after.Tasks++    // is the record until that is taken
	after.Accounts++ // outlives the task
	equal(t, "counts", after, before)
	t.death(p.ep, abi.CauseExit)
}

func second[A, B any](_ A, b B) B { return b }
