//go:build tamago

package main

import (
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

var scheduleTests = []test{
	{"TestPriorities", priorities},
	{"TestLoopStarvesNobody", starvation},
	{"TestRoundRobin", roundRobin},
	{"TestNotifyPreempts", notifyPreempts},
	{"TestInterruptPreempts", interruptPreempts},
	{"TestLoopDelaysNobody", loopDelaysNobody},
	{"TestIdle", idle},
	{"TestStopOfRunning", stopOfRunning},
}

// loop is a task that never ends by itself, with a budget of so much in ten times as much; 0: without limit.
func (t *T) loop(priority uint32, budgetNS uint64) abi.Endpoint {
	p := all()
	p.Priority, p.QuantumNS = priority, abi.DefaultQuantumNS
	if budgetNS != 0 {
		p.BudgetNS, p.PeriodNS = budgetNS, 10*budgetNS
	}
	c := code.New()
	ep := t.begin(c.Jump(c.At()).ELF(), p)
	t.must("allow", sys.PrivAllow(ep))
	return ep
}

// priorities: within its budget a task of higher priority leaves nothing to one below it.
func priorities(t *T) {
	low := t.loop(5, 0)
	high := t.loop(3, 0)
	sys.Sleep(tick)
	if t.info(high).CPUNS == 0 || t.info(low).CPUNS != 0 {
		t.errorf("high ran %d ns, low %d", t.info(high).CPUNS, t.info(low).CPUNS)
	}
	t.kill(high)
	sys.Sleep(tick)
	if t.info(low).CPUNS == 0 {
		t.errorf("low did not run after high's death")
	}
}

// starvation: a loop of the best priority that has used its budget up shares what is left over with one below it
// that has, too: nearly all.
func starvation(t *T) {
	low := t.loop(5, 1_000_000)
	high := t.loop(0, 1_000_000)
	sys.Sleep(5 * tick)
	h, l := t.info(high).CPUNS, t.info(low).CPUNS
	t.logf("high ran %d us, low %d", h/1000, l/1000)
	if h < (h+l)*2/5 || l < (h+l)*2/5 {
		t.errorf("high ran %d ns, low %d: want two fifths at least", h, l)
	}
}

// roundRobin: equals get equal time, within their budgets and beyond them.
func roundRobin(t *T) {
	t.equals(0)
	t.equals(100_000)
}

func (t *T) equals(budgetNS uint64) {
	eps := []abi.Endpoint{t.loop(4, budgetNS), t.loop(4, budgetNS), t.loop(4, budgetNS)}
	sys.Sleep(5 * tick)
	least, most := ^uint64(0), uint64(0)
	for _, ep := range eps {
		ns := t.info(ep).CPUNS
		least, most = min(least, ns), max(most, ns)
	}
	t.logf("%d to %d us each", least/1000, most/1000)
	if least == 0 || most > least+least/4+2*abi.DefaultQuantumNS {
		t.errorf("unequal: %d to %d ns", least, most)
	}
	for _, ep := range eps {
		t.kill(ep)
	}
}

// notifyPreempts: what wakes a task of higher priority stops the waker there: the woken one sees what
// the waker had done until then and nothing of what it does next.
func notifyPreempts(t *T) {
	p := all()
	p.Priority = 5
	for _, nr := range []abi.CallNr{abi.CallNotify, abi.CallSend, abi.CallSendNB, abi.CallSendA} {
		waiter := t.begin(code.New().Call(abi.CallReceive, uint64(abi.Any), abi.NoTimeout).
			Load(code.SI, code.Data).Set(code.DI, uint64(abi.TracePeek)).Set(code.DX, code.Data+8).Set(code.AX, uint64(abi.CallTrace)).Bytes(0x0f, 0x05).
			Result(code.Data+16).Stop().ELF(), all())
		t.must("allow", sys.PrivAllow(waiter))
		waker := t.begin(code.New().Count(code.Data+8).Call(nr, uint64(waiter)).Count(code.Data+8).Stop().ELF(), p)
		t.poke(waiter, code.Data, uint64(waker))
		t.must("allow", sys.PrivAllow(waker))
		sys.Sleep(tick)
		equal(t, "errno", t.peek(waiter, code.Data+16), 0)
		equal(t, "what the waker had done", t.peek(waiter, code.Data+24), 1)
		equal(t, "what it did in the end", t.peek(waker, code.Data+8), 2)
	}
}

func latency(reset uint64) (l abi.Latency) {
	getInfo(abi.InfoLatency, reset, &l)
	return l
}

// interruptPreempts: an interrupt's owner runs at once, though a loop of lower priority has the CPU and a
// budget without limit.
func interruptPreempts(t *T) {
	t.loop(6, 0)
	p := t.cmos(0)
	p.begin()
	latency(1)
	for range 20 {
		if !p.wait() {
			t.fatalf("no interrupt")
		}
		p.get(cmosC)
		p.call(abi.CallIRQCtl, uint64(abi.IRQEnable), p.hook)
	}
	p.stop()
	l := latency(1)
	t.logf("longest in ring 0 %d ns (%d), longest ready %d ns, %d entries", l.MaxKernelNS, l.MaxKernelCall, l.MaxReadyNS, l.Entries)
	if l.MaxReadyNS > 1_000_000_000 || l.Entries == 0 {
		t.errorf("a task of priority 0 waited %d ns", l.MaxReadyNS)
	}
}

// loopDelaysNobody: sleeps of the root task end in time beside three loops.
func loopDelaysNobody(t *T) {
	for range 3 {
		t.loop(7, 0)
	}
	began := now()
	for range 10 {
		sys.Sleep(1_000_000)
	}
	if d := now() - began; d < 10_000_000 || d > 2_000_000_000 {
		t.errorf("10 sleeps of 1 ms took %d ns", d)
	}
}

// idle: with nothing to run time passes, timers come, and nobody is charged.
func idle(t *T) {
	a, e := sys.Times(abi.Self)
	t.must("times", e)
	began := now()
	sys.Sleep(tick)
	d := now() - began
	b, _ := sys.Times(abi.Self)
	if d < tick || b-a > d/2 {
		t.errorf("slept %d ns, want %d; charged %d", d, tick, b-a)
	}
}

// stopOfRunning: a loop is stopped where it is, goes on, is stopped again, dies.
func stopOfRunning(t *T) {
	ep := t.loop(5, 0)
	for range 3 {
		sys.Sleep(tick / 10)
		t.must("disallow", sys.PrivDisallow(ep))
		ns := t.info(ep).CPUNS
		sys.Sleep(tick / 10)
		equal(t, "CPU time while stopped", t.info(ep).CPUNS, ns)
		t.must("allow", sys.PrivAllow(ep))
	}
	t.kill(ep)
}
