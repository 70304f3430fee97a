package x86

import "testing"

// The instructions that ring 3 may execute, on whatever runs the test.
func TestHost(t *testing.T) {
	a := TSC()
	Pause()
	if b := OrderedTSC(); b <= a {
		t.Errorf("the counter went from %d to %d", a, b)
	}
	most, b, c, d := CPUID(0, 0)
	if most < 1 || b == 0 || c == 0 || d == 0 {
		t.Errorf("CPUID leaf 0: %#x %#x %#x %#x", most, b, c, d)
	}
	if f := Flags(); f&FlagR1 == 0 || f&FlagIF == 0 || f&FlagDF != 0 {
		t.Errorf("flags of a Go program: %#x", f)
	}
	if v := MXCSR(); v&0x1f80 != 0x1f80 {
		t.Errorf("MXCSR %#x: a Go program has SSE's exceptions masked", v)
	}
}

// Sixteen numbers of a generator that works are different ones.
func TestRandom(t *testing.T) {
	_, _, features, _ := CPUID(1, 0)
	_, more, _, _ := CPUID(7, 0)
	for _, g := range []struct {
		name string
		has  bool
		next func() (uint64, bool)
	}{{"RDRAND", features>>30&1 != 0, Random}, {"RDSEED", more>>18&1 != 0, Entropy}} {
		if !g.has {
			t.Logf("this processor has no %s", g.name)
			continue
		}
		seen := map[uint64]bool{}
		for range 16 {
			v, ok := g.next()
			if !ok {
				t.Fatalf("%s: dry after %d numbers", g.name, len(seen))
			}
			seen[v] = true
		}
		if len(seen) != 16 {
			t.Errorf("%s: %d different numbers of 16", g.name, len(seen))
		}
	}
}
