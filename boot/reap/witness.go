//go:build tamago

package main

import (
	"time"

	"bennu/boot/reap/say"
	"bennu/drivers/protocol/faulty"
	"bennu/drivers/protocol/kbd"
	"bennu/drivers/protocol/rtc"
	"bennu/drivers/protocol/tty"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

const (
	pause  = 20 * time.Microsecond // between two rounds
	limit  = 2 * time.Second       // of one request
	most   = 12                    // failures that are told
	victim = "faulty"              // the service that the witness has replaced, and killed, on purpose
	other  = "ds"                  // another that may die: the reaper's
)

// peer is a service, as it was when it was first looked up.
type peer struct {
	label string
	ask   abi.MsgType
	ep    abi.Endpoint
	inc   uint32
}

// witness is a client of everybody.
type witness struct {
	peers  []peer
	rounds uint64
	failed uint64
	lives  uint32 // of the victim, by the witness's own doing
	inc    uint32 // of the victim's life now
	ep     abi.Endpoint
	next   uint64 // event
	rows   [32]abi.Event
	asked  bool
	rests  bool
	anew   bool // something was noticed: what is so now is what is to stay
}

func (w *witness) Init(c *sdk.Context) error {
	w.peers = []peer{{label: "tty", ask: tty.State}, {label: "ctl"}, {label: "rtc", ask: rtc.State}, {label: "kbd", ask: kbd.State}, {label: "shell"}}
	c.Alarm(time.Millisecond)
	return nil
}

func (w *witness) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
	switch m.Type {
	case say.Report:
	case say.Rest:
		w.rests = true
	default:
		c.Reply(m, abi.ENOSYS)
		return
	}
	c.Reply(m, abi.OK, w.rounds, w.failed, uint64(w.lives))
}

// noticed tells of something that nobody should notice.
func (w *witness) noticed(c *sdk.Context, what string, e abi.Errno, a, b uint64) {
	w.anew = true
	if w.failed++; w.failed <= most {
		c.Log("noticed", what, "errno", e.Name(), "got", sdk.Dec(a), "want", sdk.Dec(b), "round", sdk.Dec(w.rounds))
	}
}

// equal looks whether a request was answered, and with what it should be.
func (w *witness) equal(c *sdk.Context, what string, e abi.Errno, got, want uint64) {
	if e != abi.OK || got != want {
		w.noticed(c, what, e, got, want)
	}
}

// Alarm is a round: every request is numbered, and the answer must be that number's.
func (w *witness) Alarm(c *sdk.Context) {
	if w.rests {
		return
	}
	if (w.rounds == 0 || w.anew) && !w.begin(c) {
		c.Alarm(time.Millisecond)
		return
	}
	w.anew = false
	w.rounds++
	w.others(c)
	w.store(c)
	w.replace(c)
	w.events(c)
	// The last request of a round is answered by a message, once: the next round begins with it.
	l, _ := abi.MakeLabel(say.Witness)
	m := sdk.LabelRequest(abi.RSLookup, l)
	w.asked = true
	if e := c.Ask(c.Root(), &m, w.rounds); e != abi.OK {
		w.noticed(c, "ask", e, 0, 0)
		w.asked = false
		c.Alarm(pause)
	}
}

// Reply is the answer to the last request of a round.
func (w *witness) Reply(c *sdk.Context, m *abi.Msg) {
	if !w.asked || m.Arg[6] != w.rounds {
		w.noticed(c, "an answer that was not asked for", abi.Errno(m.Arg[0]), m.Arg[6], w.rounds)
		return
	}
	w.asked = false
	w.equal(c, "an answer by message", abi.Errno(m.Arg[0]), m.Arg[1], uint64(c.Self()))
	c.Alarm(pause)
}

// begin notes who lives. False: not all do yet.
func (w *witness) begin(c *sdk.Context) bool {
	for i := range w.peers {
		p, e := &w.peers[i], abi.OK
		if p.ep, p.inc, e = c.Lookup(p.label); e != abi.OK {
			return false
		}
	}
	e := abi.OK
	if w.ep, w.inc, e = c.Lookup(victim); e != abi.OK {
		return false
	}
	for {
		n, next, _, e := c.RS().Events(w.rows[:], w.next)
		if e != abi.OK {
			return false
		}
		if w.next = next; n == 0 {
			return true
		}
	}
}

// others asks every service, and RS about it: its life is the one that it was.
func (w *witness) others(c *sdk.Context) {
	for i := range w.peers {
		p := &w.peers[i]
		ep, inc, e := c.Lookup(p.label)
		w.equal(c, p.label+" has another endpoint", e, uint64(ep), uint64(p.ep))
		w.equal(c, p.label+" has another life", e, uint64(inc), uint64(p.inc))
		if p.ask != 0 {
			m := abi.Msg{Type: p.ask}
			w.equal(c, p.label, c.Call(p.ep, &m, limit), uint64(m.Type), uint64(abi.MsgReply))
		}
	}
	m := abi.Msg{Type: faulty.Echo, Arg: [7]uint64{1: w.rounds}}
	e := c.Call(w.ep, &m, limit)
	w.equal(c, "echo", e, m.Arg[1], w.rounds)
}

// store keeps the number of the round in the data store, and finds it there.
func (w *witness) store(c *sdk.Context) {
	before, e := c.Retrieve("round")
	if w.rounds > 1 && !w.anew {
		w.equal(c, "the data store's entry", e, before[0], w.rounds-1)
	}
	w.equal(c, "publish", c.Publish("round", sdk.Value{w.rounds}), 0, 0)
	now, e := c.Retrieve("round")
	w.equal(c, "retrieve", e, now[0], w.rounds)
}

// replace has the victim replaced, once, by one of several requests: it is one life further then, not two, and not none.
func (w *witness) replace(c *sdk.Context) {
	l, _ := abi.MakeLabel(victim)
	e := abi.OK
	switch w.rounds % 4 {
	case 0:
		m := sdk.LabelRequest(abi.RSRefresh, l)
		e = c.Call(c.Root(), &m, limit)
	case 1:
		if e = c.RS().Fault(l, abi.FaultKill, 0); e == abi.OK {
			_, e = c.LookupWait(victim, limit)
		}
	case 2:
		m := sdk.LabelRequest(abi.RSDown, l)
		if e = c.Call(c.Root(), &m, limit); e == abi.OK {
			m = sdk.LabelRequest(abi.RSUp, l)
			if e = c.Call(c.Root(), &m, limit); e != abi.OK {
				w.noticed(c, "up: "+abi.Why(m.Arg[5]).String(), e, 0, 0)
			}
		}
	default:
		return
	}
	w.lives++
	w.inc++
	w.equal(c, "a request that replaces", e, 0, 0)
	ep, inc, e := c.Lookup(victim)
	w.equal(c, "lives of the victim", e, uint64(inc), uint64(w.inc))
	w.ep, w.inc = ep, inc
}

// events reads what has happened: each number once, and nothing of services that nobody touched.
func (w *witness) events(c *sdk.Context) {
	for {
		n, next, lost, e := c.RS().Events(w.rows[:], w.next)
		w.equal(c, "events that are gone", e, lost, 0)
		for i := range w.rows[:n] {
			v := &w.rows[i]
			w.equal(c, "number of an event", abi.OK, v.Seq, w.next+uint64(i))
			if l := v.Label.String(); l != victim && l != other && l != "rs" {
				w.noticed(c, "event "+v.Kind.String()+" of "+l, abi.OK, uint64(v.Incarnation), 0)
			}
		}
		if e != abi.OK || n == 0 {
			return
		}
		w.next = next
	}
}
