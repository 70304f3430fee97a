package stats

import "math"

// Quantile of values in rising order, 0 ≤ q ≤ 1, by linear interpolation; NaN when there are none.
//
// Source: R. J. Hyndman, Y. Fan, "Sample quantiles in statistical packages", The American Statistician 50 (1996), definition 7.
func Quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	h := q * float64(len(sorted)-1)
	i := min(int(h), len(sorted)-1)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (h-float64(i))*(sorted[i+1]-sorted[i])
}

// Step is a step of an empirical distribution function: Count values are at most X.
type Step struct {
	X     float64
	Count int
}

// ECDF is one step a different value, in rising order, of values in rising order.
func ECDF(sorted []float64) (steps []Step) {
	for i, x := range sorted {
		if i > 0 && x == sorted[i-1] {
			steps[len(steps)-1].Count = i + 1
			continue
		}
		steps = append(steps, Step{x, i + 1})
	}
	return steps
}

// Bin is a bar of a histogram: Count values in [Low, High).
type Bin struct {
	Low, High float64
	Count     int
}

// LogBins counts values > 0, perDecade bins to a factor of ten, from the first bin with a value to the last one.
func LogBins(sorted []float64, perDecade int) (bins []Bin) {
	if len(sorted) == 0 || sorted[0] <= 0 {
		return nil
	}
	edge := func(i int) float64 { return math.Pow(10, float64(i)/float64(perDecade)) }
	at := int(math.Floor(math.Log10(sorted[0]) * float64(perDecade)))
	for i := 0; i < len(sorted); at++ {
		b := Bin{Low: edge(at), High: edge(at + 1)}
		for i < len(sorted) && sorted[i] < b.High {
			b.Count++
			i++
		}
		if b.Count > 0 || len(bins) > 0 {
			bins = append(bins, b)
		}
	}
	return bins
}
