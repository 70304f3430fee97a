package work

import (
	"math/rand/v2"
	"time"

	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

// Verdict is how an operation, or a step of it, ended.
type Verdict uint8

const (
	Right   Verdict = iota
	Refused         // Site.Errno says with what
	Wrong
	Lost
	Died    // the life that was asked did
	Pending // the operation goes on with messages of the service's: Waiter
	Unable  // the workload could not ask; Site.Errno says why
)

// Kind is what operations on one kind of service are. It keeps what it must know of the life that it asks.
type Kind interface {
	// Join takes up a life of the service, before the first operation on it.
	Join(s *Site) Verdict
	// Operate does one operation and checks all that comes of it.
	Operate(s *Site) Verdict
	// Look does one that needs no more rights than to send, and leaves nothing behind: for a service that is not the victim.
	Look(s *Site) Verdict
}

// Waiter is a Kind that is asked by its service. Its operations are Pending, and end with Site.End.
type Waiter interface {
	Kind
	// Message takes a request of the service's. False: it is none that the service has.
	Message(s *Site, m *abi.Msg) bool
}

// Granter is a Kind that had a grant of the life that it has joined.
type Granter interface {
	Granted() (id abi.GrantID, ok bool)
}

// Tracer reaches the victim's device past it (abi.TracePortIn, abi.TracePortOut).
type Tracer interface {
	PortIn(of abi.Endpoint, port uint16, width int) (uint32, abi.Errno)
	PortOut(of abi.Endpoint, port uint16, width int, v uint32) abi.Errno
}

// Site is where an operation is done: one service, and its life.
type Site struct {
	C     *sdk.Context
	Trace Tracer // nil: the workload has no right to trace
	Label string
	Ep    abi.Endpoint // its life; abi.None: to be looked up
	Rand  *rand.Rand
	Until time.Duration // when the operation's time is over
	Step  uint16        // the part of the operation that goes on; each Kind numbers its own
	Errno abi.Errno     // of Refused and Unable

	kind Kind
	done func(Verdict) // of a Pending operation
}

// Left is the time that the operation still has.
func (s *Site) Left() time.Duration { return max(s.Until-s.C.Now(), 0) }

// Call asks the service and waits for the answer, which replaces *m: Right whatever it is, if its Errno is OK.
func (s *Site) Call(m *abi.Msg) Verdict {
	e := s.C.Call(s.Ep, m, s.Left())
	if m.Type == abi.MsgReply {
		return s.Refuse(e)
	}
	return s.unanswered(e)
}

// Refuse is the verdict on an answer with this Errno.
func (s *Site) Refuse(e abi.Errno) Verdict {
	if e == abi.OK {
		return Right
	}
	s.Errno = e
	return Refused
}

// Cannot is the verdict on something that the workload itself was denied.
func (s *Site) Cannot(e abi.Errno) Verdict {
	s.Errno = e
	return Unable
}

// unanswered is the verdict on a request that got no answer.
func (s *Site) unanswered(e abi.Errno) Verdict {
	switch e {
	case abi.EDEADSRCDST:
		return Died
	case abi.ETIMEDOUT:
		return s.Silent()
	}
	return s.Cannot(e)
}

// Silent is the verdict on a service that has not done what it should have: Lost if it lives.
func (s *Site) Silent() Verdict {
	if !s.Alive() {
		return Died
	}
	return Lost
}

// Alive tells whether the life that is asked goes on.
func (s *Site) Alive() bool {
	_, e := s.C.LabelOf(s.Ep)
	return e == abi.OK
}

// Equal is Right for two equal values, Wrong for others.
func Equal[T comparable](got, want T) Verdict {
	if got == want {
		return Right
	}
	return Wrong
}

// CallWith asks the service with a grant of b: its id and length become the arguments from the n-th on.
func (s *Site) CallWith(m *abi.Msg, n int, b []byte, flags uint32) Verdict {
	return s.CallOver(m, n, b, flags, uint64(len(b)))
}

// CallOver is CallWith of a request that has something else than the grant's length beside it.
func (s *Site) CallOver(m *abi.Msg, n int, b []byte, flags uint32, beside uint64) Verdict {
	id, ok := s.C.Grant(s.Ep, b, flags)
	if !ok {
		return s.Cannot(abi.ENOSPC)
	}
	m.Arg[n], m.Arg[n+1] = uint64(id), beside
	v := s.Call(m)
	s.C.Revoke(id)
	return v
}

// Wait polls until ready says so, with pauses in which the service runs. The verdict is Right, that of Silent when the operation's time
// is over, or Died.
func (s *Site) Wait(ready func() Verdict) Verdict {
	for pause := leastPause; ; pause = min(2*pause, mostPause) {
		if v := ready(); v != Pending {
			return v
		}
		if s.Left() == 0 {
			return s.Silent()
		}
		if e := s.C.Sleep(min(pause, s.Left())); e != abi.OK {
			return s.Cannot(e)
		}
		if !s.Alive() {
			return Died
		}
	}
}

// root is the label of the reincarnation server.
const root = "rs"

const (
	leastPause = 20 * time.Microsecond
	mostPause  = 500 * time.Microsecond
)

// End ends a Pending operation.
func (s *Site) End(v Verdict) {
	if done := s.done; done != nil {
		s.done = nil
		done(v)
	}
}

// Same is the verdict on a request that the SDK made, and on a number of its answer.
func (s *Site) Same(e abi.Errno, got, want uint64) Verdict {
	if e != abi.OK {
		return s.Asked(e)
	}
	return Equal(got, want)
}

// find looks up the service's life, and has the Kind join it. The time for the life to come is limit; for the rest the operation's.
func (s *Site) find(limit time.Duration) (v Verdict, found bool) {
	if s.Ep != abi.None {
		return Right, true
	}
	ep, e := s.C.Root(), abi.OK // the server's endpoint is that of all its lives
	if s.Label != root {
		ep, e = s.C.LookupWait(s.Label, limit)
	}
	switch e {
	case abi.OK:
	case abi.ETIMEDOUT:
		return Died, false
	default:
		return s.Cannot(e), false
	}
	s.Ep, s.Step = ep, 0
	return s.kind.Join(s), true
}
