//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

// traceCalls: a message is dropped, changed, repeated by the tracer, who sees each call of message passing before and after, and no other call.
func traceCalls(t *T) {
	x, peer := t.puppet(), t.puppet()
	t.attach(x.ep, abi.TraceCalls)
	e, _ := x.call(abi.CallTimes, uint64(abi.Self))
	t.want("a kernel call", e, abi.OK)
	t.nothing()
	send := func() abi.TraceStop {
		x.setMsg(0x900, 7)
		x.start(abi.CallSendA, uint64(peer.ep), 1)
		s := t.stop(x.ep, abi.StopCall)
		if s.Regs.GPR[code.AX] != uint64(abi.CallSendA) || s.Regs.GPR[code.DI] != uint64(peer.ep) {
			t.errorf("before the call: %+v", s.Regs)
		}
		return s
	}
	ends := func(how abi.TraceHow) (s abi.TraceStop) {
		t.must("continue", sys.TraceContinue(x.ep, how))
		s = t.stop(x.ep, abi.StopReturn)
		equal(t, "errno", abi.Errno(s.Regs.GPR[code.AX]), abi.OK)
		return s
	}
	arrives := func(want ...uint64) {
		for _, arg := range want {
			e, kind := peer.poll(abi.Any)
			if e != abi.OK || kind != abi.KindSendA || peer.msg().Arg[0] != arg {
				t.errorf("arrived: %s, %+v, want %d", e.Name(), peer.msg(), arg)
			}
		}
		e, _ := peer.poll(abi.Any)
		t.want("one more", e, abi.EAGAIN)
	}

	s := send()
	s.Regs.GPR[code.AX], s.Regs.GPR[code.DX] = uint64(abi.EBUSY), 3
	t.goOn(&s, abi.TraceSkip)
	e, v := x.result()
	t.want("dropped", e, abi.EBUSY)
	equal(t, "value", v, 3)
	arrives()

	send()
	t.poke(x.ep, abi.CallPage+8, 8)
	ends(abi.TraceGo)
	t.must("go", sys.TraceContinue(x.ep, abi.TraceGo))
	e, _ = x.result()
	t.want("changed", e, abi.OK)
	arrives(8)

	send()
	s = ends(abi.TracePass)
	s.Regs.RIP, s.Regs.GPR[code.AX] = s.Regs.RIP-2, uint64(abi.CallSendA) // SYSCALL
	t.goOn(&s, abi.TraceGo)
	t.stop(x.ep, abi.StopCall)
	ends(abi.TraceGo)
	t.must("go", sys.TraceContinue(x.ep, abi.TraceGo))
	e, _ = x.result()
	t.want("repeated", e, abi.OK)
	arrives(7, 7)
	t.nothing()
}

// traceCallsWait: the stop after a call that waits comes when the wait is over, whichever way that ends, and whoever is served by whom. Nobody
// is handed the processor past its tracer.
func traceCallsWait(t *T) {
	x, peer := t.puppet(), t.puppet()
	t.attach(x.ep, abi.TraceCalls)
	begin := func(nr abi.CallNr, args ...uint64) {
		x.start(nr, args...)
		t.stop(x.ep, abi.StopCall)
		t.must("go", sys.TraceContinue(x.ep, abi.TraceGo))
		t.nothing()
	}
	ends := func(want abi.Errno) {
		s := t.stop(x.ep, abi.StopReturn)
		t.want("result", abi.Errno(s.Regs.GPR[code.AX]), want)
		t.must("go", sys.TraceContinue(x.ep, abi.TraceGo))
		t.nothing()
		e, _ := x.result()
		t.want("what it sees", e, want)
	}
	for n := range uint64(5) {
		peer.receive(abi.Any)
		x.setMsg(0x900, n)
		begin(abi.CallSendRec, uint64(peer.ep), abi.NoTimeout)
		equal(t, "asked", peer.got(abi.KindSendRec, x.ep, 0x900).Arg[0], n)
		peer.setMsg(abi.MsgReply, 0, n+100)
		peer.start(abi.CallReplyReceive, uint64(x.ep))
		ends(abi.OK)
		equal(t, "answered", x.msg().Arg[1], n+100)
		t.must("notify", sys.Notify(peer.ep))
		peer.got(abi.KindNotify, me(), abi.MsgNotify)

		begin(abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
		peer.setMsg(0x901, n)
		peer.start(abi.CallSendRec, uint64(x.ep), abi.NoTimeout)
		ends(abi.OK)
		x.setMsg(abi.MsgReply, 0, n+200)
		begin(abi.CallReplyReceive, uint64(peer.ep))
		equal(t, "answered", peer.got(abi.KindSendNB, x.ep, abi.MsgReply).Arg[1], n+200)
		t.must("notify", sys.Notify(x.ep))
		ends(abi.OK)
	}
	begin(abi.CallReceive, uint64(peer.ep), 2_000_000)
	sys.Sleep(5_000_000)
	ends(abi.EAGAIN)
	x.setMsg(0x900)
	begin(abi.CallSend, uint64(peer.ep))
	t.kill(peer.ep)
	ends(abi.EDEADSRCDST)
}

// tracePorts: the tracer is the device: what the task reads is what it says, and what it writes goes nowhere by itself.
func tracePorts(t *T) {
	p := code.New().Set(code.DX, scratch)
	in := p.At()
	out := p.Bytes(0xec).Store(code.Data, code.AX).At() // IN AL, DX
	ep := t.begin(p.Bytes(0xee).Stop().ELF(), withPorts(abi.PortRange{First: scratch, Last: scratch}))
	a := t.attach(ep, abi.TracePorts)
	t.must("allow", sys.PrivAllow(ep))
	s := t.stop(ep, abi.StopFault)
	if s.Vector != 13 || s.Regs.RIP != in {
		t.errorf("IN: %+v", s)
	}
	s.Regs.RIP, s.Regs.GPR[code.AX] = in+1, 0x77
	t.goOn(&s, abi.TraceGo)
	s = t.stop(ep, abi.StopFault)
	equal(t, "OUT", s.Regs.RIP, out)
	equal(t, "read", t.peek(ep, code.Data), 0x77)
	for _, v := range []uint32{0xa5, 0x5a} {
		t.must("out", sys.TracePortOut(ep, scratch, 1, v))
		got, e := sys.TracePortIn(ep, scratch, 1)
		t.must("in", e)
		equal(t, "scratch register", got, v)
	}
	t.want("not its own", sys.TracePortOut(ep, scratch-1, 1, 0), abi.EPERM)
	_, e := sys.TracePortIn(ep, scratch, 2)
	t.want("wider", e, abi.EPERM)
	t.must("detach", sys.TraceDetach(a))
	t.death(ep, abi.CauseException) // what it was stopped for takes its course

	x := t.puppetWith(withPorts(abi.PortRange{First: scratch, Last: scratch}, abi.PortRange{First: cmosIndex, Last: cmosData}))
	a = t.attach(x.ep, abi.TracePorts)
	x.start(abi.CallPortIO, uint64(abi.PortIn), cmosData)
	s = t.stop(x.ep, abi.StopCall)
	s.Regs.GPR[code.AX], s.Regs.GPR[code.DX] = 0, 0x99
	t.goOn(&s, abi.TraceSkip)
	e, v := x.result()
	t.want("guarded", e, abi.OK)
	equal(t, "its device says", v, 0x99)
	t.must("detach", sys.TraceDetach(a))
	equal(t, "scratch register", x.in(scratch), 0x5a)
	x.out(cmosIndex, 0x0d)
	if v := x.in(cmosData); v&0x80 == 0 {
		t.errorf("CMOS register D is %#x, want its valid bit", v)
	}
}

// traceLines: a driver is told of an interrupt that did not come, and not of one that came. After that it is told again.
func traceLines(t *T) {
	p := t.cmos(9)
	t.want("no hook", sys.TraceRaise(p.ep, serialLine), abi.EPERM)
	p.start(abi.CallReceive, uint64(abi.Hardware), abi.NoTimeout)
	t.must("raise", sys.TraceRaise(p.ep, clockLine))
	equal(t, "bits", p.got(abi.KindNotify, abi.Hardware, abi.MsgNotify).Arg[0], 1<<9)
	t.attach(p.ep, 0)
	t.must("lose", sys.TraceLose(p.ep, clockLine, 1<<40))
	p.begin()
	if p.wait() {
		t.errorf("the interrupt came")
	}
	p.get(cmosC) // on some machines there are no more before this
	t.must("lose no more", sys.TraceLose(p.ep, clockLine, 0))
	if !p.wait() {
		t.errorf("nor do others")
	}
	p.stop()
}

// traceMemory: all of a life's memory is found, read and written in pieces of any size, but what it has not touched, and what its account may
// not have.
func traceMemory(t *T) {
	x, other := t.puppet(), t.puppet()
	kinds := map[uint32]int{}
	buf := make([]byte, abi.MaxCopy)
	for at := uint64(0); ; {
		var a abi.TraceArea
		if e := sys.TraceRegion(x.ep, at, &a); e != abi.OK {
			t.want("the last", e, abi.EDOM)
			break
		}
		if a.End <= at || a.Start >= a.End {
			t.fatalf("%#x–%#x after %#x", a.Start, a.End, at)
		}
		kinds[a.Kind]++
		at = a.End
		if n, e := sys.TraceRead(x.ep, a.Start, buf[:16]); e != abi.OK || a.Kind != 2 && n != 16 && a.Rights != 3 {
			t.errorf("%#x: %d bytes, %s", a.Start, n, e.Name())
		}
	}
	for kind, want := range map[uint32]int{1: 2, 2: 1, 3: 1, 4: 1, 5: 1, 6: 0, 7: 0} {
		equal(t, "areas of kind "+itoa(uint64(kind)), kinds[kind], want)
	}
	for i := range buf {
		buf[i] = byte(i * 11 >> 3)
	}
	const far = abi.RAMBase + 0x1f_f123 // across tables, untouched
	t.must("write", sys.TraceWrite(x.ep, far, buf))
	got := make([]byte, len(buf))
	if n, e := sys.TraceRead(x.ep, far, got); n != len(got) || e != abi.OK || string(got) != string(buf) {
		t.errorf("%d bytes, %s, or others", n, e.Name())
	}
	text := t.peek(other.ep, code.Text)
	t.must("write", sys.TraceWrite(x.ep, code.Text, []byte{1, 2, 3, 4, 5, 6, 7, 8}))
	equal(t, "text", t.peek(x.ep, code.Text), 0x0807060504030201)
	equal(t, "another's", t.peek(other.ep, code.Text), text)
	a := t.attach(x.ep, 0)
	t.must("ceiling", sys.TraceCeiling(a, t.info(x.ep).Frames))
	t.want("beyond it", sys.TraceWrite(x.ep, abi.RAMBase+0x40_0000, buf[:1]), abi.ENOMEM)
	t.must("ceiling", sys.TraceCeiling(a, 0))
	t.must("without", sys.TraceWrite(x.ep, abi.RAMBase+0x40_0000, buf[:1]))
	t.want("not there", sys.TraceWrite(x.ep, 0x1000, buf[:1]), abi.EFAULT)
}
