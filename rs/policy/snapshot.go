package policy

import (
	"time"

	"bennu/kernel/abi"
)

// Suspect tells whether the death of the life that a service has now throws doubt on its snapshot: a warm one that is not ready yet.
// The snapshot is to be checked then, and the event of the death to say what was found.
func (s *State) Suspect(id ID) bool {
	r := &s.rows[id]
	return r.alive && r.warm && !r.gone && r.readyAt == never
}

// settled notes that a life is ready: the snapshot that it began with is good, the one that was taken in it is looked at soon.
func (r *row) settled(now time.Duration) {
	switch {
	case r.cfg.Snapshot == 0:
	case r.warm:
		r.early = 0
	case r.checkAt == never:
		r.checkAt = now + firstCheck
	}
}

// doubtful tells whether the end of a life may cost the snapshot that it began with.
func (r *row) doubtful(e *Event, why abi.Reason) bool {
	return r.warm && !r.gone && (r.readyAt == never || e.Errno == abi.EIO || why == abi.ReasonMemory)
}

// doubt decides whether the snapshot is dropped at the end of a life that began with it.
func (s *State) doubt(e *Event, why abi.Reason) {
	switch r := &s.rows[e.ID]; {
	case e.Errno == abi.EIO:
		s.drop(e.ID, abi.EIO)
	case why == abi.ReasonMemory: // what the snapshot holds, the life could not have
		s.drop(e.ID, abi.ENOMEM)
	case why != abi.ReasonStopped && why != abi.ReasonInjected:
		if r.early++; r.early >= r.cfg.Snapshot {
			s.drop(e.ID, abi.EAGAIN)
		}
	}
}

// drop gives a snapshot up, and says why: damaged (EIO), too large (ENOMEM), lives that begin with it do not come up (EAGAIN). The next life
// begins cold, and may take another one.
func (s *State) drop(id ID, why abi.Errno) {
	r := &s.rows[id]
	r.early, r.checkAt, r.gone = 0, never, true
	s.do(Drop, id)
	s.emit(id, abi.EventSnapshot).Errno = why
}

// checked takes what a look at a snapshot has found.
func (s *State) checked(e *Event) {
	switch r := &s.rows[e.ID]; e.Errno {
	case abi.EIO:
		s.drop(e.ID, abi.EIO)
	case abi.ESRCH: // none was taken
		r.checkAt = never
	}
}
