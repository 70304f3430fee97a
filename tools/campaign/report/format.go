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

// nbsp keeps a number and its unit on one line.
const nbsp = "\u00a0"

// percent writes a share with as many digits as it is worth: two below 1 %, one decimal above, three next to 100 %.
func percent(p float64) string {
	x := 100 * p
	switch {
	case math.IsNaN(x):
		return "–"
	case x > 0 && x < 1:
		s := strconv.FormatFloat(x, 'e', 1, 64)
		v, _ := strconv.ParseFloat(s, 64)
		decimals := max(1, 1-int(math.Floor(math.Log10(v)+1e-9)))
		return strconv.FormatFloat(v, 'f', decimals, 64) + nbsp + "%"
	case x == 0 || x == 100:
		return fmt.Sprintf("%.0f", x) + nbsp + "%"
	case x > 99.9:
		return strconv.FormatFloat(math.Floor(x*1000)/1000, 'f', 3, 64) + nbsp + "%"
	}
	return fmt.Sprintf("%.1f", x) + nbsp + "%"
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
	return strconv.FormatFloat(signif(math.Ceil(x/step-1e-9)*step, 3), 'f', -1, 64) + nbsp + "%"
}

func between(i stats.Interval) string {
	low, high := percent(i.Low), percent(i.High)
	return strings.TrimSuffix(low, nbsp+"%") + " to " + high
}

// duration writes guest nanoseconds in the unit that fits.
func duration(ns float64) string {
	switch {
	case math.IsNaN(ns):
		return "–"
	case ns < 1e3:
		return fmt.Sprintf("%.0f"+nbsp+"ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.3g"+nbsp+"µs", ns/1e3)
	case ns < 1e9:
		return fmt.Sprintf("%.3g"+nbsp+"ms", ns/1e6)
	}
	return fmt.Sprintf("%.3g"+nbsp+"s", ns/1e9)
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
