package sdk_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
	kernel "bennu/kernel/fake"
	"bennu/tools/seed"
)

// callee is the task that the Call is to.
func (s *scene) callee() *kernel.Task {
	if s.toRS {
		return s.root
	}
	return s.peer
}

// reply has the callee answer a request of the driver's; seq is its number, if it was a sendrec.
func (s *scene) reply(tag, seq, v uint64) {
	m := abi.Msg{Type: abi.MsgReply, Arg: [7]uint64{1: v, 6: tag}, Seq: seq}
	if s.toRS {
		s.tell(m)
		return
	}
	if s.peer.SendA(s.drv.Endpoint, 0, &m) == abi.ESTALE {
		m.Seq = 0
		s.peer.SendA(s.drv.Endpoint, 0, &m)
	}
}

func peerLives(s *scene) bool { return !s.died }

// The peer begins to receive; the request may wait for that, or be given up before.
var listens = &happening{name: "listens", can: peerLives, do: func(s *scene) { s.peer.BeginReceive(abi.Any, abi.NoTimeout) }}

// The callee answers the request that it has received.
var answers = &happening{name: "answers", can: func(s *scene) bool { return s.got && !s.died }, do: func(s *scene) {
	s.answered = !s.returned
	s.reply(s.asked.Arg[6], s.asked.Seq, 4711)
}}

// What else may happen, in any order.
var happenings = []*happening{
	{name: "late answer", can: peerLives, do: func(s *scene) { s.reply(s.early, 0, 1) }},
	{name: "answer to an Ask", can: peerLives, do: func(s *scene) { s.reply(5, 0, 2) }, seen: "reply OK tag 5"},
	{name: "the callee's request", can: peerLives, do: func(s *scene) {
		s.peer.SendA(s.drv.Endpoint, 0, &abi.Msg{Type: 0xd05})
	}, seen: "message 0xd05"},
	{name: "the callee's notification", can: peerLives, do: func(s *scene) { s.peer.Notify(s.drv.Endpoint) }, seen: "notified " + sdk.Hex(uint64(fake.Other))},
	{name: "another's request", do: func(s *scene) { s.cl.SendA(s.drv.Endpoint, 0, &abi.Msg{Type: 0xd06}) }, seen: "message 0xd06"},
	{name: "interrupt", do: func(s *scene) { s.m.Interrupt(s.drv, 2) }, seen: "interrupt 0x4"},
	{name: "alarm", do: func(s *scene) { s.m.Alarm(s.drv) }, seen: "alarm"},
	{name: "ping", do: func(s *scene) {
		if s.pinged == 0 {
			s.pinged = s.m.Now()
		}
		s.root.Notify(s.drv.Endpoint)
	}},
	{name: "news", do: func(s *scene) { s.tell(abi.Msg{Type: abi.RSNews, Arg: [7]uint64{7}}) }, seen: "news 7"},
	{name: "stop", do: func(s *scene) { s.tell(abi.Msg{Type: abi.RSStop}) }, seen: "stop"},
	{name: "death", can: func(s *scene) bool { return !s.died && !s.toRS }, do: func(s *scene) {
		s.died = true
		s.m.Kill(s.peer)
	}},
}

// play runs one scene to its end and checks what came of it.
func play(s *scene) {
	d := &driver{}
	d.message = func(c *sdk.Context, r *abi.Msg, _ abi.ReceiveKind) {
		if r.Type != echo {
			return
		}
		m := abi.Msg{Type: echo, Arg: [7]uint64{1, 2}}
		s.result = c.Call(s.callee().Endpoint, &m, s.limit)
		s.answer, s.returned = m, true
		d.log = append(d.log, "called")
	}
	left := s.left
	s.left = nil // nothing happens before the request
	c := sdk.Start(s.gate(), d)
	s.early = 1<<63 | 1
	if e := c.Ask(s.root.Endpoint, &abi.Msg{Type: abi.RSLookup}, 5); e != abi.OK {
		s.fail("an Ask: %s", e.Name())
	}
	s.cl.SendA(s.drv.Endpoint, 0, &abi.Msg{Type: echo})
	s.cl.GiveUp()
	s.left = left
	for over := false; !over && !s.quiet; over, _, _ = c.Over() {
		c.Step()
	}
	over, _, _ := c.Over()
	s.check(d, over)
}

func (s *scene) check(d *driver, over bool) {
	log := map[string]int{}
	for _, l := range d.log {
		log[l]++
	}
	if n := log["called"]; n > 1 || n == 0 && log["stop"] == 0 {
		s.fail("the call returned %d times", n)
	}
	switch {
	case log["called"] == 0: // it was stopped before

	case s.result == abi.OK:
		if !s.answered || s.answer.Arg[1] != 4711 || s.answer.Type != abi.MsgReply {
			s.fail("OK with %+v, answered %v", s.answer, s.answered)
		}
	case s.result == abi.EDEADSRCDST && s.died:
	case s.result == abi.ETIMEDOUT && !s.answered:
		if s.m.Now() < uint64(time.Second+s.limit) {
			s.fail("timed out too early")
		}
	default:
		s.fail("result %s, answered %v, died %v", s.result.Name(), s.answered, s.died)
	}
	stopped := log["stop"] == 1
	if over != stopped {
		s.fail("over %v, stopped %v", over, stopped)
	}
	for _, name := range s.done {
		for _, h := range happenings {
			if h.name != name || h.seen == "" {
				continue
			}
			if n := log[h.seen]; n > 1 || n == 0 && !stopped && !s.gone(h) {
				s.fail("%s: the driver saw %q %d times; log %q", name, h.seen, n, d.log)
			}
		}
	}
	if s.pinged != 0 && !over {
		s.fail("a ping was not answered")
	}
	if len(s.mail) > 0 && !over {
		s.fail("%d messages of the server were not fetched", len(s.mail))
	}
}

// gone tells whether a happening may have left no trace: what a task sent and the driver had not received dies with it.
func (s *scene) gone(h *happening) bool { return s.died && h.can != nil }

// orders plays a scene in every order of its events. It gives the number of orders.
func orders(t *testing.T, m *kernel.Machine, toRS bool, events ...*happening) (n int) {
	c := &chooser{}
	for more := true; more; more = c.next() {
		play(newScene(t, m, c, events, toRS))
		n++
	}
	return n
}

// Every order of an answer and of two other events relative to each other, to each of the driver's calls to the kernel,
// and to the ends of its waits, on the kernel's own message passing. To a task, and to the reincarnation server.
func TestCallOrders(t *testing.T) {
	m := kernel.New(0)
	n := 0
	for i, a := range happenings {
		if testing.Short() && i%4 != 0 {
			continue
		}
		n += orders(t, m, false, listens, a) + orders(t, m, true, a)
		for _, b := range happenings[:i] {
			n += orders(t, m, false, listens, answers, a, b)
			n += orders(t, m, true, answers, a, b)
		}
	}
	t.Logf("%d orders", n)
	if n < 10_000 {
		t.Error("too few")
	}
}

// Random orders of all of them at once.
func TestCallRandomOrders(t *testing.T) {
	seed := seed.Of(t)
	r := rand.New(rand.NewPCG(seed, 5))
	m := kernel.New(0)
	runs := 100_000
	if testing.Short() {
		runs /= 20
	}
	results := map[abi.Errno]int{}
	for range runs {
		events := []*happening{listens, answers}
		for _, h := range happenings {
			if r.IntN(2) == 0 {
				events = append(events, h)
			}
		}
		s := newScene(t, m, &chooser{r: r}, events, r.IntN(2) == 0)
		play(s)
		results[s.result]++
	}
	if t.Logf("results %v", results); len(results) < 3 {
		t.Error("some results never came")
	}
}
