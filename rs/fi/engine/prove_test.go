package engine

import (
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/fi/outcome"
	"bennu/rs/fi/record"
)

// proves is a block of a plan that says prove, in which a fault was met and the workload has ended: a life without faults is to come.
func proves(t *testing.T, with Tally) *steps {
	t.Helper()
	p := aPlan(5, 3)
	p.Prove = true
	s := begun(t, p)
	s.activate()
	s.e.Worked(with)
	s.in(mending, 1)
	if s.refreshes != 1 || s.others != 0 {
		t.Fatalf("begun again %d times, others looked at %d times", s.refreshes, s.others)
	}
	return s
}

// A block whose life lived is followed by one without faults, which shows that it works before the others are looked at; what that life's own workload says is
// the block's.
func TestProve(t *testing.T) {
	for _, c := range []struct {
		with Tally
		want outcome.Outcome
	}{
		{allRight, outcome.Masked},
		{Tally{Right: 15, Wrong: 1, Where: "silent at 3"}, outcome.Corruption},
	} {
		s := proves(t, c.with)
		s.dies()
		s.lives()
		s.in(proving, 2)
		if s.ops[1] != tries {
			t.Errorf("%d operations, want %d", s.ops[1], tries)
		}
		s.e.Worked(Tally{Right: tries})
		s.in(checking, 2)
		s.e.Checked(nil)
		s.in(working, 3)
		if e := s.end(); e.Outcome != c.want || e.Deaths != 0 || s.refreshes != 1 || e.Words != c.with.Where {
			t.Errorf("%+v, begun again %d times; want %s", e, s.refreshes, c.want)
		}
	}
}

// A block in which nothing was met is followed by the next one.
func TestProveNothing(t *testing.T) {
	p := aPlan(5, 3)
	p.Prove = true
	s := begun(t, p)
	for range 2 {
		s.e.Worked(allRight)
		if s.e.phase == checking {
			s.e.Checked(nil)
		}
	}
	s.in(working, 3)
	if s.refreshes != 0 || s.end().Outcome != outcome.NotActivated {
		t.Errorf("begun again %d times; %+v", s.refreshes, s.end())
	}
}

// What a life without faults does not do, or dies of, is damage that outlives the life that had them: it is told with what was noticed before, once, and the
// machine is used no more.
func TestPersistent(t *testing.T) {
	where := Tally{Right: 3, Wrong: 1, Where: "silent at 0"}
	for name, c := range map[string]struct {
		goes  func(s *steps)
		words string
	}{
		"answers wrongly": {func(s *steps) { s.dies(); s.lives(); s.e.Worked(where); s.e.Worked(where) }, "a life without faults: silent at 0; before: silent at 7; and again: silent at 0"},
		"dies": {func(s *steps) {
			s.dies()
			s.lives()
			s.dies()
			s.lives()
			s.e.Worked(Tally{Right: tries})
			s.dies()
			s.lives()
			s.e.Worked(Tally{Right: tries})
		}, "a life without faults: it died; before: silent at 7; and again: it died"},
		"dies before it is ready": {func(s *steps) {
			s.dies()
			s.event(abi.Event{Kind: abi.EventStart, Endpoint: 98})
			s.event(abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonInitFailed, Endpoint: 98})
			s.lives()
			s.e.Worked(Tally{Right: tries})
			s.e.Worked(where)
		}, "a life without faults: it died"},
		"does not come":     {func(s *steps) { s.dies(); s.now = s.e.due; s.e.Alarm() }, "a life without faults: it does not come"},
		"does not answer":   {func(s *steps) { s.dies(); s.lives(); s.now = s.e.due; s.e.Alarm() }, "a life without faults: it does not come, or does not answer"},
		"is refused":        {func(s *steps) { s.dies(); s.e.Refused(abi.ENOMEM) }, "a life without faults: it cannot be started again: ENOMEM"},
		"is seen by a look": {func(s *steps) { s.dies(); s.lives(); s.e.Worked(allRight); s.e.Checked([]string{"rtc"}) }, "a life without faults: rtc: operation failed"},
		"has lost something": {func(s *steps) {
			s.dies()
			s.lives()
			s.e.Worked(where)
			s.e.Worked(allRight)
			s.e.Checked([]string{Counts})
		}, "a life without faults: silent at 0; before: silent at 7; and then no more"},
	} {
		s := proves(t, Tally{Right: 15, Wrong: 1, Where: "silent at 7"})
		c.goes(s)
		if s.e.phase == checking {
			s.e.Checked(nil)
		}
		e := s.end()
		bye, ok := s.frames[len(s.frames)-1].(*record.Bye)
		if e.Outcome != outcome.Persistent || !strings.HasPrefix(e.Words, c.words) || !ok || bye.Blocks != 1 || !strings.Contains(bye.Words, "outlives it: "+c.words) || !s.over {
			t.Errorf("%s: %+v, %+v", name, e, bye)
		}
	}
}

// What is noticed in the next life, and then no more, is told as that, and the machine is used on.
func TestHealed(t *testing.T) {
	s := proves(t, allRight)
	s.dies()
	s.lives()
	s.e.Worked(Tally{Right: 3, Wrong: 1, Where: "silent at 0"})
	s.in(proving, 3)
	s.e.Worked(Tally{Right: tries})
	s.e.Checked(nil)
	s.in(working, 4)
	if e := s.end(); e.Outcome != outcome.Persistent || e.Words != "a life without faults: silent at 0; and then no more" || s.over {
		t.Errorf("%+v, over %v", e, s.over)
	}
}

// A workload that does not end has the life ended that it asks, which is no death of its own; one that does not end on the next life either is told as what that means.
func TestEndless(t *testing.T) {
	p := aPlan(5, 3)
	p.Prove = true
	for _, ends := range []bool{true, false} {
		s := begun(t, p)
		s.activate()
		s.now = s.e.due
		s.e.Alarm()
		s.in(working, 1)
		if s.refreshes != 1 {
			t.Fatalf("begun again %d times", s.refreshes)
		}
		s.dies()
		s.lives()
		if !ends {
			s.now = s.e.due
			s.e.Alarm()
			if e := s.end(); e.Outcome != outcome.Persistent || !strings.HasPrefix(e.Words, "a life without faults: "+endless) || !s.over {
				t.Errorf("%+v, over %v", e, s.over)
			}
			continue
		}
		s.e.Worked(allRight)
		s.dies()
		s.lives()
		s.e.Worked(Tally{Right: tries})
		s.e.Checked(nil)
		if e := s.end(); e.Outcome != outcome.SilentLoss || e.Words != endless || e.Deaths != 0 || e.Lost != 1 || s.over {
			t.Errorf("%+v, over %v", e, s.over)
		}
	}
}

// Damage that shows when no fault was met is an earlier block's, and is told as that.
func TestPersistentOfAnEarlierBlock(t *testing.T) {
	p := aPlan(5, 3)
	p.Prove = true
	s := begun(t, p)
	s.e.Worked(Tally{Right: 15, Wrong: 1, Where: "silent at 7"})
	s.in(mending, 1)
	s.dies()
	s.lives()
	s.e.Worked(Tally{Wrong: 4, Where: "silent at 0"})
	s.e.Worked(Tally{Wrong: 4, Where: "silent at 0"})
	s.e.Checked(nil)
	if e := s.end(); e.Outcome != outcome.Persistent || !strings.HasPrefix(e.Words, "no fault of this block was met, an earlier one's damage: ") {
		t.Errorf("%+v", e)
	}
}

// A lie between the block and its judgement is the block's.
func TestLieInJudging(t *testing.T) {
	s := proves(t, allRight)
	s.left = "a hook is left"
	s.dies()
	if e := s.end(); e.Outcome != outcome.Lie || e.Words != "a hook is left" || !s.over {
		t.Errorf("%+v, over %v", e, s.over)
	}
}

// A victim that ends the workload's life leaves nobody who could be asked: the block ends with that, and the machine with the block.
func TestDeserted(t *testing.T) {
	s := begun(t, aPlan(5, 3))
	s.activate()
	s.e.Deserted("load: lost")
	if e := s.end(); e.Outcome != outcome.Collateral || len(e.Collaterals) != 1 || e.Collaterals[0] != "load: lost" || !s.over {
		t.Errorf("%+v, over %v", e, s.over)
	}
	s = proves(t, allRight)
	s.e.Deserted("load: lost")
	if e := s.end(); e.Outcome != outcome.Collateral || !s.over {
		t.Errorf("in judging: %+v, over %v", e, s.over)
	}
	s = begun(t, aPlan(5, 3))
	s.activate()
	s.e.Worked(allRight)
	s.e.Checked(nil)
	n := len(s.frames)
	if s.in(mending, 1); !s.over {
		s.e.Deserted("load: lost")
	}
	if bye, ok := s.frames[len(s.frames)-1].(*record.Bye); !ok || len(s.frames) != n+1 || bye.Blocks != 1 {
		t.Errorf("between two blocks: %+v", s.frames[n:])
	}
}
