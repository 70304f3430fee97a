//go:build qemu

package main

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"bennu/tools/internal/figure"
	"bennu/tools/internal/suite"
)

// built is what make built.
func built(t *testing.T) *options {
	t.Helper()
	root := suite.Root(t)
	out := filepath.Join(root, "out")
	return &options{root: root, kernel: filepath.Join(out, "kernel.elf"), micro: filepath.Join(out, "bench.tar"), archive: filepath.Join(out, "boot.tar"),
		client: filepath.Join(out, "bin/client"), deaths: 12, slow: 1}
}

// The kernel's benchmark measures the same twice, to the instruction, and meets its targets. Only when
// an interrupt comes to an idle machine does QEMU's main loop have a say: now and then one is some
// instructions later, so the worst is not compared.
func TestRepeats(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	o := built(t)
	var r [2]Report
	for i := range r {
		if err := micro(ctx, o, &r[i]); err != nil {
			t.Fatal(err)
		}
		r[i].judge()
		if n := r[i].missed(); n != 0 {
			t.Errorf("%d targets missed", n)
		}
	}
	if len(r[0].Figures) < 30 || len(r[0].Figures) != len(r[1].Figures) {
		t.Fatalf("%d figures, then %d", len(r[0].Figures), len(r[1].Figures))
	}
	for i, a := range r[0].Figures {
		b := r[1].Figures[i]
		if a.Name != b.Name || a.N != b.N || a.Min != b.Min || a.Median != b.Median {
			t.Errorf("once %+v, then %+v", a, b)
		}
	}
	var old []figure.Figure // the rest of what is recorded takes a quiet host: TestRecorded, in make test-long
	for _, o := range recorded(t).Figures {
		if slices.ContainsFunc(r[0].Figures, func(f figure.Figure) bool { return f.Section == o.Section && f.Name == o.Name }) {
			old = append(old, o)
		}
	}
	if len(old) < 30 {
		t.Errorf("%d of the kernel's figures are recorded", len(old))
	}
	for _, f := range stale(old, r[0].Figures) {
		t.Error(f)
	}
}
