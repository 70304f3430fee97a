package policy

import (
	"time"

	"bennu/kernel/abi"
)

// death takes the kernel's word that a life is over.
func (s *State) death(now time.Duration, e *Event) {
	r := &s.rows[e.ID]
	if !r.alive {
		return
	}
	why := r.reasonFor(e.Record.Cause)
	r.faultAt = e.Record.Died
	if r.injected != 0 && (why == abi.ReasonNoHeartbeat || why == abi.ReasonInitTimeout) {
		r.faultAt = r.injectedAt // a hang: the kernel saw nothing before RS killed it
	}
	r.restarts = r.decayed(e.Record.Died)
	r.vector = e.Record.Vector
	r.blame(why)
	s.ended(now, e, why, now-r.faultAt)
}

// blame sets what those are told who wait for a life that has ended. Of an Init that failed it is what that answered.
func (r *row) blame(why abi.Reason) {
	if why == abi.ReasonInitTimeout {
		r.errno, r.why = abi.ETIMEDOUT, abi.WhyInitTimeout
	} else if why != abi.ReasonInitFailed {
		r.errno, r.why = abi.EIO, abi.WhyDied
	}
}

// reasonFor is the reason of a death. RS's own doing explains an exit and a kill; an exception that the
// service met on its way out is told as it was.
func (r *row) reasonFor(c abi.Cause) abi.Reason {
	switch c {
	case abi.CauseExit:
		if r.ended == abi.ReasonStopped || r.ended == abi.ReasonInitFailed {
			return r.ended
		}
	case abi.CausePanic, abi.CauseException, abi.CauseMemory, abi.CauseBadCall:
	default:
		if r.ended != abi.ReasonNone {
			return r.ended
		}
	}
	return ReasonOf(c)
}

// ReasonOf is the reason of an end that nobody has decided upon.
func ReasonOf(c abi.Cause) abi.Reason {
	switch c {
	case abi.CauseExit:
		return abi.ReasonExit
	case abi.CausePanic:
		return abi.ReasonPanic
	case abi.CauseException:
		return abi.ReasonException
	case abi.CauseMemory:
		return abi.ReasonMemory
	case abi.CauseBadCall:
		return abi.ReasonBadCall
	case abi.CauseHang:
		return abi.ReasonHang
	case abi.CauseDiffers:
		return abi.ReasonDiffers
	}
	return abi.ReasonKilled
}

// ended decides how it goes on after a life.
func (s *State) ended(now time.Duration, e *Event, why abi.Reason, detect time.Duration) {
	id, r := e.ID, &s.rows[e.ID]
	asked := r.state == abi.ServiceStopping && r.then != followDeath
	r.alive, r.endpoint, r.due, r.missed = false, abi.None, never, 0
	r.deaths++
	r.reason = why
	if len(s.waiters) > 0 {
		s.release(id, false)
	}
	if r.doubtful(e, why) {
		s.doubt(e, why)
	}
	a := s.do(Emit, id) // as emit does it: this is on the way to the next life
	a.Event, a.Incarnation, a.Warm = abi.EventDeath, r.lives-1, r.warm
	a.Reason, a.Detect, a.Record = why, detect, &e.Record
	if why == abi.ReasonInitFailed || why == abi.ReasonInitTimeout {
		a.Errno, a.Why = r.errno, r.why
	}
	switch {
	case s.stopping || asked && r.then == followDown:
		r.errno, r.why, a.Next = abi.OK, abi.WhyNone, abi.EventDown
		s.toDown(id)
	case asked && r.then == followFail:
		a.Next = abi.EventGiveUp
		r.errno, r.why = abi.EIO, abi.WhyGroup
		s.giveUp(now, id, why)
	case asked:
		a.Next = abi.EventStart
		s.anew(now, r)
		s.begin(now, id, abi.InitRestart)
	case r.endsByItself(why, e.Record.Status):
		r.errno, r.why, a.Next = abi.OK, abi.WhyNone, abi.EventDown
		s.toDown(id)
	case !r.proved || r.cfg.OnExit == NeverRestart || r.cfg.Burst|r.cfg.Group != 0 && s.tooMany(now, r):
		a.Next = abi.EventGiveUp
		s.giveUp(now, id, why)
	default:
		s.comeBack(now, id, a)
	}
	if r.requirers != 0 && !s.stopping {
		s.pull(now, id, followAgain)
	}
	if s.stopping {
		s.stopNext(now)
	}
}

// endsByItself tells whether an exit nobody asked for is the service's good right.
func (r *row) endsByItself(why abi.Reason, status uint64) bool {
	return why == abi.ReasonExit && status == 0 && r.proved && r.cfg.OnExit != ExitRestarts
}

// anew cleans the record of a service that was ended to begin again: all of it when somebody asked for that.
func (s *State) anew(now time.Duration, r *row) {
	if r.then == followAgain {
		r.total++
		s.charge(now, r)
		return
	}
	r.restarts, r.errno, r.why = 0, abi.OK, abi.WhyNone
	r.burst.forget()
}

// giveUp leaves a service dead, and tells those who wait. With one of a group that is all-for-one, or that had too many deaths, it is all.
func (s *State) giveUp(now time.Duration, id ID, why abi.Reason) {
	r := &s.rows[id]
	r.state, r.together = abi.ServiceFailed, false
	a := s.emit(id, abi.EventGiveUp)
	a.Reason, a.Errno, a.Why = why, r.errno, r.why
	s.answer(id, true, abi.OK, abi.WhyNone)
	s.answer(id, false, r.errno, r.why)
	s.settle(r)
	if r.mates != 0 && (r.cfg.AllForOne || r.why == abi.WhyGroup) {
		s.giveUpGroup(now, id)
	}
}

// comeBack starts a dead service now, or when its backoff is over.
func (s *State) comeBack(now time.Duration, id ID, death *Action) {
	r := &s.rows[id]
	death.Next, death.Backoff = abi.EventStart, r.backoff()
	if r.mates != 0 {
		s.together(now, id)
	}
	switch {
	case death.Backoff > 0:
		r.state, r.due = abi.ServiceBackoff, now+death.Backoff
	case r.own(now) || s.held == 0 && s.take(now):
		r.again(now)
		s.begin(now, id, abi.InitRestart)
	default:
		death.Backoff = s.hold(now)
		r.state, r.due = abi.ServiceBackoff, now
		s.due(now)
	}
}

// backoff is how long to wait before the next start: nothing after the first death, then
// 2^restarts units, at most BackoffMax. A service whose executable is in memory has its
// maximum at one unit unless system.conf says otherwise (MINIX.md 1.12).
func (r *row) backoff() time.Duration {
	if r.restarts == 0 {
		return 0
	}
	d := r.cfg.BackoffUnit
	for n := r.restarts; n > 0 && d < r.cfg.BackoffMax; n-- {
		d *= 2
	}
	return max(min(d, r.cfg.BackoffMax), 1)
}

// decayed is the count of restarts less one for each quiet time that this life has run.
func (r *row) decayed(now time.Duration) uint32 {
	if r.restarts == 0 || r.readyAt == never || r.cfg.Quiet <= 0 {
		return r.restarts
	}
	quiet := max(now-r.readyAt, 0) / r.cfg.Quiet // a life may have died before its being ready was heard
	return r.restarts - uint32(min(quiet, time.Duration(r.restarts)))
}

// tooMany notes a death, and tells whether the service's limit is met, or its group's. Then it is what is told to those who wait.
func (s *State) tooMany(now time.Duration, r *row) bool {
	group, own := r.cfg.Group != 0 && s.exceeds(now, r), r.burst.tooMany(now, r.cfg.Window)
	switch {
	case group:
		r.errno, r.why = abi.EIO, abi.WhyGroup
	case own:
		r.errno, r.why = abi.EIO, abi.WhyBurst
	}
	return group || own
}

// tooMany notes a death and tells whether there were as many as the ring has places within window.
func (r *ring) tooMany(now, window time.Duration) bool {
	n := len(r.died)
	if n == 0 {
		return false
	}
	r.newest = following(r.newest, n)
	r.died[r.newest] = now
	oldest := r.died[following(r.newest, n)]
	return oldest != never && now-oldest < window
}

// following is the place behind place i of n in a ring.
func following(i, n int) int {
	if i++; i < n {
		return i
	}
	return 0
}

// forget empties the ring.
func (r *ring) forget() {
	for i := range r.died {
		r.died[i] = never
	}
}
