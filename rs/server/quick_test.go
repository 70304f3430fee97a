package server

import (
	"testing"

	"bennu/kernel/abi"
	kernel "bennu/kernel/fake"
)

// A turn that changes nothing has no record, whatever the turn before had: what records cost, everybody would pay who asks.
func TestLookupHasNoRecord(t *testing.T) {
	f := boot(t, "service a { burst none; period none; };")
	f.ready("a")
	a, _ := abi.MakeLabel("a")
	x, y := abi.PackLabel(a)
	for n := range 3 {
		f.s.changed(&f.s.table[0], partWatch) // this turn has one
		for k := range 3 {
			before := f.s.writer.Since()
			if e := f.answer("a", abi.Msg{Type: abi.RSLookup, Arg: [7]uint64{x, y}}); e != abi.OK {
				t.Fatal(e.Name())
			}
			if got, want := f.s.writer.Since()-before, map[bool]int{true: 1, false: 0}[k == 0]; got != want {
				t.Fatalf("round %d, lookup %d: %d records, want %d", n, k, got, want)
			}
		}
	}
}

// Where the server ends with a request in hand, its next life answers that before it looks for what nobody knows; and it does look, though nothing
// else happens.
func TestAnswersBeforeItSweeps(t *testing.T) {
	w := newWorld(t, 1, fourServices, func(*actor) {})
	w.readyAll()
	asked, answered := false, false
	early, swept := 0, 0
	w.kill = func(c kernel.Call) bool {
		switch sweeps := c.Nr == abi.CallGetInfo && abi.InfoKind(c.Arg[0]) == abi.InfoImage; {
		case !asked:
		case w.rs.Info.Incarnation == 0 && c.Nr == abi.CallSendNB: // the life that has received it
			w.m.RootDies(abi.DeathRecord{Cause: abi.CauseKilled})
			return true
		case c.Nr == abi.CallSendNB:
			answered = true
		case sweeps && answered:
			swept++
		case sweeps:
			early++
		}
		return false
	}
	w.twice = true
	a := w.find("a")
	a.rest()
	if asked = true; !a.ask(a.request(abi.RSLookup, "b"), abi.KindSendRec) {
		t.Fatal("it cannot ask")
	}
	w.serve()
	if !answered || early+swept > 0 || !w.s.sweeping {
		t.Errorf("answered: %v; it has looked for images %d times before and %d times after that, and will: %v", answered, early, swept, w.s.sweeping)
	}
	w.pass(2 * sweepRest)
	if w.serve(); w.s.sweeping || swept == 0 {
		t.Errorf("after its rest it has looked for images %d times, and will: %v", swept, w.s.sweeping)
	}
}
