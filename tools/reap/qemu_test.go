//go:build qemu

package main

import (
	"context"
	"testing"
	"time"

	"bennu/tools/seed"
)

// reaped is one boot in which lives end, and nobody notices.
func reaped(t *testing.T, o options) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var err error
	if o.seed, err = seed.Short(); err != nil {
		t.Fatal(err)
	}
	o.bin = "../../out/bin"
	t.Logf("seed %d: go run ./tools/reap -victims %s -ways %s -kills %d -most %d -seed %d -twice=%t", o.seed, o.victims, o.ways, o.kills, o.most, o.seed, o.twice)
	r, err := run(ctx, &o)
	for _, l := range r.noticed {
		t.Error(l)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Log(r.last)
}

// The kernel ends RS after numbers of its instructions that are drawn.
func TestRS(t *testing.T) { reaped(t, options{victims: "rs", ways: "end", kills: 500, most: 200_000}) }

// RS dies by itself, in every way that there is.
func TestRSByItself(t *testing.T) { reaped(t, options{victims: "rs", ways: "all", kills: 64}) }

// The data store likewise, and both.
func TestDataStore(t *testing.T) {
	reaped(t, options{victims: "ds", ways: "end", kills: 100, most: 100_000})
}

func TestBoth(t *testing.T) {
	reaped(t, options{victims: "rs,ds", ways: "end", kills: 100, most: 100_000})
}

// Where RS runs twice, a bit that is changed in the text or the data of one of the two is noticed by nobody; ends are as without.
func TestTwice(t *testing.T) {
	reaped(t, options{victims: "rs", ways: "text,data", kills: 60, twice: true})
	reaped(t, options{victims: "rs", ways: "end,exception,exit,panic,bad-call,memory,hang,hang-calls", most: 200_000, kills: 60, twice: true})
}
