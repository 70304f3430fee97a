package policy

import (
	"time"

	"bennu/kernel/abi"
)

// The requests. Permissions are the server's to check.

// boot starts every boot service, in order.
func (s *State) boot(now time.Duration) {
	s.booting = 0
	for i := range s.rows {
		if r := &s.rows[i]; r.cfg.Boot && r.state == abi.ServiceDown {
			r.boot = true
			s.booting++
		}
	}
	for i := range s.rows {
		if s.rows[i].boot {
			s.fresh(now, ID(i))
		}
	}
	if s.booting == 0 {
		s.booted()
	}
}

func (s *State) booted() {
	s.booting = -1
	if !s.stopping {
		s.emit(Nobody, abi.EventBoot)
	}
}

// settle takes a service off those that EventBoot waits for.
func (s *State) settle(r *row) {
	if r.boot {
		r.boot = false
		if s.booting--; s.booting == 0 {
			s.booted()
		}
	}
}

// fresh starts a service that is down or failed as if for the first time.
func (s *State) fresh(now time.Duration, id ID) {
	r := &s.rows[id]
	r.proved, r.restarts, r.errno, r.why, r.faultAt = false, 0, abi.OK, abi.WhyNone, never
	r.burst.forget()
	s.begin(now, id, abi.InitFresh)
}

// busy is why a service cannot be started now.
func (s *State) busy(r *row) abi.Why {
	if s.stopping {
		return abi.WhyShutdown
	}
	return r.doing()
}

// doing is a service's state as the why of an answer.
func (r *row) doing() abi.Why {
	switch r.state {
	case abi.ServiceStarting:
		return abi.WhyStarting
	case abi.ServiceRunning:
		return abi.WhyUp
	case abi.ServiceStopping:
		if r.then == followDown || r.then == followFail {
			return abi.WhyStopping
		}
		return abi.WhyRestarting
	case abi.ServiceWaiting:
		if r.fresh {
			return abi.WhyStarting
		}
		return abi.WhyRestarting
	case abi.ServiceBackoff:
		return abi.WhyRestarting
	case abi.ServiceFailed:
		return abi.WhyFailed
	}
	return abi.WhyDown
}

// up answers when the service is ready, with EBUSY if it is there already, ESRCH if one that it requires is not.
func (s *State) up(now time.Duration, e *Event) {
	switch r := &s.rows[e.ID]; {
	case s.stopping, r.state != abi.ServiceDown && r.state != abi.ServiceFailed:
		s.reply(e.ID, e.Asker, abi.EBUSY, s.busy(r))
	case r.cfg.Lacks, s.lacking(e.ID) != Nobody:
		s.reply(e.ID, e.Asker, abi.ESRCH, abi.WhyRequires)
	case s.wait(e.ID, e.Asker, false):
		s.fresh(now, e.ID)
	}
}

// down answers when the task is gone; ESRCH when the service is down already.
func (s *State) down(now time.Duration, e *Event) {
	r := &s.rows[e.ID]
	switch r.state {
	case abi.ServiceDown:
		s.reply(e.ID, e.Asker, abi.ESRCH, abi.WhyDown)
	case abi.ServiceBackoff, abi.ServiceFailed, abi.ServiceWaiting:
		s.pull(now, e.ID, followDown)
		s.toDown(e.ID)
		s.reply(e.ID, e.Asker, abi.OK, abi.WhyNone)
	default:
		if !s.waitOwn(e, true) {
			return
		}
		s.interrupt(e.ID)
		s.pull(now, e.ID, followDown)
		s.stop(now, e.ID, followDown)
	}
}

// waitOwn is wait, but a service that asks for its own end cannot hear of it and is answered now.
func (s *State) waitOwn(e *Event, gone bool) bool {
	if e.Asker != (Asker{}) && e.Asker.From == e.ID {
		s.reply(e.ID, e.Asker, abi.OK, abi.WhyNone)
		return true
	}
	return s.wait(e.ID, e.Asker, gone)
}

// refresh stops and starts anew, with a clean record. It answers when the new life is
// ready. A dead service is started at once. EBUSY: it is starting, or being taken down.
func (s *State) refresh(now time.Duration, e *Event) {
	r := &s.rows[e.ID]
	switch {
	case r.state == abi.ServiceDown:
		s.reply(e.ID, e.Asker, abi.ESRCH, abi.WhyDown)
	case s.stopping, r.state == abi.ServiceStarting, r.state == abi.ServiceStopping && (r.then == followDown || r.then == followFail):
		s.reply(e.ID, e.Asker, abi.EBUSY, s.busy(r))
	case !s.waitOwn(e, false):
	case r.alive:
		s.pull(now, e.ID, followAgain)
		s.stop(now, e.ID, followStart)
	default:
		s.revive(now, e.ID)
		r.restarts = 0
	}
}

// restart starts a dead service before its backoff is over, or after RS gave it up. It
// answers when the new life is ready. EBUSY: it lives.
func (s *State) restart(now time.Duration, e *Event) {
	r := &s.rows[e.ID]
	switch {
	case r.state == abi.ServiceDown:
		s.reply(e.ID, e.Asker, abi.ESRCH, abi.WhyDown)
	case s.stopping, r.alive:
		s.reply(e.ID, e.Asker, abi.EBUSY, s.busy(r))
	case s.wait(e.ID, e.Asker, false):
		s.revive(now, e.ID)
	}
}

// revive starts a service in backoff or failed because somebody asked.
func (s *State) revive(now time.Duration, id ID) {
	r := &s.rows[id]
	if r.state == abi.ServiceFailed {
		r.faultAt = never // the time that it lay there says nothing about recovery
	}
	s.dwell(r)
	r.burst.forget()
	r.restarts++
	s.begin(now, id, abi.InitRestart)
}

// shutdown answers at once and takes the services down, in the reverse of the order of their starts.
func (s *State) shutdown(now time.Duration, e *Event) {
	if s.stopping {
		s.reply(e.ID, e.Asker, abi.EBUSY, abi.WhyShutdown)
		return
	}
	s.stopping = true
	s.reply(e.ID, e.Asker, abi.OK, abi.WhyNone)
	for i := range s.rows {
		if r := &s.rows[i]; r.state == abi.ServiceBackoff || r.state == abi.ServiceWaiting {
			s.toDown(ID(i))
		}
	}
	s.stopNext(now)
}

// stopNext goes on with a shutdown: one service at a time, each gone before the one that
// started before it is asked.
func (s *State) stopNext(now time.Duration) {
	for i := len(s.order) - 1; i >= 0; i-- {
		if id := s.order[i]; s.rows[id].alive {
			s.interrupt(id)
			s.stop(now, id, followDown)
			return
		}
	}
	if !s.off {
		s.off = true
		s.do(PowerOff, Nobody)
	}
}

// stop asks a living service to end. If it was asked or killed already, this changes only what comes after
// its end.
func (s *State) stop(now time.Duration, id ID, then follow) {
	r := &s.rows[id]
	r.then = then
	if r.state == abi.ServiceStopping {
		return
	}
	r.state, r.ended = abi.ServiceStopping, abi.ReasonStopped
	r.due = now + r.cfg.Stop
	s.release(id, true)
	if r.endpoint != abi.None { // else it is told when its start was done
		s.do(Stop, id)
	}
}

// end kills a living service for a reason that counts as a death.
func (s *State) end(now time.Duration, id ID, why abi.Reason) {
	r := &s.rows[id]
	if r.state != abi.ServiceStopping {
		r.state, r.then = abi.ServiceStopping, followDeath
		s.release(id, true)
	}
	r.ended = why
	r.due = now + r.cfg.Stop
	s.do(Kill, id)
}

// toDown makes a dead service down.
func (s *State) toDown(id ID) {
	r := &s.rows[id]
	s.dwell(r)
	r.state = abi.ServiceDown
	s.emit(id, abi.EventDown).Reason = r.reason
	s.answer(id, true, abi.OK, abi.WhyNone)
	s.interrupt(id)
	s.settle(r)
}
