//go:build tamago

package ring0

import (
	"encoding/binary"

	"bennu/board/pc"
	"bennu/board/pc/memmap"
	"bennu/kernel/abi"
	"bennu/kernel/layout"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// Map builds the kernel's part of the PML4 at root: its own image, heap and stacks where they are linked, without the
// stacks' guard pages, and the direct map of everything below 4 GiB and of RAM above, without the kernel's own frames. Never writable
// and executable; what is not RAM is uncached. false when memory is out.
func Map(pool *mem.Pool, root mem.Addr, memory memmap.Map) bool {
	return mapImage(pool, root) && mapDirect(pool, root, memory)
}

const data = paging.Writable | paging.NX

func mapImage(pool *mem.Pool, root mem.Addr) bool {
	from, _ := pc.Window()
	ok := true
	add := func(start, end uint64, bits paging.PTE) {
		at := mem.Addr(from + start - layout.KernelBase)
		ok = ok && (start >= end || paging.MapKernel(pool, root, start, at, at+mem.Addr(end-start), bits))
	}
	at := uint64(layout.KernelBase)
	for _, s := range segments() {
		bits := paging.PTE(0)
		if s.flags&1 == 0 {
			bits |= paging.NX
		}
		if s.flags&2 != 0 {
			bits |= paging.Writable
		}
		add(at, s.start, data)
		end := min(s.end, ImageEnd())
		add(s.start, end, bits)
		at = end
	}
	for i := len(pc.Stacks) - 1; i >= 0; i-- { // by rising addresses
		guard := pc.Stacks[i].Guard()
		add(at, guard, data)
		at = guard + abi.PageSize
	}
	add(at, layout.KernelEnd, data)
	return ok
}

func mapDirect(pool *mem.Pool, root mem.Addr, memory memmap.Map) bool {
	const device = data | paging.NoCache | paging.WriteThr
	from, to := pc.Window()
	ok := true
	add := func(start, end uint64, bits paging.PTE) {
		for _, r := range (memmap.Range{Start: start, End: end}).Without(memmap.Range{Start: from, End: to}) {
			ok = ok && paging.MapDirect(pool, root, mem.Addr(r.Start), mem.Addr(r.End), bits)
		}
	}
	at := uint64(0)
	for _, r := range memory.Clip(0, layout.DirectSize) {
		if r.Type != memmap.RAM {
			continue
		}
		start, end := (r.Start+abi.PageSize-1)&^(abi.PageSize-1), r.End&^(abi.PageSize-1)
		if start >= end {
			continue
		}
		if at < 4<<30 {
			add(at, min(start, 4<<30), device)
		}
		add(start, end, data)
		at = end
	}
	if at < 4<<30 {
		add(at, 4<<30, device)
	}
	return ok
}

type segment struct {
	start, end uint64
	flags      uint32 // of the program header: 1 execute, 2 write
}

// segments are the kernel's own, page by page, from the ELF headers in its first page.
func segments() (out []segment) {
	h := pc.Headers()
	le := binary.LittleEndian
	off, n := le.Uint64(h[32:]), int(le.Uint16(h[56:]))
	for ; n > 0; n, off = n-1, off+56 {
		p := h[off:]
		if le.Uint32(p) != 1 {
			continue
		}
		va, size := le.Uint64(p[16:]), le.Uint64(p[40:])
		out = append(out, segment{va &^ (abi.PageSize - 1), (va + size + abi.PageSize - 1) &^ (abi.PageSize - 1), le.Uint32(p[4:])})
	}
	return out
}

// ImageEnd is where the kernel's image ends and its heap begins. The last segment's memory goes on to the end of the
// window, so that loaders keep off it.
func ImageEnd() uint64 { return (pc.ImageEnd() + abi.PageSize - 1) &^ (abi.PageSize - 1) }
