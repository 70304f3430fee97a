//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

var tracingTests = []test{
	{"TestTraceBreakpoints", traceBreakpoints},
	{"TestTraceSteps", traceSteps},
	{"TestTraceStepsAmongInterrupts", traceStepsAmong},
	{"TestTraceWatch", traceWatch},
	{"TestTraceCalls", traceCalls},
	{"TestTraceCallsWait", traceCallsWait},
	{"TestTraceExceptions", traceExceptions},
	{"TestTraceBirth", traceBirth},
	{"TestTracePorts", tracePorts},
	{"TestTraceLines", traceLines},
	{"TestTraceMemory", traceMemory},
	{"TestTraceVerify", traceVerify},
	{"TestTraceNotAllowed", traceNotAllowed},
	{"TestTracerDies", tracerDies},
	{"TestTraceKilled", traceKilled},
}

// attach makes the root task the tracer of a task's account.
func (t *T) attach(ep abi.Endpoint, c abi.TraceClass) abi.AccountID {
	a := t.info(ep).Account
	t.must("TraceAttach", sys.TraceAttach(a, c))
	return a
}

// stop is the stop that must be there, of ep.
func (t *T) stop(ep abi.Endpoint, why abi.TraceWhy) (s abi.TraceStop) {
	if e := sys.TraceNext(&s); e != abi.OK || s.Endpoint != ep || s.Why != why {
		t.fatalf("%s: %+v, want task %d stopped for %d", e.Name(), s, ep, why)
	}
	equal(t, "state", t.info(ep).State, abi.StateStopped)
	return s
}

// goOn lets a task go on that is stopped, after its registers were set.
func (t *T) goOn(s *abi.TraceStop, how abi.TraceHow) {
	t.must("TraceSetRegs", sys.TraceSetRegs(s.Endpoint, &s.Regs))
	t.must("TraceContinue", sys.TraceContinue(s.Endpoint, how))
}

// nothing fails if a task is stopped.
func (t *T) nothing() {
	var s abi.TraceStop
	if e := sys.TraceNext(&s); e != abi.EAGAIN {
		t.fatalf("%s: %+v, want nobody stopped", e.Name(), s)
	}
}

// traceBreakpoints: the life that reaches an INT3 is stopped there, and goes on with what was there before; others run through the same text.
func traceBreakpoints(t *T) {
	p := code.New().Set(code.BX, 5).Call(abi.CallReceive, uint64(abi.Any), abi.NoTimeout).Set(code.BX, 6)
	at := p.At()
	id := t.image(p.Bytes(0x48, 0xff, 0xc3).Store(code.Data, code.BX).Stop().ELF()) // INC RBX
	r := all()
	make := func() abi.Endpoint {
		ep := t.createOn(t.account(r), id, "text")
		t.must("set", set(ep, r))
		t.must("allow", sys.PrivAllow(ep))
		return ep
	}
	x, y := make(), make()
	t.attach(x, 0)
	var old [1]byte
	if n, e := sys.TraceRead(x, at, old[:]); n != 1 || e != abi.OK || old[0] != 0x48 {
		t.fatalf("read: %s, % x", e.Name(), old)
	}
	t.must("write", sys.TraceWrite(x, at, []byte{0xcc}))
	t.nothing()
	for _, ep := range []abi.Endpoint{x, y} {
		t.want("notify", sys.Notify(ep), abi.OK)
	}
	var m abi.Msg
	if _, e := sys.Receive(abi.System, 0, &m); e != abi.OK || m.Arg[0] != abi.SystemTrace {
		t.errorf("told: %s, %+v", e.Name(), m)
	}
	s := t.stop(x, abi.StopBreak)
	equal(t, "rip", s.Regs.RIP, at+1)
	equal(t, "vector", s.Vector, 3)
	equal(t, "rbx", s.Regs.GPR[code.BX], 6)
	equal(t, "the other's", t.peek(y, code.Data), 7)
	t.must("write", sys.TraceWrite(x, at, old[:]))
	s.Regs.RIP, s.Regs.GPR[code.BX] = at, 10
	s.Regs.GPR[code.CX], s.Regs.GPR[code.R11] = 1, 2
	t.goOn(&s, abi.TraceGo)
	equal(t, "it went on", t.peek(x, code.Data), 11)
	t.nothing()
	t.must("free", sys.ImageFree(id))
}

// stepped is a program of many kinds of instructions, and how many of them there are.
func stepped() (p *code.Prog, instructions int) {
	p = code.New().Set(code.SP, code.StackTop).Bytes(0x90, 0x9c, 0x58, 0x50, 0x9d)  // NOP, PUSHFQ, POP RAX, PUSH RAX, POPFQ
	p.Store(code.Data, code.AX).Bytes(0x66, 0x9c, 0x66, 0x59)                       // MOV; PUSHF, POP CX
	p.Call(abi.CallTimes, uint64(abi.Self)).Store(code.Data+8, code.R11)            // 2 MOV, SYSCALL; 2 MOV
	p.Bytes(0x0f, 0x31, 0x0f, 0xa2).Set(code.CX, 3).Set(code.DI, abi.RAMBase+0xff8) // RDTSC, CPUID; 2 MOV
	p.Bytes(0xf3, 0x48, 0xab)                                                       // REP STOSQ: over the border of two pages that are not there
	return p, 6 + 3 + 5 + 4 + 1
}

// traceSteps: each instruction is one step, a call too; the flag that makes it so is nowhere to be seen; and REP is a step an iteration.
func traceSteps(t *T) {
	p, n := stepped()
	end := p.At()
	ep := t.begin(p.Stop().ELF(), all())
	t.attach(ep, abi.TraceBirth)
	t.must("allow", sys.PrivAllow(ep))
	s := t.stop(ep, abi.StopBirth)
	equal(t, "rip at birth", s.Regs.RIP, code.Text)
	instructions, iterations, last := 0, uint64(0), uint64(0)
	for s.Regs.RIP < end {
		last = s.Regs.RIP
		t.must("step", sys.TraceContinue(ep, abi.TraceStep))
		s = t.stop(ep, abi.StopStep)
		switch {
		case s.Regs.RFLAGS&0x100 != 0 || s.Vector != 1 || s.Regs.RIP < last || iterations > 5:
			t.fatalf("after %d instructions, from %#x: %+v", instructions, last, s)
		case s.Regs.RIP == last:
			iterations++
			equal(t, "iterations left", s.Regs.GPR[code.CX], 3-iterations)
		default:
			instructions++
		}
	}
	equal(t, "instructions", instructions, n)
	if iterations < 2 { // some processors, QEMU's too, look once more whether RCX is 0
		t.errorf("REP was %d steps", iterations)
	}
	equal(t, "flags that it pushed", t.peek(ep, code.Data)&0x100, 0)
	equal(t, "R11 of a call", t.peek(ep, code.Data+8)&0x100, 0)
	t.must("go", sys.TraceContinue(ep, abi.TraceGo))
	equal(t, "it waits", t.info(ep).State, abi.StateReceiving)
	t.nothing()
	t.must("detach", sys.TraceDetach(t.info(ep).Account))
}

// traceStepsAmong: steps of a loop, while timer interrupts come and others run, are of one instruction each; the loop counts right.
func traceStepsAmong(t *T) {
	p := code.New()
	loop := p.At()
	p.Bytes(0x48, 0xff, 0xc3).Jump(loop) // INC RBX; JMP
	r := all()
	r.Priority, r.BudgetNS, r.PeriodNS = behind, 20_000, 100_000
	other := t.loop(behind, 20_000)
	ep := t.begin(p.ELF(), r)
	t.attach(ep, abi.TraceBirth)
	t.must("allow", sys.PrivAllow(ep))
	before := t.info(other).CPUNS
	for n := range uint64(400) {
		var s abi.TraceStop
		for sys.TraceNext(&s) == abi.EAGAIN { // it is waited for: on a slow machine who looks again and again is all that runs
			var m abi.Msg
			sys.Receive(abi.System, abi.NoTimeout, &m)
		}
		if want := loop + n%2*3; s.Regs.RIP != want || s.Regs.GPR[code.BX] != (n+1)/2 {
			t.fatalf("after %d steps at %#x with %d", n, s.Regs.RIP, s.Regs.GPR[code.BX])
		}
		t.must("step", sys.TraceContinue(ep, abi.TraceStep))
	}
	if t.info(other).CPUNS == before {
		t.errorf("nobody else ran meanwhile")
	}
}

// traceWatch: the accesses to a watched place stop the life that it is a watch of, after each; others, and the kernel, may do there what they like.
func traceWatch(t *T) {
	p := code.New().Load(code.BX, code.Data+8).Store(code.Data+16, code.BX)
	write := p.Store(code.Data+8, code.BX).At()
	read := p.Load(code.CX, code.Data+8).At() - 3 // after the first of two instructions
	other := t.begin(p.Stop().ELF(), all())
	ep := t.begin(p.ELF(), all())
	t.attach(ep, abi.TraceBirth)
	t.must("allow", sys.PrivAllow(ep))
	s := t.stop(ep, abi.StopBirth)
	t.must("watch", sys.TraceWatch(ep, code.Data+8, abi.TraceWatchWrite, 8))
	t.must("allow", sys.PrivAllow(other))
	t.goOn(&s, abi.TraceGo)
	s = t.stop(ep, abi.StopWatch)
	equal(t, "behind the write", s.Regs.RIP, write)
	equal(t, "DR6", s.ErrorCode, 1)
	t.must("watch", sys.TraceWatch(ep, code.Data+12, abi.TraceWatchAccess, 4))
	t.goOn(&s, abi.TraceGo)
	s = t.stop(ep, abi.StopWatch)
	equal(t, "behind the read", s.Regs.RIP, read)
	t.must("watch", sys.TraceWatch(ep, 0, 0, 0))
	t.goOn(&s, abi.TraceGo)
	equal(t, "it waits", t.info(ep).State, abi.StateReceiving)
	equal(t, "the other", t.info(other).State, abi.StateReceiving)
	t.nothing()
}

// traceExceptions: what would be the end stops, and is the end if it is passed on; a skipped instruction is none.
func traceExceptions(t *T) {
	for _, c := range []struct {
		code   []byte
		vector uint32
		cr2    uint64
	}{{[]byte{0x0f, 0x0b}, 6, 0}, {[]byte{0xf4}, 13, 0}, {[]byte{0x48, 0xf7, 0xf1}, 0, 0}, {[]byte{0x48, 0x8b, 0x01}, 14, 0}} {
		for _, pass := range []bool{false, true} {
			p := code.New()
			at := p.At()
			ep := t.begin(p.Bytes(c.code...).Stop().ELF(), all())
			t.attach(ep, abi.TraceExceptions)
			t.must("allow", sys.PrivAllow(ep))
			s := t.stop(ep, abi.StopFault)
			if s.Vector != c.vector || s.CR2 != c.cr2 || s.Regs.RIP != at {
				t.errorf("% x: %+v", c.code, s)
			}
			if pass {
				t.must("pass", sys.TraceContinue(ep, abi.TracePass))
				equal(t, "vector", t.death(ep, abi.CauseException).Vector, c.vector)
				continue
			}
			s.Regs.RIP = code.Text + uint64(len(c.code))
			t.goOn(&s, abi.TraceGo)
			equal(t, "it waits", t.info(ep).State, abi.StateReceiving)
			t.kill(ep)
		}
	}
	t.nothing()
}

// traceBirth: the first instruction of each life comes when the tracer lets it, cold and warm.
func traceBirth(t *T) {
	l := t.family(keeper(), all())
	t.must("attach", sys.TraceAttach(l.account, abi.TraceBirth))
	for n := range 3 {
		ep, warm := l.begin(abi.TaskSnapshot | abi.TaskWarm)
		t.nothing()
		t.must("allow", sys.PrivAllow(ep))
		s := t.stop(ep, abi.StopBirth)
		if warm != (n > 0) || warm == (s.Regs.RIP == code.Text) || t.info(ep).FirstRunNS != 0 {
			t.errorf("life %d: warm %v, at %#x", n, warm, s.Regs.RIP)
		}
		t.must("go", sys.TraceContinue(ep, abi.TraceGo))
		equal(t, "status", t.death(ep, abi.CauseExit).Status, 1)
	}
	t.must("detach", sys.TraceDetach(l.account))
	d, _ := l.run(abi.TaskSnapshot | abi.TaskWarm)
	equal(t, "status", d.Status, 1)
	t.must("drop", sys.AccountDropSnapshot(l.account))
	t.must("free", sys.ImageFree(l.image))
}
