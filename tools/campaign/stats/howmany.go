package stats

import (
	"math"
	"sort"
)

// HowMany is the smallest number of independent trials whose Wilson interval is at most margin to either side of its centre when the share
// seen is p: 0 < margin < 1. p = 0.5 is the worst case.
func HowMany(margin, p float64) int {
	if !(margin > 0) {
		return math.MaxInt
	}
	return 1 + sort.Search(1<<53, func(i int) bool {
		w := WilsonShare(p, float64(i+1))
		return (w.High-w.Low)/2 <= margin*(1+1e-12)
	})
}

// HowManyWithout is the smallest number of trials that, without a single failure, show the share of failures to be at most bound.
func HowManyWithout(bound float64) int {
	if !(bound > 0) {
		return math.MaxInt
	}
	if bound >= 1 {
		return 1
	}
	return int(math.Ceil(math.Log(Alpha)/math.Log1p(-bound) - 1e-9))
}
