package stats

import (
	"math"
	"slices"
)

// Fisher is the two-sided p of Fisher's exact test for the table
//
//	k1  n1−k1
//	k2  n2−k2
//
// It is the probability, with all sums of rows and columns given, of the tables that are no likelier than this one. It is 1 when a row or
// a column is empty: such a table says nothing. 0 means less than floating point can tell.
//
// No factorial is computed: the weights of neighbouring tables have simple ratios, and start at 1 at the likeliest table, so that
// counts of millions lose nothing.
//
// Source: R. A. Fisher, "Statistical Methods for Research Workers", section 21.02; two-sided as R's fisher.test has it, with its tolerance
// of 1e-7 for tables that are as likely but for rounding.
func Fisher(k1, n1, k2, n2 int) float64 {
	k := k1 + k2
	low, high := max(0, k-n2), min(k, n1)
	if low >= high {
		return 1
	}
	// The mode of the hypergeometric distribution.
	mode := int(float64(k+1) * (float64(n1+1) / float64(n1+n2+2)))
	mode = min(max(mode, low), high)
	up := func(x int) float64 { // weight of x+1 over that of x
		return float64(k-x) / float64(x+1) * (float64(n1-x) / float64(n2-k+x+1))
	}
	observed := weight(mode, k1, up)
	limit := observed * (1 + 1e-7)
	if limit >= 1 {
		return 1
	}
	all, tail := 0.0, 0.0
	// add takes a table's weight. It says whether those further out still count: their weights fall.
	add := func(w float64) bool {
		all += w
		if w > limit {
			return true
		}
		tail += w
		return w > tail*1e-20
	}
	for x, w := mode, 1.0; add(w) && x < high; x++ {
		w *= up(x)
	}
	for x, w := mode, 1.0; x > low; x-- {
		w /= up(x - 1)
		if !add(w) {
			break
		}
	}
	return min(1, tail/all)
}

// weight is that of x when the one of mode is 1.
func weight(mode, x int, up func(int) float64) float64 {
	w := 1.0
	for i := mode; i < x && w > 0; i++ {
		w *= up(i)
	}
	for i := mode - 1; i >= x && w > 0; i-- {
		w /= up(i)
	}
	return w
}

// Holm corrects the p of as many comparisons as there are: one that stays below 0.05 is a difference, with 5 % chance that any of the
// differences named is none.
//
// Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979).
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	out := make([]float64, len(p))
	least := 0.0
	for i, at := range order {
		least = max(least, math.Min(1, float64(len(p)-i)*p[at]))
		out[at] = least
	}
	return out
}
