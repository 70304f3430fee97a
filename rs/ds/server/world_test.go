package server

import (
	"fmt"
	"testing"
	"time"

	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
	"bennu/kernel/keep"
	"bennu/rs/ds/store"
)

// died is the panic by which a life ends in the middle of a call of the machine.
type died struct{}

// machine is everything around the server: kept memory as the kernel keeps it, RS, and clients' memory. The kill-th call from now on ends the life,
// before it does anything or after it has.
type machine struct {
	t   *testing.T
	mem []byte
	h   abi.KeptHeader

	reading uint64
	now     time.Duration
	calls   int
	kill    int  // 0: never
	after   bool // the call is done first

	rows     []abi.ServiceStatus
	list     []abi.Event
	labels   map[abi.Endpoint]string
	grants   map[abi.GrantID][]byte
	notified map[abi.Endpoint]int
	memory   func(id abi.GrantID, flags uint32) []byte // of clients that are elsewhere; nil: in grants
	answers  []answer
	lines    []string
}

type answer struct {
	m    abi.Msg
	e    abi.Errno
	args [5]uint64
}

func newMachine(t *testing.T, bank int) *machine {
	m := &machine{t: t, mem: make([]byte, abi.PageSize+2*bank), labels: map[abi.Endpoint]string{}, grants: map[abi.GrantID][]byte{}, notified: map[abi.Endpoint]int{}}
	m.h = abi.KeptHeader{Magic: abi.KeptMagic, Size: uint64(len(m.mem)), BankSize: uint64(bank)}
	m.h.Bank[0].Start, m.h.Bank[1].Start = abi.PageSize, abi.PageSize+uint64(bank)
	m.show()
	return m
}

func (m *machine) show() { copy(m.mem, abi.Bytes(&m.h)) }

// call is one call of the machine.
func (m *machine) call(do func()) {
	m.now++
	m.calls++
	end := m.kill != 0 && m.calls == m.kill
	if end && !m.after {
		panic(died{})
	}
	do()
	if end {
		panic(died{})
	}
}

func (m *machine) Kept() []byte { return m.mem }

func (m *machine) KeepStage(offset uint64, b []byte) (e abi.Errno) {
	m.call(func() {
		k := &m.h.Bank[1-m.h.Current]
		if offset+uint64(len(b)) > m.h.BankSize {
			e = abi.EINVAL
			return
		}
		k.Number, k.Snapshot, k.Log = 0, 0, 0
		copy(m.mem[k.Start+offset:], b)
		m.show()
	})
	return e
}

func (m *machine) KeepFlip(length uint64) abi.Errno {
	m.call(func() {
		m.h.Current = 1 - m.h.Current
		k := &m.h.Bank[m.h.Current]
		k.Number, k.Snapshot = m.h.Bank[1-m.h.Current].Number+1, length
		m.h.Blame = abi.KeptBlame{Deaths: m.h.Blame.Deaths}
		m.show()
	})
	return abi.OK
}

func (m *machine) KeepAppend(b []byte, consume bool) (e abi.Errno) {
	if consume {
		m.t.Error("only RS consumes")
	}
	m.call(func() {
		k := &m.h.Bank[m.h.Current]
		at, grow := (k.Snapshot+7)&^7+k.Log, (uint64(len(b))+7)&^7
		if k.Number == 0 || at+grow > m.h.BankSize {
			e = abi.ENOSPC
			return
		}
		copy(m.mem[k.Start+at:], b)
		k.Log += grow
		m.show()
	})
	return e
}

func (m *machine) KeepReading(at uint64) { m.reading = at }

func (m *machine) KeepSettled() abi.Errno {
	m.call(func() { m.h.Unsettled, m.h.Blame = 0, abi.KeptBlame{}; m.show() })
	return abi.OK
}

// pages is where the kernel's code writes the header.
type pages []byte

func (p pages) Page(int) []byte { return p }

// died notes how a life has ended, by the kernel's own code.
func (m *machine) died(r abi.DeathRecord) {
	var a keep.Area
	a.Begin(3, make(pages, abi.PageSize))
	a.Born()
	a.Header = m.h
	a.Died(&r, m.reading)
	m.h = a.Header
	m.show()
}

func (m *machine) Now() time.Duration { return m.now }

func (m *machine) LabelOf(ep abi.Endpoint) (l abi.Label, e abi.Errno) {
	m.call(func() {
		var ok bool
		if l, ok = abi.MakeLabel(m.labels[ep]); !ok {
			e = abi.ESRCH
		}
	})
	return l, e
}

func (m *machine) Operator(ep abi.Endpoint) bool { return m.labels[ep] == "shell" }

func (m *machine) CopyFrom(_ abi.Endpoint, id abi.GrantID, offset uint64, b []byte) (e abi.Errno) {
	m.call(func() {
		g, ok := m.granted(id, abi.GrantRead)
		switch {
		case !ok:
			e = abi.EPERM
		case offset+uint64(len(b)) > uint64(len(g)):
			e = abi.EPERM
		default:
			copy(b, g[offset:])
		}
	})
	return e
}

func (m *machine) CopyTo(_ abi.Endpoint, id abi.GrantID, offset uint64, b []byte) (e abi.Errno) {
	m.call(func() {
		g, ok := m.granted(id, abi.GrantWrite)
		if !ok || offset+uint64(len(b)) > uint64(len(g)) {
			e = abi.EPERM
			return
		}
		copy(g[offset:], b)
	})
	return e
}

func (m *machine) granted(id abi.GrantID, flags uint32) ([]byte, bool) {
	if m.memory != nil {
		g := m.memory(id, flags)
		return g, g != nil
	}
	g, ok := m.grants[id]
	return g, ok
}

func (m *machine) Notify(to abi.Endpoint) abi.Errno {
	m.call(func() { m.notified[to]++ })
	return abi.OK
}

func (m *machine) Answer(r *abi.Msg, e abi.Errno, args ...uint64) {
	m.call(func() {
		a := answer{m: *r, e: e}
		copy(a.args[:], args)
		m.answers = append(m.answers, a)
	})
}

func (m *machine) Log(pairs ...string) abi.Errno {
	m.lines = append(m.lines, fmt.Sprint(pairs))
	return abi.OK
}

func (m *machine) Status(rows []abi.ServiceStatus) (n int, e abi.Errno) {
	m.call(func() { n = copy(rows, m.rows) })
	return len(m.rows), e
}

func (m *machine) Events(rows []abi.Event, first uint64) (n int, next, lost uint64, e abi.Errno) {
	m.call(func() {
		for next = first; next < uint64(len(m.list)) && n < len(rows); n++ {
			rows[n] = m.list[next]
			next++
		}
	})
	return n, next, 0, abi.OK
}

func (m *machine) Watch(uint64) abi.Errno {
	m.call(func() {})
	return abi.OK
}

// lives has a service be ready, in RS's table and as an event.
func (m *machine) lives(label string, ep abi.Endpoint) {
	l, _ := abi.MakeLabel(label)
	m.labels[ep] = label
	m.state(label, abi.ServiceRunning, ep)
	m.list = append(m.list, abi.Event{Seq: uint64(len(m.list)), Kind: abi.EventReady, Label: l, Endpoint: ep, Incarnation: ep.Generation()})
}

func (m *machine) state(label string, st abi.ServiceState, ep abi.Endpoint) {
	l, _ := abi.MakeLabel(label)
	for i := range m.rows {
		if m.rows[i].Label == l {
			m.rows[i].State, m.rows[i].Endpoint, m.rows[i].Incarnation = st, ep, ep.Generation()
			return
		}
	}
	m.rows = append(m.rows, abi.ServiceStatus{Label: l, State: st, Endpoint: ep, Incarnation: ep.Generation()})
}

// ends has its life be over; down: it was taken down.
func (m *machine) ends(label string, ep abi.Endpoint, down bool) {
	l, _ := abi.MakeLabel(label)
	delete(m.labels, ep)
	m.list = append(m.list, abi.Event{Seq: uint64(len(m.list)), Kind: abi.EventDeath, Label: l, Endpoint: ep})
	m.state(label, abi.ServiceBackoff, abi.None)
	if down {
		m.list = append(m.list, abi.Event{Seq: uint64(len(m.list)), Kind: abi.EventDown, Label: l, Endpoint: abi.None})
		m.state(label, abi.ServiceDown, abi.None)
	}
}

// run does something of a server's; ended: the life is over.
func run(do func()) (ended bool) {
	defer func() {
		switch v := recover(); v.(type) {
		case nil:
		case died:
			ended = true
		default:
			panic(v)
		}
	}()
	do()
	return false
}

// begin begins a life that nothing ends.
func (m *machine) begin() *Server {
	m.t.Helper()
	m.kill = 0
	s, e := New(m)
	if e != abi.OK {
		m.t.Fatal(e.Name())
	}
	if err := whole(s.store); err != nil {
		m.t.Fatal(err)
	}
	return s
}

// whole tells whether a store is one that its snapshot makes again.
func whole(s *store.Store) error {
	_, err := store.Restore(s.Append(nil), s.Limits())
	return err
}

// Clients of the tests.
var (
	alice = abi.MakeEndpoint(5, 1)
	bob   = abi.MakeEndpoint(6, 1)
	root  = abi.MakeEndpoint(7, 1) // the operator
)

func usual(t *testing.T, bank int) *machine {
	m := newMachine(t, bank)
	m.lives("ds", abi.MakeEndpoint(4, 1))
	m.lives("alice", alice)
	m.lives("bob", bob)
	m.lives("shell", root)
	return m
}

// request makes messages; their texts are in grants.
func (m *machine) request(from abi.Endpoint, t abi.MsgType, key, value string, flags ds.Flags) *abi.Msg {
	g := make([]byte, ds.EntrySize+ds.MaxValue)
	copy(g, key+value)
	id := abi.GrantID(len(m.grants) + 1)
	m.grants[id] = g
	r := &abi.Msg{Source: from, Type: t, Arg: [7]uint64{uint64(id), ds.Lengths(len(key), len(value)), uint64(flags), 0, 0, 0, uint64(id)}}
	switch t {
	case ds.Retrieve, ds.List:
		r.Arg[1] = ds.Lengths(len(key), len(g))
	case ds.Check: // flags: the subscription
		r.Arg = [7]uint64{uint64(flags), 0, uint64(id), ds.EntrySize, 0, 0, uint64(id)}
	}
	return r
}

// ask makes a request of a life that nothing ends.
func (m *machine) ask(s *Server, r *abi.Msg) answer {
	m.t.Helper()
	n := len(m.answers)
	s.Request(r)
	if len(m.answers) != n+1 {
		m.t.Fatalf("%#x: %d answers", r.Type, len(m.answers)-n)
	}
	return m.answers[n]
}

// entry is the row that an answer has put into a request's grant.
func (m *machine) entry(r *abi.Msg) (e ds.Entry, value string) {
	g := m.grants[abi.GrantID(r.Arg[6])]
	n := copy(abi.Bytes(&e), g)
	return e, string(g[n : n+int(min(e.ValueLen, ds.MaxValue))])
}
