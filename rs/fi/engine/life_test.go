package engine

import (
	"math/rand/v2"
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/outcome"
)

// finish ends the block that a test is in the middle of.
func (s *steps) finish() {
	s.t.Helper()
	for n := s.e.done; s.e.phase != over; {
		if s.e.done > n {
			return
		}
		switch s.e.phase {
		case working, trying:
			s.e.Worked(Tally{Right: 4})
		case coming:
			s.now = max(s.now, s.e.due)
			s.e.Alarm()
		case checking:
			s.e.Checked(nil)
		default:
			s.t.Fatalf("the block does not end: it is %s", phases[s.e.phase])
		}
	}
}

// A victim that is given up while it is waited for is waited for no longer.
func TestGivenUpInComing(t *testing.T) {
	s := begun(t, aPlan(5, 3))
	s.activate()
	s.dies()
	s.e.Worked(allRight)
	s.in(coming, 1)
	s.event(abi.Event{Kind: abi.EventGiveUp})
	s.in(checking, 1)
	s.e.Checked(nil)
	if s.in(mending, 1); s.end().Outcome != outcome.GaveUp || s.refreshes != 1 {
		t.Errorf("%s, begun again %d times", s.end().Outcome, s.refreshes)
	}
}

// The next life has none of the dead one's breakpoints: one that it meets there is its own, and so is its death.
func TestSitesDie(t *testing.T) {
	s := begun(t, aPlan(5, 3))
	var left uint64
	s.activate()
	for addr := range s.e.b.sites {
		left = addr
	}
	s.dies()
	s.lives()
	stop := abi.TraceStop{Endpoint: s.ep, Why: abi.StopBreak, Vector: 3}
	stop.Regs.RIP = left + 1
	if s.e.Stopped(&stop); s.how != abi.TracePass || s.e.b.seen.Activated != 1 {
		t.Errorf("it goes on by %d, %d activated", s.how, s.e.b.seen.Activated)
	}
}

// A snapshot that was dropped is told as that, one that was made is not.
func TestCold(t *testing.T) {
	for e, want := range map[abi.Errno]outcome.Outcome{abi.OK: outcome.Recovered, abi.EIO: outcome.RecoveredCold} {
		s := begun(t, aPlan(5, 3))
		s.activate()
		s.dies()
		s.event(abi.Event{Kind: abi.EventSnapshot, Errno: e})
		s.lives()
		s.finish()
		if got := s.end().Outcome; got != want {
			t.Errorf("%s: %s, want %s", e.Name(), got, want)
		}
	}
}

// What the record tells of deaths is the first one's; all are counted.
func TestFirstDeath(t *testing.T) {
	s := begun(t, aPlan(5, 3))
	s.activate()
	s.now++
	was := s.ep
	s.event(abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonNoHeartbeat, Endpoint: was, RIP: 11, CR2: 12, Vector: 13, FaultNS: 14})
	s.lives()
	s.event(abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonPanic, Endpoint: s.ep, RIP: 21, CR2: 22, Vector: 23, FaultNS: 24})
	s.lives()
	s.finish()
	if e := s.end(); e.Deaths != 2 || e.Reason != abi.ReasonNoHeartbeat || e.RIP != 11 || e.CR2 != 12 || e.Vector != 13 || e.DeathNS != 14 || e.Outcome != outcome.RecoveredLate {
		t.Errorf("%+v", e)
	}
}

// A death before any fault was activated is the injector's, unless the life carries faults, or the block has asked for it.
func TestDeathWithoutFault(t *testing.T) {
	s := begun(t, aPlan(5, 3))
	s.dies()
	s.lives()
	s.finish()
	if e := s.end(); e.Outcome != outcome.InjectorError || !strings.Contains(e.Words, "before a fault was activated") {
		t.Errorf("%s, %q", e.Outcome, e.Words)
	}
	for _, set := range []func(e *Engine){func(e *Engine) { e.b.stopped = true }, func(e *Engine) { e.mended = false }} {
		s := begun(t, aPlan(5, 3))
		set(s.e)
		s.dies()
		s.lives()
		s.finish()
		if e := s.end(); e.Outcome == outcome.InjectorError {
			t.Errorf("%s, %q", e.Outcome, e.Words)
		}
	}
}

// The death by which a life was ended for a birth does not count, and only that: neither one after it, nor one of a fault that came first.
func TestEndedLife(t *testing.T) {
	for _, first := range []bool{false, true} {
		s := &steps{world: newWorld(t, 3)}
		birth := strike{"birth", fault.AtBirth, 1, nil, func(fault.Victim, *rand.Rand) (string, abi.Errno) { return "done", abi.OK }}
		s.e = New(s, aPlan(6, 3), []fault.Type{birth, kind{[]byte{7}}}, &target{})
		s.e.Start(s.ep, 0)
		if !s.e.b.ended || len(s.e.b.sites) == 0 {
			t.Fatalf("ended %v, %d sites: another seed is needed", s.e.b.ended, len(s.e.b.sites))
		}
		s.queue = nil
		if first {
			s.activate()
		}
		s.dies()
		deaths := 0
		if first {
			deaths++
		}
		if n := s.e.b.seen.Deaths; n != deaths {
			t.Errorf("first %v: %d deaths, want %d", first, n, deaths)
		}
		s.lives()
		s.dies()
		if n := s.e.b.seen.Deaths; n != deaths+1 {
			t.Errorf("first %v: then %d deaths, want %d", first, n, deaths+1)
		}
	}
}

// Of others a death counts, and that RS gave one up; not that it was stopped, nor what has no label.
func TestOthers(t *testing.T) {
	s := begun(t, aPlan(5, 3))
	s.e.Happened("kbd", &abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonStopped})
	s.e.Happened("", &abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonPanic})
	s.e.Happened("kbd", &abi.Event{Kind: abi.EventStart})
	if c := s.e.b.end.Collaterals; len(c) != 0 {
		t.Errorf("%q", c)
	}
	s.e.Happened("kbd", &abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonPanic})
	s.e.Happened("tty", &abi.Event{Kind: abi.EventGiveUp})
	if c := s.e.b.end.Collaterals; len(c) != 2 || c[0] != "kbd: panic" || !strings.HasPrefix(c[1], "tty: ") {
		t.Errorf("%q", c)
	}
}

// Only the faults that the plan has made wait in the victim, and what each draws is of its own.
func TestOnlyWhatIsMade(t *testing.T) {
	p := aPlan(20, 1) // of the last block, that is
	p.SetOnly([]int{2, 7, 19})
	s := begun(t, p)
	planted := 0
	for i := range sites {
		if s.text[i*size] == Breakpoint {
			planted++
		}
	}
	if planted != 3 || len(s.e.b.sites) != 3 {
		t.Errorf("%d breakpoints, %d faults wait, want 3", planted, len(s.e.b.sites))
	}
	drawn := map[uint64]bool{}
	n := 0
	for _, block := range []uint32{0, 1, 2, 20, 255, 256, 257, 65536} {
		s.e.block, s.e.b = block, newBlock()
		s.e.draw()
		for i := range s.e.b.faults {
			drawn[s.e.b.faults[i].rand.Uint64()] = true
			n++
		}
	}
	if len(drawn) != n {
		t.Errorf("%d of %d faults draw what another does", n-len(drawn), n)
	}
}

// noTrace is a world whose kernel refuses what stops the victim's calls.
type noTrace struct{ *steps }

func (n noTrace) Trace(c abi.TraceClass) abi.Errno {
	if c != 0 {
		return abi.EPERM
	}
	return abi.OK
}

// A block whose victim cannot be traced as its faults need is the injector's error, and nothing is asked of the workload.
func TestCannotTrace(t *testing.T) {
	s := &steps{world: newWorld(t, 3)}
	s.e = New(noTrace{s}, aPlan(2, 1), []fault.Type{strike{name: "call", when: fault.AtCall}}, &target{})
	s.e.Start(s.ep, 0)
	if e := s.end(); e.Outcome != outcome.InjectorError || e.Words != "trace: EPERM" || len(s.ops) != 0 {
		t.Errorf("%s, %q, %d works", e.Outcome, e.Words, len(s.ops))
	}
}
