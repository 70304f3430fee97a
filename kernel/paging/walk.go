package paging

import "bennu/kernel/mem"

// Walk is the entry of the page tables at root that translates va, of whatever size its page; 0 when nothing is
// there.
func Walk(phys mem.Physical, root mem.Addr, va uint64) PTE {
	if p := WalkEntry(phys, root, va); p != nil {
		return *p
	}
	return 0
}

// WalkEntry is where that entry lies; nil when nothing is there.
func WalkEntry(phys mem.Physical, root mem.Addr, va uint64) *PTE {
	table := root
	for level := uint(3); ; level-- {
		p := (*PTE)(&phys.Words(table)[index(va, level)])
		if *p&Present == 0 {
			return nil
		}
		if level == 0 || *p&Large != 0 {
			return p
		}
		table = p.Frame()
	}
}
