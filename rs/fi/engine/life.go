package engine

import (
	"slices"

	"bennu/kernel/abi"
)

// Happened is told of an event of the reincarnation server.
func (e *Engine) Happened(label string, ev *abi.Event) {
	if label != e.plan.Victim {
		e.another(label, ev)
		return
	}
	switch ev.Kind {
	case abi.EventDeath:
		e.died(ev)
	case abi.EventStart:
		e.ep, e.life, e.warm, e.ready = ev.Endpoint, ev.Incarnation, ev.Warm != 0, false
	case abi.EventReady:
		e.came(ev)
	case abi.EventGiveUp:
		e.ep, e.ready, e.b.seen.GaveUp = abi.None, false, true
		switch e.phase {
		case coming:
			e.check()
		case mending: // the reincarnation server can be asked to begin again
			e.w.Refresh()
		}
	case abi.EventSnapshot:
		if ev.Errno != abi.OK {
			e.b.seen.Cold = true
		}
	}
}

func (e *Engine) died(ev *abi.Event) {
	e.counted(ev)
	left := e.w.Left()
	if left == "" {
		return
	}
	e.lie(left)
	if e.b.judges() {
		e.b.judge = judged
		e.finish()
		return
	}
	switch e.phase {
	case mending, proving: // the next life may never come
		e.next()
	case working, coming, trying, checking:
		e.finish()
	}
}

// counted is a death of the victim's.
func (e *Engine) counted(ev *abi.Event) {
	e.ep, e.ready = abi.None, false
	e.b.sites = map[uint64]int{} // its text went with it
	e.unhold(ev.Endpoint)
	if e.b.judges() {
		e.b.ends++
	}
	if e.phase == starting || e.phase == mending || e.phase == proving || e.phase == over {
		return
	}
	if e.phase == golden {
		e.lost = true
		return
	}
	b := &e.b
	if b.forced == 1 {
		b.forced = 2
		return
	}
	if b.ended && b.seen.Activated == 0 {
		b.ended = false
		return
	}
	b.seen.Deaths++
	if b.judge == judged {
		e.persistent("a life without faults: it died")
	}
	if b.seen.Deaths > 1 {
		return
	}
	b.end.Reason, b.end.Vector, b.end.RIP, b.end.CR2 = ev.Reason, ev.Vector, ev.RIP, ev.CR2
	b.end.DeathNS, b.end.DetectNS = ev.FaultNS, ev.TimeNS
	if b.seen.Activated == 0 && !b.stopped && e.mended {
		e.wrong("it died before a fault was activated")
	}
}

// Explained is told why the life of the block that ended first did, when that was not known.
func (e *Engine) Explained(ev *abi.Event) {
	if end := &e.b.end; e.b.seen.Deaths > 0 && end.Reason == abi.ReasonLost {
		end.Reason, end.Vector, end.RIP, end.CR2 = ev.Reason, ev.Vector, ev.RIP, ev.CR2
	}
}

// came is a life that is ready.
func (e *Engine) came(ev *abi.Event) {
	e.ep, e.life, e.warm, e.ready, e.mended = ev.Endpoint, ev.Incarnation, ev.Warm != 0, true, true
	if err := e.w.Verify(); err != abi.OK {
		e.lie("the executable or the snapshot is damaged: " + err.Name())
	}
	if e.b.judge == unjudged {
		e.b.end.ReadyNS = ev.TimeNS
	}
	switch e.phase {
	case golden: // its workload has ended, or ends with this life
		if !e.lost {
			e.explore()
		}
	case coming:
		e.try()
	case mending:
		if e.prove {
			e.prove = false
			e.work(tries, proving)
			return
		}
		e.next()
	}
}

// another is an event of another service.
func (e *Engine) another(label string, ev *abi.Event) {
	switch ev.Kind {
	case abi.EventDeath, abi.EventGiveUp:
	case abi.EventReady:
		e.back(label)
		return
	default:
		return
	}
	switch {
	case label == "" || ev.Reason == abi.ReasonStopped:
	case e.expected(label):
	default:
		e.collateral(label + ": " + ev.Reason.String())
	}
}

const deserted = "nobody is left to go on"

// Deserted is told that the workload's own life has ended, or the injector's is about to, which the victim has done: nobody can be asked on this machine any more.
func (e *Engine) Deserted(words string) {
	between := e.phase == mending || e.phase == proving
	if e.phase == starting || e.phase == golden || between && !e.b.judges() { // no block goes on
		e.quit(deserted + ": " + words)
		return
	}
	e.collateral(words)
	e.b.judge = judged
	e.deserted = true
	e.finish()
}

// back is another service that is ready again: what needs it can be tried now.
func (e *Engine) back(label string) {
	if !slices.Contains(e.b.down, label) {
		return
	}
	e.b.down = slices.DeleteFunc(e.b.down, func(l string) bool { return l == label })
	if len(e.b.down) == 0 && e.phase == coming && e.alive() {
		e.try()
	}
}

// expected tells whether the death of another service is the block's doing. It is so once.
func (e *Engine) expected(label string) bool {
	i := slices.Index(e.b.expect, label)
	if i >= 0 {
		e.b.expect = slices.Delete(e.b.expect, i, i+1)
	}
	return i >= 0
}

// unhold ends what a life that is over was held, watched and short of memory for.
func (e *Engine) unhold(ep abi.Endpoint) {
	if e.b.held == ep {
		e.b.held = abi.None
		e.alarm(e.phaseLimit()) // the delay has used the phase's own
	}
	for i := range e.b.faults {
		e.b.faults[i].told = false
	}
	e.uncap() // else no later life could have more
}

// uncap gives the victim the memory again that a fault has kept from it.
func (e *Engine) uncap() {
	if e.b.capped {
		e.b.capped = false
		e.w.Ceiling(0)
	}
}

// Refused is told that the reincarnation server did not refresh the victim.
func (e *Engine) Refused(err abi.Errno) {
	switch {
	case e.phase != mending:
	case e.ep == abi.None && e.b.judges():
		e.judged(true, "it cannot be started again: "+err.Name(), false)
	case e.ep == abi.None:
		e.quit("the victim cannot be started again: " + err.Name())
	default: // it may end by itself
		e.refused = err
	}
}
