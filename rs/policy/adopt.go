package policy

import (
	"time"

	"bennu/kernel/abi"
)

// A State that was restored may have lost what came last, or may know nothing. The kernel's tables are the truth about what lives; these
// events bring the two together, in this order: Reborn, Adopt for each life that there is, Lost for each service that Living says has one and the
// kernel does not (and no record of its death), Boot if the State knows nothing, and a Tick. With that those begin that wait for others:
// not before all that live are known.

// mercy is how long a start or a stop whose limit has passed while nobody looked still has: what came meanwhile is heard first.
const mercy = 100 * time.Millisecond

// Living is the endpoint of the life that a service has; None: it has none.
func (s *State) Living(id ID) abi.Endpoint {
	if r := &s.rows[id]; r.alive {
		return r.endpoint
	}
	return abi.None
}

// Beginning is the Start of a life that nothing has come of yet; ok is false when there is none. Whoever steps this state may have ended before it was
// done, or before it could say so.
func (s *State) Beginning(id ID) (a Action, ok bool) {
	r := &s.rows[id]
	if !r.alive || r.endpoint != abi.None {
		return a, false
	}
	a = Action{Kind: Start, ID: id, Init: abi.InitRestart, Incarnation: r.lives - 1, Snapshot: r.cfg.Snapshot > 0}
	if !r.proved {
		a.Init = abi.InitFresh
	}
	return a, true
}

// adopt takes the kernel's word that a life is there: it runs. One that the state knows stays what it is. One that it knows instead has
// ended, and its record is lost.
func (s *State) adopt(now time.Duration, e *Event) {
	r := &s.rows[e.ID]
	if s.off {
		return
	}
	if r.alive && r.endpoint == e.Record.Endpoint {
		if r.state == abi.ServiceStarting { // it may have said that it is ready to who was not there to keep it, and says it once: a heartbeat says it too
			s.do(Ping, e.ID)
		}
		return
	}
	if r.alive && r.state == abi.ServiceStarting && r.endpoint == abi.None {
		s.started(now, e) // what was being done when the state was written
		return
	}
	if r.alive {
		s.gone(now, e.ID)
		r.restarts++
	}
	s.dwell(r)
	r.state, r.alive, r.proved, r.then, r.ended = abi.ServiceRunning, true, true, followDeath, abi.ReasonNone
	r.endpoint, r.lives, r.startedAt, r.readyAt = e.Record.Endpoint, e.Incarnation+1, max(e.Record.Started, 0), now
	r.warm, r.gone, r.passed, r.missed, r.injected = e.Warm, false, false, 0, 0
	r.errno, r.why, r.faultAt, r.recovery = abi.OK, abi.WhyNone, never, 0
	r.nextPing = now + 1 // which Reborn, at the same time, does not put off
	r.schedule()
	r.settled(now)
	s.emit(e.ID, abi.EventStart).Record = &e.Record
	s.emit(e.ID, abi.EventReady)
	s.answer(e.ID, true, abi.OK, abi.WhyNone)
	s.answer(e.ID, false, abi.OK, abi.WhyNone)
	s.settle(r)
	if s.stopping && s.quiet() {
		s.stopNext(now)
	}
}

// gone notes the end of a life of which nothing is known, and after which there was another one already.
func (s *State) gone(now time.Duration, id ID) {
	r := &s.rows[id]
	r.deaths++
	r.reason, r.vector = abi.ReasonLost, 0
	s.release(id, false)
	a := s.emit(id, abi.EventDeath)
	a.Reason, a.Next, a.Record = abi.ReasonLost, abi.EventStart, &Record{Endpoint: r.endpoint, Started: r.startedAt, Died: now}
}

// quiet tells whether a shutdown waits for no end.
func (s *State) quiet() bool {
	for i := range s.rows {
		if s.rows[i].state == abi.ServiceStopping {
			return false
		}
	}
	return true
}

// lost takes the kernel's word that a life is over, and that nobody has its record any more. It goes on as after any death.
func (s *State) lost(now time.Duration, e *Event) {
	r := &s.rows[e.ID]
	if !r.alive {
		return
	}
	why := abi.ReasonLost
	if r.ended != abi.ReasonNone {
		why = r.ended
	}
	r.faultAt, r.restarts, r.vector = now, r.decayed(now), 0
	r.blame(why)
	s.ended(now, e, why, 0)
}

// reborn forgives what came while nobody looked: heartbeats, and limits that have passed.
func (s *State) reborn(now time.Duration) {
	for i := range s.rows {
		r := &s.rows[i]
		switch r.state {
		case abi.ServiceRunning:
			if r.cfg.Period > 0 && (r.missed > 0 || r.nextPing <= now) {
				r.missed, r.passed, r.nextPing = 0, false, now+r.cfg.Period
				r.schedule()
			}
		case abi.ServiceStarting:
			r.due = max(r.due, now+min(mercy, r.cfg.Init))
		case abi.ServiceStopping:
			r.due = max(r.due, now+min(mercy, r.cfg.Stop))
		}
	}
}

// abandon takes the kernel's word that a life is over, and nothing else of its end: what is known of it may be what the server dies of.
func (s *State) abandon(now time.Duration, e *Event) {
	id, r := e.ID, &s.rows[e.ID]
	if !r.alive {
		return
	}
	r.alive, r.endpoint, r.due, r.missed, r.faultAt = false, abi.None, never, 0, now
	r.deaths++
	r.reason, r.vector = abi.ReasonLost, 0
	r.errno, r.why = abi.EIO, abi.WhyDied
	s.release(id, false)
	a := s.emit(id, abi.EventDeath)
	a.Reason, a.Next, a.Record = abi.ReasonLost, abi.EventGiveUp, &e.Record
	if s.stopping {
		a.Next = abi.EventDown
		s.toDown(id)
		s.stopNext(now)
		return
	}
	s.giveUp(now, id, abi.ReasonLost)
	if r.requirers != 0 {
		s.pull(now, id, followAgain)
	}
}
