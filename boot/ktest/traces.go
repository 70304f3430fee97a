//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

var traceTests = []test{
	{"TestTracePokeText", tracePokeText},
	{"TestTraceSetPC", traceSetPC},
	{"TestTraceRefused", traceRefused},
}

// tracePokeText: a fault injected into one incarnation is in no other, nor in the next, nor in the image.
func tracePokeText(t *T) {
	p := code.New().Call(abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
	at := p.At()
	id := t.image(p.Bytes(0x90, 0x90).Exit(1).ELF())
	priv := all()
	make := func() abi.Endpoint {
		ep := t.create(id, "text")
		t.must("set", set(ep, priv))
		t.must("allow", sys.PrivAllow(ep))
		return ep
	}
	a, b := make(), make()
	frames, shared := t.info(a).Frames, counts().Frames
	t.want("poke", second(sys.Trace(abi.TracePoke1, a, at, 0xf4)), abi.OK) // HLT
	t.want("poke again", second(sys.Trace(abi.TracePoke1, a, at+1, 0xf4)), abi.OK)
	equal(t, "cost", t.info(a).Frames-frames, 2) // the page, and the table that is the image's
	equal(t, "cost", shared-counts().Frames, 2)
	equal(t, "byte", t.peek(a, at)&0xffff, 0xf4f4)
	equal(t, "the other's", t.peek(b, at)&0xffff, 0x9090)
	for _, ep := range []abi.Endpoint{a, b} {
		t.want("notify", sys.Notify(ep), abi.OK)
	}
	r := t.death(a, abi.CauseException)
	equal(t, "vector", r.Vector, 13)
	equal(t, "rip", r.Regs.RIP, at)
	t.death(b, abi.CauseExit)
	c := make()
	equal(t, "the next one's", t.peek(c, at)&0xffff, 0x9090)
	t.want("write to text by itself is still refused", sys.Notify(c), abi.OK)
	t.death(c, abi.CauseExit)
	t.must("free", sys.ImageFree(id))
}

// traceSetPC makes a task go on elsewhere: out of a wait, and out of a loop.
func traceSetPC(t *T) {
	p := code.New()
	loop := p.At()
	p.Jump(loop)
	exit := p.At()
	ep := t.begin(p.Exit(9).ELF(), spinner())
	t.must("allow", sys.PrivAllow(ep))
	sys.Sleep(1_000_000)
	var r abi.Registers
	t.must("regs", sys.TraceRegs(ep, &r))
	equal(t, "rip", r.RIP, loop)
	for _, bad := range []uint64{0, abi.TaskBase - 1, abi.TaskEnd, 1 << 47, 1 << 63, 1<<64 - 1} {
		t.want("bad address", second(sys.Trace(abi.TraceSetPC, ep, bad, 0)), abi.EFAULT)
	}
	t.want("set", second(sys.Trace(abi.TraceSetPC, ep, exit, 0)), abi.OK)
	sys.Sleep(1_000_000)
	equal(t, "status", t.death(ep, abi.CauseExit).Status, 9)

	x := t.puppet()
	x.receive(abi.Any)
	t.want("set", second(sys.Trace(abi.TraceSetPC, x.ep, abi.StartPage, 0)), abi.OK)
	t.want("notify", sys.Notify(x.ep), abi.OK)
	d := t.death(x.ep, abi.CauseException)
	equal(t, "vector", d.Vector, 14)
	equal(t, "CR2", d.CR2, abi.StartPage)
}

func traceRefused(t *T) {
	p := t.puppet()
	for _, op := range []abi.TraceOp{abi.TracePeek, abi.TracePoke, abi.TraceRegs, abi.TraceSetPC, abi.TracePoke1, abi.TracePokeSnapshot} {
		t.want("itself", second(sys.Trace(op, me(), code.Data, 0)), abi.EINVAL)
	}
	for _, op := range []abi.TraceOp{0, abi.TraceEnd + 1, 1 << 63} {
		t.want("unknown op", second(sys.Trace(op, p.ep, code.Data, 0)), abi.EINVAL)
	}
	for _, at := range []uint64{0, kernelRAM, tss, abi.TaskBase, abi.ClockPage + 0x1000, abi.ClockPage + 0xffc, 1<<64 - 4, 1 << 47, abi.TaskEnd, abi.ModuleBase,
		abi.ImageBase + 0xffc} {
		for _, op := range []abi.TraceOp{abi.TracePeek, abi.TracePoke} {
			t.want("address "+itoa(at), second(sys.Trace(op, p.ep, at, 0)), abi.EFAULT)
		}
	}
	e, _ := p.call(abi.CallTimes, uint64(abi.Self))
	t.want("it lives", e, abi.OK)
}
