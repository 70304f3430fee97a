//go:build tamago

package main

import (
	"bennu/boot/kbench/figure"
	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
)

// rest is how long the control port is left alone after an event, ns: it asks for events no faster, and its last look at its chip
// comes within that time.
const rest = 30_000_000

// listener is the control port with a client that follows events, and the root task in the place of its reincarnation server. What
// the port sends, it sends to nobody.
type listener struct {
	ep    abi.Endpoint
	event abi.Event // what happened last
	asked int       // how often events were asked for and there was one
}

// control measures what the control port does for an event that it tells.
func control(b *bench) {
	p := portRights(abi.PortRange{First: 0x2f8, Last: 0x2ff})
	p.NIRQs, p.IRQs[0] = 1, 3
	l := &listener{ep: create(b.image("bin/ctl"), "", p)}
	must("PrivAllow", sys.PrivAllow(l.ep))
	l.serve()
	l.event.Label, _ = abi.MakeLabel("faulty")
	for _, c := range []struct {
		name  string
		event abi.Event
	}{
		{"the start of a life", abi.Event{Kind: abi.EventStart}},
		{"a death", abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonException, Vector: 14, ErrorCode: 6, RIP: 0x4012_3456, FaultNS: 5e9, DetectNS: 10_000}},
	} {
		c.event.Label, c.event.Endpoint, c.event.Warm = l.event.Label, 0x10005, 1
		told := figure.New(few)
		l.tell(&c.event) // its memory has the room from then on
		for range few {
			told.Add(l.tell(&c.event))
		}
		b.say(told.Line("control port: "+c.name+" is told", 0))
	}
	end(l.ep)
}

// tell has an event happen and gives the time that the control port then took.
func (l *listener) tell(e *abi.Event) uint64 {
	before, asked := l.used(), l.asked
	seq := l.event.Seq + 1
	l.event = *e
	l.event.Seq, l.event.TimeNS = seq, now()
	must("RSNews", sys.SendA(l.ep, 0, &abi.Msg{Type: abi.RSNews, Arg: [7]uint64{seq + 1}}))
	l.serve()
	if l.asked != asked+1 {
		panic(failure("the control port has not asked for an event once"))
	}
	return l.used() - before
}

// used is the time that the control port has used so far.
func (l *listener) used() uint64 {
	var t abi.TaskInfo
	_, e := sys.GetInfo(abi.InfoTask, uint64(l.ep.Slot()), abi.Bytes(&t))
	must("InfoTask", e)
	return t.CPUNS
}

// serve answers what the control port asks until it has been quiet for a while.
func (l *listener) serve() {
	for {
		var m abi.Msg
		_, e := sys.Receive(l.ep, rest, &m)
		if e == abi.EAGAIN {
			return
		}
		must("Receive", e)
		answer := abi.Msg{Type: abi.MsgReply, Arg: [7]uint64{6: m.Arg[6]}, Seq: m.Seq}
		switch m.Type {
		case abi.RSLookup: // of the data store, whose place this task has too
			answer.Arg[1] = uint64(sys.Start().Endpoint)
		case ds.Recall: // the life before had a client that follows
			answer.Arg[1], answer.Arg[2] = 1, 1
		case abi.RSEvents:
			l.events(&m, &answer)
		}
		if e = sys.SendA(l.ep, 0, &answer); e == abi.ESTALE { // it goes on, and takes it as a message
			answer.Seq = 0
			e = sys.SendA(l.ep, 0, &answer)
		}
		must("the control port", e)
	}
}

// events answers with the event that happened, if it has that number.
func (l *listener) events(m, answer *abi.Msg) {
	answer.Arg[2] = m.Arg[2]
	if m.Arg[2] != l.event.Seq || l.event.Seq == 0 {
		return
	}
	l.asked++
	must("CopyTo", sys.CopyTo(l.ep, abi.GrantID(m.Arg[0]), 0, abi.Bytes(&l.event)))
	answer.Arg[1], answer.Arg[2] = 1, l.event.Seq+1
}
