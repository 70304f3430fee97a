package main

import "testing"

func TestConfinementLine(t *testing.T) {
	for _, c := range []struct {
		c    confinement
		want string
	}{
		{confinement{none: "why"}, `iommu: none: why: DMA reaches all memory, and only drivers with "dma unconfined" have it`},
		{confinement{units: 1, width: 39, remaps: true}, "iommu: 1 unit, translation on, 39 bits, tables written back, interrupts remapped"},
		{confinement{units: 2, width: 48, coherent: true, unmapped: "no", kept: 3},
			"iommu: 2 units, translation on, 48 bits, tables coherent, interrupts not remapped: no; firmware keeps memory for 3 functions"},
	} {
		if got := c.c.line(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestPickWidth(t *testing.T) {
	const size, middle = 2 << 30, 1 << 38
	ram := func(start, end uint64) [][2]uint64 { return [][2]uint64{{0, 4 << 30}, {start, end}} }
	for _, c := range []struct {
		wish   string
		widths uint32
		used   [][2]uint64
		want   uint
	}{
		{"", 2, nil, 39}, {"auto", 6, nil, 39}, {"", 4, nil, 48}, {"", 0, nil, 0}, {"48", 6, nil, 48}, {"39", 6, nil, 39}, {"48", 2, nil, 0}, {"39", 4, nil, 0},
		{"", 6, ram(5<<30, middle), 39}, {"", 6, ram(5<<30, middle+1), 48}, {"", 2, ram(5<<30, middle+1), 0}, {"39", 6, ram(5<<30, middle+1), 0},
		{"", 6, ram(middle+size, 1<<40), 39}, {"", 6, ram(middle+size-1, 1<<40), 48}, {"", 4, ram(1<<40, 1<<47+1), 0}, {"", 6, ram(0xfd00000000, 1<<40), 39},
	} {
		if got := pickWidth(c.wish, c.widths, size, c.used); got != c.want {
			t.Errorf("%q, widths %d, %x in use: %d, want %d", c.wish, c.widths, c.used, got, c.want)
		}
	}
}

func TestPickLow(t *testing.T) {
	const size = 32 << 20
	for _, c := range []struct {
		used [][2]uint64
		low  uint64
		n    uint
	}{
		{[][2]uint64{{0, 256 << 20}, {0xb0000000, 0xc0000000}, {0xfd000000, 1 << 32}}, 256 << 20, 64},
		{[][2]uint64{{0, 0x7fff0000}, {0xb0000000, 1 << 32}}, 0x80000000, 24},
		{[][2]uint64{{0, 0x7fff0000}, {0x80100000, 0x80200000}, {0xb0000000, 0x100000000}}, 0x82000000, 23},
		{[][2]uint64{{0, 0xc0000000}, {0xc0000000, 5 << 30}}, 0, 0},
		{[][2]uint64{{0, 0xc0000000}, {0xc0000000, 0xc1000000}, {0xc2000000, 5 << 30}}, 0, 0},
		{nil, size, 64},
	} {
		if low, n := pickLow(c.used, size, 64); low != c.low && c.used != nil || n != c.n {
			t.Errorf("%x: %#x, %d places; want %#x, %d", c.used, low, n, c.low, c.n)
		}
	}
}
