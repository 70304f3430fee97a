//go:build tamago

package main

import (
	"time"

	"bennu/boot/reap/say"
	"bennu/drivers/protocol/load"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
	witnesses "bennu/rs/load/witness"
)

const (
	pause = 20 * time.Microsecond // between two rounds
	limit = 2 * time.Second       // of one request
	most  = 12                    // failures that are told
	other = "ds"                  // another that may die: the reaper's
)

// witness is a client of everybody, as a service.
type witness struct {
	w      witnesses.Witness
	failed uint64
	asked  bool
	rests  bool
	anew   bool // something was noticed: what is so now is what is to stay
}

func (w *witness) Init(c *sdk.Context) error {
	w.w = witnesses.Witness{Limit: limit, Dies: func(label string) bool { return label == other }, Noticed: func(n *witnesses.Notice) { w.noticed(c, n) }}
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
	c.Reply(m, abi.OK, w.w.Rounds, w.failed, uint64(w.w.Lives))
}

// noticed tells of something that nobody should notice.
func (w *witness) noticed(c *sdk.Context, n *witnesses.Notice) {
	w.anew = true
	if w.failed++; w.failed <= most {
		what := n.What.String()
		if n.Detail != "" {
			what += " " + n.Detail
		}
		c.Log("noticed", what, "errno", n.Errno.Name(), "got", sdk.Dec(n.Got), "want", sdk.Dec(n.Want), "round", sdk.Dec(w.w.Rounds))
	}
}

// Alarm is a round.
func (w *witness) Alarm(c *sdk.Context) {
	if w.rests {
		return
	}
	if w.asked { // what is sent by a message may be lost with a life that has received it, and the kernel does not know
		w.noticed(c, &witnesses.Notice{What: load.Answered, Errno: abi.ETIMEDOUT})
		w.asked = false
	}
	if (w.w.Rounds == 0 || w.anew) && !w.w.Begin(c) {
		c.Alarm(time.Millisecond)
		return
	}
	w.anew = false
	w.w.Round(c)
	// The last request of a round is answered by a message, once: the next round begins with it.
	l, _ := abi.MakeLabel(say.Witness)
	m := sdk.LabelRequest(abi.RSLookup, l)
	w.asked = true
	if e := c.Ask(c.Root(), &m, w.w.Rounds); e != abi.OK {
		w.noticed(c, &witnesses.Notice{What: load.Answered, Errno: e})
		w.asked = false
		c.Alarm(pause)
		return
	}
	c.Alarm(limit)
}

// Reply is the answer to the last request of a round.
func (w *witness) Reply(c *sdk.Context, m *abi.Msg) {
	if !w.asked || m.Arg[6] != w.w.Rounds {
		w.noticed(c, &witnesses.Notice{What: load.Unasked, Errno: abi.Errno(m.Arg[0]), Got: m.Arg[6], Want: w.w.Rounds})
		return
	}
	w.asked = false
	if w.rests { // the machine may be going down, and nobody lives any more that is looked up
		return
	}
	if e := abi.Errno(m.Arg[0]); e != abi.OK || m.Arg[1] != uint64(c.Self()) {
		w.noticed(c, &witnesses.Notice{What: load.Answered, Errno: e, Got: m.Arg[1], Want: uint64(c.Self())})
	}
	c.Alarm(pause)
}
