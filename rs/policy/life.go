package policy

import (
	"time"

	"bennu/kernel/abi"
)

// start begins a life.
func (s *State) start(now time.Duration, id ID, how abi.InitKind) {
	r := &s.rows[id]
	r.state, r.alive, r.then, r.ended = abi.ServiceStarting, true, followDeath, abi.ReasonNone
	r.startedAt, r.readyAt, r.missed, r.injected, r.passed = now, never, 0, 0, false
	r.due = now + r.cfg.Init
	r.lives++
	r.warm, r.gone = false, false
	a := s.do(Start, id)
	a.Init, a.Incarnation, a.Snapshot = how, r.lives-1, r.cfg.Snapshot > 0
}

func (s *State) started(now time.Duration, e *Event) {
	r := &s.rows[e.ID]
	switch {
	case r.state == abi.ServiceStarting:
		r.due = now + r.cfg.Init
	case r.state == abi.ServiceStopping && r.endpoint == abi.None:
		r.due = now + r.cfg.Stop
	default:
		return
	}
	r.startedAt, r.warm, r.endpoint = now, e.Warm, e.Record.Endpoint
	s.emit(e.ID, abi.EventStart).Record = &e.Record
	if r.state == abi.ServiceStopping {
		s.do(Stop, e.ID)
	}
}

// startFailed is a death of a life that never was: it counts, and backs off, like others.
func (s *State) startFailed(now time.Duration, e *Event) {
	r := &s.rows[e.ID]
	if !r.alive {
		return
	}
	r.errno, r.why = e.Errno, e.Why
	if r.faultAt == never {
		r.faultAt = now
	}
	s.ended(now, e, abi.ReasonInitFailed, 0)
}

func (s *State) ready(now time.Duration, e *Event) {
	r := &s.rows[e.ID]
	if r.state != abi.ServiceStarting {
		return
	}
	r.errno, r.why = e.Errno, abi.WhyNone
	if e.Errno != abi.OK {
		r.why = abi.WhyInit
		s.end(now, e.ID, abi.ReasonInitFailed)
		return
	}
	r.state, r.proved, r.readyAt, r.recovery = abi.ServiceRunning, true, now, 0
	if r.faultAt != never {
		r.recovery, r.faultAt = now-r.faultAt, never
	}
	r.nextPing = now + r.cfg.Period
	r.schedule()
	r.settled(now)
	s.emit(e.ID, abi.EventReady).Recovery = r.recovery
	s.answer(e.ID, false, abi.OK, abi.WhyNone)
	s.settle(r)
}

// schedule sets the timer of a running service.
func (r *row) schedule() {
	r.due = never
	if r.cfg.Period > 0 {
		r.due = r.nextPing
		if limit := r.pingAt + 2*r.cfg.Period; r.missed > 0 && limit < r.due {
			r.due = limit
		}
	}
}

// heartbeat notes that a service goes on. None comes from one that is not through its initialisation: a starting one that sends it was ready before, and who
// it told has ended without a trace of it.
func (s *State) heartbeat(now time.Duration, id ID) {
	r := &s.rows[id]
	if s.Starting(id) {
		s.heardAt = now
		s.ready(now, &Event{Kind: Ready, ID: id})
	}
	if !r.alive || r.missed == 0 && r.injected == 0 {
		return
	}
	s.heardAt = now
	r.missed, r.passed = 0, false
	if r.injected != abi.FaultHang { // a heartbeat sent before the hang says nothing
		r.injected = 0
	}
	if r.state == abi.ServiceRunning {
		r.schedule()
	}
}

// fault notes an injection. The server has made it; only a kill is made here.
func (s *State) fault(now time.Duration, e *Event) {
	r := &s.rows[e.ID]
	if !r.alive {
		return
	}
	r.injected, r.injectedAt = e.Fault, now
	switch e.Fault {
	case abi.FaultKill:
		s.end(now, e.ID, abi.ReasonInjected)
	case abi.FaultException, abi.FaultHang:
		s.ping(now, e.ID) // so that a blocked task meets it
	}
}

// ping notifies a service. One that runs has to answer.
func (s *State) ping(now time.Duration, id ID) {
	r := &s.rows[id]
	s.do(Ping, id)
	if r.state != abi.ServiceRunning || r.cfg.Period == 0 {
		return
	}
	if r.missed == 0 {
		r.pingAt = now
	}
	r.missed++
	r.nextPing = now + r.cfg.Period
	r.schedule()
}

func (s *State) tick(now time.Duration) {
	for i := range s.rows {
		r := &s.rows[i]
		if r.due != never && r.due <= now && r.state != abi.ServiceBackoff {
			s.expire(now, ID(i))
		}
		if r.checkAt != never && r.checkAt <= now {
			r.checkAt = now + r.cfg.Check
			s.do(Check, ID(i))
		}
	}
	s.due(now)
	if s.silent {
		s.silent = false
		s.do(Deaf, Nobody)
	}
}

func (s *State) expire(now time.Duration, id ID) {
	r := &s.rows[id]
	switch r.state {
	case abi.ServiceStarting:
		s.end(now, id, abi.ReasonInitTimeout)
	case abi.ServiceStopping:
		r.due = now + r.cfg.Stop
		s.do(Kill, id)
	case abi.ServiceRunning:
		limit := r.pingAt + 2*r.cfg.Period
		switch {
		case r.missed == 0 || now < limit:
			s.ping(now, id)
			s.poll(now, id)
		case now-limit > r.cfg.Period && !r.passed:
			// RS itself was late by more than a period: the service may not have had
			// the processor either. Once, it gets another period.
			r.passed = true
			r.pingAt = now - r.cfg.Period
			s.ping(now, id)
			s.poll(now, id)
		case s.deaf(now, id):
		default:
			s.end(now, id, abi.ReasonNoHeartbeat)
		}
	default:
		r.due = never
	}
}

// Next is when the next Tick is due; ok is false when no timer runs.
func (s *State) Next() (at time.Duration, ok bool) {
	first := uint64(1<<64 - 1) // never, read without a sign, is behind all times
	for i := range s.rows {
		r := &s.rows[i]
		first = min(first, uint64(r.due), uint64(r.checkAt))
	}
	at = time.Duration(first)
	return at, at != never
}
