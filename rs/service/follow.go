package service

import (
	"time"

	"bennu/kernel/abi"
)

const (
	batch     = 32                     // events taken at a time
	retry     = 100 * time.Millisecond // after RS did not answer
	watchLost = 10 * time.Second       // RS is asked again without news: its own death forgets watches
)

// Follower takes events from RS in order, without gaps that it does not tell.
type Follower struct {
	asker      *Asker
	next       uint64
	asked      bool // a request is on its way
	paused     bool // Ready said no
	round      uint64
	watchRound uint64 // that of the last watch
	wakeAt     uint64 // when Resume is called again; 0: not planned
	rows       []abi.Event
	free       []*pull // of those that have been answered

	watched func(*abi.Msg, abi.Errno) // the answer to a watch
	woken   func()                    // the time of wake is there

	// Events is called with what happened. Lost is how many events RS no longer had just before these.
	Events func(events []abi.Event, lost uint64)
	// Ready tells whether events may be asked for now; nil: always. Continue goes on later.
	Ready func() bool
}

// NewFollower follows from event number next on, once Resume is called.
func NewFollower(a *Asker, next uint64, events func([]abi.Event, uint64)) *Follower {
	f := &Follower{asker: a, next: next, rows: make([]abi.Event, batch), Events: events}
	f.watched, f.woken = f.watches, f.wakes
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
	f.took(f.rows[:min(m.Arg[1], uint64(len(f.rows)))], m.Arg[2])
}

// Next is the number of the next event.
func (f *Follower) Next() uint64 { return f.next }

// Seek makes next the number of the next event.
func (f *Follower) Seek(next uint64) {
	f.next = next
	f.round++
	f.asked = false
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

// Resume asks RS for events unless it was asked already, or Ready says no.
func (f *Follower) Resume() {
	if f.asked {
		return
	}
	if f.Ready != nil && !f.Ready() {
		f.paused = true
		return
	}
	f.paused = false
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

func (f *Follower) took(events []abi.Event, next uint64) {
	for from, i := 0, 0; i < len(events); i = from { // runs without gaps
		from = i + 1
		for from < len(events) && events[from].Seq == events[from-1].Seq+1 {
			from++
		}
		lost := events[i].Seq - f.next
		f.next = events[from-1].Seq + 1
		f.Events(events[i:from], lost)
	}
	if lost := next - f.next; lost > 0 {
		f.next = next
		f.Events(nil, lost)
	}
	if len(events) == len(f.rows) {
		f.Resume()
		return
	}
	f.watch()
}

func (f *Follower) watch() {
	f.round++
	f.watchRound = f.round
	m := abi.Msg{Type: abi.RSWatch, Arg: [7]uint64{f.next}}
	f.asker.Ask(f.asker.RS(), m, LimitRS, f.watched)
	f.wake(watchLost)
}

// watches takes the answer to a watch. That to an older one may be taken for it: then RS is asked once more than
// needed.
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
