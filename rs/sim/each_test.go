package sim

import (
	"testing"
	"time"

	"bennu/kernel/abi"
)

// The server ends before each of its kernel calls, and after each, once a run: whatever it was at, nobody notices.
func TestEachCall(t *testing.T) {
	seed, steps, stride := uint64(1), 100, 1
	if *simN <= 1_000_000 { // where these are enough, so is each fourth call
		stride = 4
	}
	for Run(Plan{Seed: seed}).Kind != Busy {
		seed++
	}
	if testing.Short() {
		steps = 10
	}
	for _, after := range []bool{false, true} {
		runs := 0
		for at := 1; ; at += stride {
			p := Plan{Seed: seed, N: steps, killAt: at, killAfter: after}
			res := Run(p)
			if res.Violation != "" {
				t.Fatalf("ended at call %d, after it %v: %s\n%s", at, after, res.Violation, List(p))
			}
			if res.Count.Reborn == 0 { // it has not made so many
				break
			}
			runs++
		}
		if runs*stride < 5*steps {
			t.Errorf("only %d calls in %d steps", runs, steps)
		}
		t.Logf("%d runs, after the call %v", runs, after)
	}
}

// used is how much of what is kept there is: header, and both banks as far as they are written.
func (w *World) used() (end uint64) {
	var h abi.KeptHeader
	copy(abi.Bytes(&h), w.m.Kept(abi.AccountRoot))
	for i := range h.Bank {
		end = max(end, h.Bank[i].Start+(h.Bank[i].Snapshot+7)&^7+h.Bank[i].Log)
	}
	return end
}

// each damages what is kept in one place after the other, in one world, and ends the server. Where a million events are enough, so is each 16th place.
func each(t *testing.T, step uint64, damage func(mem []byte, at uint64)) {
	defer func() {
		if v, ok := recover().(*Violation); ok {
			t.Fatal(v.What)
		}
	}()
	w := newWorld(&Plan{Seed: 3})
	w.Kind = Hostile
	w.goOn()
	n := 0
	if *simN <= 1_000_000 {
		step = 16*step + step // not always the same place in a word
	}
	for at := uint64(0); at < w.used(); at += step {
		w.damaged = true
		w.count.Damaged++
		damage(w.m.Kept(abi.AccountRoot), at)
		w.end(abi.CauseKilled)
		w.steps++
		w.goOn()
		w.passes(uint64(time.Millisecond))
		if n++; n%64 == 0 {
			w.statusTrue()
		}
	}
	w.settle()
	w.finish()
	if n < 500 {
		t.Errorf("only %d places", n)
	}
	t.Logf("%d places, %d panics of the server", n, w.count.Panics)
}

// Each byte of what is kept is changed, one after the other: the server comes back, with what it can find out.
func TestEachByte(t *testing.T) {
	each(t, 1, func(mem []byte, at uint64) { mem[at] ^= 0xa5 })
}

// What is kept is cut at each word: what should be behind it was never written.
func TestEachWord(t *testing.T) {
	each(t, 8, func(mem []byte, at uint64) { clear(mem[at : at|(1<<12-1)]) })
}
