//go:build tamago

package main

import (
	"maps"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

// traceVerify: a damaged byte of a snapshot is found, and is there again when it was mended.
func traceVerify(t *T) {
	l := t.family(keeper(), all())
	t.want("nobody lives", sys.TraceVerify(l.account), abi.ESRCH)
	l.run(abi.TaskSnapshot)
	ep, warm := l.begin(abi.TaskSnapshot | abi.TaskWarm)
	equal(t, "warm", warm, true)
	t.must("verify", sys.TraceVerify(l.account))
	const at = abi.RAMBase + 2<<21
	for _, b := range []uint64{1, 0x80} {
		_, e := sys.Trace(abi.TracePokeSnapshot, ep, at, b)
		t.must("damage", e)
		t.want("damaged", sys.TraceVerify(l.account), abi.EIO)
		_, e = sys.Trace(abi.TracePokeSnapshot, ep, at, 0)
		t.must("mend", e)
		t.must("mended", sys.TraceVerify(l.account))
	}
	t.poke(ep, code.Text, 0)
	t.must("a life's own text is not the image", sys.TraceVerify(l.account))
	t.must("kill", sys.TaskKill(ep))
	t.death(ep, abi.CauseKilled)
	t.must("drop", sys.AccountDropSnapshot(l.account))
	t.must("free", sys.ImageFree(l.image))
}

// traceNotAllowed: the call alone lets nobody be traced; a right is on one account, and never on the root task or the tracer itself.
func traceNotAllowed(t *T) {
	none, one := all(), all()
	none.Traces, one.Traces = [2]uint64{}, [2]uint64{}
	x, y := t.puppet(), t.puppet()
	a := t.info(x.ep).Account
	one.MayTrace(a)
	p, q, everybody := t.puppetWith(none), t.puppetWith(one), t.puppet()
	for op := abi.TracePeek; op <= abi.TraceVerify; op++ {
		of := func(ep abi.Endpoint) uint64 {
			switch op {
			case abi.TraceAttach, abi.TraceDetach, abi.TraceCeiling, abi.TraceVerify:
				return uint64(t.info(ep).Account)
			}
			return uint64(ep)
		}
		if op == abi.TraceNext {
			e, _ := p.call(abi.CallTrace, uint64(op), 0)
			t.want("nobody is stopped", e, abi.EAGAIN)
			continue
		}
		for _, c := range []struct {
			by *puppet
			on abi.Endpoint
		}{{p, x.ep}, {p, me()}, {q, y.ep}, {q, me()}, {everybody, me()}} {
			e, _ := c.by.call(abi.CallTrace, uint64(op), of(c.on), code.Data, 0, 0)
			t.want("op "+itoa(uint64(op)), e, abi.EPERM)
		}
	}
	e, _ := q.call(abi.CallTrace, uint64(abi.TracePeek), uint64(x.ep), code.Text)
	t.want("the one", e, abi.OK)
	e, _ = q.call(abi.CallTrace, uint64(abi.TraceAttach), uint64(a), 0)
	t.want("the one", e, abi.OK)
	t.want("another's", sys.TraceAttach(a, 0), abi.EBUSY)
	none.CallMask &^= abi.CallBit(abi.CallTrace)
	e, _ = t.puppetWith(none).call(abi.CallTrace, uint64(abi.TraceNext), 0)
	t.want("without the call", e, abi.ECALLDENIED)
}

// tracerDies: what its victims are stopped for takes its course; ports and ceilings are as they were; their next lives are nobody's.
func tracerDies(t *T) {
	tracer := t.puppet()
	attach := func(ep abi.Endpoint, c abi.TraceClass) {
		e, _ := tracer.call(abi.CallTrace, uint64(abi.TraceAttach), uint64(t.info(ep).Account), uint64(c))
		t.must("attach", e)
	}
	start := func(p *code.Prog, c abi.TraceClass, r rights) abi.Endpoint {
		ep := t.begin(p.ELF(), r)
		attach(ep, c)
		t.must("allow", sys.PrivAllow(ep))
		return ep
	}
	breaks := start(code.New(0xcc).Stop(), 0, all())
	faults := start(code.New(0x0f, 0x0b).Stop(), abi.TraceExceptions, all())
	calls := start(code.New().Call(abi.CallNotify, uint64(me())).Result(code.Data).Count(code.Data+16).Stop(), abi.TraceCalls, all())
	born := start(code.New().Count(code.Data).Stop(), abi.TraceBirth, all())
	ports := t.puppetWith(withPorts(abi.PortRange{First: scratch, Last: scratch}))
	attach(ports.ep, abi.TracePorts)
	waits := t.puppet()
	attach(waits.ep, abi.TraceCalls|abi.TraceExceptions)
	waits.receive(me())
	e, _ := tracer.call(abi.CallTrace, uint64(abi.TraceContinue), uint64(waits.ep), uint64(abi.TraceGo))
	t.must("go", e)
	a := t.info(born).Account
	e, _ = tracer.call(abi.CallTrace, uint64(abi.TraceCeiling), uint64(a), 1)
	t.must("ceiling", e)
	for _, ep := range []abi.Endpoint{breaks, faults, calls, born} {
		equal(t, "state", t.info(ep).State, abi.StateStopped)
	}
	t.walk("while they are stopped")
	t.must("kill", sys.TaskKill(tracer.ep))
	t.ends(map[abi.Endpoint]uint32{tracer.ep: 0, breaks: 3, faults: 6})
	t.walk("after the tracer's death")
	t.want("a call that was to be made", abi.Errno(t.peek(calls, code.Data)), abi.OK)
	equal(t, "it went on", t.peek(calls, code.Data+16), 1)
	equal(t, "born", t.peek(born, code.Data), 1)
	t.must("notify", sys.Notify(waits.ep))
	waits.got(abi.KindNotify, me(), abi.MsgNotify)
	ports.out(scratch, 0x3c)
	equal(t, "ports", ports.in(scratch), 0x3c)
	var m abi.Msg
	_, e = sys.Receive(calls, 0, &m)
	t.want("the notification", e, abi.OK)
	t.kill(born)
	p := all()
	p.Traces = [2]uint64{}
	id := t.image(code.New().Count(abi.RAMBase).Stop().ELF())
	x := t.createOn(a, id, "next")
	t.must("free", sys.ImageFree(id))
	t.must("set", set(x, p))
	t.must("allow", sys.PrivAllow(x))
	equal(t, "the next life", t.info(x).State, abi.StateReceiving)
}

// ends compares which tasks die within a millisecond, and by which vector.
func (t *T) ends(want map[abi.Endpoint]uint32) {
	sys.Sleep(1_000_000)
	got := map[abi.Endpoint]uint32{}
	var r abi.DeathRecord
	for takeDeath(&r) {
		got[r.Endpoint] = r.Vector
	}
	if !maps.Equal(got, want) {
		t.errorf("deaths, and their vectors: %v, want %v", got, want)
	}
}

// traceKilled: a life that is stopped is killed like any other, told or not, and its successor in the slot is not stopped for it.
func traceKilled(t *T) {
	for _, told := range []bool{false, true} {
		p := code.New(0xcc).Stop()
		ep := t.begin(p.ELF(), all())
		a := t.attach(ep, abi.TraceCalls)
		t.must("allow", sys.PrivAllow(ep))
		if told {
			t.stop(ep, abi.StopBreak)
		}
		t.want("priv", sys.PrivDisallow(ep), abi.OK)
		t.must("kill", sys.TaskKill(ep))
		equal(t, "rip", t.death(ep, abi.CauseKilled).Regs.RIP, code.Text+1)
		t.nothing()
		t.want("continue", sys.TraceContinue(ep, abi.TraceGo), abi.EDEADSRCDST)
		t.must("detach", sys.TraceDetach(a))
		heir := t.heir(ep, all())
		e, _ := heir.call(abi.CallTimes, uint64(abi.Self))
		t.want("it runs", e, abi.OK)
		t.nothing()
	}
}
