package regflip

import (
	"math/bits"
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault/fake"
)

// Each time one bit changes; in the end each bit of each register and of the flags has, and nothing else.
func TestOneBit(t *testing.T) {
	var seen abi.Registers
	for seed := range uint64(20_000) {
		v := &fake.Victim{}
		for i := range v.Registers.GPR {
			v.Registers.GPR[i] = uint64(i) * 0x0123456789abcdef
		}
		v.Registers.RIP, v.Registers.RFLAGS, v.Registers.FSBase = 0x40200000, 0x202, 0x80001000
		was := v.Registers
		words, e := New().Strike(v, fake.Rand(seed))
		n, name := 0, ""
		for i, x := range v.Registers.GPR {
			d := x ^ was.GPR[i]
			if n += bits.OnesCount64(d); d != 0 {
				name = names[i]
			}
			seen.GPR[i] |= d
		}
		d := v.Registers.RFLAGS ^ was.RFLAGS
		if n += bits.OnesCount64(d); d != 0 {
			name = "rflags"
		}
		seen.RFLAGS |= d
		if e != abi.OK || n != 1 || !strings.Contains(words, " of "+name+": ") {
			t.Fatalf("seed %d: %d bits, of %s; %q, %s", seed, n, name, words, e.Name())
		}
		if v.Registers.RIP != was.RIP || v.Registers.FSBase != was.FSBase || v.Registers.GSBase != 0 {
			t.Fatal("RIP or a base has changed")
		}
	}
	for i, x := range seen.GPR {
		if x != ^uint64(0) {
			t.Errorf("%s: bits %#x only", names[i], x)
		}
	}
	if seen.RFLAGS != 0xcd5 {
		t.Errorf("flags: bits %#x, want CF PF AF ZF SF DF OF: 0xcd5", seen.RFLAGS)
	}
}

func TestRefused(t *testing.T) {
	if _, e := New().Strike(&fake.Victim{Refuses: abi.EDEADSRCDST}, fake.Rand(1)); e != abi.EDEADSRCDST {
		t.Errorf("got %s", e.Name())
	}
}
