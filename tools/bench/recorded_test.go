package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bennu/tools/internal/figure"
	"bennu/tools/internal/suite"
)

// recorded is what the documents' figures are from (tools/figures).
func recorded(t *testing.T) *Report {
	t.Helper()
	root := suite.Root(t)
	b, err := os.ReadFile(filepath.Join(root, "docs/figures.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r struct{ Bench *Report }
	if err := json.Unmarshal(b, &r); err != nil || r.Bench == nil {
		t.Fatalf("docs/figures.json: %v", err)
	}
	return r.Bench
}

// What is recorded has the words and targets of today's rows, and a figure for each of them.
func TestRecordedRows(t *testing.T) {
	r := recorded(t)
	seen := map[*row]bool{}
	for _, f := range r.Figures {
		w := rowOf(&f)
		if w == nil {
			t.Errorf("recorded: %s: %s, of which no row speaks: make figures", f.Section, f.Name)
			continue
		}
		seen[w] = true
		if f.Begins != w.begins || f.Ends != w.ends || f.Target != w.most {
			t.Errorf("%s: recorded with other words or another target than its row's: make figures", f.Name)
		}
	}
	for i := range rows {
		if w := &rows[i]; !seen[w] && (!w.cc || len(r.Linux) > 0) {
			t.Errorf("not recorded: %s: %s: make figures", w.section, w.name)
		}
	}
	if r.Commit == "" || r.Date == "" || r.QEMU == "" {
		t.Errorf("recorded of commit %q, %q, on %q", r.Commit, r.QEMU, r.Date)
	}
}

// stale says which of the old figures are not what was measured now: whose median now is farther than its row allows from the recorded
// median, where that repeats (the kernel's), or else from all recorded samples: a few samples of a figure with two usual
// values may have either as their median. Those that need a C compiler are left out.
func stale(old, now []figure.Figure) (faults []string) {
	for _, o := range old {
		w := rowOf(&o)
		if w == nil || strings.HasPrefix(o.Name, inC) || w.within == notCompared {
			continue
		}
		i := slices.IndexFunc(now, func(f figure.Figure) bool { return f.Section == o.Section && f.Name == o.Name })
		if i < 0 {
			faults = append(faults, fmt.Sprintf("%s: recorded, and not measured now", o.Name))
			continue
		}
		n, low, high := now[i].Median, o.Min, o.Max
		if o.Section == sectionKernel {
			low, high = o.Median, o.Median
		}
		if d := max(n, high) - high + low - min(n, low); d*1000 > o.Median*uint64(w.within) {
			faults = append(faults, fmt.Sprintf("%s: recorded %s to %s, median %s, now %s: outside by %.1f %% of the recorded median, its row allows %.1f", o.Name, figure.Group(o.Min), figure.Group(o.Max),
				figure.Group(o.Median), figure.Group(n), 100*float64(d)/float64(o.Median), float64(w.within)/10))
		}
	}
	return faults
}

func TestStale(t *testing.T) {
	old := []figure.Figure{single(sectionKernel, "null kernel call", 340), single(sectionBoot, bootReset, 1000),
		single(sectionKernel, "longest stay in ring 0, boot and rebirths (x)", 10), single(sectionRebirth, inC+"killed"+toReady, 5)}
	for _, c := range []struct {
		null, ready uint64
		want        int
	}{{340, 1000, 0}, {340, 1020, 0}, {340, 980, 0}, {341, 1000, 1}, {339, 1021, 2}, {340, 979, 1}} {
		now := []figure.Figure{single(sectionKernel, "null kernel call", c.null), single(sectionBoot, bootReset, c.ready)}
		if got := stale(old, now); len(got) != c.want {
			t.Errorf("%d, %d: %q, want %d faults", c.null, c.ready, got, c.want)
		}
	}
	old = []figure.Figure{summed(sectionRebirth, "Go (faulty), killed"+toReady, []uint64{1000, 1000, 2000})}
	for now, want := range map[uint64]int{610: 0, 1900: 0, 2390: 0, 590: 1, 2410: 1} { // 40 % of the median
		if got := stale(old, []figure.Figure{single(sectionRebirth, "Go (faulty), killed"+toReady, now)}); len(got) != want {
			t.Errorf("%d of samples from 1000 to 2000: %q, want %d faults", now, got, want)
		}
	}
	old = []figure.Figure{summed(sectionKernel, "null kernel call", []uint64{1000, 1000, 2000})}
	for now, want := range map[uint64]int{1000: 0, 999: 1, 1001: 1} {
		if got := stale(old, []figure.Figure{single(sectionKernel, "null kernel call", now)}); len(got) != want {
			t.Errorf("%d of the kernel's samples from 1000 to 2000: %q, want %d faults", now, got, want)
		}
	}
	if got := stale(old, nil); len(got) != 1 {
		t.Errorf("nothing measured: %q", got)
	}
}
