package sim

import (
	"bennu/kernel/abi"
)

// reader is the operator's: it reads the server's events, holds them against each other, and against what has happened.
type reader struct {
	rows     []byte
	next     uint64 // number of the next event
	first    uint64 // that was asked for
	asking   bool
	caught   bool // the newest answer had nothing new
	step     int  // of the last question
	seen     [1024]abi.Event
	lost     bool // some were gone before they were read
	status   []abi.ServiceStatus
	shutdown bool
	own      abi.Event // the newest one of the server's own
}

var (
	eventSize  = len(abi.Bytes(new(abi.Event)))
	statusSize = len(abi.Bytes(new(abi.ServiceStatus)))
)

const readerRows = 64

func (r *reader) memory() []byte {
	if r.rows == nil {
		r.rows = make([]byte, readerRows*max(eventSize, statusSize))
	}
	return r.rows
}

// turn asks for the next events now and then; for some that were read, too.
func (r *reader) turn(w *World) {
	c := w.operator()
	if c == nil || r.asking || w.steps == r.step || !c.ready || w.steps%2 != 0 && !w.settling {
		return
	}
	r.step = w.steps
	r.first = r.next
	if w.steps%8 == 0 {
		r.first -= min(r.first, 20)
	}
	r.ask(c, abi.RSEvents, [7]uint64{uint64(c.grant), uint64(readerRows * eventSize), r.first})
}

func (r *reader) ask(c *client, typ abi.MsgType, arg [7]uint64) {
	r.asking = true
	if !c.ask(typ, -1, abi.KindSendRec, arg, abi.NoTimeout) {
		r.asking = false
		return
	}
	c.listen()
}

// operator is the operator's life; nil: there is none.
func (w *World) operator() *client {
	for _, c := range w.clients {
		if c != nil && c.of == &w.services[operator] {
			return c
		}
	}
	return nil
}

// answer takes the answer to what the reader has asked.
func (r *reader) answer(w *World, q *request, m *abi.Msg) {
	r.asking = false
	if e := abi.Errno(m.Arg[0]); e != abi.OK {
		if e != abi.EIO && abi.Why(m.Arg[5]) != abi.WhyTooMany { // EIO: lives of the server have ended by themselves with this request
			w.fail("the reader is answered %s, %s", e.Name(), abi.Why(m.Arg[5]))
		}
		return
	}
	if q.typ == abi.RSStatus {
		n := min(int(m.Arg[1]), readerRows)
		r.status = make([]abi.ServiceStatus, n)
		for i := range r.status {
			copy(abi.Bytes(&r.status[i]), r.rows[i*statusSize:])
		}
		return
	}
	r.events(w, m.Arg[1], m.Arg[2], m.Arg[3])
}

// events takes n of them, in rows.
func (r *reader) events(w *World, n, next, lost uint64) {
	if next-r.first != n+lost && !w.lossy() {
		w.fail("events from %d on: %d of them, %d lost, and the next one is %d", r.first, n, lost, next)
	}
	if next < r.next && !w.lossy() {
		w.fail("event numbers go back: the next one was %d, and is %d", r.next, next)
	}
	last := r.first - 1
	for i := range min(n, readerRows) {
		var e abi.Event
		copy(abi.Bytes(&e), r.rows[int(i)*eventSize:])
		old := &r.seen[e.Seq%uint64(len(r.seen))]
		switch {
		case w.lossy():
		case e.Seq != last+1 && lost == 0 || e.Seq >= next || i > 0 && e.Seq <= last:
			w.fail("event %d comes after %d, of %d to %d", e.Seq, last, r.first, next)
		case e.Seq < r.next && old.Seq == e.Seq && *old != e:
			w.fail("event %d was %+v, and is %+v", e.Seq, *old, e)
		}
		last = e.Seq
		if e.Seq >= r.next {
			*old = e
			if w.count.Events++; e.Kind == abi.EventLost {
				w.count.Lost++
				if w.Kind != Hostile {
					w.fail("the server tells that something is lost, and nothing was damaged: %+v", e)
				}
			}
			w.told(&e)
		}
	}
	if lost > 0 && next-lost > r.next || lost > 0 && r.first == r.next {
		r.lost = true
	}
	r.caught, r.next = r.next == next, next
}

// told takes an event: it is what has happened, once, and in its order.
func (w *World) told(e *abi.Event) {
	if w.lossy() || w.reader.lost {
		return
	}
	s := w.serviceOf(e.Label.String())
	if s == nil {
		if e.Label != (abi.Label{}) && (e.Label.String() != "rs" || e.Endpoint != abi.None) { // the server is still there: whoever hears that an endpoint is gone gives it up
			w.fail("an event of no service: %+v", *e)
		}
		if e.Endpoint == w.root {
			w.reader.own = *e
		}
		return
	}
	l := w.byEndpoint[e.Endpoint]
	if e.Endpoint != abi.None && (l == nil || l.of != s) || l == nil && (e.Kind == abi.EventStart || e.Kind == abi.EventReady) {
		w.fail("%s of %s: endpoint %d is not one of its lives", e.Kind, s.name, e.Endpoint)
	}
	switch e.Kind {
	case abi.EventStart:
		if l.starts++; l.starts > 1 || int64(e.Incarnation) <= s.inc || e.Incarnation != l.inc {
			w.fail("start of %s, incarnation %d after %d, told %d times", s.name, e.Incarnation, s.inc, l.starts)
		}
		s.inc = int64(e.Incarnation)
		if e.TimeNS < s.back {
			w.fail("start of %s at %d, its backoff ends at %d", s.name, e.TimeNS, s.back)
		}
		if s.tooMany() {
			w.fail("start of %s, which has died %d times in %v", s.name, s.burst, s.window)
		}
	case abi.EventReady:
		if l.readies++; l.readies > 1 || l.starts != 1 || l.deaths != 0 {
			w.fail("ready of %s, incarnation %d: %+v", s.name, e.Incarnation, *l)
		}
		s.proved = true
	case abi.EventDeath:
		w.toldDeath(s, l, e)
	case abi.EventGiveUp:
		if s.asked == 0 && s.proved && !s.never && !s.tooMany() {
			w.fail("%s is given up after %d deaths, burst %d in %v", s.name, len(s.died), s.burst, s.window)
		}
	}
}

func (w *World) toldDeath(s *service, l *life, e *abi.Event) {
	s.deaths++
	if l != nil {
		if l.deaths++; l.deaths > 1 || l.starts != 1 || !l.dead {
			w.fail("death of %s, incarnation %d: %+v", s.name, e.Incarnation, *l)
		}
	}
	if e.Reason == abi.ReasonLost { // lives of the server have ended by themselves with this death: it is not handled as others are
		s.wanted(max(e.TimeNS, 1))
	}
	if s.asked == 0 {
		s.died = append(s.died, e.TimeNS)
		s.back = e.TimeNS + e.BackoffNS
	}
}

// tooMany tells whether a service nobody has asked for is to be given up.
func (s *service) tooMany() bool {
	n := len(s.died)
	return s.asked == 0 && s.burst > 0 && n >= s.burst && s.died[n-1]-s.died[n-s.burst] < uint64(s.window)
}
