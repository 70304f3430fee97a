package stackflip

import (
	"encoding/binary"
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault/fake"
)

const (
	heap = 0x80000000
	sp   = heap + 0x5e00
	tls  = heap + 0x1000
	g    = heap + 0x2000
)

// victim is in a program whose stack page and the one above it are there.
func victim() *fake.Victim {
	v := &fake.Victim{Map: []abi.TraceArea{
		{Start: abi.StartPage, End: abi.StartPage + 0x1000, Rights: abi.AreaRead, Kind: abi.AreaStart},
		{Start: heap, End: heap + 0x100000, Rights: abi.AreaRead | abi.AreaWrite, Kind: abi.AreaRAM},
	}}
	v.Page(sp&^0xfff, 7)
	v.Page(sp&^0xfff+0x1000, 7)
	v.Registers.GPR[regSP] = sp
	return v
}

// isGo has the victim's goroutine have a stack up to high.
func isGo(v *fake.Victim, low, high uint64) {
	binary.LittleEndian.PutUint64(v.Page(tls&^0xfff-0x1000, 0)[0xff8:], g)
	bounds := v.Page(g, 0)
	binary.LittleEndian.PutUint64(bounds[:], low)
	binary.LittleEndian.PutUint64(bounds[8:], high)
	v.Registers.FSBase = tls
}

func TestRange(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*fake.Victim)
		to   uint64
	}{
		{"no Go: a page", func(*fake.Victim) {}, sp + 0x1000},
		{"the page above is not there", func(v *fake.Victim) { delete(v.Memory, sp&^0xfff+0x1000) }, heap + 0x6000},
		{"the area ends", func(v *fake.Victim) { v.Map[1].End = sp + 0x40 }, sp + 0x40},
		{"a goroutine", func(v *fake.Victim) { isGo(v, sp-0x600, sp+0x200) }, sp + 0x200},
		{"a goroutine with a large stack", func(v *fake.Victim) { isGo(v, sp-0x600, sp+0x20000) }, sp + 0x1000},
		{"bounds that are no stack's", func(v *fake.Victim) { isGo(v, 5, 0x1000) }, sp + 0x1000},
	} {
		low, high := ^uint64(0), uint64(0)
		for seed := range uint64(3000) {
			v := victim()
			c.set(v)
			was := v.Copy()
			words, e := New().Strike(v, fake.Rand(seed))
			d := v.Changed(was)
			if e != abi.OK || len(d) != 1 || strings.Contains(words, "not watched") {
				t.Fatalf("%s, seed %d: %v, %q %s", c.name, seed, d, words, e.Name())
			}
			for va := range d {
				if va != v.Watch1 {
					t.Fatalf("%s: %#x changed, %#x is watched", c.name, va, v.Watch1)
				}
				low, high = min(low, va), max(high, va)
			}
		}
		near := (c.to - sp) / 128 // as near to the ends as so many draws come
		if near <= 4 {
			near = 0
		}
		if low < sp || low > sp+near || high >= c.to || high < c.to-1-near {
			t.Errorf("%s: %#x to %#x, want %#x to %#x", c.name, low, high, uint64(sp), c.to-1)
		}
	}
}

// While another bit is watched, it is done and counts at once.
func TestNotWatched(t *testing.T) {
	v := victim()
	v.Watched = abi.EBUSY
	was := v.Copy()
	words, e := New().Strike(v, fake.Rand(2))
	if e != abi.OK || len(v.Changed(was)) != 1 || !strings.HasSuffix(words, "not watched") {
		t.Errorf("%q %s: %v", words, e.Name(), v.Changed(was))
	}
}

func TestNoStack(t *testing.T) {
	for _, at := range []uint64{0, abi.StartPage + 8, heap + 0x90000, heap + 0x200000} {
		v := victim()
		v.Registers.GPR[regSP] = at
		if _, e := New().Strike(v, fake.Rand(1)); e != abi.EFAULT || v.Writes != 0 {
			t.Errorf("rsp %#x: %s", at, e.Name())
		}
	}
}
