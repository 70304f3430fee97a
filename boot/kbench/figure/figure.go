// Package figure sums up measurements and writes them as one line of JSON, which tools/bench reads
// from the console.
package figure

import (
	"slices"
	"strconv"
)

// Samples collects one figure's measurements. It allocates once, in New, so that measuring disturbs
// nothing.
type Samples struct{ v []uint64 }

// New makes room for n samples; more are dropped.
func New(n int) *Samples { return &Samples{v: make([]uint64, 0, n)} }

// Reset forgets all samples.
func (s *Samples) Reset() { s.v = s.v[:0] }

// Add takes one. Preconditions: fewer than New's n are there.
func (s *Samples) Add(v uint64) {
	if len(s.v) < cap(s.v) {
		s.v = append(s.v, v)
	}
}

// Min is the least; 0 without samples.
func (s *Samples) Min() uint64 {
	if len(s.v) == 0 {
		return 0
	}
	return slices.Min(s.v)
}

// Line is the summary: {"figure":NAME,"n":…,"min":…,"median":…,"p99":…,"max":…}, the values less
// base, which is what measuring itself costs. It sorts the samples. Without any, n is 0.
func (s *Samples) Line(name string, base uint64) string {
	slices.Sort(s.v)
	b := append([]byte(`{"figure":`), strconv.Quote(name)...)
	b = field(b, "n", uint64(len(s.v)))
	if n := len(s.v); n > 0 {
		b = field(b, "min", less(s.v[0], base))
		b = field(b, "median", less(s.v[n/2], base))
		b = field(b, "p99", less(s.v[min(n-1, n*99/100)], base))
		b = field(b, "max", less(s.v[n-1], base))
	}
	return string(append(b, '}'))
}

// Value is a figure that is not measured but known: one sample.
func Value(name string, v uint64) string {
	return (&Samples{v: []uint64{v}}).Line(name, 0)
}

func less(v, base uint64) uint64 { return v - min(v, base) }

func field(b []byte, name string, v uint64) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return strconv.AppendUint(b, v, 10)
}
