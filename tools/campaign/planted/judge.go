package main

import (
	"strings"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/result"
)

// finding is what a campaign said of a kernel.
type finding struct {
	faults   int           // that were made in all
	blocks   int           // that came to something bad
	after    int           // faults made until the first of them ended
	first    *result.Fault // of that block; nil: none was bad
	shown    bool          // one of them has the words that show the bug
	outcomes []string      // of bad blocks, each once, in the order in which they came
}

// bad tells whether an outcome is the machine's fault.
func bad(words string) bool {
	o, ok := outcome.Parse(words)
	return !ok || o.Bad()
}

// words are all of a block's.
func words(f *result.Fault) string {
	return strings.Join(append(append([]string(nil), f.Collateral...), f.Words), "; ")
}

// judge reads a campaign's records. Faults are in the order of their blocks.
func judge(faults []result.Fault, seen string) *finding {
	g := &finding{faults: len(faults)}
	last := -1
	for i := range faults {
		f := &faults[i]
		if !bad(f.Outcome) {
			continue
		}
		if int(f.Block) != last {
			last = int(f.Block)
			g.blocks++
			g.outcome(f.Outcome)
		}
		if g.first == nil {
			g.first = f
		}
		if g.first.Block == f.Block {
			g.after = i + 1
		}
		g.shown = g.shown || strings.Contains(words(f), seen)
	}
	return g
}

func (g *finding) outcome(o string) {
	for _, have := range g.outcomes {
		if have == o {
			return
		}
	}
	g.outcomes = append(g.outcomes, o)
}
