package engine

import (
	"strings"
	"testing"

	"bennu/kernel/abi"
)

// A breakpoint that the run without faults meets where none was planted is the victim's own, and takes its course: there is nothing to go on with.
func TestOwnBreakpointInGolden(t *testing.T) {
	for _, at := range []uint64{base + 2, base - 1, base + sites*size, 0, 1<<64 - 1} {
		w := newWorld(t, 3)
		p := aPlan(5, 2)
		p.Reached = true
		w.e = New(w, p, asTypes([]kind{{[]byte{7}}}), &target{})
		w.e.Start(w.ep, 0)
		was := w.text[2]
		w.regs.RIP, w.went = 7, false
		s := abi.TraceStop{Endpoint: w.ep, Why: abi.StopBreak, Vector: 3}
		s.Regs.RIP = at + 1
		w.e.Stopped(&s)
		if !w.went || w.how != abi.TracePass || w.regs.RIP != 7 || w.text[2] != was {
			t.Errorf("at %#x: it went on %v by %d at %#x", at, w.went, w.how, w.regs.RIP)
		}
	}
}

// A victim that dies in the run without faults each time ends the plan, in words.
func TestGoldenDies(t *testing.T) {
	w := newWorld(t, 3)
	p := aPlan(5, 2)
	p.Reached = true
	n := 0
	w.later(func() { w.die(abi.ReasonException) })
	w.born = func() bool {
		n++
		w.later(func() { w.die(abi.ReasonException) })
		return false
	}
	w.run(p, kind{[]byte{7}})
	if !strings.Contains(w.words, "dies again and again") || n > maxExplored+1 {
		t.Errorf("%d lives, %q", n, w.words)
	}
}
