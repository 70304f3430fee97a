package engine

import (
	"math/rand/v2"
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/fi/code"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/outcome"
	"bennu/rs/fi/plan"
)

// withTypes is begun with types of a test's own.
func withTypes(t *testing.T, w func(s *steps) World, p plan.Plan, types ...fault.Type) *steps {
	s := &steps{world: newWorld(t, 3)}
	var world World = s
	if w != nil {
		world = w(s)
	}
	s.e = New(world, p, types, &target{})
	s.e.Start(s.ep, 0)
	s.queue = nil
	return s
}

// Types in turn go on from block to block, wherever a plan begins.
func TestTurn(t *testing.T) {
	p := aPlan(3, 9)
	p.Turn, p.First = true, 5
	s := withTypes(t, nil, p, kind{[]byte{1}}, kind{[]byte{2}}, kind{[]byte{3}}, kind{[]byte{4}})
	for n := 15; n < 24; {
		for i := range s.e.b.faults {
			if got := int(s.e.b.faults[i].Type); got != n%4 {
				t.Errorf("fault %d of block %d is of type %d, want %d", i, s.e.block, got, n%4)
			}
			n++
		}
		s.finish()
	}
}

// none is a target where no type applies.
type none struct{ target }

func (*none) Draw(int, bool, *rand.Rand) *code.Inst { return nil }

// one is a target with one instruction.
type one struct{ target }

func (o *one) Draw(int, bool, *rand.Rand) *code.Inst { return o.At(base) }

// A fault that has no instruction says why; so does one that came too late.
func TestNoSite(t *testing.T) {
	for _, c := range []struct {
		code   Target
		first  string
		second string
	}{
		{&none{}, "no instruction for it in these strata", "no instruction for it in these strata"},
		{&one{}, "", "all instructions for it have faults"},
	} {
		s := &steps{world: newWorld(t, 3)}
		s.e = New(s, aPlan(2, 1), asTypes([]kind{{[]byte{7}}}), c.code)
		s.e.Start(s.ep, 0)
		if a, b := s.e.b.faults[0].Words, s.e.b.faults[1].Words; a != c.first || b != c.second {
			t.Errorf("%q and %q, want %q and %q", a, b, c.first, c.second)
		}
	}
}

// A text that is not what the injector takes it for is the injector's error, on a life without faults.
func TestOtherText(t *testing.T) {
	s := &steps{world: newWorld(t, 3)}
	for i := range s.text {
		s.text[i]++
	}
	s.e = New(s, aPlan(2, 1), asTypes([]kind{{[]byte{7}}}), &target{})
	s.e.Start(s.ep, 0)
	if e := s.end(); e.Outcome != outcome.InjectorError || !strings.Contains(e.Words, "not the executable's") {
		t.Errorf("%s, %q", e.Outcome, e.Words)
	}
}

// A victim that is dead before anybody has told is waited for; none is asked for in its place.
func TestPlantInTheDead(t *testing.T) {
	s := begun(t, aPlan(2, 4))
	s.e.Worked(allRight)
	was := s.ep
	s.ep = 99
	s.e.Checked(nil) // what is left of the first block cannot be taken out: another life is asked for
	s.in(mending, 1)
	s.ep = was
	s.lives()
	s.in(working, 2)
	s.ep = abi.None
	s.e.ep = 98 // the next block begins on a life that is gone
	s.e.b = newBlock()
	n := s.refreshes
	s.e.next()
	if s.e.ep != abi.None || s.e.ready || s.e.phase != mending || s.refreshes != n+1 {
		t.Errorf("life %d, ready %v, %s, %d refreshes", s.e.ep, s.e.ready, phases[s.e.phase], s.refreshes-n)
	}
}

// What stops a victim's calls does so in blocks that need it.
func TestClasses(t *testing.T) {
	s := withTypes(t, nil, aPlan(2, 1), strike{name: "call", when: fault.AtCall})
	if s.classes != abi.TraceCalls {
		t.Errorf("classes %b", s.classes)
	}
	s.finish()
	if !s.over || s.classes != 0 {
		t.Errorf("over %v, classes %b", s.over, s.classes)
	}
}

// kills is a world that counts the ends of lives, or refuses them.
type kills struct {
	*steps
	n      int
	refuse abi.Errno
}

func (k *kills) Kill(abi.Endpoint) abi.Errno { k.n++; return k.refuse }

// What is done at once is done if it is made, while the block goes on; of faults at births one ends the life.
func TestAtOnce(t *testing.T) {
	done := 0
	now := strike{"now", fault.AtOnce, 1, nil, func(v fault.Victim, r *rand.Rand) (string, abi.Errno) { done++; return "", abi.OK }}
	birth := strike{"birth", fault.AtBirth, 1, nil, now.do}
	p := aPlan(10, 1)
	p.SetOnly([]int{1, 2, 5})
	if withTypes(t, nil, p, now); done != 3 {
		t.Errorf("%d were done, want 3", done)
	}
	done = 0
	var k *kills
	counting := func(e abi.Errno) func(s *steps) World {
		return func(s *steps) World { k = &kills{steps: s, refuse: e}; return k }
	}
	s := withTypes(t, counting(abi.OK), aPlan(3, 1), birth)
	if k.n != 1 || !s.e.b.ended || len(s.e.b.births) != 3 || done != 0 {
		t.Errorf("%d lives ended (%v) for %d births, %d done", k.n, s.e.b.ended, len(s.e.b.births), done)
	}
	s = withTypes(t, counting(abi.ESRCH), aPlan(1, 1), birth)
	s.finish()
	if e := s.end(); e.Outcome != outcome.InjectorError || e.Words != "end the life: ESRCH" {
		t.Errorf("%s, %q", e.Outcome, e.Words)
	}
	for range 2 { // a life may die so often, and no more
		s = withTypes(t, counting(abi.OK), aPlan(3, 1), strike{"births", fault.AtBirth, 2, nil, now.do})
	}
	if len(s.e.b.births) != 2 || !strings.HasPrefix(s.e.b.faults[2].Words, "not done: ") {
		t.Errorf("%d births, %q", len(s.e.b.births), s.e.b.faults[2].Words)
	}
}
