//go:build tamago

package main

import (
	"bennu/board/pc"
	"bennu/board/pc/pvh"
	"bennu/boot/ring0"
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
	if !ring0.Map(pool, template, info.Map) {
		m.refuse("no memory for the kernel's page tables")
	}
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

func (m *machine) frame(pool *mem.Pool) mem.Addr {
	a := pool.Get(nil)
	if a == 0 {
		m.refuse("out of memory")
	}
	return a
}
