//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

var quoteTests = []test{
	{"TestQuote", quote},
	{"TestQuoteLate", quoteLate},
	{"TestQuoteOfTheDead", quoteOfTheDead},
	{"TestQuoteHandedOver", quoteHandedOver},
	{"TestPlainWhileAsking", plainWhileAsking},
}

// seqAt is where a task finds the number of a message.
const seqAt = abi.CallPage + 64

// quoting are the primitives that can answer, and how the answer is received.
var quoting = []struct {
	nr   abi.CallNr
	kind abi.ReceiveKind
}{{abi.CallSend, abi.KindSend}, {abi.CallSendNB, abi.KindSendNB}, {abi.CallSendA, abi.KindSendA}, {abi.CallReplyReceive, abi.KindSendNB}}

// quotes has p send a message that quotes a number. It must not have to wait.
func (p *puppet) quotes(nr abi.CallNr, to *puppet, seq uint64) abi.Errno {
	p.setMsg(abi.MsgReply, seq)
	p.t.poke(p.ep, seqAt, seq)
	e, _ := p.call(nr, uint64(to.ep))
	return e
}

// asks has p ask to, which receives. It gives the number of the request.
func (p *puppet) asks(to *puppet, timeout uint64) (seq uint64) {
	p.setMsg(0x900)
	p.blocks(abi.CallSendRec, uint64(to.ep), timeout)
	to.receive(abi.Any)
	to.got(abi.KindSendRec, p.ep, 0x900)
	return p.t.peek(to.ep, seqAt)
}

// quote: a request is answered by who was asked, by its number, once.
func quote(t *T) {
	last := uint64(0)
	for _, by := range quoting {
		p := t.puppets(3)
		seq := p[0].asks(p[1], abi.NoTimeout)
		if seq <= last {
			t.errorf("call %d: request %d comes after %d", by.nr, seq, last)
		}
		last = seq
		t.want("another request's number", p[1].quotes(by.nr, p[0], seq+1), abi.ESTALE)
		t.want("an earlier request's", p[1].quotes(by.nr, p[0], seq-1), abi.ESTALE)
		t.want("by another", p[2].quotes(by.nr, p[0], seq), abi.ESTALE)
		equal(t, "answered", p[0].ended(), false)
		p[1].setMsg(abi.MsgReply, 5)
		t.poke(p[1].ep, seqAt, seq)
		p[1].start(by.nr, uint64(p[0].ep))
		equal(t, "answer", p[0].got(by.kind, p[1].ep, abi.MsgReply).Arg[0], 5)
		equal(t, "the answer's own number", t.peek(p[0].ep, seqAt), 0)
		if by.nr == abi.CallReplyReceive { // it receives what is next
			p[2].setMsg(0x901)
			t.poke(p[2].ep, seqAt, 0)
			p[2].send(p[1])
			p[1].got(abi.KindSend, p[2].ep, 0x901)
		}
		// The next request is not ended by it: neither in the queue nor received.
		p[0].setMsg(0x900)
		p[0].blocks(abi.CallSendRec, uint64(p[1].ep), abi.NoTimeout)
		t.want("twice, the next one not received", p[1].quotes(by.nr, p[0], seq), abi.ESTALE)
		p[1].receive(abi.Any)
		next := t.peek(p[1].ep, seqAt)
		t.want("twice", p[1].quotes(by.nr, p[0], seq), abi.ESTALE)
		equal(t, "answered twice", p[0].ended(), false)
		t.want("the next", p[1].quotes(abi.CallSendNB, p[0], next), abi.OK)
		p[0].got(abi.KindSendNB, p[1].ep, abi.MsgReply)
	}
}

// quoteLate: nobody waits for the answer when the asker's time is over; it can be sent as a message.
func quoteLate(t *T) {
	for _, by := range quoting {
		p := t.puppets(2)
		seq := p[0].asks(p[1], tick)
		sys.Sleep(2 * tick)
		e, sent := p[0].result()
		t.want("unanswered", e, abi.ETIMEDOUT)
		equal(t, "sent", sent, 1)
		t.want("late", p[1].quotes(by.nr, p[0], seq), abi.ESTALE)
		p[0].receive(p[1].ep)
		t.want("to who receives", p[1].quotes(by.nr, p[0], seq), abi.ESTALE)
		p[1].setMsg(abi.MsgReply)
		t.poke(p[1].ep, seqAt, 0)
		p[1].start(abi.CallSend, uint64(p[0].ep))
		p[0].got(abi.KindSend, p[1].ep, abi.MsgReply)
	}
}

// quoteOfTheDead: a request ends with who was asked, and with its asker; neither's heir has to do with it.
func quoteOfTheDead(t *T) {
	for _, by := range quoting {
		p := t.puppets(3)
		seq := p[0].asks(p[1], abi.NoTimeout)
		t.kill(p[1].ep)
		e, _ := p[0].result()
		t.want("the asked dies", e, abi.EDEADSRCDST)
		heir := t.heir(p[1].ep, all())
		t.want("its heir answers", heir.quotes(by.nr, p[0], seq), abi.ESTALE)
		next := p[0].asks(heir, abi.NoTimeout)
		t.want("its heir answers the one before", heir.quotes(by.nr, p[0], seq), abi.ESTALE)
		t.kill(p[0].ep)
		t.want("to a dead asker", heir.quotes(by.nr, p[0], next), abi.EDEADSRCDST)
		second := t.heir(p[0].ep, all())
		t.want("to its heir", heir.quotes(by.nr, second, next), abi.ESTALE)
		second.asks(heir, abi.NoTimeout)
		t.want("to its heir, which asks", heir.quotes(by.nr, second, next), abi.ESTALE)
	}
}

// quoteHandedOver: the same where the processor is handed over. The server answers each request three times: with the number before,
// rightly, and, when the next request has come, with its old number.
func quoteHandedOver(t *T) {
	const rounds = 20
	reply := func(b *code.Prog) {
		b.Load(code.DI, abi.CallPage).Set(code.AX, uint64(abi.CallReplyReceive)).Bytes(0x0f, 0x05)
	}
	b := code.New()
	b.Call(abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
	loop := b.At()
	b.Load(code.R12, seqAt).Bytes(0x49, 0xff, 0xcc).Store(seqAt, code.R12) // DEC R12
	reply(b)
	b.Unless(code.AX, uint64(abi.ESTALE))
	b.Bytes(0x49, 0xff, 0xc4).Store(seqAt, code.R12) // INC R12
	reply(b)
	b.Unless(code.AX, uint64(abi.OK)).Load(code.R13, seqAt).Store(seqAt, code.R12)
	reply(b)
	b.Unless(code.AX, uint64(abi.ESTALE)).Store(seqAt, code.R13).Jump(loop)
	asked := t.start(b, all())

	a := code.New()
	for range rounds {
		a.Call(abi.CallSendRec, uint64(asked), abi.NoTimeout).Unless(code.AX, uint64(abi.OK)).Load(code.R12, seqAt).Unless(code.R12, 0).Count(code.Data)
	}
	before := latency(0).Handed
	asks := t.start(a.Stop(), all())
	equal(t, "answers", t.peek(asks, code.Data), rounds)
	var m abi.Machine
	t.must("InfoMachine", getInfo(abi.InfoMachine, 0, &m))
	if n := latency(0).Handed - before; m.Handover != 0 && n < rounds {
		t.errorf("handed over %d times in %d rounds", n, rounds)
	}
}

// plainWhileAsking: what answers nothing waits while its receiver waits for an answer, and comes afterwards, in the order of its kind.
func plainWhileAsking(t *T) {
	p := t.puppets(4)
	seq := p[0].asks(p[1], abi.NoTimeout)
	t.want("sendnb", p[1].quotes(abi.CallSendNB, p[0], 0), abi.ENOTREADY)
	t.want("replyreceive", p[1].quotes(abi.CallReplyReceive, p[0], 0), abi.ENOTREADY)
	t.want("send, which would wait for ever", p[1].quotes(abi.CallSend, p[0], 0), abi.ELOCKED)
	t.want("senda", p[1].quotes(abi.CallSendA, p[0], 0), abi.OK)
	p[2].setMsg(0xa02)
	p[2].blocks(abi.CallSend, uint64(p[0].ep))
	p[3].call(abi.CallNotify, uint64(p[0].ep))
	equal(t, "answered", p[0].ended(), false)
	t.want("the answer", p[1].quotes(abi.CallSendNB, p[0], seq), abi.OK)
	p[0].got(abi.KindSendNB, p[1].ep, abi.MsgReply)
	p[0].receive(abi.Any)
	p[0].got(abi.KindNotify, p[3].ep, abi.MsgNotify)
	p[0].receive(abi.Any)
	p[0].got(abi.KindSendA, p[1].ep, abi.MsgReply)
	p[0].receive(abi.Any)
	p[0].got(abi.KindSend, p[2].ep, 0xa02)
}
