package sim

import (
	"bennu/kernel/abi"
	"bennu/kernel/fake"
)

// request is one that has had no answer yet.
type request struct {
	tag    uint64
	typ    abi.MsgType
	kind   abi.ReceiveKind
	target int
	at     uint64 // ns
	life   int    // of the server then
	late   bool   // its limit is over: the answer comes by itself, if the life of the server that has received it lives to give it
	behind bool   // there were deaths then that the server was not done with
}

// answered is a request that has had its answer.
type answered struct {
	tag  uint64
	life int // of the server: when it was asked, and one more for each answer but the first
}

// mood is how a service behaves.
type mood uint8

const (
	deaf     mood = 1 << iota // receives only when it is told to
	mute                      // owes its heartbeats
	stubborn                  // does not stop when it is asked to
	slow                      // is never ready
)

// client is a life of a service: it asks as a program with the SDK does. An answer whose tag is not open is dropped, which is allowed only if the
// server has ended since.
type client struct {
	w        *World
	t        *fake.Task
	of       *service
	mood     mood
	tag      uint64
	open     []request
	closed   [64]answered
	ready    bool
	beating  bool
	stop     bool
	grant    abi.GrantID
	over     bool // its end was seen to
	asksBeat bool
}

// beatTag marks the answer to a heartbeat.
const beatTag = 1 << 62

// ask sends a request.
func (c *client) ask(typ abi.MsgType, target int, kind abi.ReceiveKind, arg [7]uint64, limit uint64) bool {
	w := c.w
	if c.took(); c.t.Dead() {
		return false
	}
	if c.t.WaitsForAny() {
		c.t.GiveUp()
	}
	if c.t.Waits() {
		return false
	}
	m := abi.Msg{Type: typ, Arg: arg}
	if target >= 0 {
		m.Arg[0], m.Arg[1] = abi.PackLabel(w.services[target].label)
	}
	c.tag++
	m.Arg[6] = c.tag
	e := abi.OK
	switch root := w.root; kind {
	case abi.KindSendRec:
		c.t.BeginSendRec(root, limit, &m)
	case abi.KindSend:
		c.t.BeginSend(root, &m)
	case abi.KindSendNB:
		e = c.t.SendNB(root, &m)
	default:
		e = c.t.SendA(root, 0, &m)
	}
	if e == abi.EDEADSRCDST {
		w.fail("the server is dead for its clients: %s by %d", c.of.name, kind)
	}
	if e != abi.OK {
		return false
	}
	w.count.Asked++
	c.open = append(c.open, request{tag: c.tag, typ: typ, kind: kind, target: target, at: w.m.Now(), life: w.lives, behind: w.behind()})
	return true
}

// listen takes what has come and receives again, until there is nothing more.
func (c *client) listen() {
	for !c.t.Dead() && c.t.Allowed() {
		if c.took() {
			continue
		}
		if c.t.Waits() {
			return
		}
		switch {
		case !c.ready && c.mood&slow == 0:
			if c.t.SendA(c.w.root, 0, &abi.Msg{Type: abi.RSReady}) != abi.OK {
				return
			}
			c.ready = true
		case c.stop && c.mood&stubborn == 0:
			c.w.ends(c, abi.DeathRecord{Cause: abi.CauseExit})
		case c.beating && c.mood&mute == 0:
			c.beating = false
			c.t.BeginSendRec(c.w.root, abi.NoTimeout, &abi.Msg{Type: abi.RSHeartbeat, Arg: [7]uint64{6: beatTag}})
		default:
			c.t.BeginReceive(abi.Any, abi.NoTimeout)
			if c.t.Waits() {
				return
			}
		}
	}
}

// took takes what a call that is over has brought; false: nothing.
func (c *client) took() bool {
	var m abi.Msg
	kind, e, ok := c.t.Took(&m)
	switch {
	case !ok:
	case e == abi.OK:
		c.take(&m, kind)
	case e == abi.ETIMEDOUT && kind == 0 && !c.lastIsBeat(): // the value: it was not received
		c.unasked()
	case e == abi.ETIMEDOUT && !c.lastIsBeat():
		c.open[len(c.open)-1].late = true
	case e == abi.EDEADSRCDST:
		c.w.fail("the server is dead for %s, which waits for it", c.of.name)
	}
	return ok
}

// lastIsBeat tells whether its newest sendrec is none of its requests.
func (c *client) lastIsBeat() bool {
	n := len(c.open)
	return n == 0 || c.open[n-1].tag != c.tag || c.open[n-1].kind != abi.KindSendRec
}

// unasked forgets the newest request: the server has never had it.
func (c *client) unasked() { c.open = c.open[:len(c.open)-1] }

func (c *client) take(m *abi.Msg, kind abi.ReceiveKind) {
	switch {
	case kind == abi.KindNotify:
		c.beating = true
	case m.Type == abi.MsgReply && m.Arg[6] == beatTag: // no more mail
	case m.Type == abi.MsgReply:
		c.beating = true // what came may have come in a heartbeat's place
		c.answer(m)
	case m.Type == abi.RSStop:
		c.stop = true
	case m.Type == abi.RSNews:
		c.beating = true
	case m.Type == abi.DriverFault:
		c.beating = true
		c.t.SendA(c.w.root, 0, &abi.Msg{Type: abi.RSFaulted, Arg: [7]uint64{uint64([]abi.Errno{0, abi.ENOSYS, abi.EIO}[m.Arg[6]%3]), m.Arg[6]}})
	default:
		c.w.fail("%s got %+v", c.of.name, m)
	}
}

// answer takes an answer: to an open request, or to several that were refused together.
func (c *client) answer(m *abi.Msg) {
	w, tag := c.w, m.Arg[6]
	if abi.Errno(m.Arg[0]) != abi.OK && abi.Why(m.Arg[5]) == abi.WhyNone {
		w.fail("%s: an error without a why: %v", c.of.name, m.Arg)
	}
	at := -1
	for i := range c.open {
		if c.open[i].tag == tag {
			at = i
			break
		}
	}
	if at < 0 {
		c.again(tag, m)
		return
	}
	n := 1
	if abi.Why(m.Arg[5]) == abi.WhyTooMany && m.Arg[1] > 1 {
		n = int(min(m.Arg[1], 1<<20))
		w.count.Together++
	}
	if n > len(c.open)-at {
		if w.lossy() || w.rebornSince(c.open[at].at) { // those that it stands for beside may have had their answers
			n = len(c.open) - at
		} else {
			w.fail("%s: an answer for %d requests, %d are open from that tag on", c.of.name, n, len(c.open)-at)
		}
	}
	for _, q := range c.open[at : at+n] {
		c.closed[q.tag%64] = answered{q.tag, q.life}
		w.count.Answered++
		switch {
		case q.typ == abi.RSEvents || q.typ == abi.RSStatus && c.of == &w.services[operator]:
			w.reader.answer(w, &q, m)
		case q.typ == abi.RSLookup && n == 1:
			c.found(&q, m)
		}
	}
	c.open = append(c.open[:at:at], c.open[at+n:]...)
}

// again is an answer to a request that is not open.
func (c *client) again(tag uint64, m *abi.Msg) {
	a := &c.closed[tag%64]
	switch {
	case tag == 0 || tag > c.tag:
		c.w.fail("%s: an answer to what it has not asked: %v", c.of.name, m.Arg)
	case a.tag == tag && a.life == c.w.lives:
		c.w.fail("%s: a second answer, and the server has not ended since: %v", c.of.name, m.Arg)
	case a.tag == tag:
		a.life++
	}
	c.w.count.Dropped++
}

// found is the answer to a lookup: the endpoint is one of the service's, and its life was not over before it was asked for.
func (c *client) found(q *request, m *abi.Msg) {
	if abi.Errno(m.Arg[0]) != abi.OK {
		return
	}
	l := c.w.byEndpoint[abi.Endpoint(m.Arg[1])]
	if l == nil || l.of != &c.w.services[q.target] || l.dead && l.ended < q.at && !q.behind {
		c.w.fail("%s: a lookup of %s at %d found endpoint %d: %+v", c.of.name, c.w.services[q.target].name, q.at, m.Arg[1], l)
	}
}
