//go:build qemu

package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"bennu/tools/internal/qemu"
)

// The kernel's benchmark measures the same twice, to the instruction, and meets its targets. Only when
// an interrupt comes to an idle machine does QEMU's main loop have a say: now and then one is some
// instructions later, so the worst is not compared.
func TestRepeats(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	root, err := qemu.Root()
	if err != nil {
		t.Fatal(err)
	}
	o := &options{kernel: filepath.Join(root, "out/kernel.elf"), micro: filepath.Join(root, "out/bench.tar")}
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
