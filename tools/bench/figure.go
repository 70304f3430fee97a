package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Figure is one thing measured. Values are guest instructions unless the section is about bytes.
type Figure struct {
	Section string `json:"section"`
	Name    string `json:"figure"`
	N       int    `json:"n"`
	Min     uint64 `json:"min"`
	Median  uint64 `json:"median"`
	P99     uint64 `json:"p99"`
	Max     uint64 `json:"max"`
	Begins  string `json:"begins,omitempty"` // what a sample lies between
	Ends    string `json:"ends,omitempty"`
	Target  uint64 `json:"target,omitempty"` // at most, the worst included; 0: none
	Met     *bool  `json:"met,omitempty"`
	// Linux is the best median of the same work on Linux, in the same run; 0: not measured, or nothing is comparable.
	Linux     uint64  `json:"linux,omitempty"`
	LinuxName string  `json:"linux_figure,omitempty"`
	Ratio     float64 `json:"ratio,omitempty"` // median to Linux's
}

// Sections, in the order of the table.
const (
	sectionKernel  = "kernel"
	sectionRebirth = "rebirth"
	sectionBoot    = "boot"
	sectionMemory  = "memory, bytes"
	sectionSize    = "size, bytes"
)

var sections = []string{sectionKernel, sectionRebirth, sectionBoot, sectionMemory, sectionSize}

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
