//go:build tamago

package main

import (
	"bennu/kernel/abi"
	"bennu/kernel/usys"
)

// The roles that are a burden by what they ask others.

var (
	rows [abi.MaxTasks]abi.ServiceStatus
	news [abi.EventsKept]abi.Event
)

// copied asks RS for what it copies into a grant as large as b.
func copied(t abi.MsgType, b []byte) {
	id, ok := usys.Grant(root(), b, abi.GrantWrite)
	if !ok {
		return
	}
	m := abi.Msg{Type: t, Arg: [7]uint64{uint64(id), uint64(len(b))}}
	ask(root(), &m)
	usys.Revoke(id)
}

func status() { copied(abi.RSStatus, abi.Bytes(&rows)) }
func events() { copied(abi.RSEvents, abi.Bytes(&news)) }

func lookupFaulty() { find("faulty") }

var key uint64

// store publishes values under keys of its own, as many as the data store lets it, and more.
func store() {
	key++
	m := abi.Msg{Type: abi.DSPublish, Arg: [7]uint64{0: key%256 + 1, 2: key, 5: key}}
	ask(root(), &m)
	m = abi.Msg{Type: abi.DSRetrieve, Arg: [7]uint64{0: key%256 + 1}}
	ask(root(), &m)
}

// flood leaves as many requests for RS with the kernel as that takes. Their answers come to poll.
func flood() {
	label, _ := abi.MakeLabel("faulty")
	m := abi.Msg{Type: abi.RSLookup}
	m.Arg[0], m.Arg[1] = abi.PackLabel(label)
	for range 2 * abi.MaxAsync {
		key++
		m.Arg[6] = key
		if usys.SendA(root(), key, &m) != abi.OK {
			return
		}
	}
}

var beaten uint64

// deaf asks and never receives anything. A ping it cannot hear, so it sends signs of life by itself.
func deaf() {
	const every = 20e6 // ns
	flood()
	if now := usys.Now(); now-beaten > every {
		m := abi.Msg{Type: abi.RSHeartbeat}
		if usys.SendNB(root(), &m) == abi.OK {
			beaten = now
		}
	}
}

var (
	tty  = peer{label: "tty"}
	with peer
)

// notify notifies all it may: RS, the console, and another hog.
func notify() {
	if with.label == "" && len(others) > 0 {
		with.label = others[0]
	}
	for range many {
		usys.Notify(root())
		if tty.endpoint() != abi.None {
			tty.heard(usys.Notify(tty.ep))
		}
		if with.label != "" && with.endpoint() != abi.None {
			with.heard(usys.Notify(with.ep))
		}
	}
}

// ping asks another hog, which answers, again and again. The pings of RS are heard between.
func ping() {
	const patience = 20e6 // ns: the other may be busy, too
	if with.label == "" && len(others) > 0 {
		with.label = others[0]
	}
	for range many {
		if with.endpoint() == abi.None {
			return
		}
		m := abi.Msg{Type: abi.FaultyEcho}
		_, e := usys.SendRecTimeout(with.ep, patience, &m)
		with.heard(e)
	}
}

// pong answers; it waits for the next question, as servers do.
func pong() {
	const patience = 5e6 // ns
	var m abi.Msg
	for range many {
		k, e := usys.Receive(abi.Any, patience, &m)
		if e != abi.OK {
			return
		}
		took(&m, k)
	}
}

var text [16 * 64]byte

// console has the console write long texts of whole lines.
func console() {
	for i := range text {
		if text[i] = '#'; i%64 == 63 {
			text[i] = '\n'
		}
	}
	to := tty.endpoint()
	if to == abi.None {
		return
	}
	id, ok := usys.Grant(to, text[:], abi.GrantRead)
	if !ok {
		return
	}
	m := abi.Msg{Type: abi.TTYWrite, Arg: [7]uint64{uint64(id), uint64(len(text))}}
	tty.heard(ask(to, &m))
	usys.Revoke(id)
}
