package paging

import "bennu/kernel/mem"

// Walk is the entry of the page tables at root that translates va, of whatever size its page; 0 when nothing is
// there.
func Walk(phys mem.Physical, root mem.Addr, va uint64) PTE {
	e := Entry(root, Present)
	for level := 3; level >= 0; level-- {
		if e = PTE(phys.Words(e.Frame())[index(va, uint(level))]); e&Present == 0 {
			return 0
		}
		if e&Large != 0 {
			break
		}
	}
	return e
}
