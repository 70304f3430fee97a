package policy

import (
	"time"

	"bennu/kernel/abi"
)

// Alive tells whether a task of the service exists.
func (s *State) Alive(id ID) bool { return s.rows[id].alive }

// Awaits tells whether a heartbeat of the service would be news.
func (s *State) Awaits(id ID) bool {
	r := &s.rows[id]
	return r.alive && (r.missed > 0 || r.injected != 0) || s.Starting(id)
}

// Starting tells whether a life of the service has begun and has not said that it is ready.
func (s *State) Starting(id ID) bool {
	r := &s.rows[id]
	return r.alive && r.state == abi.ServiceStarting && r.endpoint != abi.None
}

// Asked tells whether the life of the service was asked to end.
func (s *State) Asked(id ID) bool {
	r := &s.rows[id]
	return r.state == abi.ServiceStopping && r.ended == abi.ReasonStopped
}

// Doomed tells whether a service's life is being ended, not only asked to end: whoever steps this state may have ended before that was done.
func (s *State) Doomed(id ID) bool {
	r := &s.rows[id]
	return r.alive && r.state == abi.ServiceStopping && r.ended != abi.ReasonStopped && r.ended != abi.ReasonNone
}

// Hung tells whether a service's life is being ended because its Init has not answered.
func (s *State) Hung(id ID) bool {
	return s.rows[id].alive && s.rows[id].ended == abi.ReasonInitTimeout
}

// Stopping tells whether a shutdown is going on.
func (s *State) Stopping() bool { return s.stopping }

// Incarnation is the number of the newest life; 0 also before the first.
func (s *State) Incarnation(id ID) uint32 { return max(s.rows[id].lives, 1) - 1 }

// Lives is the number of the next life.
func (s *State) Lives(id ID) uint32 { return s.rows[id].lives }

// Lookup is OK for a service that is ready; EAGAIN while it is on its way to be so;
// ESRCH when it is down, going down, or given up.
func (s *State) Lookup(id ID) (abi.Errno, abi.Why) {
	r := &s.rows[id]
	switch why := r.doing(); why {
	case abi.WhyUp:
		return abi.OK, abi.WhyNone
	case abi.WhyStarting, abi.WhyRestarting:
		if r.state == abi.ServiceStopping && s.stopping {
			return abi.ESRCH, abi.WhyShutdown
		}
		return abi.EAGAIN, why
	default:
		return abi.ESRCH, why
	}
}

// Doing is a service's state as the why of an answer.
func (s *State) Doing(id ID) abi.Why { return s.rows[id].doing() }

// Status fills in what the policy knows of a service.
func (s *State) Status(id ID, now time.Duration, out *abi.ServiceStatus) {
	r := &s.rows[id]
	out.State = r.state
	out.Incarnation = s.Incarnation(id)
	out.StartedNS = uint64(r.startedAt)
	out.Restarts = r.decayed(now)
	if !r.alive {
		out.Restarts = r.restarts
	}
	out.RestartsTotal = r.total
	out.Deaths = r.deaths
	out.LastReason = r.reason
	out.LastVector = r.vector
	out.Missed = r.missed
	out.PeriodNS = uint64(r.cfg.Period)
	out.InitNS = uint64(r.cfg.Init)
	out.RecoveryNS = uint64(r.recovery)
	if r.alive && r.warm {
		out.Warm = 1
	}
	if r.state == abi.ServiceBackoff {
		out.BackoffNS = uint64(r.due)
	}
	if r.state != abi.ServiceRunning {
		out.Errno, out.Why = r.errno, r.why
	}
	switch {
	case r.held:
		out.Errno, out.Why = abi.EAGAIN, abi.WhyStorm
	case r.state == abi.ServiceWaiting:
		out.Errno, out.Why = abi.EAGAIN, abi.WhyWaits
	}
}
