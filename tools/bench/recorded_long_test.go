//go:build qemu && long

package main

import (
	"context"
	"testing"
	"time"
)

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
