//go:build tamago

// client is a service of the benchmark's whole system: on request (role.Rebirth) it breaks another service, waits for its next
// life as any client may, asks that one something, and tells how long after the fault everything was. All stamps are
// taken inside the machine, so nothing of what a sample measures depends on the host.
package main

import (
	_ "bennu/board/ring3"
	"bennu/boot/kbench/role"
	"bennu/kernel/abi"
	"bennu/kernel/usys"
)

// sys is the kernel.
var sys usys.Gate

func main() {
	m := abi.Msg{Type: abi.RSReady}
	if ask(sys.Start().Root, &m) != abi.OK {
		sys.Exit(1, abi.ExitNormal)
	}
	for {
		kind, e := sys.Receive(abi.Any, abi.NoTimeout, &m)
		switch {
		case e != abi.OK:
		case kind == abi.KindNotify: // this service has no period: nobody pings it
		case m.Type == abi.RSStop && m.Source == sys.Start().Root:
			sys.Exit(0, abi.ExitNormal)
		case m.Type == role.Rebirth:
			reply(&m, rebirth(&m))
		case m.Type == role.Root:
			reply(&m, root(&m))
		case m.Type == role.Last:
			reply(&m, last.more)
		case m.Type != abi.MsgReply && m.Type != abi.RSNews:
			reply(&m, [6]uint64{uint64(abi.ENOSYS)})
		}
	}
}

// reply answers m; its tag goes back.
func reply(m *abi.Msg, args [6]uint64) {
	to := m.Source
	m.Type = abi.MsgReply
	copy(m.Arg[:6], args[:])
	if sys.SendNB(to, m) == abi.ENOTREADY { // the control port has asked by a message, and is busy
		sys.SendA(to, 0, m)
	}
}

// ask sends a request and waits for its answer, which replaces it. News that RS sends meanwhile are kept.
func ask(to abi.Endpoint, m *abi.Msg) abi.Errno {
	kind, e := abi.KindSendRec, sys.SendRec(to, m)
	for e == abi.OK && (kind == abi.KindNotify || m.Type != abi.MsgReply) {
		hear(kind, m)
		kind, e = sys.Receive(to, abi.NoTimeout, m)
	}
	if e != abi.OK {
		return e
	}
	return abi.Errno(m.Arg[0])
}

var (
	news uint64 // the number of the next event as RS told it while something else was awaited; 0: it did not
	rung bool   // RS has something to tell, which is to be fetched (RSHeartbeat)
)

// hear keeps what came from RS beside an answer.
func hear(kind abi.ReceiveKind, m *abi.Msg) {
	switch {
	case kind == abi.KindNotify:
		rung = true
	case m.Type == abi.RSNews:
		news = m.Arg[0]
	}
}

// await returns when event number n exists, with the number of the next.
func await(n uint64) (uint64, abi.Errno) {
	news = 0
	m := abi.Msg{Type: abi.RSWatch, Arg: [7]uint64{n}}
	if e := ask(sys.Start().Root, &m); e != abi.OK {
		return 0, e
	}
	for news == 0 {
		kind, e := abi.KindSendRec, abi.OK
		if rung {
			rung = false
			m = abi.Msg{Type: abi.RSHeartbeat}
			e = sys.SendRec(sys.Start().Root, &m)
		} else {
			kind, e = sys.Receive(sys.Start().Root, abi.NoTimeout, &m)
		}
		if e != abi.OK {
			return 0, e
		}
		hear(kind, &m)
	}
	return news, abi.OK
}

// lookup is the living endpoint of a label.
func lookup(label [2]uint64) (abi.Endpoint, abi.Errno) {
	m := abi.Msg{Type: abi.RSLookup, Arg: [7]uint64{label[0], label[1]}}
	e := ask(sys.Start().Root, &m)
	return abi.Endpoint(m.Arg[1]), e
}

// rows is where RS writes events.
var rows [32]abi.Event

// events reads those from number first on, and the number of the next.
func events(first uint64) (n int, next uint64, e abi.Errno) {
	b := abi.Bytes(&rows)
	id, ok := sys.Grant(sys.Start().Root, b, abi.GrantWrite)
	if !ok {
		return 0, 0, abi.ENOSPC
	}
	m := abi.Msg{Type: abi.RSEvents, Arg: [7]uint64{uint64(id), uint64(len(b)), first}}
	e = ask(sys.Start().Root, &m)
	sys.Revoke(id)
	if e == abi.OK && m.Arg[3] > 0 {
		e = abi.E2BIG // some are gone already
	}
	return int(min(m.Arg[1], uint64(len(rows)))), m.Arg[2], e
}
