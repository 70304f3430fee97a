package server

import (
	"testing"

	"bennu/kernel/abi"
	kernel "bennu/kernel/fake"
)

// When a life begins at once, the server waits for what comes next before it notes what was: the new life runs meanwhile. The notes are
// of the time when it happened, in the order in which it did, and there before anybody who asks.
func TestNotedAfterTheStart(t *testing.T) {
	f := bootUsual(t)
	f.ready("uart")
	seq := f.s.events.seq
	died := f.now()
	f.dies(f.ep("uart"), abi.CauseException, 0)
	f.s.Turn()
	if f.ep("uart") == abi.None || f.s.events.seq != seq {
		t.Fatalf("the new life is %v, %d events were noted before it could run", f.ep("uart"), f.s.events.seq-seq)
	}
	f.busy(7)
	n := f.events("shell", seq)
	if len(n) != 2 || n[0].Kind != abi.EventDeath || n[1].Kind != abi.EventStart || n[0].TimeNS != uint64(died) || n[1].TimeNS != uint64(died) {
		t.Errorf("who asks is told %+v, want a death and a start at %d", n, died)
	}
}

// A life whose start failed is noted at once, as what it was: not as the one that follows it.
func TestFailedStartIsNoted(t *testing.T) {
	f := bootUsual(t)
	f.ready("uart")
	f.ask("shell", named(abi.RSRefresh, "uart"))
	f.refuse["create"] = []abi.Errno{abi.EAGAIN}
	seq := f.s.events.seq
	f.dies(f.ep("uart"), abi.CauseExit, 0)
	f.run()
	n := f.events("shell", seq)
	if len(n) != 3 || n[0].Kind != abi.EventDeath || n[1].Kind != abi.EventDeath || n[2].Kind != abi.EventStart {
		t.Fatalf("told %+v, want two deaths and a start", n)
	}
	if n[1].Endpoint != abi.None || n[1].Incarnation != 1 || n[1].Errno != abi.EAGAIN || n[2].Endpoint != f.ep("uart") || n[2].Incarnation != 2 {
		t.Errorf("the failed start is told as %+v, the next one as %+v", n[1], n[2])
	}
}

// events is what a service that asks is told from number first on.
func (f *fake) events(from string, first uint64) []abi.Event {
	f.t.Helper()
	rows := make([]abi.Event, 8)
	id, revoke := f.grant(from, abi.Bytes((*[8]abi.Event)(rows)))
	defer revoke()
	a, ok := f.ask(from, abi.Msg{Type: abi.RSEvents, Arg: [7]uint64{id, uint64(len(abi.Bytes((*[8]abi.Event)(rows)))), first}})
	if !ok || a.Arg[0] != 0 {
		f.t.Fatalf("events: %v, %v", ok, a.Arg)
	}
	return rows[:a.Arg[1]]
}

// Deaths that come together are taken with one look each.
func TestLooksForDeaths(t *testing.T) {
	f := bootUsual(t)
	f.ready("uart", "tty", "idle")
	looks := 0
	after := f.rs.Hooks.After
	f.rs.Hooks.After = func(c kernel.Call, e abi.Errno, v uint64) {
		if c.Nr == abi.CallGetInfo && abi.InfoKind(c.Arg[0]) == abi.InfoDeath {
			looks++
		}
		after(c, e, v)
	}
	for _, l := range []string{"uart", "tty", "idle"} {
		f.dies(f.ep(l), abi.CauseException, 0)
	}
	seq := f.s.events.seq
	f.run()
	told := f.events("shell", seq)
	for i, l := range []string{"uart", "tty", "idle"} {
		if f.ep(l) == abi.None {
			t.Errorf("%s is not back", l)
		}
		if len(told) != 6 || told[2*i].Kind != abi.EventDeath || told[2*i+1].Kind != abi.EventStart || told[2*i].Label.String() != l || told[2*i+1].Label.String() != l {
			t.Errorf("%s: told %+v", l, told)
		}
	}
	if looks != 3 {
		t.Errorf("%d looks for three records", looks)
	}
}
