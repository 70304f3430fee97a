package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"bennu/tools/campaign/stats"
)

// count writes n with a comma each three digits.
func count[T int | uint32 | uint64](n T) string {
	s := strconv.FormatUint(uint64(n), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// of writes "n words", or "one word".
func of(n int, word string) string {
	plural := word + "s"
	if word == "life" {
		plural = "lives"
	}
	if n == 1 {
		return "1 " + word
	}
	return count(n) + " " + plural
}

// percent writes a share with as many digits as it is worth.
func percent(p float64) string {
	x := 100 * p
	switch {
	case math.IsNaN(x):
		return "–"
	case x == 0 || x == 100:
		return fmt.Sprintf("%.0f %%", x)
	case x < 0.1 || x > 99.9 && x < 100:
		digits := 2
		if x > 50 {
			return fmt.Sprintf("%.3f %%", x)
		}
		return strconv.FormatFloat(signif(x, digits), 'f', -1, 64) + " %"
	}
	return fmt.Sprintf("%.1f %%", x)
}

// signif rounds x to so many significant digits.
func signif(x float64, digits int) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', digits-1, 64), 64)
	if err != nil {
		return x
	}
	return v
}

// atMost writes an upper bound: rounded up, so that it stays one.
func atMost(p float64) string {
	x := 100 * p
	if x <= 0 || x >= 100 {
		return percent(p)
	}
	step := math.Pow(10, math.Floor(math.Log10(x))-1)
	return strconv.FormatFloat(signif(math.Ceil(x/step-1e-9)*step, 3), 'f', -1, 64) + " %"
}

func between(i stats.Interval) string {
	low, high := percent(i.Low), percent(i.High)
	return strings.TrimSuffix(low, " %") + " to " + high
}

// duration writes guest nanoseconds in the unit that fits.
func duration(ns float64) string {
	switch {
	case math.IsNaN(ns):
		return "–"
	case ns < 1e3:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.3g µs", ns/1e3)
	case ns < 1e9:
		return fmt.Sprintf("%.3g ms", ns/1e6)
	}
	return fmt.Sprintf("%.3g s", ns/1e9)
}

// pvalue writes a p.
func pvalue(p float64) string {
	switch {
	case p == 0:
		return "<1e-300"
	case p < 0.0001:
		return fmt.Sprintf("%.1e", p)
	}
	return fmt.Sprintf("%.4f", p)
}
