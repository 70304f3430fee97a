package service

import (
	"time"

	"bennu/kernel/abi"
)

const (
	batch     = 32                     // events taken at a time
	piece     = 4                      // of them, those told before Ready is asked again
	burst     = 8                      // how often RS may be asked at once,
	pace      = 10 * time.Millisecond  // and then once in this time: a service that dies all the time must not take all of its followers' time
	retry     = 100 * time.Millisecond // after RS did not answer
	watchLost = 10 * time.Second       // RS is asked again without news: its own death forgets watches
)

// Follower takes events from RS in order, and tells of every gap.
type Follower struct {
	asker      *Asker
	next       uint64
	asked      bool        // a request is on its way
	paused     bool        // Ready said no
	credit     uint64      // how often RS may be asked
	paced      uint64      // when credit was last counted
	pacing     bool        // paceOver will be called
	rest       []abi.Event // those of rows that have not been told
	after      uint64      // the number that follows them
	full       bool        // RS has more
	round      uint64
	watchRound uint64 // that of the last watch
	wakeAt     uint64 // when Resume is called again; 0: not planned
	rows       []abi.Event
	free       []*pull // of those that have been answered

	watched  func(*abi.Msg, abi.Errno) // the answer to a watch
	woken    func()                    // the time of wake is there
	paceOver func()                    // RS may be asked again

	// Events is called with events in order. lost is how many RS no longer had just before these.
	Events func(events []abi.Event, lost uint64)
	// Ready tells whether events may be told, and asked for, now; nil: always. Continue goes on later.
	Ready func() bool
}

// NewFollower follows from event number next on, once Resume is called.
func NewFollower(a *Asker, next uint64, events func([]abi.Event, uint64)) *Follower {
	f := &Follower{asker: a, next: next, credit: burst, paced: a.Now(), rows: make([]abi.Event, batch), Events: events}
	f.watched, f.woken, f.paceOver = f.watches, f.wakes, f.goesOn
	return f
}

// pull is a request for events that is on its way. They are used again: events come for ever.
type pull struct {
	f     *Follower
	grant abi.GrantID
	round uint64
	done  func(*abi.Msg, abi.Errno)
}

func (f *Follower) pull() *pull {
	if n := len(f.free); n > 0 {
		p := f.free[n-1]
		f.free = f.free[:n-1]
		return p
	}
	p := &pull{f: f}
	p.done = p.answered
	return p
}

func (p *pull) answered(m *abi.Msg, e abi.Errno) {
	f, round := p.f, p.round
	f.asker.Revoke(p.grant)
	f.free = append(f.free, p)
	if round != f.round {
		return
	}
	f.asked = false
	if e != abi.OK {
		f.again()
		return
	}
	f.rest, f.after = f.rows[:min(m.Arg[1], uint64(len(f.rows)))], m.Arg[2]
	f.full = len(f.rest) == len(f.rows)
	f.deliver()
}

// Next is the number of the next event.
func (f *Follower) Next() uint64 { return f.next }

// Seek makes next the number of the next event.
func (f *Follower) Seek(next uint64) {
	f.next = next
	f.round++
	f.asked, f.rest, f.after = false, nil, 0
	f.Resume()
}

// News takes an RSNews.
func (f *Follower) News(m *abi.Msg) {
	if m.Source == f.asker.RS() {
		f.Resume()
	}
}

// Continue asks for the events that Ready put off.
func (f *Follower) Continue() {
	if f.paused {
		f.Resume()
	}
}

// Resume goes on with the events: those that RS has given, or it asks for more unless it was asked already. It does
// nothing while Ready says no.
func (f *Follower) Resume() {
	if f.asked || !f.ready() {
		return
	}
	if f.after > f.next {
		f.deliver()
		return
	}
	if !f.inPace() {
		return
	}
	mem := memory(f.rows)
	grant, ok := f.asker.Grant(f.asker.RS(), mem, true)
	if !ok {
		f.again()
		return
	}
	f.asked = true
	f.round++
	p := f.pull()
	p.grant, p.round = grant, f.round
	m := abi.Msg{Type: abi.RSEvents, Arg: [7]uint64{uint64(grant), uint64(len(mem)), f.next}}
	f.asker.Ask(f.asker.RS(), m, LimitRS, p.done)
}

// ready tells whether events may be told; if not, Continue goes on.
func (f *Follower) ready() bool {
	f.paused = f.Ready != nil && !f.Ready()
	return !f.paused
}

// inPace tells whether RS may be asked now; if not, it is asked later.
func (f *Follower) inPace() bool {
	now := f.asker.Now()
	n := (now - f.paced) / uint64(pace)
	f.paced += n * uint64(pace)
	if f.credit = min(f.credit+n, burst); f.credit == 0 {
		if !f.pacing {
			f.pacing = true
			f.asker.After(time.Duration(f.paced+uint64(pace)-now), f.paceOver)
		}
		return false
	}
	f.credit--
	return true
}

// goesOn is called when RS may be asked again.
func (f *Follower) goesOn() {
	f.pacing = false
	f.Resume()
}

// deliver tells the events that RS has given, in pieces without gaps, as long as Ready says so. Then it asks for the
// next ones.
func (f *Follower) deliver() {
	for len(f.rest) > 0 {
		if !f.ready() {
			return
		}
		n, lost := 1, f.rest[0].Seq-f.next
		for n < min(len(f.rest), piece) && f.rest[n].Seq == f.rest[n-1].Seq+1 {
			n++
		}
		told := f.rest[:n]
		f.rest, f.next = f.rest[n:], told[n-1].Seq+1
		f.Events(told, lost)
	}
	if lost := f.after - f.next; lost > 0 {
		if !f.ready() {
			return
		}
		f.next = f.after
		f.Events(nil, lost)
	}
	if f.full {
		f.Resume()
		return
	}
	f.watch()
}

func (f *Follower) watch() {
	f.round++
	f.watchRound = f.round
	m := abi.Msg{Type: abi.RSWatch, Arg: [7]uint64{f.next, 1}}
	f.asker.Ask(f.asker.RS(), m, LimitRS, f.watched)
	f.wake(watchLost)
}

// watches takes the answer to a watch. An older watch's answer may be taken for it: then RS is asked once more
// than needed.
func (f *Follower) watches(_ *abi.Msg, e abi.Errno) {
	if f.watchRound == f.round && e != abi.OK {
		f.again()
	}
}

func (f *Follower) again() {
	f.round++
	f.wake(retry)
}

// wake has Resume called after d, unless that is to happen earlier already.
func (f *Follower) wake(d time.Duration) {
	at := f.asker.Now() + uint64(d)
	if f.wakeAt != 0 && f.wakeAt <= at {
		return
	}
	f.wakeAt = at
	f.asker.After(d, f.woken)
}

// wakes is called for each wake, also for one that was overtaken.
func (f *Follower) wakes() {
	if f.wakeAt != 0 && f.asker.Now() >= f.wakeAt {
		f.wakeAt = 0
		f.Resume()
	}
}
