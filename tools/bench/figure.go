package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Figure is one thing measured. Values are guest instructions unless the section is about bytes.
type Figure struct {
	Section string  `json:"section"`
	Name    string  `json:"figure"`
	N       int     `json:"n"`
	Min     uint64  `json:"min"`
	Median  uint64  `json:"median"`
	P99     uint64  `json:"p99"`
	Max     uint64  `json:"max"`
	Target  uint64  `json:"target,omitempty"` // at most, the worst included; 0: none
	Met     *bool   `json:"met,omitempty"`
	Linux   uint64  `json:"linux,omitempty"` // the same work on Linux, median; 0: not comparable
	Ratio   float64 `json:"ratio,omitempty"` // median to Linux's
}

// Sections, in the order of the table.
const (
	sectionKernel = "kernel"
	sectionDeath  = "death"
	sectionBoot   = "boot"
	sectionMemory = "memory, bytes"
	sectionSize   = "size, bytes"
)

var sections = []string{sectionKernel, sectionDeath, sectionBoot, sectionMemory, sectionSize}

// summed makes a figure of samples.
func summed(section, name string, samples []uint64) Figure {
	f := Figure{Section: section, Name: name, N: len(samples)}
	if f.N == 0 {
		return f
	}
	s := slices.Sorted(slices.Values(samples))
	f.Min, f.Median, f.P99, f.Max = s[0], s[f.N/2], s[min(f.N-1, f.N*99/100)], s[f.N-1]
	return f
}

func single(section, name string, v uint64) Figure { return summed(section, name, []uint64{v}) }

// done is the name of the line that ends the kernel's benchmark.
const done = "done"

// parseLine reads a line that the kernel's benchmark has printed. ok is false for other lines.
//
// Errors: the line begins like a figure and is none.
func parseLine(line string) (f Figure, ok bool, err error) {
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, `{"figure":`) {
		return f, false, nil
	}
	if err := json.Unmarshal([]byte(line), &f); err != nil {
		return f, false, fmt.Errorf("the line %q: %w", line, err)
	}
	if f.N == 0 && f.Name != done {
		return f, false, fmt.Errorf("the line %q: expected samples", line)
	}
	f.Section = sectionKernel
	if strings.HasSuffix(f.Name, ", bytes") {
		f.Name, f.Section = strings.TrimSuffix(f.Name, ", bytes"), sectionMemory
	}
	return f, true, nil
}

// Report is everything measured.
type Report struct {
	QEMU     string   `json:"qemu"`
	Figures  []Figure `json:"figures"`
	Linux    []Figure `json:"linux,omitempty"`    // with -linux
	Failures []string `json:"failures,omitempty"` // what could not be measured
	HostS    float64  `json:"host_s"`
}

// sort puts the sections in order; within one, figures stay as they were measured.
func (r *Report) sort() {
	slices.SortStableFunc(r.Figures, func(a, b Figure) int {
		return slices.Index(sections, a.Section) - slices.Index(sections, b.Section)
	})
}

func (r *Report) add(f ...Figure) { r.Figures = append(r.Figures, f...) }

func (r *Report) fail(format string, args ...any) {
	r.Failures = append(r.Failures, fmt.Sprintf(format, args...))
}

// judge compares the figures with the targets, and says which of these were not measured.
func (r *Report) judge() {
	for _, t := range targets {
		found := false
		for i := range r.Figures {
			f := &r.Figures[i]
			if !t.is(f) {
				continue
			}
			found = true
			met := f.Max <= t.most
			f.Target, f.Met, f.Linux = t.most, &met, r.linux(&t)
			if f.Linux > 0 {
				f.Ratio = float64(f.Median) / float64(f.Linux)
			}
		}
		if !found {
			r.fail("not measured: %s: %s", t.section, t.prefix)
		}
	}
}

// linux is the median of the same work on Linux: measured just now, or what was measured once; 0 when
// nothing is comparable.
func (r *Report) linux(t *target) uint64 {
	for i := range r.Linux {
		if l := &r.Linux[i]; t.linux > 0 && strings.HasPrefix(l.Name, t.prefix) {
			return l.Median
		}
	}
	return t.linux
}

// missed counts the targets that were missed.
func (r *Report) missed() (n int) {
	for _, f := range r.Figures {
		if f.Met != nil && !*f.Met {
			n++
		}
	}
	return n
}
