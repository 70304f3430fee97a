//go:build tamago

package ring0

import (
	"encoding/binary"

	"bennu/board/pc"
	"bennu/board/pc/memmap"
	"bennu/kernel/abi"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// Map builds the identity map in the PML4 at root: everything below 4 GiB but page 0 and the guard pages of the
// stacks, and RAM above. Never writable and executable; what is not RAM is uncached. false when memory is out.
func Map(pool *mem.Pool, root mem.Addr, memory memmap.Map) bool {
	ok := true
	add := func(start, end uint64, bits paging.PTE) {
		ok = ok && (start >= end || paging.Identity(pool, root, mem.Addr(start), mem.Addr(end), bits))
	}
	const data = paging.Writable | paging.NX
	const device = data | paging.NoCache | paging.WriteThr
	add(abi.PageSize, pc.KernelBase, data)
	at := uint64(pc.KernelBase)
	for _, s := range segments() {
		bits := paging.PTE(0)
		if s.flags&1 == 0 {
			bits |= paging.NX
		}
		if s.flags&2 != 0 {
			bits |= paging.Writable
		}
		add(at, s.start, data)
		add(s.start, s.end, bits)
		at = s.end
	}
	for i := len(pc.Stacks) - 1; i >= 0; i-- { // by rising addresses
		guard := pc.Stacks[i].Guard()
		add(at, guard, data)
		at = guard + abi.PageSize
	}
	add(at, pc.WindowEnd, data)
	at = pc.WindowEnd
	for _, r := range memory.Clip(pc.WindowEnd, 1<<39) {
		if r.Type != memmap.RAM {
			continue
		}
		start, end := r.Start&^(abi.PageSize-1), r.End&^(abi.PageSize-1)
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

// ImageEnd is where the kernel's image ends and its heap begins.
func ImageEnd() uint64 {
	end := uint64(0)
	for _, s := range segments() {
		end = max(end, s.end)
	}
	return end
}
