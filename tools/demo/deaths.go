package main

import (
	"context"
	"fmt"
	"io"
	"sort"
	"strings"

	"bennu/tools/internal/control"
	"bennu/tools/internal/figure"
)

// deaths is the result of many deaths of one service in one boot.
type deaths struct {
	Deaths   int            `json:"deaths"`
	ByReason map[string]int `json:"by_reason"`
	Detect   figure.Spread  `json:"detect_ns"`
	// Recovery is from the fault to ready. Lives that the policy starts at once and those that it makes wait are counted apart: while
	// it waits others run, so nothing is taken off.
	Direct    figure.Spread   `json:"recovery_direct_ns"`
	BackedOff figure.Spread   `json:"recovery_backed_off_ns"`
	First     resources       `json:"resources_after_first"`
	Last      resources       `json:"resources_after_last"`
	Latency   control.Latency `json:"latency"`
	Tasks     []control.Task  `json:"tasks"`
	GuestS    float64         `json:"guest_s"`
	Failures  []string        `json:"failures,omitempty"`
}

// quickWays are those that need no missed heartbeat, so that a thousand take seconds.
var quickWays = []string{"exit", "panic", "nil", "divide", "illegal", "privileged", "port", "text-write", "jump-data", "bad-call", "kernel-read", "exception", "kill"}

// manyDeaths has faulty die n times, each quick way in turn. Resources are compared with those after
// the first death.
func (m *machine) manyDeaths(ctx context.Context, n int) (d *deaths, err error) {
	d = &deaths{ByReason: map[string]int{}}
	before, err := m.status(ctx)
	if err != nil {
		return d, err
	}
	if _, err := m.c.Measure(ctx); err != nil {
		return d, err
	}
	began := before["faulty"].Deaths
	events := m.c.Events(false)
	var detect, direct, backedOff []uint64
	for d.Deaths < n {
		way := quickWays[d.Deaths%len(quickWays)]
		dead, ready, err := m.once(ctx, events, way)
		if err != nil {
			return d, fmt.Errorf("death %d, by %s: %w; before that: %s", d.Deaths+1, way, err, m.recent())
		}
		d.Deaths++
		d.ByReason[dead.Reason]++
		detect = append(detect, dead.DetectNS)
		if dead.BackoffUS == 0 {
			direct = append(direct, ready.RecoveryNS)
		} else {
			backedOff = append(backedOff, ready.RecoveryNS)
		}
		if d.Deaths == 1 {
			if d.First, _, err = m.resources(ctx); err != nil {
				return d, err
			}
		}
		d.GuestS = ready.T
	}
	d.Detect, d.Direct, d.BackedOff = figure.Of(detect), figure.Of(direct), figure.Of(backedOff)
	return d, m.compare(ctx, d, before, began+uint32(n))
}

// recent is what happened last, for an error.
func (m *machine) recent() string {
	var s []string
	for _, e := range m.c.Recent(8) {
		s = append(s, strings.TrimSpace(fmt.Sprintf("%.6f %s %s %s", e.T, e.Kind, e.Label, e.Reason)))
	}
	return strings.Join(s, ", ")
}

// once has faulty die and waits for its next life.
func (m *machine) once(ctx context.Context, events *control.Events, way string) (dead, ready control.Event, err error) {
	ctx, cancel := context.WithTimeout(ctx, deathLimit)
	defer cancel()
	if err = m.c.Fault(ctx, "faulty", way); err != nil {
		return
	}
	if dead, err = events.Wait(ctx, "the death", func(e *control.Event) bool { return e.Is("death", "faulty") }); err != nil {
		return
	}
	ready, err = events.Wait(ctx, "the next life", func(e *control.Event) bool { return e.Is("ready", "faulty") })
	return
}

func (m *machine) compare(ctx context.Context, d *deaths, before map[string]control.Service, total uint32) error {
	after, err := m.status(ctx)
	if err != nil {
		return err
	}
	for _, l := range sorted(before) {
		want := before[l].Deaths
		if l == "faulty" {
			want = total
		}
		if got := after[l].Deaths; got != want {
			d.Failures = append(d.Failures, fmt.Sprintf("%s: expected %d deaths in all, RS counts %d (%s)", l, want, got, after[l].Reason))
		}
	}
	if d.Last, err = m.settle(ctx, d.First); err != nil {
		return err
	}
	if !d.Last.same(d.First) {
		d.Failures = append(d.Failures, fmt.Sprintf("expected the resources of after the first death, %+v; they are %+v", d.First, d.Last))
	}
	i, err := m.c.Info(ctx)
	if err != nil {
		return err
	}
	d.Latency = i.Latency
	d.Tasks, err = m.c.Tasks(ctx)
	return err
}

func (d *deaths) ok() bool { return len(d.Failures) == 0 && d.Deaths > 0 }

func (d *deaths) text(w io.Writer) {
	fmt.Fprintf(w, "%d deaths of faulty in %.1f s of guest time:", d.Deaths, d.GuestS)
	var reasons []string
	for r := range d.ByReason {
		reasons = append(reasons, r)
	}
	sort.Strings(reasons)
	for _, r := range reasons {
		fmt.Fprintf(w, " %s %d", r, d.ByReason[r])
	}
	fmt.Fprintf(w, "\ndetection %s\nrecovery, started at once %s\nrecovery, backoff included %s\n", words(d.Detect), words(d.Direct), words(d.BackedOff))
	printDelays(w, d.Latency, d.Tasks)
	for _, f := range d.Failures {
		fmt.Fprintf(w, "FAILED %s\n", f)
	}
	if d.Last.same(d.First) {
		fmt.Fprintf(w, "resources after the last are those after the first: %+v\n", d.Last)
	}
}
