package kernel

import (
	"testing"

	"bennu/kernel/abi"
)

// A task that loops at a high priority leaves three quarters of the CPU to those below it, and has its own
// priority again once it has waited.
func TestALoopCannotStarveThoseBelow(t *testing.T) {
	r := newRig(t)
	p := rights()
	p.Priority, p.QuantumNS = 2, 200_000
	hog := r.make(p)
	p.Priority = 5
	low := r.make(p)
	r.call(r.root, abi.CallReceive, uint64(abi.Hardware), abi.NoTimeout) // out of the way
	start := r.now
	r.until("the low one runs", func() bool { return r.current == low })
	if d := r.now - start; d > 2*p.QuantumNS {
		t.Errorf("it waited %d ns, want at most two quanta, %d", d, 2*p.QuantumNS)
	}
	hogHad, lowHad := hog.CPUNS, low.CPUNS
	r.until("fifty windows", func() bool { return r.now-start > 50*budgetWindows*p.QuantumNS })
	hogHad, lowHad = hog.CPUNS-hogHad, low.CPUNS-lowHad
	if share := lowHad * 100 / (lowHad + hogHad); share < 35 || share > 80 {
		t.Errorf("the low one had %d %% of the CPU, want between a third and three quarters", share)
	}
	r.until("the loop is behind", func() bool { return hog.Level == lastLevel && r.current == hog })
	r.call(hog, abi.CallReceive, uint64(abi.Self), 2*budgetWindows*p.QuantumNS)
	r.until("it wakes", func() bool { return hog.Wait == 0 })
	if hog.Level != 2 {
		t.Errorf("level %d after a rest, want its own, 2", hog.Level)
	}
}

// The root task is trusted: nothing sends it behind others.
func TestTheRootTaskKeepsItsPriority(t *testing.T) {
	r := newRig(t)
	p := rights()
	p.Priority = 5
	low := r.make(p)
	start := r.now
	r.until("ten of its quanta", func() bool { return r.now-start > 10*abi.DefaultQuantumNS || r.current == low })
	if r.current == low {
		t.Error("a task of priority 5 ran while the root task was ready")
	}
}

// A task that loops from its first instruction on is stopped by the timer when its budget is used up.
func TestALoopFromTheStartIsStopped(t *testing.T) {
	r := newRig(t)
	p := rights()
	p.Priority = 0
	hog := r.make(p)
	r.m.spin = 1 << 40 // it comes back by the timer only
	r.until("the loop runs", func() bool { return r.current == hog })
	r.until("the root task runs", func() bool { return r.current == r.root })
	if hog.CPUNS > 2*p.QuantumNS {
		t.Errorf("a loop kept the CPU for %d ns, with a budget of %d", hog.CPUNS, p.QuantumNS)
	}
}
