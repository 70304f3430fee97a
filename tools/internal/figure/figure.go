// Package figure is what measurements are summed up to: bench and the demo print it, docs/figures.json keeps it.
package figure

import (
	"slices"
	"strconv"
)

// Spread sums up a number of samples. The order of the fields is that of the record.
type Spread struct {
	N      int    `json:"n"`
	Min    uint64 `json:"min"`
	Median uint64 `json:"median"`
	P99    uint64 `json:"p99"`
	Max    uint64 `json:"max"`
}

// Of sums samples up; no samples are all zeros.
func Of(samples []uint64) Spread {
	n := len(samples)
	if n == 0 {
		return Spread{}
	}
	s := slices.Sorted(slices.Values(samples))
	return Spread{n, s[0], s[n/2], s[min(n-1, n*99/100)], s[n-1]}
}

// Figure is one thing measured. Values are guest instructions unless the section is about bytes.
type Figure struct {
	Section string `json:"section"`
	Name    string `json:"figure"`
	Spread
	Begins string `json:"begins,omitempty"` // what a sample lies between
	Ends   string `json:"ends,omitempty"`
	Target uint64 `json:"target,omitempty"` // at most, the worst included; 0: none
	Met    *bool  `json:"met,omitempty"`    // not recorded: it follows from the others, as Ratio does
	// Linux is the best median of the same work on Linux, in the same run; 0: not measured, or nothing is comparable.
	Linux     uint64  `json:"linux,omitempty"`
	LinuxName string  `json:"linux_figure,omitempty"`
	Ratio     float64 `json:"ratio,omitempty"` // median to Linux's
}

// Group writes a number with commas between thousands.
func Group(v uint64) string {
	s := strconv.FormatUint(v, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
