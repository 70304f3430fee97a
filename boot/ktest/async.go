//go:build tamago

package main

import (
	"bennu/kernel/abi"
)

var asyncTests = []test{
	{"TestSendAOrder", sendAOrder},
	{"TestSendAFull", sendAFull},
	{"TestSendAToTheDying", sendADying},
	{"TestSendAOfTheDead", sendAOfTheDead},
	{"TestSendAWhileWaiting", sendAWaiting},
}

func (p *puppet) sendA(to *puppet, tag uint64, typ abi.MsgType) abi.Errno {
	p.setMsg(typ, tag)
	e, _ := p.call(abi.CallSendA, uint64(to.ep), tag)
	return e
}

// sendAOrder: oldest first, whoever sent it; from one only, when that is asked.
func sendAOrder(t *T) {
	p := t.puppets(3)
	for i, from := range []int{1, 2, 1, 2, 2} {
		t.want("senda", p[from].sendA(p[0], uint64(i), 0xa00), abi.OK)
	}
	for _, c := range []struct {
		ask  abi.Endpoint
		from int
		tag  uint64
	}{{abi.Any, 1, 0}, {p[2].ep, 2, 1}, {p[2].ep, 2, 3}, {abi.Any, 1, 2}, {abi.Any, 2, 4}} {
		p[0].receive(c.ask)
		equal(t, "tag", p[0].got(abi.KindSendA, p[c.from].ep, 0xa00).Arg[0], c.tag)
	}
	e, _ := p[0].poll(abi.Any)
	t.want("more", e, abi.EAGAIN)
}

func sendAFull(t *T) {
	p := t.puppets(3)
	before := counts().Async
	for i := range uint64(abi.MaxAsync) {
		t.want("senda", p[1].sendA(p[0], i, 0xa01), abi.OK)
	}
	t.want("one more", p[1].sendA(p[0], 99, 0xa01), abi.EAGAIN)
	t.want("to another", p[1].sendA(p[2], 99, 0xa01), abi.EAGAIN)
	t.want("by another", p[2].sendA(p[0], 50, 0xa01), abi.OK)
	equal(t, "free", counts().Async, before-abi.MaxAsync-1)
	p[0].receive(abi.Any)
	p[0].got(abi.KindSendA, p[1].ep, 0xa01)
	t.want("after one was received", p[1].sendA(p[0], 16, 0xa01), abi.OK)
	for _, want := range []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 50, 16} {
		p[0].receive(abi.Any)
		equal(t, "tag", p[0].msg().Arg[0], want)
	}
	equal(t, "free", counts().Async, before)
}

// sendADying: what cannot be delivered any more comes back as results, oldest first, with a notification
// from System.
func sendADying(t *T) {
	p := t.puppets(3)
	for i := range uint64(3) {
		t.want("senda", p[1].sendA(p[0], 70+i, 0xa02), abi.OK)
	}
	t.want("senda", p[1].sendA(p[2], 80, 0xa02), abi.OK)
	p[0].receive(abi.Any)
	equal(t, "tag", p[0].got(abi.KindSendA, p[1].ep, 0xa02).Arg[0], 70)
	t.kill(p[0].ep)
	p[1].receive(abi.Any)
	equal(t, "bits", p[1].got(abi.KindNotify, abi.System, abi.MsgNotify).Arg[0], abi.SystemAsync)
	for _, tag := range []uint64{71, 72} {
		e, _ := p[1].call(abi.CallGetInfo, uint64(abi.InfoAsync))
		t.want("result", e, abi.OK)
		at := uint64(abi.CallPage + 0x100) // AsyncResult: To, Errno, Tag
		equal(t, "to and errno", t.peek(p[1].ep, at), uint64(abi.EDEADSRCDST)<<32|uint64(p[0].ep))
		equal(t, "tag", t.peek(p[1].ep, at+8), tag)
	}
	e, _ := p[1].call(abi.CallGetInfo, uint64(abi.InfoAsync))
	t.want("a third result", e, abi.EAGAIN)
	t.want("senda to the dead", p[1].sendA(p[0], 90, 0xa02), abi.EDEADSRCDST)
	p[2].receive(abi.Any)
	equal(t, "the other's", p[2].got(abi.KindSendA, p[1].ep, 0xa02).Arg[0], 80)
	// A task that waits is told at once; one in sendrec when that has ended.
	p = t.puppets(3)
	p[1].sendA(p[0], 1, 0xa02)
	p[2].sendA(p[0], 2, 0xa02)
	p[1].receive(abi.Any)
	p[2].blocks(abi.CallSendRec, uint64(p[0].ep), abi.NoTimeout)
	t.kill(p[0].ep)
	p[1].got(abi.KindNotify, abi.System, abi.MsgNotify)
	e, _ = p[2].result()
	t.want("sendrec", e, abi.EDEADSRCDST)
	p[2].receive(abi.Any)
	p[2].got(abi.KindNotify, abi.System, abi.MsgNotify)
}

func sendAOfTheDead(t *T) {
	p := t.puppets(2)
	for i := range uint64(abi.MaxAsync) {
		p[1].sendA(p[0], i, 0xa03)
	}
	t.kill(p[1].ep)
	e, _ := p[0].poll(abi.Any)
	t.want("receive", e, abi.EAGAIN)
	next := t.heir(p[1].ep, all())
	t.want("senda of the slot's next task", next.sendA(p[0], 5, 0xa04), abi.OK)
	p[0].receive(abi.Any)
	p[0].got(abi.KindSendA, next.ep, 0xa04)
}

// sendAWaiting: delivered at once to one that waits, as the answer of a sendrec too; the copy kept is the
// message of then.
func sendAWaiting(t *T) {
	p := t.puppets(2)
	before := counts().Async
	p[0].receive(abi.Any)
	p[1].sendA(p[0], 1, 0xa05)
	p[0].got(abi.KindSendA, p[1].ep, 0xa05)
	p[1].receive(abi.Any)
	p[0].blocks(abi.CallSendRec, uint64(p[1].ep), abi.NoTimeout)
	p[1].sendA(p[0], 2, 0xa06) // with the request's number, which stands where it was received
	p[0].got(abi.KindSendA, p[1].ep, 0xa06)
	equal(t, "free", counts().Async, before)
	t.poke(p[1].ep, seqAt, 0)
	p[1].sendA(p[0], 3, 0xa07)
	p[1].setMsg(0xbad, 0xbad)
	p[0].receive(abi.Any)
	equal(t, "message of then", p[0].got(abi.KindSendA, p[1].ep, 0xa07).Arg[0], 3)
}
