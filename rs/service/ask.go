package service

import (
	"slices"
	"time"

	"bennu/kernel/abi"
)

// Port is the part of the machine that a command needs. In a task it is a few calls to the SDK, in tests a
// fake.
type Port interface {
	// RS is the reincarnation server's endpoint.
	RS() abi.Endpoint
	// Now is nanoseconds since boot.
	Now() uint64
	// Send leaves a message with the kernel (senda); it never blocks. Errors: EAGAIN (too
	// many wait), EDEADSRCDST, ECALLDENIED.
	Send(to abi.Endpoint, tag uint64, m *abi.Msg) abi.Errno
	// Grant lets to copy to b (write) or from it until Revoke. ok is false when all are taken.
	Grant(to abi.Endpoint, b []byte, write bool) (id abi.GrantID, ok bool)
	// GrantBoth lets to copy from b, too.
	GrantBoth(to abi.Endpoint, b []byte) (id abi.GrantID, ok bool)
	Revoke(id abi.GrantID)
	// Info is the kernel's GetInfo.
	Info(kind abi.InfoKind, index uint64, out []byte) (int, abi.Errno)
}

// Limits on how long an answer may take.
const (
	// LimitRS is for requests that RS answers by itself, and LimitLife for a start or a stop: it is more than
	// the longest limit that these have in RS (init and stop in system.conf).
	LimitRS   = 5 * time.Second
	LimitLife = 30 * time.Minute
	// LimitDriver is for a driver: one that hangs is found by RS in about this time.
	LimitDriver = 3 * time.Second
)

// MaxAsks is how many requests may wait at a time.
const MaxAsks = 64

// How many requests may be on their way to one task: RS has abi.RSOpen places for the requests of a service, of which three are left
// for those of the SDK itself. The others wait here. Long ones (a start, a read of the console) do not hold up the quick ones.
const (
	quickWindow = 3
	slowWindow  = 2
)

// Asker sends requests and finds the request of each answer. A request ends in exactly one way: with its
// answer, with EDEADSRCDST when its receiver died, with ETIMEDOUT, or at once with the error of the send.
// done is called once for each, never from within Ask.
type Asker struct {
	Port
	tag     uint64
	store   abi.Endpoint // the data store's; 0: to be looked up
	waiting []*ask
	queued  []*ask // not yet sent
	failed  []*ask // could not be sent: done is called by the next Run
	timers  []timer
	due     []timer // those that Run looks at
	free    []*ask  // to be used again: a task that runs for ever must not live by the garbage collector
}

type ask struct {
	to       abi.Endpoint
	m        abi.Msg
	tag      uint64
	deadline uint64
	slow     bool
	errno    abi.Errno
	late     bool // given up; its answer, if it comes, is dropped
	done     func(m *abi.Msg, e abi.Errno)
}

type timer struct {
	at uint64
	do func()
}

// usual is how many requests and timers a front end has at a time when nobody types: there is room for them from the start.
const usual = 8

// NewAsker makes an Asker without requests.
func NewAsker(p Port) *Asker {
	list := func() []*ask { return make([]*ask, 0, usual) }
	return &Asker{Port: p, waiting: list(), queued: list(), failed: list(), free: list(), timers: make([]timer, 0, usual), due: make([]timer, 0, usual)}
}

// Ask sends m, with Arg[6] overwritten by a tag. done gets the answer, a MsgReply whose
// errno is also given as e; without an answer m is nil.
func (a *Asker) Ask(to abi.Endpoint, m abi.Msg, limit time.Duration, done func(m *abi.Msg, e abi.Errno)) {
	a.tag++
	m.Arg[6] = a.tag
	q := a.take()
	*q = ask{to: to, m: m, tag: a.tag, deadline: a.Now() + uint64(limit), slow: limit >= LimitLife, done: done}
	a.forget()
	if len(a.waiting)+len(a.queued) >= MaxAsks {
		q.errno = abi.ENOSPC
		a.failed = append(a.failed, q)
		return
	}
	a.queued = append(a.queued, q)
	a.pump()
}

// take is a request that nobody refers to.
func (a *Asker) take() *ask {
	n := len(a.free)
	if n == 0 {
		return new(ask)
	}
	q := a.free[n-1]
	a.free = a.free[:n-1]
	return q
}

// give takes it back.
func (a *Asker) give(q *ask) { a.free = append(a.free, q) }

// pump sends the requests that may be sent, in order.
func (a *Asker) pump() {
	left := a.queued[:0]
	for _, q := range a.queued {
		if !a.room(q) {
			left = append(left, q)
			continue
		}
		if q.errno = a.Send(q.to, q.tag, &q.m); q.errno != abi.OK {
			a.failed = append(a.failed, q)
			continue
		}
		a.waiting = append(a.waiting, q)
	}
	clear(a.queued[len(left):])
	a.queued = left
}

// room tells whether one more request like q may be on its way.
func (a *Asker) room(q *ask) bool {
	n := 0
	for _, w := range a.waiting {
		if w.to == q.to && w.slow == q.slow && !w.late {
			n++
		}
	}
	if q.slow {
		return n < slowWindow
	}
	return n < quickWindow
}

// Answer takes a MsgReply. It tells whether it was awaited. Peers give the tag back; one that
// does not (Arg[6] is 0) answers in order.
func (a *Asker) Answer(m *abi.Msg) bool {
	for _, q := range a.waiting {
		if q.to == m.Source && (q.tag == m.Arg[6] || m.Arg[6] == 0) {
			tag := q.tag
			a.end(q, m, abi.Errno(m.Arg[0]))
			if abi.Why(m.Arg[5]) == abi.WhyTooMany && m.Source == a.RS() {
				a.refused(tag, m)
			}
			return true
		}
	}
	return false
}

// refused ends the requests that RS has refused together with the one of a tag: those that were sent next
// after it.
func (a *Asker) refused(tag uint64, m *abi.Msg) {
	for n := m.Arg[1]; n > 1; n-- {
		var next *ask
		for _, q := range a.waiting {
			if q.to == m.Source && q.tag > tag && (next == nil || q.tag < next.tag) {
				next = q
			}
		}
		if next == nil {
			return
		}
		tag = next.tag
		a.end(next, m, abi.EAGAIN)
	}
}

// Dead ends all requests to an endpoint whose task has died.
func (a *Asker) Dead(ep abi.Endpoint) {
	left := a.queued[:0]
	for _, q := range a.queued {
		if q.to != ep {
			left = append(left, q)
			continue
		}
		q.errno = abi.EDEADSRCDST
		a.failed = append(a.failed, q)
	}
	clear(a.queued[len(left):])
	a.queued = left
	// Requests that done makes anew are not meant.
	for last, i := a.tag, 0; i < len(a.waiting); i++ {
		if q := a.waiting[i]; q.to == ep && q.tag <= last {
			a.end(q, nil, abi.EDEADSRCDST)
			i = -1
		}
	}
}

// Waiting is how many requests wait for an answer.
func (a *Asker) Waiting() (n int) {
	n = len(a.queued)
	for _, q := range a.waiting {
		if !q.late {
			n++
		}
	}
	return n
}

// After calls do from Run when d has passed.
func (a *Asker) After(d time.Duration, do func()) {
	a.timers = append(a.timers, timer{a.Now() + uint64(d), do})
}

// Run does the work that is due. It is called when Next says so, and after anything that may have called Ask.
func (a *Asker) Run() {
	for len(a.failed) > 0 {
		q := a.failed[0]
		a.failed = a.failed[:copy(a.failed, a.failed[1:])]
		done, e := q.done, q.errno
		a.give(q)
		done(nil, e)
	}
	now := a.Now()
	for i := 0; i < len(a.waiting); i++ {
		if q := a.waiting[i]; !q.late && now >= q.deadline {
			q.late = true
			q.done(nil, abi.ETIMEDOUT)
			i = -1 // done may have changed the list
		}
	}
	a.expire(now)
	a.pump()
	a.due, a.timers = a.timers, a.due[:0]
	for _, t := range a.due {
		if now >= t.at {
			t.do()
		} else {
			a.timers = append(a.timers, t)
		}
	}
	clear(a.due)
}

// expire ends requests that were never sent in their time.
func (a *Asker) expire(now uint64) {
	for i := 0; i < len(a.queued); i++ {
		if q := a.queued[i]; now >= q.deadline {
			a.queued = slices.Delete(a.queued, i, i+1)
			i = -1
			done := q.done
			a.give(q)
			done(nil, abi.ETIMEDOUT)
		}
	}
}

// Next is the time at which Run has something to do; ok is false when there is none.
func (a *Asker) Next() (at uint64, ok bool) {
	if len(a.failed) > 0 {
		return a.Now(), true
	}
	at = ^uint64(0)
	for _, q := range a.waiting {
		if !q.late {
			at = min(at, q.deadline)
		}
	}
	for _, q := range a.queued {
		at = min(at, q.deadline)
	}
	for _, t := range a.timers {
		at = min(at, t.at)
	}
	return at, at != ^uint64(0)
}

// forget makes room by no longer expecting the oldest of the answers that nobody wants.
func (a *Asker) forget() {
	if len(a.waiting) < MaxAsks {
		return
	}
	for i, q := range a.waiting {
		if q.late {
			a.waiting = slices.Delete(a.waiting, i, i+1)
			a.give(q)
			return
		}
	}
}

// end ends a request that waits.
func (a *Asker) end(q *ask, m *abi.Msg, e abi.Errno) {
	i := slices.Index(a.waiting, q)
	a.waiting = slices.Delete(a.waiting, i, i+1)
	done, late := q.done, q.late
	a.give(q)
	a.pump()
	if !late {
		done(m, e)
	}
}
