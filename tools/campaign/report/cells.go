package report

import (
	"cmp"
	"slices"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/result"
	"bennu/tools/campaign/stats"
)

// order is that of outcomes: from nothing to the worst, and then those that say nothing of the machine.
var order = []outcome.Outcome{outcome.NotActivated, outcome.Masked, outcome.Recovered, outcome.RecoveredLate, outcome.RecoveredCold, outcome.Reported,
	outcome.SilentLoss, outcome.Corruption, outcome.GaveUp, outcome.Collateral, outcome.Persistent, outcome.MachineHang, outcome.KernelCrash, outcome.Lie,
	outcome.InjectorError, outcome.Infrastructure}

// rank is which of a trial's outcomes counts: the greatest. One that says nothing hides no other.
func rank(o outcome.Outcome) int {
	if void(o) {
		return -1
	}
	return slices.Index(order, o)
}

// void tells whether o says nothing of the machine: such trials are told apart, and are no trials of it.
func void(o outcome.Outcome) bool { return o == outcome.InjectorError || o == outcome.Infrastructure }

// Key names a cell.
type Key struct{ Service, Stratum, Type string }

func (k Key) String() string { return k.Service + "/" + k.Stratum + "/" + k.Type }

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Type, b.Type), cmp.Compare(slices.Index(result.Strata, a.Stratum), slices.Index(result.Strata, b.Stratum)))
}

// Cell is what came of all faults of a kind.
type Cell struct {
	Key
	Faults     [outcome.Outcomes]int // by what came of each
	Trials     [outcome.Outcomes]int // independent ones, each by the worst that came of its faults here
	Died, Back int                   // trials in which the victim died, and of these the ones that ended with a life that works
	All        int                   // faults, void ones too
	Activated  int
	Activation stats.Ratio                   // over faults that are not void
	Sites      [outcome.Outcomes]stats.Ratio // over all eligible sites: with weights
	Weighted   bool                          // sites were not drawn uniformly
	Detect     []float64                     // ns, one a block with a death, in rising order
	Recover    []float64
	Examples   []*result.Fault // of outcomes that must not be, at most 5 of each
}

// N is how many trials of the machine there were.
func (c *Cell) N() (n int) {
	for o, k := range c.Trials {
		if !void(outcome.Outcome(o)) {
			n += k
		}
	}
	return n
}

// Voids is how many trials were none.
func (c *Cell) Voids() int { return c.Trials[outcome.InjectorError] + c.Trials[outcome.Infrastructure] }

// Bad is how many trials broke what the machine promises.
func (c *Cell) Bad() (n int) {
	for o, k := range c.Trials {
		if outcome.Outcome(o).Bad() {
			n += k
		}
	}
	return n
}

// gather is a cell while it is filled.
type gather struct {
	cell   *Cell
	trials map[int]*trial
	most   float64
}

// trial is a cell's part of one trial.
type trial struct {
	number int
	worst  outcome.Outcome
	died   bool
	back   bool    // the last life worked, each time that it died
	faults float64 // not void
	active float64
	weight [outcome.Outcomes]float64
}

// Cells are those that key makes, sorted. A key may be any grouping: what it leaves empty is summed over.
func (m *Model) Cells(key func(f *result.Fault) Key) []*Cell {
	all := map[Key]*gather{}
	for _, b := range m.Blocks {
		here := map[Key]bool{}
		for _, f := range b.Faults {
			k := key(f)
			g := all[k]
			if g == nil {
				g = &gather{cell: &Cell{Key: k}, trials: map[int]*trial{}}
				all[k] = g
			}
			g.add(b, f)
			here[k] = here[k] || b.Of(f) != outcome.NotActivated
		}
		for k, active := range here {
			if active {
				all[k].times(b)
			}
		}
	}
	var cells []*Cell
	for _, g := range all {
		cells = append(cells, g.finish())
	}
	slices.SortFunc(cells, func(a, b *Cell) int { return compareKeys(a.Key, b.Key) })
	return cells
}

func (g *gather) add(b *Block, f *result.Fault) {
	c, o := g.cell, b.Of(f)
	c.Faults[o]++
	c.All++
	t := g.trials[b.Trial]
	if t == nil {
		t = &trial{number: b.Trial, worst: o}
		g.trials[b.Trial] = t
	} else if rank(o) > rank(t.worst) {
		t.worst = o
	}
	if f.Activated {
		c.Activated++
	}
	if o.Bad() && len(c.Examples) < 5 {
		c.Examples = append(c.Examples, f)
	}
	c.Weighted = c.Weighted || f.Weight != 1
	g.most = max(g.most, f.Weight)
	if void(o) {
		return
	}
	if f.Deaths > 0 && o != outcome.NotActivated {
		t.back = f.Works && (t.back || !t.died)
		t.died = true
	}
	t.faults++
	t.weight[o] += f.Weight
	if f.Activated {
		t.active++
	}
}

// times takes those of a block, once a cell.
func (g *gather) times(b *Block) {
	f := b.First()
	if f.DetectNS > 0 {
		g.cell.Detect = append(g.cell.Detect, float64(f.DetectNS))
	}
	if f.RecoveryNS > 0 {
		g.cell.Recover = append(g.cell.Recover, float64(f.RecoveryNS))
	}
}

func (g *gather) finish() *Cell {
	c := g.cell
	slices.Sort(c.Detect)
	slices.Sort(c.Recover)
	trials := make([]*trial, 0, len(g.trials))
	for _, t := range g.trials {
		c.Trials[t.worst]++
		if t.died {
			c.Died++
			if t.back {
				c.Back++
			}
		}
		trials = append(trials, t)
	}
	// Sums of floating point depend on their order.
	slices.SortFunc(trials, func(a, b *trial) int { return cmp.Compare(a.number, b.number) })
	estimate := func(most float64, of func(t *trial) float64) stats.Ratio {
		clusters := make([]stats.Cluster, 0, len(trials))
		for _, t := range trials {
			clusters = append(clusters, stats.Cluster{Sum: of(t), N: t.faults})
		}
		return stats.Estimate(clusters, most)
	}
	c.Activation = estimate(1, func(t *trial) float64 { return t.active })
	reached := estimate(g.most, func(t *trial) (sum float64) {
		for o, w := range t.weight {
			if outcome.Outcome(o) != outcome.NotActivated {
				sum += w
			}
		}
		return sum
	})
	for o := range c.Sites {
		c.Sites[o] = estimate(g.most, func(t *trial) float64 { return t.weight[o] })
	}
	// What was never drawn because no run reaches it would not have been activated.
	c.Sites[outcome.NotActivated] = stats.Ratio{Share: 1 - reached.Share, Variance: reached.Variance, Effective: reached.Effective, Design: reached.Design,
		Interval: stats.Interval{Low: 1 - reached.Interval.High, High: 1 - reached.Interval.Low}}
	return c
}
