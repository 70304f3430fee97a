//go:build tamago

package main

import (
	"bennu/drivers/protocol/ds"
	"bennu/drivers/protocol/faulty"
	"bennu/drivers/protocol/tty"
	"bennu/kernel/abi"
)

// The roles that are a burden by what they ask others.

var (
	rows [abi.MaxTasks]abi.ServiceStatus
	news [abi.EventsKept]abi.Event
)

// copied asks RS for what it copies into a grant as large as b.
func copied(t abi.MsgType, b []byte) {
	id, ok := sys.Grant(root(), b, abi.GrantWrite)
	if !ok {
		return
	}
	m := abi.Msg{Type: t, Arg: [7]uint64{uint64(id), uint64(len(b))}}
	ask(root(), &m)
	sys.Revoke(id)
}

func status() { copied(abi.RSStatus, abi.Bytes(&rows)) }
func events() { copied(abi.RSEvents, abi.Bytes(&news)) }

func lookupFaulty() { find("faulty") }

var key uint64

// store publishes values under keys of its own, as many as the data store lets it, and more.
func store() {
	to := find("ds")
	key++
	name, _ := abi.MakeLabel("k" + string('a'+rune(key%16)) + string('a'+rune(key/16%16)))
	m := abi.Msg{Type: ds.Keep, Arg: [7]uint64{2: key, 5: key}}
	m.Arg[0], m.Arg[1] = abi.PackLabel(name)
	askAmong(to, &m)
	m = abi.Msg{Type: ds.Recall}
	m.Arg[0], m.Arg[1] = abi.PackLabel(name)
	askAmong(to, &m)
}

// flood leaves as many requests for RS with the kernel as that takes. Their answers come to poll.
func flood() {
	label, _ := abi.MakeLabel("faulty")
	m := abi.Msg{Type: abi.RSLookup}
	m.Arg[0], m.Arg[1] = abi.PackLabel(label)
	for range 2 * abi.MaxAsync {
		key++
		m.Arg[6] = key
		if sys.SendA(root(), key, &m) != abi.OK {
			return
		}
	}
}

// answer answers what nobody asked: RS throws it away, and somebody has to pay for that.
func answer() {
	for range many {
		m := abi.Msg{Type: abi.MsgReply}
		sys.SendNB(root(), &m)
		m = abi.Msg{Type: abi.MsgReply}
		sys.SendA(root(), 0, &m)
	}
}

var beaten uint64

// deaf asks and never receives anything. A ping it cannot hear, so it sends signs of life by itself, before anything
// else takes the places that messages have.
func deaf() {
	const every = 20e6 // ns
	if now := sys.Now(); now-beaten > every {
		m := abi.Msg{Type: abi.RSHeartbeat}
		if sys.SendA(root(), 0, &m) != abi.OK {
			return // the next place that is free is the heartbeat's, else it would be luck whether it gets one in time
		}
		beaten = now
	}
	flood()
}

var (
	screen = peer{label: "tty"}
	with   peer
)

// notify notifies all it may: RS, the console, and another hog.
func notify() {
	if with.label == "" && len(others) > 0 {
		with.label = others[0]
	}
	for range many {
		sys.Notify(root())
		if screen.endpoint() != abi.None {
			screen.heard(sys.Notify(screen.ep))
		}
		if with.label != "" && with.endpoint() != abi.None {
			with.heard(sys.Notify(with.ep))
		}
	}
}

// ping asks another hog, which answers, again and again. The pings of RS are heard between.
func ping() {
	const patience, long = 20e6, 5e6 // ns: the other may be busy, too; and RS wants its answer
	if with.label == "" && len(others) > 0 {
		with.label = others[0]
	}
	for began := sys.Now(); sys.Now()-began < long; {
		if with.endpoint() == abi.None {
			return
		}
		m := abi.Msg{Type: faulty.Echo}
		_, e := sys.SendRecTimeout(with.ep, patience, &m)
		with.heard(e)
	}
}

// pong answers; it waits for the next question, as servers do.
func pong() {
	const patience = 5e6 // ns
	var m abi.Msg
	for range pollMost {
		k, e := sys.Receive(abi.Any, patience, &m)
		if e != abi.OK {
			return
		}
		took(&m, k)
	}
}

// text is what the console is to show: whole lines.
var (
	text   [128]byte
	shown  abi.Endpoint // who may read it
	textID abi.GrantID
)

// letRead lets the console read the text. False: there is no console now.
func letRead() bool {
	to := screen.endpoint()
	if to == shown || to == abi.None {
		return to != abi.None
	}
	for i := range text {
		if text[i] = '#'; i%64 == 63 {
			text[i] = '\n'
		}
	}
	sys.Revoke(textID)
	id, ok := sys.Grant(to, text[:], abi.GrantRead)
	shown, textID = to, id
	return ok
}

// console writes to the console, and waits each time until the text is taken.
func console() {
	if letRead() {
		m := abi.Msg{Type: tty.Write, Arg: [7]uint64{uint64(textID), uint64(len(text))}}
		screen.heard(ask(screen.ep, &m))
	}
}

// writers has as many writes under way at a time as the kernel and the console let it.
func writers() {
	for letRead() {
		m := abi.Msg{Type: tty.Write, Arg: [7]uint64{uint64(textID), uint64(len(text))}}
		if e := sys.SendA(screen.ep, 0, &m); e != abi.OK {
			screen.heard(e)
			return
		}
	}
}
