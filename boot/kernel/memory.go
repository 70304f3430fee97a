//go:build tamago

package main

import (
	"encoding/binary"

	"bennu/board/pc"
	"bennu/board/pc/pvh"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// leastPool is how many frames a boot needs beyond the archive: copies of the executables and room for
// the tasks.
const leastPool = 24 << 20 / abi.PageSize

// memory makes the frame pool and the kernel's page tables from the memory map, and loads them. It
// returns the frame of the task-state segment and the PML4 that tasks' are made from.
func (m *machine) memory(info *pvh.Info, module pvh.Range) (tss mem.Addr, pool *mem.Pool, template mem.Addr) {
	const mapped = 4 << 30 // by the boot page tables
	pool = mem.NewPool(mem.Identity())
	usable := info.Map.Usable(pvh.Range{Start: 0, End: pc.WindowEnd}, module)
	for _, r := range usable {
		if r.Start < mapped {
			pool.Add(mem.Addr(r.Start), mem.Addr(min(r.End, mapped)))
		}
	}
	if need := leastPool + module.Size()/abi.PageSize; pool.Free() < need {
		m.refuse("too little memory: " + mib(pool.Free()*abi.PageSize) + " MiB for tasks, " + mib(need*abi.PageSize) + " MiB are needed")
	}
	template = m.frame(pool)
	m.mapKernel(pool, template, info)
	tss = m.frame(pool)
	if !paging.ClosedIO(pool, template, tss) {
		m.refuse("no memory for the I/O bitmap")
	}
	arch.LoadSpace(template)
	for _, r := range usable {
		if r.End > mapped {
			pool.Add(mem.Addr(max(r.Start, mapped)), mem.Addr(r.End))
		}
	}
	return tss, pool, template
}

// mapKernel builds the identity map: everything below 4 GiB but page 0, and RAM above. Never
// writable and executable; what is not RAM is uncached.
func (m *machine) mapKernel(pool *mem.Pool, root mem.Addr, info *pvh.Info) {
	add := func(start, end uint64, bits paging.PTE) {
		if start < end && !paging.Identity(pool, root, mem.Addr(start), mem.Addr(end), bits) {
			m.refuse("no memory for the kernel's page tables")
		}
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
	add(at, pc.WindowEnd, data)
	at = pc.WindowEnd
	for _, r := range info.Map.Clip(pc.WindowEnd, 1<<39) {
		if r.Type != pvh.RAM {
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

// imageEnd is where the kernel's image ends and its heap begins.
func imageEnd() uint64 {
	end := uint64(0)
	for _, s := range segments() {
		end = max(end, s.end)
	}
	return end
}

func (m *machine) frame(pool *mem.Pool) mem.Addr {
	a := pool.Get()
	if a == 0 {
		m.refuse("out of memory")
	}
	return a
}
