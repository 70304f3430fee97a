package layout

import "testing"

// The areas come by address and apart, whole pages, each in canonical addresses; what is the kernel's is in no task's reach.
func TestMap(t *testing.T) {
	end := uint64(1)
	for _, a := range Map {
		if a.Start < end || a.End <= a.Start || a.Start%4096 != 0 || a.End%4096 != 0 {
			t.Errorf("%s: [%#x, %#x), after one that ends at %#x", a.What, a.Start, a.End, end)
		}
		if a.Start < 1<<47 && a.End > 1<<47 {
			t.Errorf("%s: [%#x, %#x) is not canonical", a.What, a.Start, a.End)
		}
		if low := a.Start < 1<<30 || a.Start >= 1<<47; low != (a.Whose == "kernel") {
			t.Errorf("%s: [%#x, %#x) is %s's", a.What, a.Start, a.End, a.Whose)
		}
		end = a.End
	}
}

// The slots that address spaces copy are those of the areas.
func TestSlots(t *testing.T) {
	for va, want := range map[uint64]uint64{KernelBase: LowSlot, TSS: TSSSlot, Direct: DirectSlot, Direct + DirectSize - 1: DirectEnd - 1} {
		if got := Slot(va); got != want {
			t.Errorf("%#x is in slot %d, want %d", va, got, want)
		}
	}
}
