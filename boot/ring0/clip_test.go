package ring0

import (
	"testing"

	"bennu/board/pc/loader"
	"bennu/board/pc/memmap"
	"bennu/kernel/layout"
)

func TestReach(t *testing.T) {
	for bits, want := range map[uint]uint64{32: 1 << 32, 36: 1 << 36, 40: 1 << 40, 46: 1 << 46, 52: layout.DirectSize, 64: layout.DirectSize, 255: layout.DirectSize} {
		if got := reach(bits); got != want {
			t.Errorf("%d bits: %#x, want %#x", bits, got, want)
		}
	}
}

// RAM beyond the end is not used, and counted; a module beyond it is refused.
func TestClip(t *testing.T) {
	all := memmap.Map{region(0, 8<<20, memmap.RAM), region(8<<20, 9<<20, memmap.Reserved), region(9<<20, 20<<20, memmap.RAM)}
	for _, c := range []struct {
		end, beyond uint64
		wrong       string
	}{
		{1 << 46, 0, ""}, {20 << 20, 0, ""}, {12 << 20, 8 << 20, ""}, {8 << 20, 11 << 20, "beyond the processor's addresses: module [0xa00000, 0xb00000) is not in RAM"},
		{11<<20 - 1, 0, "beyond the processor's addresses: module [0xa00000, 0xb00000) is not in RAM"}, {11 << 20, 9 << 20, ""},
	} {
		info := &loader.Info{Map: all, Modules: []loader.Module{{Range: memmap.Range{Start: 10 << 20, End: 11 << 20}}}}
		beyond, err := clip(info, c.end)
		if c.wrong != "" {
			if err == nil || err.Error() != c.wrong {
				t.Errorf("%#x: %v, want %s", c.end, err, c.wrong)
			}
			continue
		}
		if err != nil || beyond != c.beyond || info.Map.Total(memmap.RAM) != 19<<20-c.beyond {
			t.Errorf("%#x: %d bytes, %v (%v), want %d", c.end, beyond, err, info.Map, c.beyond)
		}
	}
}
