package sched

// Figures of the promise, in ns. A stay in ring 0 has at most 20,000 instructions, a request that a server took not
// many more: either takes 200 µs on a processor of 100 million instructions a second, and less on every faster one.
const (
	// Promise is the longest that a service waits, from being ready to its first instruction in ring 3,
	// whatever the others do.
	Promise = 50_000_000
	// RootPromise is the same of the root task, which waits for one stay in ring 0.
	RootPromise = 1_000_000
	// Overrun is the most that an account can have beyond its budget before it is noticed.
	Overrun = 200_000
	// RootBudget in RootPeriod is what the root task does on its own account.
	RootBudget = 500_000
	RootPeriod = 10_000_000
)

// Demand is what one service asks for: ns of CPU in each period.
type Demand struct{ Budget, Period uint64 }

// Wait bounds how many ns a service with demand d waits beside others: the filling of its own budget after one
// overrun, and then everything that the others can have at their own levels before all of them have used theirs up.
// ok is false if there is no bound: the others can have the whole processor.
//
// Each account j has in a window w at most Cj*(1+w/Tj) + Overrun at its level (package comment), whatever its level:
// servers work for it at theirs. The window in which they keep d from running is as long as the time that they have
// in it: w = stay + sum of these, so w = (stay + sum(Cj+Overrun)) / (1 - sum(Cj/Tj)).
func Wait(d Demand, others []Demand) (w uint64, ok bool) {
	burst := uint64(Overrun + RootBudget)
	load := float64(RootBudget) / float64(RootPeriod)
	for _, o := range others {
		burst += o.Budget + Overrun
		load += float64(o.Budget) / float64(o.Period)
	}
	if load >= 0.99 {
		return 0, false
	}
	refill := float64(d.Budget/fill+Overrun) * float64(d.Period) / float64(d.Budget)
	return uint64(refill + float64(burst)/(1-load)), true
}

// Admit tells whether each of all keeps the promise beside the others; if not, which one, and how long it would wait
// (0: for ever).
func Admit(all []Demand) (broken int, wait uint64, ok bool) {
	others := make([]Demand, 0, len(all))
	for i, d := range all {
		others = append(append(others[:0], all[:i]...), all[i+1:]...)
		if w, bounded := Wait(d, others); !bounded || w > Promise {
			return i, w, false
		}
	}
	return 0, 0, true
}
