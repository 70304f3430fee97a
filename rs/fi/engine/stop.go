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
		e.watched(s.Endpoint)
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
		if !e.code.Reached(addr) { // the victim's own
			return abi.TracePass
		}
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
func (e *Engine) watched(ep abi.Endpoint) {
	for i := range e.b.faults {
		if a := &e.b.faults[i]; a.told {
			a.told = false
			e.activated(a)
		}
	}
	e.w.Watch(ep, 0, 0, 0)
}

// born is a new life, before its first instruction.
func (e *Engine) born(s *abi.TraceStop) {
	if len(e.b.births) == 0 {
		return
	}
	i := e.b.births[0]
	a := &e.b.faults[i]
	e.strike(i, s.Endpoint, s)
	if a.did++; a.did >= livesOf(a.kind.(fault.Strike)) {
		e.b.births = e.b.births[1:]
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
	switch {
	case err != abi.OK:
		a.Words = notDone(words, err)
	case a.told: // a watch tells when it is activated, but it is there
		e.mended = false
	default:
		e.activated(a)
	}
}

// notDone is what the record says of a fault that was not done. It begins with "not done".
func notDone(words string, err abi.Errno) string {
	if words == "" {
		return "not done: " + err.Name()
	}
	return "not done: " + words + " (" + err.Name() + ")"
}

// Alarm is told that the time is over.
func (e *Engine) Alarm() {
	if e.w.Now() < e.due { // what came before it has set another one
		return
	}
	if e.release() {
		e.alarm(e.phaseLimit()) // the delay has used the phase's own
		return
	}
	if e.b.judges() {
		e.judged(true, "it does not come, or does not answer", false)
		return
	}
	switch {
	case !e.plan.Prove || e.phase != working && e.phase != trying:
	case e.b.forced == 0:
		e.force()
		return
	default:
		e.persistent("a life without faults: " + endless)
		e.b.judge = judged
		e.finish()
		return
	}
	switch e.phase {
	case golden, working, trying, proving:
		e.quit("the workload does not end")
	case coming: // it was not found out, or does not come back
		e.check()
	case checking:
		e.quit("the workload does not answer")
	case mending:
		words := "the victim does not come back"
		if e.refused != abi.OK {
			words = "the victim cannot be started again: " + e.refused.Name()
		}
		e.quit(words)
	}
}

const endless = "the workload does not end"

// force ends a life on which the workload does not end: on the next one it may.
func (e *Engine) force() {
	e.b.forced = 1
	e.where(Tally{Where: endless})
	e.b.seen.Lost++
	e.b.end.Lost++
	e.w.Refresh()
	e.alarm(e.workLimit(e.plan.Ops))
}

// workLimit is more than a workload takes, whatever its operations meet.
func (e *Engine) workLimit(ops int) time.Duration {
	limit := e.plan.Limit
	if e.phase == golden {
		limit *= slower
	}
	return time.Duration(ops+1)*limit*4 + lifeLimit
}

// alarm has Alarm be told in d, and not before; 0: never.
func (e *Engine) alarm(d time.Duration) {
	e.due = e.w.Now() + d
	e.w.Alarm(d)
}

// phaseLimit is no less than what is left of the phase's alarm.
func (e *Engine) phaseLimit() time.Duration {
	if e.phase == coming || e.phase == mending {
		return 2 * lifeLimit
	}
	return e.workLimit(e.plan.Ops)
}

// release lets a life go on that a fault holds. false: there is none.
func (e *Engine) release() bool {
	ep := e.b.held
	if ep == abi.None {
		return false
	}
	e.b.held = abi.None
	e.w.Continue(ep, abi.TraceGo)
	return true
}
