package server

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"bennu/drivers/protocol/ds"
	"bennu/kernel/abi"
	"bennu/rs/kept"
)

const bank = 64 << 10

// have looks what is under a key.
func (m *machine) have(s *Server, who abi.Endpoint, key string) (string, abi.Errno) {
	m.t.Helper()
	r := m.request(who, ds.Retrieve, key, "", 0)
	a := m.ask(s, r)
	if a.e != abi.OK {
		return "", a.e
	}
	_, v := m.entry(r)
	return v, abi.OK
}

func TestEntriesOutliveTheStore(t *testing.T) {
	m := usual(t, bank)
	s := m.begin()
	for i := range 600 { // more than one snapshot's worth
		r := m.request(alice, ds.Publish, fmt.Sprint("k", i%20), fmt.Sprint("v", i), ds.TypeString|ds.Overwrite)
		if a := m.ask(s, r); a.e != abi.OK {
			t.Fatalf("%d: %s", i, a.e.Name())
		}
	}
	if m.h.Bank[m.h.Current].Number < 3 {
		t.Errorf("%d snapshots of 600 changes", m.h.Bank[m.h.Current].Number)
	}
	s = m.begin()
	for i := 580; i < 600; i++ {
		if v, e := m.have(s, bob, fmt.Sprint("k", i%20)); v != fmt.Sprint("v", i) {
			t.Errorf("k%d: %q, %s", i%20, v, e.Name())
		}
	}
	if len(m.lines) != 0 {
		t.Errorf("it says %q", m.lines)
	}
}

// A log that is full before a snapshot is due is no end.
func TestFullLog(t *testing.T) {
	m := usual(t, bank)
	s := m.begin()
	for i := range 100 { // of 1.5 KiB each
		value := strings.Repeat(fmt.Sprint(i%10), 1400)
		if a := m.ask(s, m.request(alice, ds.Publish, "k", value, ds.TypeString|ds.Overwrite)); a.e != abi.OK {
			t.Fatalf("%d: %s", i, a.e.Name())
		}
		if v, _ := m.have(m.begin(), bob, "k"); v != value {
			t.Fatalf("%d: the next life has another value", i)
		}
	}
}

// State is private, survives a death of who keeps it, and goes when that is taken down, whenever the store hears of it.
func TestState(t *testing.T) {
	for _, while := range []string{"it lives", "it is dead"} {
		m := usual(t, bank)
		s := m.begin()
		keep := &abi.Msg{Source: alice, Type: ds.Keep, Arg: [7]uint64{2: 7, 5: 9}}
		l, _ := abi.MakeLabel("clock")
		keep.Arg[0], keep.Arg[1] = abi.PackLabel(l)
		recall := *keep
		recall.Type = ds.Recall
		want := func(what string, from abi.Endpoint, e abi.Errno) {
			t.Helper()
			r := recall
			r.Source = from
			if a := m.ask(s, &r); a.e != e || e == abi.OK && a.args != [5]uint64{7, 0, 0, 9} {
				t.Errorf("while %s, %s: %s, %v", while, what, a.e.Name(), a.args)
			}
		}
		if a := m.ask(s, keep); a.e != abi.OK {
			t.Fatal(a.e.Name())
		}
		want("its own", alice, abi.OK)
		want("another's of that name", bob, abi.ESRCH)
		if _, e := m.have(s, bob, "alice/clock"); e != abi.EPERM {
			t.Errorf("another reads it: %s", e.Name())
		}
		m.ends("alice", alice, false)
		next := abi.MakeEndpoint(5, 2)
		m.lives("alice", next)
		want("after a death", next, abi.OK)
		if while == "it is dead" { // the store
			m.ends("alice", next, true)
			m.lives("alice", alice)
			s = m.begin()
		} else {
			m.ends("alice", next, true)
			m.lives("alice", abi.MakeEndpoint(5, 3))
		}
		want("after it was taken down", m.rows[1].Endpoint, abi.ESRCH)
	}
}

// Each life ends at one of the calls that it makes, before or after the call is done, and the next one goes on. Nothing that was acknowledged is lost;
// what was not is there whole or not at all; a subscriber that asks until there is nothing more knows what there is.
func TestDiesAtEachCall(t *testing.T) {
	deaths, begun := 0, 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 5))
		m := usual(t, bank)
		c := &clients{m: m, r: r, acked: map[string]string{}, maybe: map[string][]string{}, known: map[string]string{}}
		var s *Server
		for range 300 {
			m.calls, m.after = 0, r.IntN(2) == 0
			m.kill = 1 + r.IntN(24)
			ended := run(func() {
				if s == nil {
					begun++
					s, _ = New(m)
				}
				for range 4 {
					c.step(s)
				}
			})
			if ended {
				deaths++
				s = nil
				c.died()
			}
		}
		c.check(m.begin())
	}
	if deaths < 2000 || begun < 2000 {
		t.Errorf("%d deaths, %d lives", deaths, begun)
	}
}

// clients is alice, who publishes, and bob, who listens.
type clients struct {
	m     *machine
	r     *rand.Rand
	open  func(answered bool) // the request that is not answered
	acked map[string]string   // what alice was told that it is there
	maybe map[string][]string // what may be there instead, since nobody knows
	known map[string]string   // what bob believes
	heard uint64
	sub   bool
}

func (c *clients) step(s *Server) {
	key := fmt.Sprint("k", c.r.IntN(6))
	value := strings.Repeat(fmt.Sprint(c.r.IntN(1000)), 1+c.r.IntN(8))
	n := len(c.m.answers)
	last := func() *answer {
		if len(c.m.answers) == n {
			return nil
		}
		return &c.m.answers[n]
	}
	var q *abi.Msg
	switch k := c.r.IntN(10); {
	case !c.sub:
		q = c.m.request(bob, ds.Subscribe, "k.", "", ds.Initial|ds.Overwrite)
		c.open = func(bool) {
			if a := last(); a != nil && a.e == abi.OK {
				c.sub, c.heard = true, 0
			}
		}
	case k < 5:
		q = c.m.request(alice, ds.Publish, key, value, ds.TypeString|ds.Overwrite)
		c.open = func(bool) { c.done(key, value, last()) }
	case k < 6:
		q = c.m.request(alice, ds.Delete, key, "", 0)
		c.open = func(bool) { c.done(key, "", last()) }
	default:
		q = c.m.request(bob, ds.Check, "", "", 0)
		q.Arg[1] = c.heard
		c.open = func(bool) {
			if a := last(); a != nil && a.e == abi.OK {
				c.hear(q)
			}
		}
	}
	s.Request(q)
	c.open(true)
	c.open = nil
}

// done takes the answer to a change; "" is: not there.
func (c *clients) done(key, value string, a *answer) {
	if a == nil { // nobody knows
		c.maybe[key] = append(c.maybe[key], value)
		return
	}
	if a.e != abi.OK && a.e != abi.ESRCH {
		c.m.t.Fatalf("%s: %s", key, a.e.Name())
	}
	c.acked[key] = value
	delete(c.maybe, key)
}

func (c *clients) died() {
	if c.open != nil {
		c.open(false)
		c.open = nil
	}
}

func (c *clients) hear(q *abi.Msg) {
	e, v := c.m.entry(q)
	if e.Revision <= c.heard {
		c.m.t.Fatalf("revision %d is told after %d", e.Revision, c.heard)
	}
	c.heard = e.Revision
	switch e.What {
	case ds.Deleted:
		delete(c.known, e.Key())
	case ds.Missed:
		c.m.t.Fatal("something was missed")
	default:
		if v = string(e.Head[:min(e.ValueLen, ds.HeadSize)]); v == "" {
			c.m.t.Fatalf("%s: nothing", e.Key())
		}
		c.known[e.Key()] = v
	}
}

// check looks at the store that is there in the end.
func (c *clients) check(s *Server) {
	t := c.m.t
	for i := range 6 {
		key := fmt.Sprint("k", i)
		v, e := c.m.have(s, alice, key)
		if e != abi.OK {
			v = ""
		}
		good := v == c.acked[key]
		for _, w := range c.maybe[key] {
			good = good || v == w
		}
		if !good {
			t.Fatalf("%s is %q; acknowledged was %q, and perhaps done %q", key, v, c.acked[key], c.maybe[key])
		}
		if !c.sub {
			continue
		}
		for {
			q := c.m.request(bob, ds.Check, "", "", 0)
			q.Arg[1] = c.heard
			if a := c.m.ask(s, q); a.e != abi.OK {
				break
			}
			c.hear(q)
		}
		if c.known[key] != v[:min(len(v), ds.HeadSize)] {
			t.Fatalf("bob believes that %s is %q, it is %q", key, c.known[key], v)
		}
	}
}

// Whatever byte of kept memory is another, the store begins. It has what there was, or it says that it may not, and its subscribers are told.
func TestDamagedMemory(t *testing.T) {
	m := usual(t, bank)
	s := m.begin()
	m.ask(s, m.request(bob, ds.Subscribe, "k.*", "", 0))
	for i := range 5 {
		m.ask(s, m.request(alice, ds.Publish, fmt.Sprint("k", i), "value", ds.TypeString))
	}
	good, h := bytes.Clone(m.mem), m.h
	k := h.Bank[h.Current]
	end := k.Start + (k.Snapshot+7)&^7 + k.Log
	worst := 0
	for at := k.Start; at < end; at++ {
		m.mem, m.h, m.lines = bytes.Clone(good), h, nil
		m.mem[at] ^= 0x5a
		clear(m.notified)
		s := m.begin()
		n := 0
		for i := range 5 {
			if v, e := m.have(s, bob, fmt.Sprint("k", i)); e == abi.OK && v == "value" {
				n++
			} else if e != abi.ESRCH {
				t.Fatalf("byte %d: k%d is %q, %s", at, i, v, e.Name())
			}
		}
		worst = max(worst, 5-n)
		if n < 5 && (len(m.lines) == 0 || m.notified[bob] == 0) {
			t.Fatalf("byte %d: %d entries are lost, and nobody is told: %q, %v", at, 5-n, m.lines, m.notified)
		}
		q := m.request(bob, ds.Check, "", "", 0)
		if a := m.ask(s, q); n < 5 && a.e == abi.OK {
			if e, _ := m.entry(q); e.What != ds.Missed && e.What != ds.Published {
				t.Fatalf("byte %d: bob is told %v", at, e.What)
			}
		} else if n < 5 && a.e != abi.ESRCH {
			t.Fatalf("byte %d: bob is told nothing: %s", at, a.e.Name())
		}
	}
	if worst == 0 {
		t.Error("nothing was ever lost")
	}
}

// A record that ends lives is left out after some, and that is told; so is what was before it.
func TestRungs(t *testing.T) {
	m := usual(t, bank)
	s := m.begin()
	m.ask(s, m.request(alice, ds.Publish, "a", "1", ds.TypeString))
	m.ask(s, m.request(alice, ds.Publish, "b", "1", ds.TypeString))
	for range 3 {
		m.endsInInit(t, func() uint64 { return 1 })
	}
	s = m.begin()
	if v, _ := m.have(s, bob, "a"); v != "1" {
		t.Errorf("a is %q", v)
	}
	if _, e := m.have(s, bob, "b"); e != abi.ESRCH || len(m.lines) != 1 || !strings.Contains(m.lines[0], "without-last") {
		t.Errorf("b: %s, lines %q", e.Name(), m.lines)
	}
	m.lines = nil
	rip := uint64(0)
	ended := 0
	for ; kept.Choose(m.mem, patience) != kept.Nothing; ended++ {
		if ended > kept.Most(patience) {
			t.Fatal("no way down")
		}
		m.endsInInit(t, func() uint64 { rip++; return rip })
	}
	m.lines = nil
	s = m.begin()
	if _, e := m.have(s, bob, "a"); e != abi.ESRCH || !strings.Contains(m.lines[0], "all that was published is lost") || m.notified[bob] == 0 {
		t.Errorf("a: %s, lines %q, notified %v", e.Name(), m.lines, m.notified)
	}
}

// endsInInit has a life end where it has read what was kept, or, if it keeps a snapshot, behind that; at an instruction.
func (m *machine) endsInInit(t *testing.T, rip func() uint64) {
	t.Helper()
	m.reading, m.calls, m.kill = 0, 0, 3 // it looks at all services, takes their events, and watches
	m.after = true
	if kept.Choose(m.mem, patience) != kept.Latest {
		m.kill = 1 + 3 // two calls keep a snapshot
	}
	if !run(func() { New(m) }) || m.reading == 0 {
		t.Fatalf("a life has not ended in Init, or has not read (%#x)", m.reading)
	}
	m.died(abi.DeathRecord{Cause: abi.CauseException, Vector: 13, Regs: abi.Registers{RIP: rip()}})
}

// A life of the store ends in its Init, at each call that it makes there and each time at another instruction, more often than rungs have patience, as long as some come up
// between: what was acknowledged is there. So it is, however often lives end that somebody has changed, or killed, or that have not begun to read.
func TestEndsInInit(t *testing.T) {
	m := usual(t, bank)
	s := m.begin()
	m.ask(s, m.request(alice, ds.Publish, "a", "1", ds.TypeString))
	calls := m.calls
	m.begin()
	calls = m.calls - calls
	rip := uint64(0)
	for round := range 20 {
		for n := range patience - 1 {
			rip++
			m.reading, m.calls, m.kill, m.after = 0, 0, 1+(n+round)%calls, n%2 == 0
			if !run(func() { New(m) }) {
				continue
			}
			m.died(abi.DeathRecord{Cause: abi.CauseException, Vector: 6, Regs: abi.Registers{RIP: rip}})
		}
		s = m.begin()
		if v, e := m.have(s, bob, "a"); v != "1" || len(m.lines) != 0 {
			t.Fatalf("round %d: a is %q, %s; %q", round, v, e.Name(), m.lines)
		}
	}
}

// Too little kept memory, or none, is told; the store works.
func TestNoKeptMemory(t *testing.T) {
	m := usual(t, 4<<10)
	s := m.begin()
	if a := m.ask(s, m.request(alice, ds.Publish, "a", "1", ds.TypeString)); a.e != abi.OK || len(m.lines) != 1 || !strings.Contains(m.lines[0], "too little kept memory") {
		t.Errorf("%s, %q", a.e.Name(), m.lines)
	}
}

func TestLabelsAndNotices(t *testing.T) {
	m := usual(t, bank)
	s := m.begin()
	m.ask(s, m.request(bob, ds.Subscribe, "alice", "", ds.TypeLabel))
	m.ends("alice", alice, false)
	s.News()
	if m.notified[bob] != 1 {
		t.Fatalf("notified %v", m.notified)
	}
	next := abi.MakeEndpoint(5, 2)
	hears := func(what ds.What, after uint64) uint64 {
		t.Helper()
		q := m.request(bob, ds.Check, "", "", 0)
		q.Arg[1] = after
		a := m.ask(s, q)
		e, _ := m.entry(q)
		if a.e != abi.OK || e.What != what || e.Key() != "alice" {
			t.Fatalf("%s, %v %s", a.e.Name(), e.What, e.Key())
		}
		if what == ds.Published && e.Endpoint != next {
			t.Errorf("endpoint %d", e.Endpoint)
		}
		return e.Revision
	}
	at := hears(ds.Deleted, 0)
	m.lives("alice", next) // the store dies before it hears of that
	clear(m.notified)
	s = m.begin()
	if m.notified[bob] == 0 {
		t.Error("bob is not notified by the next life")
	}
	at = hears(ds.Published, at)
	q := m.request(bob, ds.Check, "", "", 0)
	q.Arg[1] = at
	if a := m.ask(s, q); a.e != abi.EAGAIN {
		t.Errorf("%s", a.e.Name())
	}
}

func TestOperators(t *testing.T) {
	m := usual(t, bank)
	s := m.begin()
	m.ask(s, m.request(alice, ds.Publish, "p", "secret", ds.TypeString|ds.Private))
	if _, e := m.have(s, root, "p"); e != abi.EPERM {
		t.Errorf("an operator reads what is private: %s", e.Name())
	}
	q := m.request(root, ds.List, "p", "", 0)
	if a := m.ask(s, q); a.e != abi.OK || a.args[0] != 1 {
		t.Errorf("list: %s, %d", a.e.Name(), a.args[0])
	}
	if e, _ := m.entry(q); e.Key() != "p" || e.ValueLen != 0 || e.Head != [32]byte{} {
		t.Errorf("row %+v", e)
	}
	if a := m.ask(s, m.request(bob, ds.List, "p", "", 0)); a.args[0] != 0 {
		t.Error("another lists it")
	}
	if a := m.ask(s, m.request(bob, ds.Delete, "p", "", 0)); a.e != abi.EPERM || a.args[4] != uint64(ds.WhyNotOwner) {
		t.Errorf("another deletes it: %s", a.e.Name())
	}
	if a := m.ask(s, m.request(root, ds.Delete, "p", "", 0)); a.e != abi.OK {
		t.Errorf("an operator deletes it: %s", a.e.Name())
	}
}

// A neighbour that fills its share takes nothing of another's.
func TestFullShare(t *testing.T) {
	m := usual(t, bank)
	s := m.begin()
	var last answer
	for i := range 1000 {
		if last = m.ask(s, m.request(alice, ds.Publish, fmt.Sprint("x", i), "v", ds.TypeString)); last.e != abi.OK {
			break
		}
	}
	if last.e != abi.ENOSPC || last.args[4] != uint64(ds.WhyKeys) {
		t.Errorf("%s, %q", last.e.Name(), ds.Why(last.args[4]))
	}
	for i := range s.store.Limits().Keys {
		if a := m.ask(s, m.request(bob, ds.Publish, fmt.Sprint("y", i), "v", ds.TypeString)); a.e != abi.OK {
			t.Fatalf("bob's key %d: %s", i, a.e.Name())
		}
	}
}

// Random messages are answered, once each, and change nothing but what they may.
func TestGarbage(t *testing.T) {
	m := usual(t, bank)
	s := m.begin()
	m.ask(s, m.request(alice, ds.Publish, "keep", "this", ds.TypeString|ds.PrivOverwrite))
	r := rand.New(rand.NewPCG(9, 9))
	errnos := map[abi.Errno]int{}
	for range 50_000 {
		g := make([]byte, r.IntN(300))
		for i := range g {
			g[i] = byte(r.IntN(96) + 32)
		}
		m.grants[77] = g
		q := &abi.Msg{Source: []abi.Endpoint{bob, bob, 0, abi.Any, abi.MakeEndpoint(63, 5)}[r.IntN(5)], Type: abi.MsgType(0x1100 + r.IntN(0x20))}
		for i := range q.Arg {
			q.Arg[i] = []uint64{77, uint64(r.IntN(5)), ds.Lengths(r.IntN(90), r.IntN(400)), r.Uint64(), uint64(r.IntN(0x4000)), ^uint64(0)}[r.IntN(6)]
		}
		if r.IntN(2) == 0 {
			q.Arg[0], q.Arg[1], q.Arg[2] = 77, ds.Lengths(1+r.IntN(80), r.IntN(200)), 1<<(4+r.IntN(4))
		}
		n := len(m.answers)
		s.Request(q)
		if len(m.answers) != n+1 {
			t.Fatalf("%+v: %d answers", q, len(m.answers)-n)
		}
		errnos[m.answers[n].e]++
		m.answers = m.answers[:n]
	}
	if v, e := m.have(s, bob, "keep"); v != "this" {
		t.Errorf("keep: %q, %s", v, e.Name())
	}
	if err := whole(s.store); err != nil {
		t.Error(err)
	}
	for _, e := range []abi.Errno{abi.OK, abi.EINVAL, abi.EPERM, abi.ESRCH, abi.E2BIG, abi.ENOSPC, abi.ENOSYS} {
		if errnos[e] == 0 {
			t.Errorf("nothing was answered %s: %v", e.Name(), errnos)
		}
	}
}
