package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"bennu/tools/internal/figure"
)

// Report is everything measured, and of what.
type Report struct {
	Commit   string          `json:"commit"`          // of this tree; "unknown" without git
	Dirty    bool            `json:"dirty,omitempty"` // the tree had changes that no commit has
	Date     string          `json:"date"`            // of the host, UTC
	QEMU     string          `json:"qemu"`            // the emulator's first line about itself: figures of another may differ
	Machine  string          `json:"machine"`         // QEMU's
	Figures  []figure.Figure `json:"figures"`
	LinuxOf  string          `json:"linux_version,omitempty"` // with -linux: which one
	Linux    []figure.Figure `json:"linux,omitempty"`
	Failures []string        `json:"failures,omitempty"` // what could not be measured
	HostS    float64         `json:"host_s"`
}

// newReport says what is measured.
func newReport(ctx context.Context, o *options) *Report {
	r := &Report{Commit: "unknown", Date: time.Now().UTC().Format(time.RFC3339), QEMU: "unknown", Machine: o.machine}
	if r.Machine == "" {
		r.Machine = "q35"
	}
	if c, ok := firstLine(ctx, "git", "-C", o.root, "rev-parse", "HEAD"); ok {
		r.Commit = c
		_, r.Dirty = firstLine(ctx, "git", "-C", o.root, "status", "--porcelain", "--untracked-files=no")
	}
	name := os.Getenv("QEMU")
	if name == "" {
		name = "qemu-system-x86_64"
	}
	if v, ok := firstLine(ctx, name, "--version"); ok {
		r.QEMU = v
	}
	return r
}

// firstLine is the first line that a program prints; ok is false when it fails or prints nothing.
func firstLine(ctx context.Context, name string, args ...string) (line string, ok bool) {
	text, err := exec.CommandContext(ctx, name, args...).Output()
	line, _, _ = strings.Cut(string(text), "\n")
	return line, err == nil && line != ""
}

// sort puts the sections in order; within one, figures stay as they were measured.
func (r *Report) sort() {
	slices.SortStableFunc(r.Figures, func(a, b figure.Figure) int {
		return slices.Index(sections, a.Section) - slices.Index(sections, b.Section)
	})
}

func (r *Report) add(f ...figure.Figure) { r.Figures = append(r.Figures, f...) }

func (r *Report) fail(format string, args ...any) {
	r.Failures = append(r.Failures, fmt.Sprintf(format, args...))
}

// judge gives each figure its row's words, target and Linux's figure, and says which rows have no figure and which
// figures have no row.
func (r *Report) judge() {
	seen := map[*row]bool{}
	for i := range r.Figures {
		f := &r.Figures[i]
		w := rowOf(f)
		if w == nil {
			r.fail("no row says what this is: %s: %s", f.Section, f.Name)
			continue
		}
		seen[w] = true
		f.Begins, f.Ends = w.begins, w.ends
		if w.most > 0 {
			met := f.Max <= w.most
			f.Target, f.Met = w.most, &met
		}
		if f.Linux, f.LinuxName = r.linux(w); f.Linux > 0 {
			f.Ratio = float64(f.Median) / float64(f.Linux)
		}
	}
	for i := range rows {
		if w := &rows[i]; !seen[w] && (!w.cc || len(r.Linux) > 0) {
			r.fail("not measured: %s: %s", w.section, w.name)
		}
	}
}

// linux is the best median of the same work on Linux, and of what; 0 when none was measured.
func (r *Report) linux(w *row) (best uint64, name string) {
	for i := range r.Linux {
		if l := &r.Linux[i]; w.linux != "" && like(l.Name, w.linux) && (best == 0 || l.Median < best) {
			best, name = l.Median, l.Name
		}
	}
	return best, name
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
