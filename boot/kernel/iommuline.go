package main

// confinement is what the boot says about the IOMMU.
type confinement struct {
	none      string // why there is none; "": there is one
	units     int
	width     uint
	coherent  bool // the units look into the processor's cache for their tables
	remaps    bool
	unmapped  string // why interrupts are not remapped
	low, high uint64 // where device addresses are
	kept      int    // functions that reach memory for the firmware
	faults    []string
}

func (c *confinement) line() string {
	if c.none != "" {
		return "iommu: none: " + c.none + ": DMA reaches all memory, and only drivers with \"dma unconfined\" have it"
	}
	s := "iommu: " + decimal(uint64(c.units)) + " unit"
	if c.units != 1 {
		s += "s"
	}
	s += ", translation on, " + decimal(uint64(c.width)) + " bits, tables "
	if c.coherent {
		s += "coherent"
	} else {
		s += "written back"
	}
	if c.remaps {
		s += ", interrupts remapped"
	} else {
		s += ", interrupts not remapped: " + c.unmapped
	}
	if c.kept != 0 {
		s += "; firmware keeps memory for " + decimal(uint64(c.kept)) + " functions"
	}
	return s
}

// pickWidth chooses the bits of device addresses: as many as wished, or as few as there are. widths has bit 1 set for 39, bit 2 for 48. What is of
// size bytes in the middle, where device addresses are, is not in use by anything that has a physical address. 0: it cannot be.
func pickWidth(wish string, widths uint32, size uint64, used [][2]uint64) uint {
	for _, w := range []uint{39, 48} {
		fits := widths>>(1+(w-39)/9)&1 != 0 && (wish == "" || wish == "auto" || wish == decimal(uint64(w)))
		for _, r := range used {
			fits = fits && (r[0] >= 1<<(w-1)+size || r[1] <= 1<<(w-1))
		}
		if fits {
			return w
		}
	}
	return 0
}

// pickLow chooses where device addresses of 32 bits are: places of size bytes, at most most of them, in the widest gap between ranges of physical addresses that are in
// use. used is sorted. n is 0 when there is no place.
func pickLow(used [][2]uint64, size uint64, most uint) (low uint64, n uint) {
	at := uint64(1) // nothing is at 0
	for _, r := range append(used, [2]uint64{4 << 30, 4 << 30}) {
		start := (at + size - 1) / size * size
		if end := min(r[0], 4<<30); end > start && uint((end-start)/size) > n {
			low, n = start, min(uint((end-start)/size), most)
		}
		at = max(at, r[1])
	}
	return low, n
}
