//go:build tamago

package main

import (
	"bennu/board/pc/memmap"
	"bennu/boot/ring0"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/layout"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
	"bennu/kernel/room"
)

// What the image builder counts as the kernel's is the kernel's.
const window = layout.KernelEnd - layout.KernelBase + firstMiB
const _, _ = uint64(room.Kernel - window), uint64(window - room.Kernel)

// firstMiB is firmware's: what it left there, other processors may begin with.
const firstMiB = 1 << 20

// memory makes the frame pool and the kernel's page tables from the memory map, and loads them. It
// returns the frame of the task-state segment and the PML4 that tasks' are made from.
func (m *machine) memory(all memmap.Map, module memmap.Range) (tss mem.Addr, pool *mem.Pool, template mem.Addr) {
	const mapped = 4 << 30 // by the boot page tables
	pool = mem.NewPool(mem.Direct())
	m.findWill(all, module)
	usable := all.Usable(memmap.Range{Start: 0, End: firstMiB}, ring0.Window(), module, m.will)
	for _, r := range usable {
		if r.Start < mapped {
			pool.Add(mem.Addr(r.Start), mem.Addr(min(r.End, mapped)))
		}
	}
	template = m.frame(pool)
	if !ring0.Map(pool, template, all) {
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
	m.readWill()
	// Which services there is room for is RS's to see.
	if free, need := pool.Free()*abi.PageSize, room.Root(module.Size()); free < need {
		m.refuse("too little memory: " + mib(free) + " MiB for tasks, expected " + mib(need+1<<20-1) + " MiB for the reincarnation server alone: a machine of " +
			mib(room.Least(module.Size())+1<<20-1) + " MiB")
	}
	return tss, pool, template
}

// findWill finds the memory that words survive a reset in: a page that neither firmware nor the loaders that are known write to. Where it is no RAM,
// or something lies there, there is none.
func (m *machine) findWill(all memmap.Map, module memmap.Range) {
	r := memmap.Range{Start: willAt, End: willAt + willSize}
	if w := ring0.Window(); r.Overlaps(w) || r.Overlaps(module) {
		return
	}
	for _, o := range all {
		if o.Type == memmap.RAM && o.Start <= r.Start && r.End <= o.End {
			m.will = r
		}
	}
}

// readWill takes the words of the boot before.
func (m *machine) readWill() {
	if m.will.Size() != 0 {
		m.before = takeWill(mem.Direct().Bytes(mem.Addr(m.will.Start), willSize))
	}
}

func (m *machine) frame(pool *mem.Pool) mem.Addr {
	a := pool.Get(nil)
	if a == 0 {
		m.refuse("out of memory")
	}
	return a
}
