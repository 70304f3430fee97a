package server

import (
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
)

// boot makes a machine with a system.conf, in which every program is there, and boots it.
func boot(t *testing.T, config string) *fake {
	t.Helper()
	return bootOn(t, 256<<20, config)
}

// bootOn is boot of a machine with so much memory that is promised to nobody.
func bootOn(t *testing.T, memory uint64, config string) *fake {
	t.Helper()
	f := newFake(t, memory, config)
	f.start()
	return f
}

func (f *fake) start() {
	f.t.Helper()
	s, err := New(f.rs.Gate(), f)
	if err != nil {
		f.t.Fatal(err)
	}
	f.s = s
	s.Boot()
	f.run()
}

// run lets the server handle all that is there, and the services take it.
func (f *fake) run() {
	for !f.s.Over() && (len(f.forged) > 0 || f.rs.Pending() || f.s.tickDue || f.s.tellAt != noHush && f.s.tellAt <= f.now()) {
		f.s.clock() // it waits at once when it has done its work
		f.s.Turn()
	}
	f.s.note() // as it does before anybody could ask
	for slot := range abi.MaxTasks {
		if t := f.m.At(slot); t != nil && f.lives[t.Endpoint] != nil {
			f.lives[t.Endpoint].settle()
		}
	}
}

func (f *fake) now() time.Duration { return time.Duration(f.m.Now()) }

// busy lets time go by in which the server does something else: it does not run.
func (f *fake) busy(d time.Duration) { f.m.Pass(f.m.Now() + uint64(d)) }

// pass lets time go by, alarm by alarm, and by the limits of the server's waits.
func (f *fake) pass(d time.Duration) {
	for end := f.m.Now() + uint64(d); ; {
		at, ok := f.m.Next()
		if f.s.tellAt != noHush && (!ok || uint64(f.s.tellAt) < at) {
			at, ok = uint64(f.s.tellAt), true
		}
		if !ok || at > end {
			f.m.Pass(end)
			return
		}
		f.m.Pass(at)
		f.run()
	}
}

// ep is the endpoint of a service's life; None: it has none.
func (f *fake) ep(label string) abi.Endpoint {
	if t := f.m.Named(label); t != nil {
		return t.Endpoint
	}
	return abi.None
}

func (f *fake) task(label string) *puppet {
	f.t.Helper()
	p := f.living(f.ep(label))
	if p == nil {
		f.t.Fatalf("%s has no life", label)
	}
	return p
}

// send has a service send the server something; who has no life sends it all the same.
func (f *fake) send(from abi.Endpoint, kind abi.ReceiveKind, m abi.Msg) {
	f.t.Helper()
	m.Source = from
	if p := f.living(from); p != nil {
		f.post(p, kind, m)
	} else {
		f.forged = append(f.forged, arrived{m, kind})
	}
	f.run()
}

// post is send that does not run the server.
func (f *fake) post(p *puppet, kind abi.ReceiveKind, m abi.Msg) {
	f.t.Helper()
	p.GiveUp() // it only rested, or waits no longer
	e := abi.OK
	switch kind {
	case abi.KindSendRec:
		p.BeginSendRec(f.rs.Endpoint, abi.NoTimeout, &m)
	case abi.KindSend:
		p.BeginSend(f.rs.Endpoint, &m)
	case abi.KindNotify:
		e = p.Notify(f.rs.Endpoint)
	default:
		e = p.SendA(f.rs.Endpoint, 0, &m)
	}
	if e != abi.OK {
		f.t.Errorf("%s could not send: %s", p.Label(), e.Name())
	}
	p.settle()
}

// ready makes services answer that they are initialised.
func (f *fake) ready(labels ...string) {
	for _, l := range labels {
		f.send(f.ep(l), abi.KindSendRec, abi.Msg{Type: abi.RSReady})
		f.task(l).got = nil
	}
}

func named(t abi.MsgType, label string) abi.Msg {
	l, _ := abi.MakeLabel(label)
	m := abi.Msg{Type: t}
	m.Arg[0], m.Arg[1] = abi.PackLabel(l)
	return m
}

// ask sends a request and gives its answer; ok is false when none has come yet.
func (f *fake) ask(from string, m abi.Msg) (answer abi.Msg, ok bool) {
	f.t.Helper()
	t := f.task(from)
	t.got = nil
	m.Arg[6] = 4711
	f.send(f.ep(from), abi.KindSendRec, m)
	for _, g := range t.got {
		if g.Type == abi.MsgReply && g.Arg[6] == 4711 {
			return g, true
		}
	}
	return answer, false
}

// errno is the error that a request is answered with.
func (f *fake) answer(from string, m abi.Msg) abi.Errno {
	f.t.Helper()
	a, ok := f.ask(from, m)
	if !ok {
		f.t.Fatalf("no answer to %#x", uint32(m.Type))
	}
	return abi.Errno(a.Arg[0])
}

// dead makes a service die.
func (f *fake) dead(label string, cause abi.Cause) {
	f.dies(f.ep(label), cause, 0)
	f.run()
}

// last is the newest event of a kind about a service.
func (f *fake) last(kind abi.EventKind, label string) abi.Event {
	f.t.Helper()
	r := &f.s.events
	for p := r.newest; p != 0; p = r.older[p-1] {
		if e := r.e[p-1]; e.Kind == kind && e.Label.String() == label {
			return e
		}
	}
	f.t.Fatalf("no event %v of %s", kind, label)
	return abi.Event{}
}

func (f *fake) logged(part string) bool {
	for _, l := range f.log {
		if strings.Contains(l, part) {
			return true
		}
	}
	return false
}

// account is what a service's tasks are on.
func (f *fake) account(label string) abi.AccountSpec {
	f.t.Helper()
	return *f.m.Account(f.task(label).Spec.Account)
}

// grant has a service let the server write to b.
func (f *fake) grant(from string, b []byte) (id uint64, revoke func()) {
	f.t.Helper()
	g := f.task(from).Gate()
	n, ok := g.Grant(f.rs.Endpoint, b, abi.GrantWrite)
	if !ok {
		f.t.Fatal("all grants are taken")
	}
	return uint64(n), func() { g.Revoke(n) }
}

func (f *fake) rows(from string) []abi.ServiceStatus {
	f.t.Helper()
	rows := make([]abi.ServiceStatus, 64)
	id, revoke := f.grant(from, rowBytes(rows))
	defer revoke()
	a, ok := f.ask(from, abi.Msg{Type: abi.RSStatus, Arg: [7]uint64{id, uint64(len(rowBytes(rows)))}})
	if !ok || a.Arg[0] != 0 {
		f.t.Fatalf("status: %v, %d", ok, a.Arg[0])
	}
	return rows[:a.Arg[1]]
}
