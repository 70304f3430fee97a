package ring0

import (
	"errors"

	"bennu/board/pc/loader"
	"bennu/board/pc/memmap"
	"bennu/kernel/layout"
)

// reach is where physical addresses end that the kernel can use, on a processor that has so many bits of them.
func reach(bits uint) uint64 {
	if bits >= 64 {
		return layout.DirectSize
	}
	return min(layout.DirectSize, uint64(1)<<bits)
}

// clip cuts the map at end, and returns how many bytes of RAM that costs.
//
// Errors: a module lies beyond.
func clip(info *loader.Info, end uint64) (beyond uint64, err error) {
	before := info.Map.Total(memmap.RAM)
	info.Map = info.Map.Clip(0, end)
	if wrong := info.Misplaced(); wrong != "" {
		return 0, errors.New("beyond the processor's addresses: " + wrong)
	}
	return before - info.Map.Total(memmap.RAM), nil
}
