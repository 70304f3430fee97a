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

// Image is where the kernel lies.
type Image struct {
	Physical memmap.Range // what is at [layout.KernelBase, layout.KernelEnd)
	End      uint64       // of what the linker made; the heap follows
	Segments []Segment    // of that, by address
	Stacks   []pc.Stack   // by falling addresses
}

// Segment is pages of the kernel's that have the same rights.
type Segment struct {
	Start, End  uint64
	Write, Exec bool
}

const (
	data   = paging.Writable | paging.NX
	device = data | paging.NoCache | paging.WriteThr
)

// Map builds the kernel's part of the PML4 at root: its image, heap and stacks where they are linked, without the
// stacks' guard pages, and the direct map of everything below 4 GiB and of RAM above, without the kernel's own frames. Never writable
// and executable; what is not RAM is uncached. false when memory is out.
func (k *Image) Map(pool *mem.Pool, root mem.Addr, memory memmap.Map) bool {
	return k.mapImage(pool, root) && k.mapDirect(pool, root, memory)
}

func (k *Image) mapImage(pool *mem.Pool, root mem.Addr) bool {
	ok := true
	add := func(start, end uint64, bits paging.PTE) {
		at := mem.Addr(k.Physical.Start + start - layout.KernelBase)
		ok = ok && (start >= end || paging.MapKernel(pool, root, start, at, at+mem.Addr(end-start), bits))
	}
	at := uint64(layout.KernelBase)
	for _, s := range k.Segments {
		bits := paging.PTE(0)
		if !s.Exec {
			bits |= paging.NX
		}
		if s.Write {
			bits |= paging.Writable
		}
		add(at, s.Start, data)
		end := min(s.End, k.End)
		add(s.Start, end, bits)
		at = end
	}
	for i := len(k.Stacks) - 1; i >= 0; i-- { // by rising addresses
		guard := k.Stacks[i].Guard()
		add(at, guard, data)
		at = guard + abi.PageSize
	}
	add(at, layout.KernelEnd, data)
	return ok
}

func (k *Image) mapDirect(pool *mem.Pool, root mem.Addr, memory memmap.Map) bool {
	ok := true
	add := func(start, end uint64, bits paging.PTE) {
		for _, r := range (memmap.Range{Start: start, End: end}).Without(k.Physical) {
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

// readSegments are those that the ELF headers h name, page by page.
func readSegments(h []byte) (out []Segment) {
	le := binary.LittleEndian
	off, n := le.Uint64(h[32:]), int(le.Uint16(h[56:]))
	for ; n > 0; n, off = n-1, off+56 {
		p := h[off:]
		if le.Uint32(p) != 1 {
			continue
		}
		va, size, flags := le.Uint64(p[16:]), le.Uint64(p[40:]), le.Uint32(p[4:])
		out = append(out, Segment{va &^ (abi.PageSize - 1), (va + size + abi.PageSize - 1) &^ (abi.PageSize - 1), flags&2 != 0, flags&1 != 0})
	}
	return out
}
