//go:build tamago

package ring0

import (
	"bennu/board/pc"
	"bennu/board/pc/cpu"
	"bennu/board/pc/memmap"
	"bennu/kernel/abi"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// Map builds the running kernel's part of the PML4 at root (Image.Map).
func Map(pool *mem.Pool, root mem.Addr, memory memmap.Map) bool {
	k := Image{Physical: Window(), End: ImageEnd(), Segments: readSegments(pc.Headers()), Stacks: pc.Stacks[:]}
	return k.Map(pool, root, memory)
}

// MapDevice adds a device's memory to the direct map of the PML4 at root, uncached. false when memory is out. Preconditions: it is above 4 GiB, and
// not mapped.
func MapDevice(pool *mem.Pool, root mem.Addr, r memmap.Range) bool {
	return paging.MapDirect(pool, root, mem.Addr(r.Start), mem.Addr(r.End), device)
}

// Reach is where physical addresses end that the kernel can use.
func Reach() uint64 { return reach(cpu.PhysicalBits(cpu.ID)) }

// Window is the physical addresses at which the kernel lies.
func Window() memmap.Range {
	from, to := pc.Window()
	return memmap.Range{Start: from, End: to}
}

// ImageEnd is where the kernel's image ends and its heap begins. The last segment's memory goes on to the end of the
// window, so that loaders keep off it.
func ImageEnd() uint64 { return (pc.ImageEnd() + abi.PageSize - 1) &^ (abi.PageSize - 1) }
