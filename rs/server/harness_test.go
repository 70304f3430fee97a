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

func newFake(t *testing.T, memory uint64, config string) *fake {
	t.Helper()
	f := &fake{
		memory: memory,
		t:      t, now: time.Second, files: map[string]string{ConfName: config}, bad: map[string]bool{},
		tasks: map[abi.Endpoint]*fakeTask{}, images: map[uint32]*fakeImage{}, refuse: map[string][]abi.Errno{},
		grants: map[abi.GrantID][]byte{},
	}
	for _, w := range strings.FieldsFunc(config, func(r rune) bool { return strings.ContainsRune(" \n\t;{}\"", r) }) {
		if w != "missing" {
			f.files[ProgramPath+w] = "ELF of " + w
		}
	}
	return f
}

func (f *fake) start() {
	f.t.Helper()
	s, err := New(f, f)
	if err != nil {
		f.t.Fatal(err)
	}
	f.s = s
	s.Boot()
	f.run()
}

// run lets the server handle all that is there.
func (f *fake) run() {
	for !f.s.Over() && (f.told || len(f.inbox) > 0 || f.alarm > 0 && f.alarm <= f.now || f.s.tickDue) {
		f.s.Turn()
	}
}

// pass lets time go by, alarm by alarm.
func (f *fake) pass(d time.Duration) {
	for end := f.now + d; ; {
		if f.alarm == 0 || f.alarm > end {
			f.now = end
			return
		}
		f.now = max(f.now, f.alarm)
		f.run()
	}
}

// ep is the endpoint of a service's life; None: it has none.
func (f *fake) ep(label string) abi.Endpoint {
	for ep, t := range f.tasks {
		if t.spec.Label.String() == label {
			return ep
		}
	}
	return abi.None
}

func (f *fake) task(label string) *fakeTask {
	f.t.Helper()
	t := f.tasks[f.ep(label)]
	if t == nil {
		f.t.Fatalf("%s has no life", label)
	}
	return t
}

func (f *fake) send(from abi.Endpoint, kind abi.ReceiveKind, m abi.Msg) {
	m.Source = from
	f.inbox = append(f.inbox, arrived{m, kind})
	f.run()
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
	for n := r.n; n > 0; n-- {
		if e := r.e[r.order[n-1]]; e.Kind == kind && e.Label.String() == label {
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

func (f *fake) rows(from string) []abi.ServiceStatus {
	f.t.Helper()
	rows := make([]abi.ServiceStatus, 64)
	f.grants[1] = rowBytes(rows)
	a, ok := f.ask(from, abi.Msg{Type: abi.RSStatus, Arg: [7]uint64{1, uint64(len(f.grants[1]))}})
	if !ok || a.Arg[0] != 0 {
		f.t.Fatalf("status: %v, %d", ok, a.Arg[0])
	}
	return rows[:a.Arg[1]]
}
