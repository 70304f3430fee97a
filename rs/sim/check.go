package sim

import (
	"time"

	"bennu/kernel/abi"
)

// check is what holds whenever all wait.
func (w *World) check() {
	if f := w.m.Check(); f.Broken() {
		w.fail("%s: %d, %d", f.What, f.A, f.B)
	}
	if w.m.Off != nil && !w.reader.shutdown {
		w.fail("the machine is off, which nobody asked for: %+v", *w.m.Off)
	}
}

// settle is the end of all faults: everything comes to a definite state, and everybody has an answer.
func (w *World) settle() {
	w.settling = true
	w.killIn, w.killAgain, w.killAfter, w.staged, w.dieIn, w.passIn, w.failN, w.thenKill, w.hold, w.damage = 0, 0, false, 0, 0, 0, 0, 0, 0, nil
	const rounds, round = 300, 20 * time.Millisecond
	for n := 0; ; n++ {
		for _, c := range w.clients {
			if c != nil {
				c.mood = 0
			}
		}
		w.steps++
		w.passes(uint64(round))
		w.goOn()
		if n > 2 && n%4 == 0 && w.settled(n > rounds) {
			break
		}
	}
	w.toldAll()
	w.statusTrue()
}

// settled tells whether nothing is open any more; must: it is to be so by now.
func (w *World) settled(must bool) bool {
	waits := w.waiting(must)
	rows := w.status()
	for i := range rows {
		switch rows[i].State {
		case abi.ServiceRunning, abi.ServiceDown, abi.ServiceFailed:
		default:
			if waits = true; must {
				w.fail("%s does not come to rest: %s", rows[i].Label.String(), rows[i].State)
			}
		}
	}
	return !waits && !w.behind() && w.reader.caught
}

// waiting tells whether there are requests without an answer. What was not sent by sendrec can be lost with what was kept.
func (w *World) waiting(must bool) (yes bool) {
	for _, c := range w.clients {
		if c == nil {
			continue
		}
		for _, q := range c.open {
			if (w.lossy() || q.late && w.lives > q.life) && !(c.inRequest() && q.tag == c.tag) {
				continue
			}
			if yes = true; must {
				w.fail("%s: request %d (%#x by %d) has had no answer", c.of.name, q.tag, uint32(q.typ), q.kind)
			}
		}
		if c.inRequest() {
			if yes = true; must {
				w.fail("%s waits for the server for ever", c.of.name)
			}
		}
	}
	return yes
}

// inRequest tells whether it waits for an answer.
func (c *client) inRequest() bool { return c.t.Waits() && !c.t.WaitsForAny() }

// status asks for the table; nil: there is none.
func (w *World) status() []abi.ServiceStatus {
	c := w.operator()
	if c == nil {
		w.fail("the operator is gone")
	}
	w.reader.status = nil
	for n := 0; n < 100 && w.reader.status == nil; n++ {
		if !w.reader.asking {
			w.reader.ask(c, abi.RSStatus, [7]uint64{uint64(c.grant), uint64(readerRows * statusSize)})
		}
		w.goOn()
	}
	if w.reader.status == nil {
		w.fail("the operator has no answer to a request for the table")
	}
	return w.reader.status
}

// toldAll: the events have told of each life's begin and end, once.
func (w *World) toldAll() {
	if w.lossy() || w.reader.lost {
		return
	}
	if own := &w.reader.own; own.Label != (abi.Label{}) && (own.Kind != abi.EventReady || int(own.Incarnation) != w.lives) {
		w.fail("the server is back in life %d, it tells %s of %d", w.lives, own.Kind, own.Incarnation)
	}
	for _, l := range w.all {
		if l.starts != 1 || l.dead != (l.deaths == 1) {
			w.fail("%s, incarnation %d, endpoint %d: dead %v; events tell of %d starts and %d deaths", l.of.name, l.inc, l.ep, l.dead, l.starts, l.deaths)
		}
	}
}

// statusTrue: the table says what there is.
func (w *World) statusTrue() {
	rows, n := w.status(), 0
	for i := range rows {
		r, s, ep := &rows[i], w.serviceOf(rows[i].Label.String()), abi.None
		if r.Endpoint == w.root { // the server's own
			continue
		}
		if n++; s == nil {
			w.fail("the table has a row of %q", rows[i].Label.String())
		}
		for _, c := range w.clients {
			if c != nil && c.of == s {
				ep = c.t.Endpoint
			}
		}
		if r.Endpoint != ep || (r.State == abi.ServiceRunning) != (ep != abi.None) {
			w.fail("the table has %s at endpoint %d, %s: its life is %d", s.name, r.Endpoint, r.State, ep)
		}
		if r.Deaths != s.deaths && !w.lossy() && !w.reader.lost {
			w.fail("the table has %d deaths of %s, the events told of %d", r.Deaths, s.name, s.deaths)
		}
		if ep != abi.None && s.life.inc != r.Incarnation {
			w.fail("the table has %s in incarnation %d, it is %d", s.name, r.Incarnation, s.life.inc)
		}
	}
	if n != len(w.services) {
		w.fail("the table has rows of %d services, there are %d", n, len(w.services))
	}
}

// finish takes everything down, while the server ends now and then, and looks at what is left; then it has the machine end.
func (w *World) finish() {
	c := w.operator()
	for i := range w.services {
		if i == operator {
			continue
		}
		w.threaten(i)
		for n := 0; !c.ask(abi.RSDown, i, abi.KindSendRec, [7]uint64{}, abi.NoTimeout); n++ {
			if n > 100 {
				w.fail("the operator cannot ask")
			}
			w.goOn()
		}
		c.listen()
		w.until("a service to be down", func() bool { return !c.inRequest() })
	}
	w.killIn, w.killAfter, w.staged = 0, false, 0
	w.until("mail to be taken", func() bool { return !w.behind() && !c.inRequest() })
	w.until("images that nobody needs to be given up", func() bool { return w.m.Use().Images <= 1 }) // a life that begins has a rest before
	u := w.m.Use()
	if u.Slots != 2 || u.Images != 1 && !(u.Images == 0 && w.lossy()) || u.Async != 0 { // who was adopted may have no image to start from again
		w.fail("everything is down but one, and in use are %+v", u)
	}
	w.threaten(77)
	w.reader.shutdown = true
	for !c.ask(abi.RSShutdown, -1, abi.KindSendRec, [7]uint64{}, abi.NoTimeout) {
		w.goOn()
	}
	c.listen()
	w.until("the end of the machine", func() bool { return w.m.Off != nil })
	for _, c := range w.clients {
		if c != nil {
			w.fail("%s lives, and the machine is off", c.of.name)
		}
	}
}

// threaten has the server end soon.
func (w *World) threaten(n int) {
	if w.Kills {
		w.killIn, w.killAfter, w.killCause = 1+int(w.Seed>>3+uint64(n)*5)%atMost, (w.Seed+uint64(n))%2 == 0, abi.CauseKilled
	}
}

// until lets time go by until something is so.
func (w *World) until(what string, ok func() bool) {
	for n := 0; !ok(); n++ {
		if n > 400 {
			w.fail("waited in vain for %s", what)
		}
		w.steps++
		w.passes(uint64(10 * time.Millisecond))
		if w.m.Off == nil {
			w.goOn()
		}
	}
}

// lossy tells whether the server may have lost something of what it kept.
func (w *World) lossy() bool { return w.damaged }
