//go:build tamago

// hog is a service that takes from the machine what it can get and stays alive: it answers each of RS's pings, and
// does one thing in a loop, which its arguments name. It is hostile on purpose, so it has no SDK.
package main

import (
	_ "bennu/board/ring3"
	"bennu/kernel/abi"
	"bennu/kernel/usys"
)

// sys is the kernel.
var sys usys.Gate

// Exit statuses.
const (
	exitRole   = 1 // the arguments name no role
	exitRights = 2 // the role needs what the service has not
	exitReady  = 3 // RS did not take its RSReady
)

// role is a way to be a burden: begin once, then step again and again, each at most some milliseconds of CPU.
type role struct {
	name  string
	begin func() // may be nil
	step  func() // may be nil: it polls
}

// roles are all there are. tools/demo has the list, too.
var roles = [...]role{
	{"spin", nil, spin},
	{"receive", nil, nil},
	{"info", nil, info},
	{"times", nil, times},
	{"copy", shareOwn, copyOwn},
	{"status", nil, status},
	{"events", nil, events},
	{"lookup", nil, lookupFaulty},
	{"store", nil, store},
	{"flood", nil, flood},
	{"answer", nil, answer},
	{"deaf", nil, deaf},
	{"notify", nil, notify},
	{"ping", nil, ping},
	{"pong", nil, pong},
	{"alarm", nil, alarm},
	{"console", nil, console},
	{"writers", nil, writers},
	{"diag", nil, diag},
	{"crash", nil, func() { sys.Exit(0, abi.ExitNormal) }},
	{"irq", tick, nil},
	{"fault", reserve, touch},
	{"hoard", reserve, hoard},
	{"windows", nil, windows},
}

// others are the other words of the arguments: whom the role is about.
var others []string

func main() {
	s := sys.Start()
	words := fields(string(s.Args[:s.ArgsLen]))
	if len(words) > 0 {
		others = words[1:]
		for i := range roles {
			if roles[i].name == words[0] {
				play(&roles[i])
			}
		}
	}
	sys.Diag("expected args ROLE [LABEL]")
	sys.Exit(exitRole, abi.ExitNormal)
}

// play does not return.
func play(r *role) {
	if r.begin != nil {
		r.begin()
	}
	m := abi.Msg{Type: abi.RSReady}
	if ask(root(), &m) != abi.OK {
		sys.Exit(exitReady, abi.ExitNormal)
	}
	for {
		if r.name != "deaf" {
			poll()
		}
		if r.step != nil {
			r.step()
		}
	}
}

func root() abi.Endpoint { return sys.Start().Root }

// pollMost is how many messages one poll takes.
const pollMost = 32

// poll answers what has come: pings, and what other hogs ask.
func poll() {
	var m abi.Msg
	for range pollMost {
		kind, e := sys.Receive(abi.Any, 0, &m)
		if e != abi.OK {
			return
		}
		took(&m, kind)
	}
}

// took does what a message is for.
func took(m *abi.Msg, kind abi.ReceiveKind) {
	switch {
	case kind == abi.KindNotify && m.Source == root():
		heartbeat()
	case kind == abi.KindNotify && m.Source == abi.Hardware:
		ticked()
	case kind == abi.KindNotify:
	case m.Source == root():
		ordered(m)
	case kind == abi.KindSendRec:
		to := m.Source
		m.Type = abi.MsgReply
		sys.SendNB(to, m)
	}
}

// ordered does what RS says, if it says anything that every service does.
func ordered(m *abi.Msg) {
	if m.Type == abi.RSStop {
		sys.Exit(0, abi.ExitNormal)
	}
}

// beats numbers heartbeats, so that the answer to one is known.
var beats uint64

// heartbeat answers a ping, and fetches what RS has for this task.
func heartbeat() {
	for {
		beats++
		m := abi.Msg{Type: abi.RSHeartbeat, Arg: [7]uint64{6: 1<<63 | beats}}
		if sys.SendRec(root(), &m) != abi.OK {
			return
		}
		if m.Type == abi.MsgReply && m.Arg[6] == 1<<63|beats {
			return
		}
		ordered(&m)
	}
}

// ask sends a request and waits for its answer, which replaces it.
func ask(to abi.Endpoint, m *abi.Msg) abi.Errno {
	e := sys.SendRec(to, m)
	for e == abi.OK && m.Type != abi.MsgReply {
		if to == root() {
			ordered(m)
		}
		_, e = sys.Receive(to, abi.NoTimeout, m)
	}
	if e != abi.OK {
		return e
	}
	return abi.Errno(m.Arg[0])
}

// patience is how long askAmong waits, in ns: who was asked may have died.
const patience = 2e9

// askAmong asks somebody who may be slow, and answers pings meanwhile, as the SDK does. The answer replaces the request.
func askAmong(to abi.Endpoint, m *abi.Msg) abi.Errno {
	key++
	tag := key
	m.Arg[6] = tag
	if e := sys.SendA(to, 0, m); e != abi.OK {
		return e
	}
	for until := sys.Now() + patience; ; {
		now := sys.Now()
		if now >= until {
			return abi.ETIMEDOUT
		}
		kind, e := sys.Receive(abi.Any, until-now, m)
		switch {
		case e != abi.OK:
			return e
		case m.Source == to && m.Type == abi.MsgReply && m.Arg[6] == tag:
			return abi.Errno(m.Arg[0])
		}
		took(m, kind)
	}
}

// find is the living endpoint of a label; abi.None: there is none now.
func find(label string) abi.Endpoint {
	l, _ := abi.MakeLabel(label)
	m := abi.Msg{Type: abi.RSLookup}
	m.Arg[0], m.Arg[1] = abi.PackLabel(l)
	if ask(root(), &m) != abi.OK {
		return abi.None
	}
	return abi.Endpoint(m.Arg[1])
}

// peer is a task that a role is about, found again when it has died.
type peer struct {
	label string
	ep    abi.Endpoint
}

// endpoint is its endpoint; abi.None: it does not live now.
func (p *peer) endpoint() abi.Endpoint {
	if p.ep == 0 || p.ep == abi.None {
		p.ep = find(p.label)
	}
	return p.ep
}

// heard forgets the endpoint when the kernel has said that it is dead.
func (p *peer) heard(e abi.Errno) {
	if e == abi.EDEADSRCDST {
		p.ep = abi.None
	}
}

// fields are the words of s.
func fields(s string) (words []string) {
	for i := 0; i < len(s); {
		n := i
		for n < len(s) && s[n] != ' ' {
			n++
		}
		if n > i {
			words = append(words, s[i:n])
		}
		i = n + 1
	}
	return words
}
