package work

import (
	"math/rand/v2"
	"time"

	"bennu/drivers/protocol/load"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

const (
	// turnTime is how long operations go on before the loop looks for other messages: a Stop is noticed after that.
	turnTime = 5 * time.Millisecond
	// maxDeaths is how many lives may die in one operation.
	maxDeaths = 16
	// mostLost is after how many operations without an answer, one after the other, no more are made: each takes all of its limit.
	mostLost = 4
	// nextTurn is the alarm that takes a run up again.
	nextTurn = time.Nanosecond
)

// run is a Run that goes on.
type run struct {
	asker       sdk.Asker
	want        int           // operations
	limit       time.Duration // of one
	n           int           // the operation that goes on
	deaths      int           // of lives, in it
	right       int
	refused     int
	wrong       int
	lost        int
	deaf        int // lost, one after the other
	interrupted int
	silentNS    time.Duration // when the first one was wrong or lost
	silentAt    load.Place
	refusedAt   load.Place
	waits       bool // the operation is Pending
	stopped     bool
}

func (r *run) tally() load.Tally { return load.MakeTally(r.right, r.refused, r.wrong, r.lost) }

// begin takes a Run.
func (w *Service) begin(c *sdk.Context, m *abi.Msg) {
	if w.run != nil {
		c.Reply(m, abi.EBUSY)
		return
	}
	if w.site == nil {
		c.Reply(m, abi.ENODEV)
		return
	}
	w.run = &run{asker: c.Asker(m), want: int(min(m.Arg[0], 1<<31)), limit: time.Duration(min(m.Arg[1], uint64(maxLimit)))}
	w.site.Rand = rand.New(rand.NewPCG(m.Arg[2], 0))
	w.turn(c)
}

const maxLimit = time.Hour

// turn does operations until the run is over, one of them waits, or it is time to look for other messages.
func (w *Service) turn(c *sdk.Context) {
	r := w.run
	for end := c.Now() + turnTime; ; {
		switch {
		case r.stopped || c.Stopping():
			w.end(c, load.Stopped, abi.OK)
			return
		case r.n >= r.want:
			w.end(c, load.Done, abi.OK)
			return
		case c.Now() >= end:
			c.Alarm(nextTurn)
			return
		}
		if !w.operation(c) {
			return
		}
	}
}

// operation does one, or begins one that waits. False: the run is over, or it waits.
func (w *Service) operation(c *sdk.Context) bool {
	s, r := w.site, w.run
	s.Until, s.Errno = c.Now()+r.limit, abi.OK
	if s.Ep == abi.None {
		v, found := s.find(w.life)
		switch {
		case !found && v == Died:
			w.end(c, load.Gone, abi.OK)
			return false
		case v != Right:
			return w.judge(c, v)
		}
		s.Until = c.Now() + r.limit
	}
	s.Step = 0
	v := s.kind.Operate(s)
	if v != Pending {
		return w.judge(c, v)
	}
	r.waits = true
	s.done = func(v Verdict) {
		r.waits = false
		if w.judge(c, v) {
			w.turn(c)
		}
	}
	c.Alarm(max(s.Left(), nextTurn))
	return false
}

// judge counts how an operation ended. False: the run is over.
func (w *Service) judge(c *sdk.Context, v Verdict) bool {
	s, r := w.site, w.run
	at := load.MakePlace(uint32(r.n), s.Step, s.Errno)
	if v != Lost {
		r.deaf = 0
	}
	switch v {
	case Right:
		r.right++
	case Refused:
		if r.refused++; r.refused == 1 {
			r.refusedAt = at
		}
	case Wrong, Lost:
		if r.wrong+r.lost == 0 {
			r.silentNS, r.silentAt = c.Now(), at
		}
		if v == Wrong {
			r.wrong++
		} else if r.lost++; r.deaf < mostLost {
			r.deaf++
		}
	case Died:
		w.bury(s)
		r.interrupted++
		if r.deaths++; r.deaths == maxDeaths {
			w.end(c, load.Dying, abi.OK)
			return false
		}
		return true // the same operation, on the next life
	default:
		w.end(c, load.Unable, s.Errno)
		return false
	}
	if v != Right {
		w.again(s)
	}
	r.n, r.deaths = r.n+1, 0
	if r.deaf == mostLost {
		w.end(c, load.Deaf, abi.OK)
		return false
	}
	return true
}

// again has the Kind take up the life anew: after a failure it does not know what state that is in.
func (w *Service) again(s *Site) {
	if !s.Alive() {
		w.bury(s)
	}
	s.Ep = abi.None
}

// end answers the Run.
func (w *Service) end(c *sdk.Context, why load.Why, e abi.Errno) {
	r := w.run
	w.run, w.site.done = nil, nil
	c.ReplyTo(r.asker, abi.OK, uint64(r.tally()), uint64(r.silentNS), uint64(r.silentAt), uint64(r.refusedAt), uint64(load.MakeEnding(why, e, r.interrupted)))
}

// expire ends an operation that waits and whose time is over.
func (w *Service) expire(c *sdk.Context) {
	s := w.site
	if left := s.Left(); left > 0 {
		c.Alarm(left)
		return
	}
	s.End(s.Silent())
}
