package engine

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/outcome"
	"bennu/rs/fi/plan"
)

// kill is a fault that ends the victim.
func kill(when fault.When, lives int) strike {
	return strike{when: when, lives: lives, do: does(func(v fault.Victim) { v.Kill() })}
}

// Deaths at births count; the one that makes room for them does not.
func TestBirths(t *testing.T) {
	for _, c := range []struct {
		lives, faults int
		deaths        uint32
		refused       int
		want          outcome.Outcome
	}{
		{1, 1, 1, 0, outcome.Recovered},
		{2, 1, 2, 0, outcome.RecoveredLate},
		{1, 3, 3, 0, outcome.RecoveredLate},
		{2, 3, 4, 1, outcome.RecoveredLate},
		{1, 10, 4, 6, outcome.RecoveredLate},
	} {
		w := newCaller(t)
		w.run(c.faults, 5, kill(fault.AtBirth, c.lives))
		for _, e := range w.ends() {
			if e.Deaths != c.deaths || e.Outcome != c.want {
				t.Errorf("%d faults of %d lives: %d deaths, %s", c.faults, c.lives, e.Deaths, e.Outcome)
			}
		}
		refused := 0
		for _, f := range w.faults() {
			switch {
			case strings.HasPrefix(f.Words, "not done: as many lives"):
				refused++
			case !f.Activated || f.Words != "done":
				t.Errorf("%+v", f)
			}
		}
		if refused != 5*c.refused {
			t.Errorf("%d faults of %d lives: %d were refused", c.faults, c.lives, refused)
		}
	}
}

// The victim is asked to stop, and dies of the fault instead.
func TestStop(t *testing.T) {
	w := newCaller(t)
	w.went = true
	w.run(2, 5, kill(fault.AtStop, 1))
	if w.early {
		t.Error("it is asked to stop while a call may be under way that is not traced")
	}
	for i, e := range w.ends() {
		if e.Deaths != 1 || e.Reason != abi.ReasonException || e.Outcome != outcome.Recovered {
			t.Errorf("%+v", e)
		}
		if f := w.faults()[2*i : 2*i+2]; !f[0].Activated || f[1].Activated {
			t.Errorf("%+v %+v: one life stops once", f[0], f[1])
		}
	}
}

// Others that a fault kills are no collateral, however many they are; others that die of themselves are.
func TestTwo(t *testing.T) {
	both := strike{when: fault.AtOnce, do: does(func(v fault.Victim) {
		v.KillAnother()
		v.Kill()
	})}
	var w *caller
	tried := 0 // before the other was back
	back := func() {
		tried += w.e.b.rounds
		w.e.Happened("kbd", &abi.Event{Kind: abi.EventReady})
	}
	w = newCaller(t)
	w.later(func() {
		for range 2 {
			w.e.Happened("kbd", &abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonException})
		}
		w.much(back)
	})
	w.run(2, 1, both)
	if e := w.ends()[0]; e.Outcome != outcome.Recovered || len(e.Collaterals) != 0 {
		t.Errorf("%s %v", e.Outcome, e.Collaterals)
	}
	w = newCaller(t)
	w.later(func() {
		for range 2 {
			w.e.Happened("kbd", &abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonException})
		}
		w.much(back)
	})
	w.run(1, 1, both)
	if tried != 0 {
		t.Error("the victim was tried while what it may need was down")
	}
	if e := w.ends()[0]; e.Outcome != outcome.Collateral || len(e.Collaterals) != 1 {
		t.Errorf("%s %v", e.Outcome, e.Collaterals)
	}
}

// A ceiling is lifted when the life ends, else when the block does.
func TestCeiling(t *testing.T) {
	w := newCaller(t)
	w.run(1, 2, strike{when: fault.AtOnce, do: does(func(v fault.Victim) { v.Ceiling(v.Pages()); v.Kill() })})
	w.lifted(t, "with a death")
	w = newCaller(t)
	w.kind = plan.Carry
	w.run(1, 2, strike{when: fault.AtOnce, do: does(func(v fault.Victim) { v.Ceiling(v.Pages()) })})
	w.lifted(t, "without")
	lifted := false
	w = newCaller(t)
	w.world.born = func() bool { lifted = len(w.ceil) == 2; return false }
	w.run(1, 1, strike{when: fault.AtOnce, do: does(func(v fault.Victim) { v.Ceiling(v.Pages()); v.Kill() })})
	if !lifted {
		t.Error("the next life begins under the ceiling")
	}
}

// lifted looks at the ceilings of two blocks.
func (c *caller) lifted(t *testing.T, name string) {
	if !slices.Equal(c.ceil, []uint64{10, 0, 10, 0}) {
		t.Errorf("%s: ceilings %v", name, c.ceil)
	}
}

// A bit that is watched is activated when it is met, by the life that it was changed in; there is one watch at a time. A life with a bit that was
// not met is not the next block's.
func TestWatch(t *testing.T) {
	var errs []abi.Errno
	watch := strike{when: fault.AtOnce, do: func(v fault.Victim, _ *rand.Rand) (string, abi.Errno) {
		e := v.Watch(0x80000010, abi.TraceWatchAccess, 1)
		errs = append(errs, e)
		return "bit", e
	}}
	w := newCaller(t)
	w.did = func(op int) {
		if op == 5 && w.e.block == 0 && w.e.phase == working {
			w.tell(abi.StopWatch)
		}
	}
	w.run(2, 2, watch)
	f := w.faults()
	if errs[0] != abi.OK || errs[1] != abi.EBUSY || !f[0].Activated || f[0].Words != "bit" || f[1].Activated || f[1].Words != "not done: bit (EBUSY)" {
		t.Errorf("%v: %+v %+v", errs, f[0], f[1])
	}
	if f[2].Activated || errs[2] != abi.OK || w.life != 2 {
		t.Errorf("the second block: %+v, life %d", f[2], w.life)
	}
	ends := w.ends()
	if ends[0].Outcome != outcome.Masked || ends[1].Outcome != outcome.NotActivated {
		t.Errorf("%s, %s", ends[0].Outcome, ends[1].Outcome)
	}
	if w.watches[1] != 0 {
		t.Errorf("the watch is on after it was met: %#x", w.watches)
	}

	w = newCaller(t) // the life dies without having met it
	w.did = func(int) {
		if w.e.phase == trying {
			w.tell(abi.StopWatch)
		}
	}
	n := 0
	w.run(3, 1, strike{when: fault.AtOnce, do: func(v fault.Victim, _ *rand.Rand) (string, abi.Errno) {
		if n++; n == 1 {
			return "bit", v.Watch(0x80000010, abi.TraceWatchAccess, 1)
		}
		return "", v.Kill()
	}})
	if f := w.faults(); f[0].Activated || !f[1].Activated {
		t.Errorf("%+v", f[0])
	}
}

// A life that carries faults of blocks before may die of them before it meets one of this block's: that is no error of the injector's.
func TestDiesOfCarried(t *testing.T) {
	w := newCaller(t)
	w.kind = plan.Carry
	w.did = func(op int) { w.killed = op == 3 && w.e.block == 1 && w.e.phase == working }
	w.run(1, 2, strike{when: fault.AtOnce, do: func(fault.Victim, *rand.Rand) (string, abi.Errno) {
		if w.e.block == 1 {
			return "", abi.ESRCH
		}
		return "done", abi.OK
	}})
	if e := w.ends(); e[0].Outcome != outcome.Masked || e[1].Outcome != outcome.Recovered {
		t.Errorf("%s, %s", e[0].Outcome, e[1].Outcome)
	}
}

// A loop is written over what comes next if that is there, and over the faults that wait there.
func TestJump(t *testing.T) {
	w := newCaller(t)
	w.e = New(w, aPlan(1, 1), []fault.Type{strike{when: fault.AtStop}}, &target{})
	w.e.Start(w.ep, 0)
	loop := []byte{1, 2, 3, 4, 5, 6}
	s := abi.TraceStop{Endpoint: w.ep}
	v := victim{e: w.e, ep: w.ep, stop: &s}
	s.Regs.RIP = base + 20
	w.e.b.sites = map[uint64]int{base + 19: 1, base + 20: 2, base + 25: 3, base + 26: 4}
	if e := v.Jump(loop); e != abi.OK || string(w.text[20:26]) != string(loop) || len(w.e.b.sites) != 2 {
		t.Errorf("%s: % x, sites %v", e.Name(), w.text[20:26], w.e.b.sites)
	}
	s.Regs.RIP = base + sites*size - 3
	was := string(w.text)
	if e := v.Jump(loop); e != abi.EFAULT || string(w.text) != was {
		t.Errorf("at the end of the text: %s", e.Name())
	}
}

// much does f after much else.
func (w *world) much(f func()) {
	for range 20 {
		after := f
		f = func() { w.later(after) }
	}
	f()
}
