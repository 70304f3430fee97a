package witness

import (
	"time"

	"bennu/drivers/protocol/faulty"
	"bennu/drivers/protocol/kbd"
	"bennu/drivers/protocol/load"
	"bennu/drivers/protocol/rtc"
	"bennu/drivers/protocol/tty"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

// peer is a service, as it was when it was first looked up.
type peer struct {
	ask abi.MsgType
	ep  abi.Endpoint
	inc uint32
}

// asks are what peers are asked, by their labels; who has none is only looked up.
var asks = map[string]abi.MsgType{"tty": tty.State, "rtc": rtc.State, "kbd": kbd.State}

// Notice is something that nobody should notice: what was answered, where Want was expected.
type Notice struct {
	What      load.Noticed
	Errno     abi.Errno
	Got, Want uint64
	Detail    string // of an event
}

// Witness is what a client knows of everybody. Its fields are set before Begin.
type Witness struct {
	Limit   time.Duration           // of one request
	Noticed func(n *Notice)         // is told
	Dies    func(label string) bool // who may die, beside the helper: nil: nobody

	peers  [len(load.Peers)]peer
	Rounds uint64
	Lives  uint32 // of the helper, by the witness's own doing
	inc    uint32 // of the helper's life now
	ep     abi.Endpoint
	next   uint64 // event
	rows   [32]abi.Event
	anew   bool // what is so now is what is to stay
	lost   bool // an answer did not come: the round is over
}

func (w *Witness) notice(what load.Noticed, e abi.Errno, got, want uint64, detail string) {
	w.lost = w.lost || e == abi.ETIMEDOUT
	w.Noticed(&Notice{what, e, got, want, detail})
}

// equal looks whether a request was answered, and with what it should be.
func (w *Witness) equal(what load.Noticed, e abi.Errno, got, want uint64) {
	if e != abi.OK || got != want {
		w.notice(what, e, got, want, "")
	}
}

// Begin notes who lives: what is so now is what is to stay. False: not all do yet.
func (w *Witness) Begin(c *sdk.Context) bool {
	for i, label := range load.Peers {
		p, e := &w.peers[i], abi.OK
		p.ask = asks[label]
		if p.ep, p.inc, e = w.lookup(c, label); e != abi.OK {
			return false
		}
	}
	e := abi.OK
	if w.ep, w.inc, e = w.lookup(c, load.Helper); e != abi.OK {
		if e == abi.ESRCH {
			w.revive(c)
		}
		return false
	}
	w.anew = true
	for {
		n, next, _, e := w.read(c)
		if e != abi.OK {
			return false
		}
		if w.next = next; n == 0 {
			return true
		}
	}
}

// Round asks everybody. Every request is numbered, and the answer must be that number's. It ends early where an answer did not come in time.
func (w *Witness) Round(c *sdk.Context) {
	w.Rounds++
	w.lost = false
	for _, part := range [...]func(*Witness, *sdk.Context){(*Witness).others, (*Witness).store, (*Witness).replace, (*Witness).events} {
		if part(w, c); w.lost {
			return
		}
	}
	w.anew = false
}

// revive brings the helper up: the witness may have been stopped between its own down and up, or what it asked may have ended badly, which it has noticed.
func (w *Witness) revive(c *sdk.Context) {
	l, _ := abi.MakeLabel(load.Helper)
	for _, t := range [...]abi.MsgType{abi.RSUp, abi.RSRestart} {
		m := sdk.LabelRequest(t, l)
		if e := c.Call(c.Root(), &m, w.Limit); e == abi.OK || e == abi.ETIMEDOUT {
			return
		}
	}
}

// lookup is Context.Lookup with the witness's own limit: who asks a server that is broken waits no longer than it must.
func (w *Witness) lookup(c *sdk.Context, label string) (ep abi.Endpoint, inc uint32, e abi.Errno) {
	l, _ := abi.MakeLabel(label)
	m := sdk.LabelRequest(abi.RSLookup, l)
	if e = c.Call(c.Root(), &m, w.Limit); e != abi.OK {
		return abi.None, 0, e
	}
	return abi.Endpoint(m.Arg[1]), uint32(m.Arg[2]), abi.OK
}

// wait waits for the helper to be ready.
func (w *Witness) wait(c *sdk.Context) abi.Errno {
	for end := c.Now() + w.Limit; ; {
		_, _, e := w.lookup(c, load.Helper)
		switch {
		case e != abi.ESRCH && e != abi.EAGAIN:
			return e
		case c.Now() >= end:
			return abi.ETIMEDOUT
		}
		if e := c.Sleep(pause); e != abi.OK {
			return e
		}
	}
}

const pause = time.Millisecond

// read reads the next events.
func (w *Witness) read(c *sdk.Context) (n int, next, lost uint64, e abi.Errno) {
	b := abi.Bytes(&w.rows)
	id, ok := c.Grant(c.Root(), b, abi.GrantWrite)
	if !ok {
		return 0, w.next, 0, abi.ENOSPC
	}
	m := abi.Msg{Type: abi.RSEvents, Arg: [7]uint64{uint64(id), uint64(len(b)), w.next}}
	e = c.Call(c.Root(), &m, w.Limit)
	c.Revoke(id)
	if e != abi.OK {
		return 0, w.next, 0, e
	}
	return min(int(m.Arg[1]), len(w.rows)), m.Arg[2], m.Arg[3], abi.OK
}

// others asks every service, and RS about it: its life is the one that it was.
func (w *Witness) others(c *sdk.Context) {
	for i := range w.peers {
		p := &w.peers[i]
		ep, inc, e := w.lookup(c, load.Peers[i])
		w.equal(load.OtherEndpoint.Of(i), e, uint64(ep), uint64(p.ep))
		w.equal(load.OtherLife.Of(i), e, uint64(inc), uint64(p.inc))
		if w.lost {
			return
		}
		if p.ask != 0 {
			m := abi.Msg{Type: p.ask}
			w.equal(load.Asked.Of(i), c.Call(p.ep, &m, w.Limit), uint64(m.Type), uint64(abi.MsgReply))
		}
	}
	m := abi.Msg{Type: faulty.Echo, Arg: [7]uint64{1: w.Rounds}}
	e := c.Call(w.ep, &m, w.Limit)
	w.equal(load.Echoed, e, m.Arg[1], w.Rounds)
}

// store keeps the number of the round in the data store, and finds it there.
func (w *Witness) store(c *sdk.Context) {
	before, e := c.Retrieve("round")
	if w.Rounds > 1 && !w.anew {
		w.equal(load.Entry, e, before[0], w.Rounds-1)
	}
	w.equal(load.Published, c.Publish("round", sdk.Value{w.Rounds}), 0, 0)
	now, e := c.Retrieve("round")
	w.equal(load.Retrieved, e, now[0], w.Rounds)
}

// replace has the helper replaced, once, by one of several requests: it is one life further then, not two, and not none.
func (w *Witness) replace(c *sdk.Context) {
	l, _ := abi.MakeLabel(load.Helper)
	e := abi.OK
	switch w.Rounds % 4 {
	case 0:
		m := sdk.LabelRequest(abi.RSRefresh, l)
		e = c.Call(c.Root(), &m, w.Limit)
	case 1:
		m := sdk.FaultRequest(l, abi.FaultKill, 0)
		if e = c.Call(c.Root(), &m, w.Limit); e == abi.OK {
			e = w.wait(c)
		}
	case 2:
		m := sdk.LabelRequest(abi.RSDown, l)
		if e = c.Call(c.Root(), &m, w.Limit); e == abi.OK {
			m = sdk.LabelRequest(abi.RSUp, l)
			if e = c.Call(c.Root(), &m, w.Limit); e != abi.OK {
				w.notice(load.Upped, e, 0, 0, abi.Why(m.Arg[5]).String())
			}
		}
	default:
		return
	}
	w.Lives++
	w.inc++
	w.equal(load.Replaced, e, 0, 0)
	if w.lost {
		return
	}
	ep, inc, e := w.lookup(c, load.Helper)
	w.equal(load.Lives, e, uint64(inc), uint64(w.inc))
	w.ep, w.inc = ep, inc
}

// events reads what has happened: each number once, and nothing of services that nobody touched.
func (w *Witness) events(c *sdk.Context) {
	for {
		n, next, lost, e := w.read(c)
		w.equal(load.GoneEvents, e, lost, 0)
		for i := range w.rows[:n] {
			v := &w.rows[i]
			w.equal(load.EventNumber, abi.OK, v.Seq, w.next+uint64(i))
			if l := v.Label.String(); l != load.Helper && l != "rs" && (w.Dies == nil || !w.Dies(l)) {
				w.notice(load.EventOf, abi.OK, uint64(v.Incarnation), 0, v.Kind.String()+" of "+l)
			}
		}
		if e != abi.OK || n == 0 {
			return
		}
		w.next = next
	}
}
