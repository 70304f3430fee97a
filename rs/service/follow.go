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
	asker  *Asker
	next   uint64
	asked  bool // a request is on its way
	paused bool // Ready said no
	round  uint64
	wakeAt uint64 // when Resume is called again; 0: not planned
	rows   []abi.Event

	// Events is called with what happened. Lost is how many events RS no longer had.
	Events func(events []abi.Event, lost uint64)
	// Ready tells whether events may be asked for now; nil: always. Continue goes on later.
	Ready func() bool
}

// NewFollower follows from event number next on, once Resume is called.
func NewFollower(a *Asker, next uint64, events func([]abi.Event, uint64)) *Follower {
	return &Follower{asker: a, next: next, rows: make([]abi.Event, batch), Events: events}
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
	round := f.round
	m := abi.Msg{Type: abi.RSEvents, Arg: [7]uint64{uint64(grant), uint64(len(mem)), f.next}}
	f.asker.Ask(f.asker.RS(), m, LimitRS, func(m *abi.Msg, e abi.Errno) {
		f.asker.Revoke(grant)
		if round != f.round {
			return
		}
		f.asked = false
		if e != abi.OK {
			f.again()
			return
		}
		f.took(f.rows[:min(m.Arg[1], uint64(len(f.rows)))], m.Arg[2], m.Arg[3])
	})
}

func (f *Follower) took(events []abi.Event, next, lost uint64) {
	f.next = next
	if len(events) > 0 || lost > 0 {
		f.Events(events, lost)
	}
	if len(events) == len(f.rows) {
		f.Resume()
		return
	}
	f.watch()
}

func (f *Follower) watch() {
	f.round++
	round := f.round
	m := abi.Msg{Type: abi.RSWatch, Arg: [7]uint64{f.next}}
	f.asker.Ask(f.asker.RS(), m, LimitRS, func(_ *abi.Msg, e abi.Errno) {
		if round == f.round && e != abi.OK {
			f.again()
		}
	})
	f.wake(watchLost)
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
	f.asker.After(d, func() {
		if f.wakeAt == at {
			f.wakeAt = 0
			f.Resume()
		}
	})
}
