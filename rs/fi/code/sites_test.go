package code_test

import (
	"fmt"
	"slices"
	"testing"

	"golang.org/x/arch/x86/x86asm"

	"bennu/rs/fi/code"
)

// Sites are the sweep's instructions, in order, by number and by address.
func TestSites(t *testing.T) {
	text := read(t, build(t)).Text
	counts := [code.Strata]int{}
	for _, want := range []code.Mask{code.All, code.Of(code.Driver), code.Of(code.SDK), code.Of(code.Driver, code.Runtime), 0} {
		s := text.Sites(want)
		var addrs []uint64
		var per [code.Strata]int
		for in := range text.Sweep(want) {
			addrs = append(addrs, in.Addr)
			per[in.Stratum()]++
			if !want.Has(in.Stratum()) {
				t.Fatalf("%b: %#x is %v", want, in.Addr, in.Stratum())
			}
		}
		if s.Len() != len(addrs) {
			t.Fatalf("%b: %d sites, expected %d", want, s.Len(), len(addrs))
		}
		for st := range code.Strata {
			if s.Count(st) != per[st] {
				t.Errorf("%b: %d sites of %v, expected %d", want, s.Count(st), st, per[st])
			}
		}
		if want == code.All {
			counts = per
		}
		for i, a := range addrs {
			if s.Addr(i) != a {
				t.Fatalf("%b: site %d at %#x, expected %#x", want, i, s.Addr(i), a)
			}
			if n, ok := s.Index(a); !ok || n != i {
				t.Fatalf("%b: site %d has number %d, %v", want, i, n, ok)
			}
			if i%997 == 0 {
				in, at := s.Inst(i), code.Inst{}
				if at, _ = text.At(a); in.Addr != a || in.X.Len != len(in.Bytes) || in.Func == nil || fmt.Sprint(in) != fmt.Sprint(at) {
					t.Fatalf("site %d: %+v; at its address: %+v", i, in, at)
				}
				if len(in.Bytes) > 1 {
					if _, ok := s.Index(a + 1); ok {
						t.Errorf("%#x is within a site, and is one", a+1)
					}
					if _, ok := text.At(a + 1); ok {
						t.Errorf("%#x is within an instruction, and is one", a+1)
					}
				}
			}
		}
	}
	if slices.Min(counts[:]) < 500 {
		t.Errorf("instructions by stratum: %d", counts)
	}
	for _, a := range []uint64{0, text.Base, text.Base + uint64(len(text.Bytes)), 1 << 63} {
		if _, ok := text.Sites(code.All).Index(a); ok {
			t.Errorf("%#x is a site", a)
		}
		if _, ok := text.At(a); ok {
			t.Errorf("%#x is an instruction", a)
		}
	}
}

// A selection is what the predicates are true of.
func TestSelect(t *testing.T) {
	text := read(t, build(t)).Text
	want := code.Of(code.Driver, code.SDK)
	s := text.Sites(want)
	call := func(in *code.Inst) bool { return in.X.Op == x86asm.CALL }
	never := func(*code.Inst) bool { return false }
	sets := s.Select(call, never)
	var addrs []uint64
	for in := range text.Sweep(want) {
		if in.X.Op != 0 {
			t.Fatalf("%#x: decoded, or as the one before it", in.Addr)
		}
		if in.Decode(); call(in) {
			addrs = append(addrs, in.Addr)
		}
	}
	if len(addrs) < 100 || sets[0].Len() != len(addrs) || sets[1].Len() != 0 {
		t.Fatalf("%d and %d selected, expected %d and 0", sets[0].Len(), sets[1].Len(), len(addrs))
	}
	for n, a := range addrs {
		if got := s.Addr(sets[0].At(n)); got != a {
			t.Fatalf("CALL %d at %#x, expected %#x", n, got, a)
		}
	}
}

// What has no operands for us is VEX and EVEX, and a few that x86asm lacks; all else x86asm reads as long as we do.
func TestDecode(t *testing.T) {
	text := read(t, build(t)).Text
	vex, all := 0, 0
	for in := range text.Sweep(code.All) {
		in.Decode()
		all++
		if in.X.Len != len(in.Bytes) {
			t.Fatalf("%#x: X.Len %d, expected %d", in.Addr, in.X.Len, len(in.Bytes))
		}
		x, err := x86asm.Decode(in.Bytes, 64)
		switch first := in.Bytes[0]; {
		case first == 0xc5 || first == 0xc4 || first == 0x62:
			vex++
			if in.X.Op != 0 {
				t.Errorf("%#x: % x: operands of VEX", in.Addr, in.Bytes)
			}
		case in.X.Op == 0 || err != nil || x.Op != in.X.Op:
			t.Errorf("%#x: % x: no operands; x86asm: %v, %v", in.Addr, in.Bytes, x, err)
		}
	}
	if vex < 100 || vex > all/50 {
		t.Errorf("%d of %d have VEX", vex, all)
	}
}

func BenchmarkSites(b *testing.B) {
	benchmark(b, func(text *code.Text) int {
		return text.Sites(code.All).Len()
	})
}

func BenchmarkSelect(b *testing.B) {
	benchmark(b, func(text *code.Text) int {
		s := text.Sites(code.All)
		s.Select(func(in *code.Inst) bool { return in.X.Op != 0 })
		return s.Len()
	})
}

func benchmark(b *testing.B, f func(*code.Text) int) {
	text := read(b, build(b)).Text
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n = f(text)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/inst")
}
