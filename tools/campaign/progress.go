package main

import (
	"fmt"
	"time"

	"bennu/tools/campaign/result"
	"bennu/tools/campaign/runner"
	"bennu/tools/campaign/spec"
	"bennu/tools/campaign/store"
)

// progress says how far the campaign is: on a terminal in one line that changes, else in a line a group.
type progress struct {
	t      *tool
	began  time.Time
	before int // faults that were there already
	blocks int // of all groups that are to be done
	all    runner.Tally
	live   runner.Tally // this run's, blocks of groups that are not complete included
	shown  time.Time
}

// redraw is how often a terminal's line changes.
const redraw = 200 * time.Millisecond

func (p *progress) Block(l []result.Fault) {
	p.live.Lines(l)
	if p.t.terminal && time.Since(p.shown) > redraw {
		p.shown = time.Now()
		fmt.Fprintf(p.t.err, "\r\x1b[K%s", p.line())
	}
}

func (p *progress) Group(g spec.Group, k *store.Group) {
	p.all.Group(k)
	if !p.t.terminal {
		fmt.Fprintf(p.t.err, "group %d: %s\n", g.N, p.line())
	}
}

// line is one line: rates are those of this run, shares those of all.
func (p *progress) line() string {
	took := time.Since(p.began)
	rate := float64(p.live.Faults) / took.Seconds()
	left := "?"
	done := p.all.Blocks
	if p.live.Blocks > 0 {
		left = (took / time.Duration(p.live.Blocks) * time.Duration(max(0, p.blocks-done))).Round(time.Second).String()
	}
	t := &p.all
	if t.Faults == 0 {
		t = &p.live
	}
	s := fmt.Sprintf("%d of %d blocks, %.0f faults/s, %.1f%% activated", done, p.blocks, rate, t.Active())
	if shares := t.Shares(); shares != "" {
		s += ": " + shares
	}
	if p.all.Infra > 0 {
		s += fmt.Sprintf("; %d infrastructure errors", p.all.Infra)
	}
	return s + ", left " + left
}

// end clears a terminal's line.
func (p *progress) end() {
	if p.t.terminal {
		fmt.Fprint(p.t.err, "\r\x1b[K")
	}
}
