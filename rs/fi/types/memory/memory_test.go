package memory

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault/fake"
)

func TestCeiling(t *testing.T) {
	seen := map[uint64]bool{}
	for seed := range uint64(50) {
		v := &fake.Victim{Has: 70}
		words, e := New().Strike(v, fake.Rand(seed))
		if e != abi.OK || words == "" || v.Most < 70 || v.Most > 72 {
			t.Fatalf("ceiling %d: %q %s", v.Most, words, e.Name())
		}
		seen[v.Most] = true
	}
	if len(seen) != 3 {
		t.Errorf("ceilings %v", seen)
	}
	v := &fake.Victim{}
	if _, e := New().Strike(v, fake.Rand(1)); e != abi.ESRCH || len(v.Did) != 0 {
		t.Errorf("without pages: %s %v", e.Name(), v.Did)
	}
}
