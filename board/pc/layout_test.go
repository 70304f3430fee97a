package pc

import "testing"

// The stacks and their guards lie one below the other, and a guard is nobody's stack.
func TestStacks(t *testing.T) {
	end := uint64(bootArea)
	for _, s := range Stacks {
		if s.Top != end || s.Size == 0 || s.Size%page != 0 {
			t.Errorf("%s: [%#x, %#x), want it to end at %#x", s.Name, s.Top-s.Size, s.Top, end)
		}
		end = s.Guard()
		for _, a := range []uint64{end, end + page - 1} {
			if g, ok := GuardOf(a); !ok || g.Name != s.Name {
				t.Errorf("GuardOf(%#x) = %q, %v, want %s", a, g.Name, ok, s.Name)
			}
		}
		for _, a := range []uint64{end - 1, end + page, s.Top - 1} {
			if g, ok := GuardOf(a); ok {
				t.Errorf("GuardOf(%#x) = %q, want none", a, g.Name)
			}
		}
	}
	if s := Stacks[BootStack]; s.Size < 64<<10 {
		t.Errorf("the boot stack has %d bytes: the Go runtime takes 64 KiB for granted", s.Size)
	}
}
