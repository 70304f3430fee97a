//go:build qemu

package main

import (
	"context"
	"testing"
	"time"

	"bennu/tools/seed"
)

// A client writes, reads and flushes at depth 8 while the driver's lives end, at drawn instructions of theirs and while they wait for the device: each read is what was written, no request
// fails, and when the machine is off the image has each sector's last content.
func TestDeaths(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	s, err := seed.Short()
	if err != nil {
		t.Fatal(err)
	}
	o := options{work: "mix", deaths: 20, ops: 200, mib: 4, seed: s, bin: "../../out/bin", confine: true}
	t.Logf("go run ./tools/disk -work mix -deaths %d -ops %d -mib %d -seed %d", o.deaths, o.ops, o.mib, o.seed)
	r, err := run(ctx, &o)
	for _, l := range r.told {
		t.Error(l)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r.InFlight < r.Deaths/2 || r.Replayed == 0 || r.Recoveries < r.Deaths-1 {
		t.Errorf("%+v", r)
	}
	t.Logf("%+v", struct{ Deaths, InFlight, MeanNS, WorstNS, Again, Replayed, Ops uint64 }{r.Deaths, r.InFlight, r.MeanNS, r.WorstNS, r.Again, r.Replayed, r.Ops})
}
