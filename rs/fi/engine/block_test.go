package engine

import (
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/fi/outcome"
	"bennu/rs/fi/plan"
	"bennu/rs/fi/record"
)

// steps is a world in which nothing happens but what a test tells the engine.
type steps struct {
	*world
	ops       []int
	seeds     []uint64
	others    int
	refreshes int
}

func (s *steps) Work(ops int, _ time.Duration, seed uint64) {
	s.ops, s.seeds = append(s.ops, ops), append(s.seeds, seed)
}
func (s *steps) Others(time.Duration) { s.others++ }
func (s *steps) Refresh()             { s.refreshes++ }

func begun(t *testing.T, p plan.Plan) *steps {
	s := &steps{world: newWorld(t, 3)}
	s.e = New(s, p, asTypes([]kind{{[]byte{7}}}), &target{})
	s.e.Start(s.ep, 0)
	return s
}

// activate has the victim reach one fault.
func (s *steps) activate() {
	for addr := range s.e.b.sites {
		s.stop(int(addr - base))
		return
	}
	s.t.Fatal("no fault waits")
}

func (s *steps) dies() {
	old := s.ep
	s.ep = abi.None
	s.event(abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonException, Endpoint: old})
}

func (s *steps) lives() {
	s.life++
	s.ep, s.text = abi.Endpoint(64+s.life), original()
	s.event(abi.Event{Kind: abi.EventStart, Endpoint: s.ep, Incarnation: s.life})
	s.event(abi.Event{Kind: abi.EventReady, Endpoint: s.ep, Incarnation: s.life})
}

func (s *steps) in(want phase, works int) {
	s.t.Helper()
	if s.e.phase != want || len(s.ops) != works {
		s.t.Fatalf("it is %s after %d works, want %s after %d", phases[s.e.phase], len(s.ops), phases[want], works)
	}
}

// end is the last block's.
func (s *steps) end() *record.End {
	s.t.Helper()
	for i := len(s.frames) - 1; i >= 0; i-- {
		if e, ok := s.frames[i].(*record.End); ok {
			return e
		}
	}
	s.t.Fatal("no block has ended")
	return nil
}

var allRight = Tally{Right: 16}

// A workload that ends while no life is there is followed by what becomes of the victim, and that by some operations on its next life.
func TestWorkloadEndsBetweenLives(t *testing.T) {
	s := begun(t, aPlan(5, 3))
	s.activate()
	s.dies()
	s.e.Worked(allRight)
	s.in(coming, 1)
	s.lives()
	s.in(trying, 2)
	if s.ops[1] != tries {
		t.Errorf("%d operations, want %d", s.ops[1], tries)
	}
	s.e.Worked(Tally{Right: 3, Wrong: 1, FirstNS: 77})
	s.in(checking, 2)
	s.e.Checked(nil)
	if e := s.end(); e.Works || e.WrongNS != 77 || e.Deaths != 1 {
		t.Errorf("%+v", e)
	}
	s.in(working, 3)
	s.e.Worked(allRight) // nothing was activated, and the others were looked at in the first block
	s.in(working, 4)
	if s.seeds[0] != 3 || s.seeds[2] != 3^1 || s.seeds[3] != 3^2 || s.others != 1 {
		t.Errorf("seeds %v, others looked at %d times", s.seeds, s.others)
	}
	s.activate()
	s.e.Worked(allRight) // something was
	s.in(checking, 4)
}

// Lives that die while they are tried are tried again, and not for ever.
func TestRounds(t *testing.T) {
	s := begun(t, aPlan(5, 3))
	s.activate()
	s.dies()
	s.e.Worked(allRight)
	n := 0
	for s.lives(); s.e.phase == trying && n < 50; s.lives() {
		n++
		s.dies()
		s.e.Worked(Tally{Lost: 4})
		s.in(coming, 1+n)
	}
	if n != maxRounds || s.e.phase != checking {
		t.Fatalf("%d rounds, then %s", n, phases[s.e.phase])
	}
	s.dies()
	s.e.Checked(nil)
	s.in(mending, 1+maxRounds)
	if e := s.end(); e.Works || e.Outcome == outcome.Recovered || e.Deaths != maxRounds+2 {
		t.Errorf("%+v", e)
	}
}

// A victim that is given up while it is tried is waited for no longer, does not work, and is begun again for the next block.
func TestGivenUpInTrying(t *testing.T) {
	s := begun(t, aPlan(5, 3))
	s.activate()
	s.dies()
	s.lives()
	s.e.Worked(allRight)
	s.in(trying, 2)
	s.dies()
	s.event(abi.Event{Kind: abi.EventGiveUp})
	s.e.Worked(Tally{Right: 4})
	s.in(checking, 2)
	s.e.Checked(nil)
	if e := s.end(); e.Works || e.Outcome != outcome.GaveUp {
		t.Errorf("%+v", e)
	}
	if s.in(mending, 2); s.refreshes != 1 {
		t.Errorf("it was begun again %d times", s.refreshes)
	}
}

// A victim that dies while the others are looked at is waited for, and one that is about to be ready is not begun again.
func TestDiesInChecking(t *testing.T) {
	s := begun(t, aPlan(5, 3))
	s.e.Checked([]string{"kbd"}) // nobody has asked
	s.in(working, 1)
	s.activate()
	s.dies()
	s.lives()
	s.e.Worked(allRight)
	s.e.Worked(Tally{Right: 4})
	s.in(checking, 2)
	s.dies()
	s.e.Checked(nil)
	s.in(coming, 2)
	s.event(abi.Event{Kind: abi.EventStart, Endpoint: 99})
	s.now = s.e.due
	s.e.Alarm()
	s.in(checking, 2)
	s.event(abi.Event{Kind: abi.EventGiveUp})
	s.event(abi.Event{Kind: abi.EventStart, Endpoint: 99})
	s.e.Checked(nil)
	if s.in(mending, 2); s.refreshes != 0 {
		t.Errorf("a life that begins was begun %d times", s.refreshes)
	}
	if e := s.end(); len(e.Collaterals) != 0 {
		t.Errorf("%+v", e)
	}
}

// A life whose breakpoints cannot be taken out is replaced.
func TestCannotUnplant(t *testing.T) {
	s := begun(t, aPlan(5, 3))
	was := s.ep
	s.ep = abi.None // it is dead, and nobody has told
	s.e.Worked(allRight)
	s.e.Checked(nil)
	if s.in(mending, 1); s.refreshes != 1 || s.e.done != 1 {
		t.Errorf("asked for %d lives after %d blocks", s.refreshes, s.e.done)
	}
	s.ep = was
}

// What the reincarnation server has refused for one block is not why the next one's victim does not come.
func TestRefusedBefore(t *testing.T) {
	s := begun(t, aPlan(5, 3))
	mend := func() {
		s.activate()
		s.e.Worked(allRight)
		s.e.Checked(nil)
		s.in(mending, len(s.ops))
	}
	mend()
	s.e.Refused(abi.EPERM)
	s.dies()
	s.lives()
	s.in(working, 2)
	s.e.Refused(abi.EPERM) // late, and nothing to do with the block
	mend()
	s.now = s.e.due
	s.e.Alarm()
	if !s.over || s.words != "the victim does not come back" {
		t.Errorf("over %v, %q", s.over, s.words)
	}
}

// The injector that cannot go on ends the plan once, with the blocks that are done.
func TestQuit(t *testing.T) {
	s := begun(t, aPlan(5, 3))
	s.e.Worked(allRight)
	s.e.Checked(nil)
	s.e.Quit("no")
	s.e.Quit("again")
	bye, ok := s.frames[len(s.frames)-1].(*record.Bye)
	if !ok || bye.Blocks != 1 || bye.Words != "no" || s.words != "no" || strings.Count(s.words, "again") > 0 {
		t.Errorf("%+v, %q", s.frames[len(s.frames)-1], s.words)
	}
}
