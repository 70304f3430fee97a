package paging

import (
	"bennu/kernel/abi"
	"bennu/kernel/mem"
)

const largePage = 2 << 20

// Identity adds [start, end) to the kernel's identity map in the PML4 at root, with bits, in 2 MiB pages
// where it can. Ranges must not overlap. false when memory for tables is out.
//
// Preconditions: the pool's frames can be reached before the map is loaded.
func Identity(pool *mem.Pool, root, start, end mem.Addr, bits PTE) bool {
	start &^= abi.PageSize - 1
	end = (end + abi.PageSize - 1) &^ (abi.PageSize - 1)
	for start < end {
		large := start%largePage == 0 && end-start >= largePage
		level := uint(0)
		if large {
			level = 1
		}
		p := identityEntry(pool, root, uint64(start), level)
		if p == nil {
			return false
		}
		*p = Entry(start, bits|Present)
		if large {
			*p |= Large
			start += largePage
		} else {
			start += abi.PageSize
		}
	}
	return true
}

// identityEntry finds the entry of va at a level, making the tables above it.
func identityEntry(pool *mem.Pool, root mem.Addr, va uint64, last uint) *PTE {
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
	return (*PTE)(&pool.Physical().Words(table)[index(va, last)])
}
