package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Of many samples drawn with a known share, some 95 % of the intervals hold it. Wilson's may be a little below, Clopper and Pearson's never;
// and where blocks of 50 faults share an outcome, an interval that takes the faults for trials misses most of the time.
func TestCoverage(t *testing.T) {
	const seed, samples = 42, 20_000
	r := rand.New(rand.NewPCG(seed, 1))
	for _, c := range []struct {
		p float64
		n int
	}{{0.5, 50}, {0.1, 100}, {0.03, 300}, {0.9, 200}} {
		wilson, exact, bound := 0, 0, 0
		for range samples {
			k := 0
			for range c.n {
				if r.Float64() < c.p {
					k++
				}
			}
			wilson += holds(Wilson(k, c.n), c.p)
			exact += holds(ClopperPearson(k, c.n), c.p)
			bound += holds(Interval{0, Upper(k, c.n)}, c.p)
		}
		t.Logf("seed %d, p %g, n %d: Wilson %d, Clopper–Pearson %d, bound %d of %d", seed, c.p, c.n, wilson, exact, bound, samples)
		if wilson < samples*93/100 || wilson > samples*97/100 {
			t.Errorf("p %g, n %d: Wilson holds %d of %d", c.p, c.n, wilson, samples)
		}
		// Three standard deviations of the count itself.
		if least := samples*95/100 - 92; exact < least || bound < least {
			t.Errorf("p %g, n %d: Clopper–Pearson holds %d, the bound %d of %d", c.p, c.n, exact, bound, samples)
		}
	}
}

func TestCoverageOfBlocks(t *testing.T) {
	const seed, samples, blocks, faults, p = 43, 5_000, 120, 50, 0.3
	r := rand.New(rand.NewPCG(seed, 1))
	naive, honest := 0, 0
	for range samples {
		var clusters []Cluster
		k := 0
		for range blocks {
			c := Cluster{N: faults}
			if r.Float64() < p {
				c.Sum = faults
				k += faults
			}
			clusters = append(clusters, c)
		}
		naive += holds(Wilson(k, blocks*faults), p)
		honest += holds(Estimate(clusters, 1).Interval, p)
	}
	t.Logf("seed %d: faults as trials hold %d, blocks as trials %d of %d", seed, naive, honest, samples)
	if naive > samples/2 || honest < samples*93/100 || honest > samples*97/100 {
		t.Errorf("faults as trials hold %d, blocks as trials %d of %d", naive, honest, samples)
	}
}

func holds(i Interval, p float64) int {
	if i.Low <= p && p <= i.High {
		return 1
	}
	return 0
}

// Clusters of one draw are Wilson's trials, but for n/(n − 1); of m draws that agree, the design effect is m (1 + (m − 1)ρ, ρ = 1).
func TestDesignEffect(t *testing.T) {
	var ones, tens []Cluster
	for i := range 200 {
		y := float64(i % 4 / 3)
		ones = append(ones, Cluster{y, 1})
		tens = append(tens, Cluster{10 * y, 10})
	}
	one, ten := Estimate(ones, 1), Estimate(tens, 1)
	near(t, "share", one.Share, 0.25, 1e-12)
	near(t, "effective", one.Effective, 199, 1e-9)
	near(t, "effective of tens", ten.Effective, 199, 1e-9)
	near(t, "design effect of tens", ten.Design, 2000.0/199, 1e-9)
	w := WilsonShare(0.25, 199)
	near(t, "low", ten.Interval.Low, w.Low, 1e-12)
	if r := Estimate(nil, 1); r.Interval != (Interval{0, 1}) {
		t.Errorf("of nothing: %+v", r)
	}
	all := Estimate([]Cluster{{3, 3}, {5, 5}, {2, 2}}, 1)
	near(t, "all alike: as sure as three trials", all.Interval.Low, Wilson(3, 3).Low, 1e-12)
	none := Estimate([]Cluster{{0, 100}, {0, 100}}, 0.5)
	near(t, "none seen, half of the sites reached", none.Interval.High, 0.5*ZeroBound(2), 1e-12)
}

// A tenth of the sites is reached, and a third of those matters. Drawing among the reached ones, with weight 1/10, and uniformly over all
// give the same share; the weighted one is surer for the same number of draws.
func TestWeightsAreUnbiased(t *testing.T) {
	const seed, sites, reached, samples, draws = 44, 30_000, 3_000, 3_000, 100
	truth := float64(reached) / 3 / sites
	r := rand.New(rand.NewPCG(seed, 1))
	var mean float64
	held, uniform := 0, 0.0
	for range samples {
		var weighted, plain []Cluster
		for range draws {
			weighted = append(weighted, Cluster{bad(r.IntN(reached)) * reached / sites, 1})
			y := 0.0
			if site := r.IntN(sites); site < reached {
				y = bad(site)
			}
			plain = append(plain, Cluster{y, 1})
		}
		w, p := Estimate(weighted, reached/float64(sites)), Estimate(plain, 1)
		mean += w.Share / samples
		held += holds(w.Interval, truth)
		uniform += (p.Share - truth) * (p.Share - truth) / samples
		if w.Share > 0 && w.Effective < draws {
			t.Fatalf("%d draws among the reached are as sure as %g", draws, w.Effective)
		}
	}
	t.Logf("seed %d: truth %.5f, mean %.5f, held %d of %d", seed, truth, mean, held, samples)
	near(t, "mean", mean, truth, 4*math.Sqrt(uniform/samples))
	if held < samples*93/100 {
		t.Errorf("held %d of %d", held, samples)
	}
}

func bad(site int) float64 {
	if site%3 == 0 {
		return 1
	}
	return 0
}

// R: quantile(c(1, 2, 3, 4), 0.25) is 1.75.
func TestQuantile(t *testing.T) {
	x := []float64{1, 2, 3, 4}
	for q, want := range map[float64]float64{0: 1, 0.25: 1.75, 0.5: 2.5, 1: 4} {
		near(t, "quantile", Quantile(x, q), want, 1e-12)
	}
	if !math.IsNaN(Quantile(nil, 0.5)) || Quantile([]float64{7}, 0.9) != 7 {
		t.Error("of none or one")
	}
}

func TestDistributions(t *testing.T) {
	r := rand.New(rand.NewPCG(45, 1))
	for range 200 {
		var x []float64
		for range r.IntN(60) {
			x = append(x, math.Exp(r.NormFloat64()*3)*float64(1+r.IntN(3)))
		}
		if len(x) > 3 {
			x[0], x[1], x[2] = x[3], 1000, 1000
		}
		slices.Sort(x)
		last := Step{}
		for _, s := range ECDF(x) {
			n := 0
			for _, v := range x {
				if v <= s.X {
					n++
				}
			}
			if s.X <= last.X || n != s.Count {
				t.Fatalf("step %v after %v: %d are at most that", s, last, n)
			}
			last = s
		}
		n := 0
		for _, b := range LogBins(x, 5) {
			n += b.Count
			for _, v := range x {
				if b.Count == 0 && b.Low <= v && v < b.High {
					t.Fatalf("%g is not in %v", v, b)
				}
			}
		}
		if n != len(x) || last.Count != len(x) {
			t.Fatalf("%d values: %d in bars, %d in steps", len(x), n, last.Count)
		}
	}
}
