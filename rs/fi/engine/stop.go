package engine

import (
	"time"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
)

// Stopped is told that a life of the victim is stopped.
func (e *Engine) Stopped(s *abi.TraceStop) {
	e.stops++
	how := abi.TraceGo
	switch s.Why {
	case abi.StopBreak:
		how = e.breakpoint(s)
	case abi.StopFault, abi.StopStep:
		how = abi.TracePass
	case abi.StopWatch:
		e.watched()
	case abi.StopCall, abi.StopReturn:
		how = e.called(s)
	case abi.StopBirth:
		e.born(s)
	}
	if e.b.held != abi.None { // it goes on later
		return
	}
	e.w.Continue(s.Endpoint, how)
}

// breakpoint activates the fault that waits where the victim is.
func (e *Engine) breakpoint(s *abi.TraceStop) abi.TraceHow {
	addr := s.Regs.RIP - 1
	if e.phase == golden {
		e.code.Reached(addr)
		return e.proceed(s, addr, e.code.First(addr))
	}
	i, ok := e.b.sites[addr]
	if !ok { // the victim's own, or one that a fault has made
		return abi.TracePass
	}
	delete(e.b.sites, addr)
	a := &e.b.faults[i]
	if _, ok := a.kind.(fault.Code); ok {
		e.activated(a)
		return e.proceed(s, addr, a.New)
	}
	how := e.proceed(s, addr, a.Old)
	e.strike(i, s.Endpoint, s)
	return how
}

// proceed has the victim execute b where the breakpoint was.
func (e *Engine) proceed(s *abi.TraceStop, addr uint64, b []byte) abi.TraceHow {
	s.Regs.RIP = addr
	err := e.w.Write(s.Endpoint, addr, b)
	if err == abi.OK {
		err = e.w.SetRegs(s.Endpoint, &s.Regs)
	}
	if err != abi.OK {
		e.wrong("activate: " + err.Name())
		return abi.TracePass
	}
	return abi.TraceGo
}

func (e *Engine) activated(a *armed) {
	if a.Activated {
		return
	}
	a.Activated, a.TSC, a.Stops = true, e.w.TSC(), e.stops
	e.b.seen.Activated++
	e.mended = false
	if e.b.seen.Deaths == 0 {
		e.b.end.FaultNS = uint64(e.w.Now())
	}
}

// watched is a fault in data that was met.
func (e *Engine) watched() {
	for i := range e.b.faults {
		if a := &e.b.faults[i]; a.told {
			a.told = false
			e.activated(a)
		}
	}
	e.w.Watch(e.ep, 0, 0, 0)
}

// called is a call of the victim's that is about to be made, or has returned.
func (e *Engine) called(s *abi.TraceStop) abi.TraceHow {
	if e.repeatCall(s) {
		return abi.TraceGo
	}
	v := victim{e: e, ep: s.Endpoint, stop: s, how: abi.TraceGo}
	nr, m := abi.CallNr(s.Regs.GPR[regAX]), v.Msg()
	want := fault.AtCall
	if s.Why == abi.StopReturn {
		want, nr = fault.AtReturn, 0
	}
	for i := range e.b.faults {
		a := &e.b.faults[i]
		k, ok := a.kind.(fault.Strike)
		if !ok || !a.made || a.Activated || a.Words != "" {
			continue
		}
		stop := k.When() == fault.AtStop && s.Why == abi.StopReturn && m.Type == abi.RSStop
		if !stop && (k.When() != want || !k.Wants(nr, m)) {
			continue
		}
		if a.wait > 0 && !stop {
			a.wait--
			continue
		}
		e.strikeAs(i, &v)
		return v.how
	}
	return abi.TraceGo
}

// born is a new life, before its first instruction.
func (e *Engine) born(s *abi.TraceStop) {
	if i := e.b.birth; i >= 0 {
		e.b.birth = -1
		e.strike(i, s.Endpoint, s)
	}
}

func (e *Engine) strike(i int, ep abi.Endpoint, s *abi.TraceStop) {
	e.strikeAs(i, &victim{e: e, ep: ep, stop: s})
}

// strikeAs does a fault to v.
func (e *Engine) strikeAs(i int, v *victim) {
	a := &e.b.faults[i]
	v.fault = a
	words, err := a.kind.(fault.Strike).Strike(v, a.rand)
	a.Words = words
	if err != abi.OK {
		a.Words = words + ": not done: " + err.Name()
		return
	}
	if !a.told { // a watch tells when
		e.activated(a)
	}
}

// Alarm is told that the time is over.
func (e *Engine) Alarm() {
	if ep := e.b.held; ep != abi.None {
		e.b.held = abi.None
		e.w.Continue(ep, abi.TraceGo)
		e.w.Alarm(e.workLimit(e.plan.Ops)) // the phase's own, which the delay has used
		return
	}
	switch e.phase {
	case golden, working, trying:
		e.quit("the workload does not end")
	case coming: // it was not found out, or does not come back
		e.check()
	case checking:
		e.quit("the workload does not answer")
	case mending:
		e.quit("the victim does not come back")
	}
}

// workLimit is more than a workload takes, whatever its operations meet.
func (e *Engine) workLimit(ops int) time.Duration {
	return time.Duration(ops+1)*e.plan.Limit*4 + lifeLimit
}
