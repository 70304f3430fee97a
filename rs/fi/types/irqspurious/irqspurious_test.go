package irqspurious

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault/fake"
)

func TestRaise(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(50) {
		v := &fake.Victim{IRQ: []uint32{4, 8}}
		if words, e := New().Strike(v, fake.Rand(seed)); e != abi.OK || len(v.Did) != 1 || words == "" {
			t.Fatalf("%q %s %v", words, e.Name(), v.Did)
		}
		seen[v.Did[0]] = true
	}
	if len(seen) != 2 || !seen["raise 4"] || !seen["raise 8"] {
		t.Errorf("%v", seen)
	}
}

func TestNoLine(t *testing.T) {
	v := &fake.Victim{}
	if words, e := New().Strike(v, fake.Rand(1)); e != abi.ESRCH || words != "no interrupt line" || len(v.Did) != 0 {
		t.Errorf("%q %s %v", words, e.Name(), v.Did)
	}
}
