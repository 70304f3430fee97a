//go:build qemu

package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"bennu/tools/internal/qemu"
)

// built is what make built.
func built(t *testing.T) *options {
	t.Helper()
	root, err := qemu.Root()
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(root, "out")
	return &options{root: root, kernel: filepath.Join(out, "kernel.elf"), micro: filepath.Join(out, "bench.tar"), archive: filepath.Join(out, "boot.tar"),
		client: filepath.Join(out, "bin/client"), deaths: 12, slow: 1}
}

// A new run gives the figures that the documents have. Where it does not, `make figures` measures them anew; whether the
// change is wanted is for whoever made it to say.
func TestRecorded(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	o, now := built(t), &Report{}
	for _, part := range []func(context.Context, *options, *Report) error{micro, system, rebirths, sizes} {
		if err := part(ctx, o, now); err != nil {
			t.Fatal(err)
		}
	}
	now.judge()
	for _, f := range now.Failures {
		t.Error(f)
	}
	if n := now.missed(); n != 0 {
		t.Errorf("%d targets missed", n)
	}
	for _, f := range stale(recorded(t).Figures, now.Figures) {
		t.Error(f)
	}
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
}
