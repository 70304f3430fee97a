package irqlost

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault/fake"
)

func TestLose(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(100) {
		v := &fake.Victim{IRQ: []uint32{4, 8}}
		if words, e := New().Strike(v, fake.Rand(seed)); e != abi.OK || len(v.Did) != 1 || words == "" {
			t.Fatalf("%q %s %v", words, e.Name(), v.Did)
		}
		seen[v.Did[0]] = true
	}
	for _, w := range []string{"lose 4 1", "lose 4 2", "lose 4 3", "lose 8 1", "lose 8 2", "lose 8 3"} {
		if !seen[w] {
			t.Errorf("never: %s", w)
		}
	}
	if len(seen) != 6 {
		t.Errorf("%v", seen)
	}
}

func TestNoLine(t *testing.T) {
	v := &fake.Victim{}
	if words, e := New().Strike(v, fake.Rand(1)); e != abi.ESRCH || words != "no interrupt line" || len(v.Did) != 0 {
		t.Errorf("%q %s %v", words, e.Name(), v.Did)
	}
	v = &fake.Victim{IRQ: []uint32{4}, Refuses: abi.EPERM}
	if _, e := New().Strike(v, fake.Rand(1)); e != abi.EPERM {
		t.Errorf("refused: %s", e.Name())
	}
}
