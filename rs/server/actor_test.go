package server

import (
	"fmt"

	"bennu/kernel/abi"
	kernel "bennu/kernel/fake"
)

// asked is a request that has had no answer yet.
type asked struct {
	tag   uint64
	typ   abi.MsgType
	turns int // of the server when it was sent; -1: its asker has not listened since
}

// actor is a life of a service, moved by the test: it asks, listens when it likes, and checks that each of
// its requests has exactly one answer.
type actor struct {
	w        *world
	t        *kernel.Task
	label    string
	mood     mood
	open     map[uint64]*asked
	order    []*asked // those in open, in the order in which they were sent
	tag      uint64
	worst    int // the most turns of the server that an answer took
	beating  bool
	stopped  bool
	news     int
	ready    bool
	grant    abi.GrantID // of scratch
	panicked bool
}

type mood uint8

const (
	good     mood = iota // listens, answers notifications, exits when asked to
	deaf                 // never receives
	hasty                // gives every sendrec up at once
	receiver             // only receives: never fetches its mail
)

func (a *actor) request(t abi.MsgType, target string) abi.Msg {
	m := named(t, target)
	switch t {
	case abi.RSStatus, abi.RSEvents:
		m.Arg = [7]uint64{uint64(a.grant), uint64(len(scratch))}
	case abi.RSPCI:
		m.Arg = [7]uint64{uint64(a.grant), uint64(len(scratch)), uint64(abi.InfoPCI)}
	case abi.RSWatch:
		m.Arg[0] = a.w.s.events.seq
	case abi.RSFault:
		m.Arg[2] = uint64(abi.FaultSelf)
	}
	a.tag++
	m.Arg[6] = a.tag
	return m
}

// ask sends a request by some primitive. False: the kernel did not take it.
func (a *actor) ask(m abi.Msg, kind abi.ReceiveKind) bool {
	if a.took(); a.t.Waits() || a.t.Dead() {
		return false
	}
	e := abi.OK
	switch root := a.w.rs.Endpoint; kind {
	case abi.KindSendRec:
		limit := uint64(abi.NoTimeout)
		if a.mood == hasty {
			limit = 0
		}
		for _, q := range a.order { // their answers are mail until this one's has come
			q.turns = -1
		}
		a.t.BeginSendRec(root, limit, &m)
	case abi.KindSend:
		a.t.BeginSend(root, &m)
	case abi.KindSendNB:
		e = a.t.SendNB(root, &m)
	default:
		e = a.t.SendA(root, 0, &m)
	}
	if e != abi.OK {
		return false
	}
	if m.Type != abi.RSHeartbeat && !(kind != abi.KindSendRec && statements[m.Type]) {
		q := &asked{tag: m.Arg[6], typ: m.Type, turns: a.w.turns}
		a.open[q.tag] = q
		a.order = append(a.order, q)
	}
	return true
}

var statements = map[abi.MsgType]bool{abi.RSReady: true, abi.RSWords: true, abi.RSFaulted: true, abi.MsgReply: true}

// listen takes what has come and receives again, until there is nothing more.
func (a *actor) listen() {
	for !a.t.Dead() {
		if a.t.Waits() {
			return
		}
		switch {
		case a.took():
		case a.beating && a.mood == good && a.ready: // none before that
			a.beating = false
			a.t.BeginSendRec(a.w.rs.Endpoint, abi.NoTimeout, &abi.Msg{Type: abi.RSHeartbeat, Arg: [7]uint64{6: beatTag}})
		case a.beating && a.mood == receiver:
			a.beating = false
			a.t.SendA(a.w.rs.Endpoint, 0, &abi.Msg{Type: abi.RSHeartbeat})
		default:
			a.t.BeginReceive(abi.Any, abi.NoTimeout)
			if a.t.Waits() {
				return
			}
		}
	}
}

// took takes what a call that is over has brought; false: nothing.
func (a *actor) took() bool {
	var m abi.Msg
	kind, e, ok := a.t.Took(&m)
	switch {
	case ok && e == abi.OK:
		a.take(&m, kind)
	case ok && e == abi.ETIMEDOUT && kind == 0: // the value: it was not received
		a.unasked()
	}
	return ok
}

// unasked forgets the newest request: the server has never had it.
func (a *actor) unasked() {
	n := len(a.order) - 1
	delete(a.open, a.order[n].tag)
	a.order = a.order[:n]
}

// rest ends the wait in which the actor would listen.
func (a *actor) rest() {
	if a.t.WaitsForAny() {
		a.t.GiveUp()
	}
}

const beatTag = 1 << 62

func (a *actor) take(m *abi.Msg, kind abi.ReceiveKind) {
	t := a.w.t
	switch {
	case kind == abi.KindNotify:
		a.beating = true
	case m.Type == abi.MsgReply && m.Arg[6] == beatTag: // no more mail
	case m.Type == abi.MsgReply:
		a.beating = true // what came may have come in a heartbeat's place
		a.answered(m)
	case m.Type == abi.RSStop:
		a.stopped = true
	case m.Type == abi.RSNews:
		a.beating = true
		if a.news++; a.news == 1 { // news may come again
			a.w.answered = append(a.w.answered, a.label+": news")
		}
	case m.Type == abi.DriverFault:
		a.beating = true
		a.t.SendA(a.w.rs.Endpoint, 0, &abi.Msg{Type: abi.RSFaulted, Arg: [7]uint64{uint64([]abi.Errno{0, abi.ENOSYS, abi.EIO}[a.w.r.IntN(3)]), m.Arg[6]}})
	default:
		t.Fatalf("%s got %+v", a.label, m)
	}
}

func (a *actor) answered(m *abi.Msg) {
	t := a.w.t
	if abi.Errno(m.Arg[0]) != abi.OK && abi.Why(m.Arg[5]) == abi.WhyNone {
		t.Fatalf("%s: an error without a why: %v", a.label, m.Arg)
	}
	q := a.open[m.Arg[6]]
	if q == nil && a.w.twice { // by senda, and the server has ended since
		return
	}
	if q == nil {
		t.Fatalf("%s: an answer to no open request, or a second one: %v", a.label, m.Arg)
	}
	a.w.answered = append(a.w.answered, fmt.Sprintf("%s: %#x %s %v", a.label, uint32(q.typ), abi.Errno(m.Arg[0]).Name(), abi.Why(m.Arg[5])))
	n := uint64(1)
	if abi.Why(m.Arg[5]) == abi.WhyTooMany && m.Arg[1] > 1 {
		n = m.Arg[1]
		a.w.together++
	}
	for i := range a.order {
		if a.order[i] != q {
			continue
		}
		if uint64(len(a.order)-i) < n {
			t.Fatalf("%s: an answer for %d requests, %d are open from that tag on", a.label, n, len(a.order)-i)
		}
		for _, x := range a.order[i : i+int(n)] {
			delete(a.open, x.tag)
			a.w.answers++
			if x.typ == abi.RSLookup && x.turns >= 0 {
				a.worst = max(a.worst, a.w.turns-x.turns)
			}
		}
		a.order = append(a.order[:i:i], a.order[i+int(n):]...)
		return
	}
}
