package server

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
	kernel "bennu/kernel/fake"
	"bennu/rs/kept"
	"bennu/rs/policy"
)

// ends ends the server's life, and the next one does all that is there.
func (w *world) ends(cause abi.Cause) {
	w.twice = true
	w.rootEnds(cause)
	w.serve()
}

// spoil changes a byte of a bank's snapshot.
func (w *world) spoil(current bool) {
	var h abi.KeptHeader
	mem := w.m.Kept(abi.AccountRoot)
	copy(abi.Bytes(&h), mem)
	b := h.Bank[h.Current]
	if !current {
		b = h.Bank[1-h.Current]
	}
	mem[b.Start+b.Snapshot/2] ^= 1
}

// newest is the newest event of the server's own with a kind.
func (w *world) newest(kind abi.EventKind) *abi.Event {
	w.s.events.load()
	for p := w.s.events.newest; p != 0; p = w.s.events.older[p-1] {
		if e := &w.s.events.e[p-1]; e.Kind == kind && e.Label == ownLabel {
			return e
		}
	}
	return nil
}

// Each rung is taken when what is above cannot be believed, and everybody lives on. What was lost is an event, no number of an event is given twice.
func TestRungs(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(w *world)
		rung  kept.Rung
		lost  bool
	}{
		{"all is there", func(*world) {}, kept.Latest, false},
		{"lives ended before they had restored it, at one place", func(w *world) { w.unsettled(3, alike) }, kept.WithoutLast, true},
		{"and again", func(w *world) { w.unsettled(6, alike) }, kept.Before, true},
		{"and again and again", func(w *world) { w.unsettled(9, alike) }, kept.Nothing, true},
		{"twice at one place", func(w *world) { w.unsettled(2, alike) }, kept.Latest, false},
		{"at different places", func(w *world) { w.unsettled(Patience-1, different) }, kept.Latest, false},
		{"at too many places", func(w *world) { w.unsettled(Patience, different) }, kept.WithoutLast, true},
		{"at far too many places", func(w *world) { w.unsettled(kept.Most(Patience), different) }, kept.Nothing, true},
		{"before they had begun to read", func(w *world) { w.unsettled(8, unread) }, kept.Latest, false},
		{"by somebody who has changed them", func(w *world) { w.unsettled(8, changed) }, kept.Latest, false},
		{"by somebody else", func(w *world) { w.unsettled(8, killed) }, kept.Latest, false},
		{"a record cannot be done again, all numbers are known", func(w *world) {
			w.s.writer.Append(w.record(99), false)
			w.s.writer.Append(w.s.appendGlobals(w.record(itemGlobals)), false)
		}, kept.Latest, true},
		{"nor can the first, all numbers are known", func(w *world) {
			w.s.snapshot(nil)
			w.s.writer.Append(w.record(itemRow, 77, 0), false)
		}, kept.Latest, true},
		{"the snapshot is damaged", func(w *world) { w.spoil(true) }, kept.Before, true},
		{"both are", func(w *world) { w.spoil(true); w.spoil(false) }, kept.Nothing, true},
		{"all is", func(w *world) { clear(w.m.Kept(abi.AccountRoot)[abi.PageSize:]) }, kept.Nothing, true},
	} {
		w := newWorld(t, 1, fourServices, func(*actor) {})
		w.readyAll()
		for range 2 * snapshotEach { // both banks have something
			w.s.snapshot(nil)
			w.die(w.find("a"), abi.CauseException)
			w.readyAll()
			w.watch(2 * time.Second)
		}
		var before []abi.Endpoint
		for _, a := range w.lives() {
			before = append(before, a.t.Endpoint)
		}
		seq := w.s.events.seq
		c.spoil(w)
		w.ends(abi.CauseException)
		var after []abi.Endpoint
		for _, a := range w.lives() {
			after = append(after, a.t.Endpoint)
		}
		if w.s.own.rung != c.rung || w.s.own.lost != c.lost || fmt.Sprint(before) != fmt.Sprint(after) {
			t.Errorf("%s: rung %v, lost %v, lives %v, were %v", c.name, w.s.own.rung, w.s.own.lost, after, before)
		}
		e := w.newest(abi.EventLost)
		if strings.HasSuffix(c.name, "all numbers are known") && w.newest(abi.EventDeath).Seq != seq {
			t.Errorf("%s: event %d follows, before it were %d", c.name, w.newest(abi.EventDeath).Seq, seq)
		}
		if (e != nil) != c.lost || c.lost && (e.Status != uint64(c.rung) || e.Errno != abi.EIO) || w.newest(abi.EventDeath).Seq < seq {
			t.Errorf("%s: event %+v, death %d, given before up to %d", c.name, e, w.newest(abi.EventDeath).Seq, seq)
		}
		for _, l := range []string{"shell", "a", "b"} {
			if e, _ := w.s.policy.Lookup(policy.ID(w.place(l))); e != abi.OK {
				t.Errorf("%s: %s is %s", c.name, l, e.Name())
			}
		}
		w.ask("shell", abi.RSUp, "late", abi.KindSendRec)
		w.readyAll()
		if w.find("late") == nil || !strings.Contains(strings.Join(w.answered, "\n"), "shell: 0x700 OK") {
			t.Errorf("%s: late is %v; answered %q", c.name, w.find("late"), w.answered)
		}
		w.die(w.find("a"), abi.CauseException)
		w.watch(2 * time.Second)
		same(t, w.s)
		if u := w.m.Use(); u.Images != 4 || u.Slots != 5 {
			t.Errorf("%s: in use %+v", c.name, u)
		}
	}
}

// How lives end before they have restored anything.
const (
	alike     = iota // at one place in what they read
	different        // at another one each
	unread           // before they read
	changed          // a tracer has changed them
	killed
)

// An image that the state has and the kernel does not is made again at the next start, and nobody else's is touched.
func TestImageIsMadeAgain(t *testing.T) {
	w := newWorld(t, 1, fourServices, func(*actor) {})
	w.readyAll()
	b := &w.s.table[w.place("b")]
	m := &w.s.images[b.program]
	others := w.s.images[w.s.table[w.place("a")].program].id
	w.m.Image(m.id).Freed = true
	w.die(w.find("b"), abi.CauseException)
	w.readyAll()
	w.watch(3 * time.Second)
	if w.find("b") == nil || !w.s.sound(m) || w.s.images[w.s.table[w.place("a")].program].id != others {
		t.Errorf("b is %v, its image %+v", w.find("b"), *m)
	}
	same(t, w.s)
}

// unsettled has so many lives end before they have restored anything.
func (w *world) unsettled(n, how int) {
	w.m.RootDies(abi.DeathRecord{Cause: abi.CauseKilled}) // this life has settled
	for i := range n {
		if how != unread {
			w.m.Root().Gate().KeepReading(uint64(kept.Choose(w.m.Kept(abi.AccountRoot), Patience)+1) << abi.WayShift)
		}
		r := abi.DeathRecord{Cause: abi.CauseException}
		switch how {
		case different:
			r.Regs.RIP = uint64(i)
		case killed:
			r.Cause = abi.CauseKilled
		case changed:
			x := w.find("shell").t
			x.Priv().CallMask |= abi.CallBit(abi.CallTrace)
			x.Priv().MayTrace(abi.AccountRoot)
			if _, e := x.Gate().Trace(abi.TracePoke1, w.rs.Endpoint, abi.RAMBase, 0); e != abi.OK {
				w.t.Fatal(e.Name())
			}
		}
		w.m.RootDies(r)
	}
	w.m.RootDies(abi.DeathRecord{Cause: abi.CauseKilled}) // it says nothing
}

// A request that ends lives of the server is answered EIO, whatever it was sent by; the next one is handled. The one in this test ends them where it is
// done, and it is kept by then: once as it came, and where it is done again until its record is not believed any more.
func TestDeadlyRequest(t *testing.T) {
	for _, kind := range []abi.ReceiveKind{abi.KindSendRec, abi.KindSendA, abi.KindSend} {
		w := newWorld(t, 1, fourServices, func(*actor) {})
		w.readyAll()
		ended := 0
		w.kill = func(c kernel.Call) bool {
			if c.Nr != abi.CallSendNB || w.rs.CallArea().Msg.Type != abi.RSStop || c.To() != w.find("a").t.Endpoint || ended == 5 {
				return false
			}
			ended++
			w.m.RootDies(abi.DeathRecord{Cause: abi.CauseException, Vector: 14})
			return true
		}
		w.twice = true
		w.ask("shell", abi.RSDown, "a", kind)
		w.kill = nil
		w.readyAll()
		if ended != 1+3 || fmt.Sprint(w.answered) != "[shell: 0x701 EIO deadly]" || w.find("a") == nil {
			t.Errorf("kind %d: %d lives ended, answered %q", kind, ended, w.answered)
		}
		w.ask("shell", abi.RSDown, "b", kind)
		w.readyAll()
		if len(w.answered) != 2 || w.find("b") != nil {
			t.Errorf("kind %d: the next: %q", kind, w.answered)
		}
	}
}

// A death record that two lives of the server have ended with is not looked at by the third: that service is given up, another one that died at the same
// time comes back.
func TestDeadlyRecord(t *testing.T) {
	w := newWorld(t, 1, fourServices, func(*actor) {})
	w.readyAll()
	ended := 0
	w.kill = func(c kernel.Call) bool {
		var s abi.TaskSpec
		if c.Nr != abi.CallTaskCreate {
			return false
		}
		if copy(abi.Bytes(&s), w.rs.CallArea().Buf[:]); s.Label.String() != "b" {
			return false
		}
		ended++
		w.m.RootDies(abi.DeathRecord{Cause: abi.CauseException, Vector: 14})
		return true
	}
	w.die(w.find("a"), abi.CauseException)
	w.die(w.find("b"), abi.CauseException)
	w.readyAll()
	// Once as it came, without a note of that, and twice with.
	if ended != 1+tryTwice || w.find("a") == nil || w.find("b") != nil {
		t.Errorf("%d lives ended, a %v, b %v", ended, w.find("a"), w.find("b"))
	}
	if s := w.s.policy.Doing(policy.ID(2)); s != abi.WhyFailed {
		t.Errorf("b: %v", s)
	}
	w.kill = nil
	w.ask("shell", abi.RSRestart, "b", abi.KindSendRec)
	if w.readyAll(); w.find("b") == nil {
		t.Errorf("restart: %q", w.answered)
	}
	same(t, w.s)
}

// The server's own row tells its deaths, and from what it goes on.
func TestOwnRow(t *testing.T) {
	w := newWorld(t, 1, fourServices, func(*actor) {})
	w.readyAll()
	for n, c := range []struct {
		cause  abi.Cause
		reason abi.Reason
	}{{abi.CauseException, abi.ReasonException}, {abi.CauseExit, abi.ReasonExit}, {abi.CauseKilled, abi.ReasonKilled}, {abi.CauseHang, abi.ReasonHang}} {
		w.m.Pass(w.m.Now() + 5)
		w.ends(c.cause)
		var row abi.ServiceStatus
		w.s.ownRow(&row)
		words := string(row.Words[:row.WordsLen])
		if row.Label != ownLabel || row.Incarnation != uint32(n+1) || row.Deaths != uint32(n+1) || row.LastReason != c.reason || !strings.HasPrefix(words, "restored: latest, ") {
			t.Errorf("after %v: %+v, %q", c.cause, row, words)
		}
		if e := w.newest(abi.EventDeath); e.Reason != c.reason || e.Incarnation != uint32(n) || e.Endpoint != abi.None {
			t.Errorf("after %v: %+v", c.cause, e)
		}
		w.readyAll()
		warm := uint32(n % 2)
		if e := w.newest(abi.EventReady); row.Warm != warm || e.Warm != warm || e.Incarnation != uint32(n+1) {
			t.Errorf("after %v: it began warm: %d in its row, want %d, and ready was %+v", c.cause, row.Warm, warm, e)
		}
		if n%2 == 0 { // the next life begins with a snapshot
			w.m.Snapshots = map[abi.AccountID]abi.Errno{abi.AccountRoot: abi.OK}
		} else {
			w.m.Snapshots = nil
		}
		a := w.find("b")
		a.rest()
		m := named(abi.RSLookup, "rs")
		a.t.BeginSendRec(w.rs.Endpoint, abi.NoTimeout, &m)
		for w.turn() {
		}
		if _, e, ok := a.t.Took(&m); !ok || e != abi.OK || abi.Endpoint(m.Arg[1]) != w.rs.Endpoint || m.Arg[2] != uint64(n+1) {
			t.Errorf("after %v: its lookup finds %v, %v, want endpoint %d, incarnation %d", c.cause, m.Arg, ok, w.rs.Endpoint, n+1)
		}
	}
}

// place is a service's in the table.
func (w *world) place(label string) int {
	l, _ := abi.MakeLabel(label)
	return w.s.byLabel(l)
}

// The server misbehaves when an operator says so, once, and the answer is not lost, whenever it is taken.
func TestMisbehaves(t *testing.T) {
	for _, kind := range []abi.ReceiveKind{abi.KindSendRec, abi.KindSendA} {
		w := newWorld(t, 1, fourServices, func(*actor) {})
		w.readyAll()
		ended := 0
		w.kill = func(c kernel.Call) bool {
			if c.Nr == abi.CallExit {
				ended++
				w.m.RootDies(abi.DeathRecord{Cause: abi.CauseExit, Status: c.Arg[0]})
			}
			return c.Nr == abi.CallExit
		}
		for i, from := range []string{"a", "shell"} { // who is no operator first
			a := w.find(from)
			a.rest()
			m := a.request(abi.RSFault, "rs")
			m.Arg[2] = uint64(abi.FaultKill)
			a.ask(m, kind)
			for w.turn() { // and it does not listen meanwhile
			}
			if ended != i {
				t.Fatalf("asked by %s: %d lives ended", from, ended)
			}
		}
		w.readyAll()
		slices.Sort(w.answered)
		if got := fmt.Sprint(w.answered); got != "[a: 0x718 EPERM not-operator shell: 0x718 OK none]" || w.rs.Info.Incarnation != 1 || ended != 1 {
			t.Errorf("kind %d: answered %s, incarnation %d, %d lives ended", kind, got, w.rs.Info.Incarnation, ended)
		}
	}
}

// record is one with these items, as a turn of the server that has no events would write it.
func (w *world) record(items ...byte) []byte {
	return append(le.AppendUint64([]byte{recordFirst | recordLast | recordDone}, w.s.events.seq), items...)
}
