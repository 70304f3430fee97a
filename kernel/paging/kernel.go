package paging

import (
	"bennu/kernel/abi"
	"bennu/kernel/layout"
	"bennu/kernel/mem"
)

const largePage = 2 << 20

// MapKernel maps the physical addresses [start, end) from va on into the kernel's part of the PML4 at root, with bits, in
// 2 MiB pages where it can. Nothing may be mapped there yet. false when memory for tables is out.
//
// Preconditions: the pool's frames can be reached before the map is loaded; va is start, modulo the size of a page.
func MapKernel(pool *mem.Pool, root mem.Addr, va uint64, start, end mem.Addr, bits PTE) bool {
	va -= uint64(start % abi.PageSize)
	start &^= abi.PageSize - 1
	end = (end + abi.PageSize - 1) &^ (abi.PageSize - 1)
	for start < end {
		size, level := mem.Addr(abi.PageSize), uint(0)
		if start%largePage == 0 && va%largePage == 0 && end-start >= largePage {
			size, level = largePage, 1
		}
		entries := kernelEntries(pool, root, va, level)
		if entries == nil {
			return false
		}
		e := Entry(start, bits|Present)
		if level > 0 {
			e |= Large
		}
		n := min((end-start)/size, mem.Addr(len(entries))) // where a table ends, larger pages may do
		for i := range entries[:n] {
			entries[i] = uint64(e)
			e += PTE(size)
		}
		start += n * size
		va += uint64(n * size)
	}
	return true
}

// MapDirect is MapKernel of physical addresses in the direct map.
func MapDirect(pool *mem.Pool, root, start, end mem.Addr, bits PTE) bool {
	return MapKernel(pool, root, layout.Direct+uint64(start), start, end, bits)
}

// kernelEntries finds the entry of va at a level and those behind it in the same table, making the tables above it; nil when memory is out.
func kernelEntries(pool *mem.Pool, root mem.Addr, va uint64, last uint) []uint64 {
	table := root
	for level := uint(3); level > last; level-- {
		p := (*PTE)(&pool.Physical().Words(table)[index(va, level)])
		if *p&Present == 0 {
			a := pool.Get(nil)
			if a == 0 {
				return nil
			}
			*p = Entry(a, Present|Writable)
		}
		table = p.Frame()
	}
	return pool.Physical().Words(table)[index(va, last):]
}
