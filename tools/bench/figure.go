package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"bennu/tools/internal/figure"
)

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
func summed(section, name string, samples []uint64) figure.Figure {
	return figure.Figure{Section: section, Name: name, Spread: figure.Of(samples)}
}

func single(section, name string, v uint64) figure.Figure { return summed(section, name, []uint64{v}) }

// done is the name of the line that ends the kernel's benchmark.
const done = "done"

// parseLine reads a line that the kernel's benchmark has printed. ok is false for other lines.
//
// Errors: the line begins like a figure and is none.
func parseLine(line string) (f figure.Figure, ok bool, err error) {
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
