package stats

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %.10g, want %.10g", what, got, want)
	}
}

// The four cases of R. G. Newcombe, "Two-sided confidence intervals for the single proportion: comparison of seven methods", Statistics in
// Medicine 17 (1998), Table I: methods 3 (score) and 5 (Clopper and Pearson).
func TestNewcombe(t *testing.T) {
	for _, c := range []struct {
		k, n          int
		wilson, exact Interval
	}{
		{81, 263, Interval{0.2553, 0.3662}, Interval{0.2527, 0.3676}},
		{15, 148, Interval{0.0624, 0.1605}, Interval{0.0578, 0.1617}},
		{0, 20, Interval{0, 0.1611}, Interval{0, 0.1684}},
		{1, 29, Interval{0.0061, 0.1718}, Interval{0.0009, 0.1776}},
	} {
		w, e := Wilson(c.k, c.n), ClopperPearson(c.k, c.n)
		near(t, "Wilson's low", w.Low, c.wilson.Low, 5e-5)
		near(t, "Wilson's high", w.High, c.wilson.High, 5e-5)
		near(t, "Clopper and Pearson's low", e.Low, c.exact.Low, 5e-5)
		near(t, "Clopper and Pearson's high", e.High, c.exact.High, 5e-5)
	}
	if w := Wilson(0, 0); w != (Interval{0, 1}) {
		t.Errorf("of nothing: %v", w)
	}
}

// The limits are where the binomial tails reach their share, summed with whole numbers.
func TestClopperPearsonIsExact(t *testing.T) {
	for n := 1; n <= 40; n++ {
		for k := 0; k <= n; k++ {
			i := ClopperPearson(k, n)
			if k > 0 {
				near(t, "upper tail at the low limit", 1-binomial(k-1, n, i.Low), Alpha/2, 1e-11)
			}
			if k < n {
				near(t, "lower tail at the high limit", binomial(k, n, i.High), Alpha/2, 1e-11)
				near(t, "lower tail at the bound", binomial(k, n, Upper(k, n)), Alpha, 1e-11)
			}
			if m := ClopperPearson(n-k, n); math.Abs(m.Low-(1-i.High)) > 1e-12 {
				t.Errorf("%d of %d: [%g, %g] is not the mirror of [%g, %g]", k, n, i.Low, i.High, m.Low, m.High)
			}
		}
	}
	// Great counts: the continued fraction still ends, near the normal limits.
	i := ClopperPearson(500_000, 1_000_000)
	near(t, "the low limit of half a million in a million", i.Low, 0.5-1.96*0.0005, 2e-6)
}

// binomial is P(X ≤ k).
func binomial(k, n int, p float64) (sum float64) {
	for i := 0; i <= k; i++ {
		c, _ := new(big.Float).SetInt(new(big.Int).Binomial(int64(n), int64(i))).Float64()
		sum += c * math.Pow(p, float64(i)) * math.Pow(1-p, float64(n-i))
	}
	return sum
}

// "59 without a failure" shows 95 % reliability with 95 % confidence, "299" 99 %: the success-run theorem, as reliability handbooks have
// it. Hanley and Lippman-Hand's example: none of 167, at most 1.8 %.
func TestZeroFailures(t *testing.T) {
	for _, c := range []struct {
		bound float64
		n     int
	}{{0.05, 59}, {0.01, 299}, {0.001, 2995}, {1, 1}, {0.95, 1}} {
		if n := HowManyWithout(c.bound); n != c.n {
			t.Errorf("at most %g: %d trials, want %d", c.bound, n, c.n)
		}
	}
	near(t, "none of 167", ZeroBound(167), 0.018, 5e-4)
	near(t, "3/167", RuleOfThree(167), 0.018, 5e-4)
	near(t, "none of 3,400,000", ZeroBound(3_400_000), 8.811e-7, 1e-10)
	last := 2.0
	for n := 1; n < 100_000; n = n*5/4 + 1 {
		b := ZeroBound(n)
		if b >= last || n > 3 && b > RuleOfThree(n) || b <= RuleOfThree(n)*0.6 && n > 3 {
			t.Errorf("none of %d: %g after %g, 3/n is %g", n, b, last, RuleOfThree(n))
		}
		near(t, "no failure at the bound", math.Pow(1-b, float64(n)), Alpha, 1e-9)
		if m := HowManyWithout(b); m != n {
			t.Errorf("the bound of %d trials asks for %d", n, m)
		}
		last = b
	}
}

// R's example of fisher.test: Fisher's twins of criminals (two-sided p = 0.0005367), and his lady tasting tea (p = 0.4857 two-sided).
func TestFisherPublished(t *testing.T) {
	near(t, "twins", Fisher(2, 17, 10, 13), 0.0005367, 5e-8)
	near(t, "tea", Fisher(3, 4, 1, 4), 34.0/70, 1e-12)
	for _, c := range [][4]int{{0, 0, 3, 9}, {0, 5, 0, 7}, {5, 5, 7, 7}, {4, 8, 4, 8}} {
		near(t, "p where there is nothing to tell", Fisher(c[0], c[1], c[2], c[3]), 1, 0)
	}
}

// All tables of up to 14 + 14, against sums of whole numbers.
func TestFisherIsExact(t *testing.T) {
	for n1 := 0; n1 <= 14; n1++ {
		for n2 := 0; n2 <= 14; n2++ {
			for k1 := 0; k1 <= n1; k1++ {
				for k2 := 0; k2 <= n2; k2++ {
					want := enumerate(k1, n1, k2, n2)
					if got := Fisher(k1, n1, k2, n2); math.Abs(got-want) > 1e-12*want {
						t.Fatalf("%d of %d, %d of %d: %g, want %g", k1, n1, k2, n2, got, want)
					}
				}
			}
		}
	}
	for _, c := range [][4]int{{30, 1000, 60, 1200}, {1, 500, 40, 450}, {900, 1000, 850, 1000}, {0, 2000, 12, 2000}, {300, 300, 0, 300}} {
		want := enumerate(c[0], c[1], c[2], c[3])
		if got := Fisher(c[0], c[1], c[2], c[3]); math.Abs(got-want) > 1e-9*want {
			t.Errorf("%v: %g, want %g", c, got, want)
		}
	}
}

func enumerate(k1, n1, k2, n2 int) float64 {
	k := k1 + k2
	table := func(x int) *big.Int {
		return new(big.Int).Mul(new(big.Int).Binomial(int64(n1), int64(x)), new(big.Int).Binomial(int64(n2), int64(k-x)))
	}
	all, tail, seen := new(big.Int), new(big.Int), table(k1)
	for x := max(0, k-n2); x <= min(k, n1); x++ {
		w := table(x)
		all.Add(all, w)
		if w.Cmp(seen) <= 0 {
			tail.Add(tail, w)
		}
	}
	p, _ := new(big.Rat).SetFrac(tail, all).Float64()
	return p
}

// Counts of a million campaigns: no overflow, no NaN, the normal test's p, and the symmetries.
func TestFisherGreatCounts(t *testing.T) {
	near(t, "like shares", Fisher(1_500_000, 3_000_000, 1_500_001, 3_000_000), 1, 1e-6)
	near(t, "two standard deviations", Fisher(501_386, 1_000_000, 500_000, 1_000_000), 0.05, 5e-4)
	if p := Fisher(0, 3_000_000, 3_000_000, 3_000_000); p != 0 {
		t.Errorf("all against none: %g", p)
	}
	r := rand.New(rand.NewPCG(7, 11))
	for range 2000 {
		n1, n2 := 1+r.IntN(400), 1+r.IntN(400)
		k1, k2 := r.IntN(n1+1), r.IntN(n2+1)
		p := Fisher(k1, n1, k2, n2)
		if !(p > 0 || p == 0) || p > 1 {
			t.Fatalf("%d of %d, %d of %d: %g", k1, n1, k2, n2, p)
		}
		for _, q := range []float64{Fisher(k2, n2, k1, n1), Fisher(n1-k1, n1, n2-k2, n2), Fisher(k1, k1+k2, n1-k1, n1+n2-k1-k2)} {
			if math.Abs(p-q) > 1e-9*p {
				t.Fatalf("%d of %d, %d of %d: %g, mirrored %g", k1, n1, k2, n2, p, q)
			}
		}
	}
}

// R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm").
func TestHolm(t *testing.T) {
	for i, p := range Holm([]float64{0.05, 0.01, 0.03, 0.02, 0.04}) {
		near(t, "corrected p", p, []float64{0.09, 0.05, 0.09, 0.08, 0.09}[i], 1e-12)
	}
	if p := Holm([]float64{0.4, 0.9}); p[0] != 0.8 || p[1] != 0.9 {
		t.Errorf("%v", p)
	}
}

// W. G. Cochran's 384.16 for 5 % at the worst, as the score interval has it (n + z² of them), and the margin holds at n and not at n − 1.
func TestHowMany(t *testing.T) {
	if n := HowMany(0.05, 0.5); n != 381 {
		t.Errorf("5 %%: %d", n)
	}
	for _, margin := range []float64{0.1, 0.03, 0.01, 0.001} {
		for _, p := range []float64{0, 0.01, 0.2, 0.5, 0.97} {
			n := HowMany(margin, p)
			half := func(n int) float64 { w := WilsonShare(p, float64(n)); return (w.High - w.Low) / 2 }
			if half(n) > margin*(1+1e-9) || n > 1 && half(n-1) <= margin {
				t.Errorf("margin %g at %g: %d gives %g, one less %g", margin, p, n, half(n), half(n-1))
			}
		}
	}
}
