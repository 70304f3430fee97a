package paging

import (
	"bennu/kernel/abi"
	"bennu/kernel/mem"
)

// The task-state segment lies at one linear address in every space: its first page is the CPU's,
// the two after it are the I/O permission bitmap, and one page of ones ends it. A task with port
// rights has bitmap frames of its own there, so that loading CR3 switches the rights too.
//
// Source: Intel SDM Vol. 1, "I/O Permission Bit Map".
const (
	IOIndex    = 256 // PML4 entry
	TSSLinear  = 0xffff_8000_0000_0000
	IOBitmap   = TSSLinear + abi.PageSize
	IOEnd      = IOBitmap + 2*abi.PageSize // the terminating page of ones
	BitmapBase = abi.PageSize              // offset of the bitmap from the TSS
)

// ClosedIO builds, once, the part of the template that every task without ports shares: the
// TSS page and a bitmap of ones. It returns false when memory is out.
func ClosedIO(pool *mem.Pool, template, tss mem.Addr) bool {
	s := Space{pool: pool, Root: template, Quota: 1 << 40}
	ones := s.get()
	if ones == 0 {
		return false
	}
	w := pool.Physical().Words(ones)
	for i := range w {
		w[i] = ^uint64(0)
	}
	ok := s.Map(TSSLinear, Entry(tss, Present|Writable|NX|Shared))
	for i := uint64(0); i < 3; i++ {
		ok = ok && s.Map(IOBitmap+i*abi.PageSize, Entry(ones, Present|NX|Shared))
	}
	root := pool.Physical().Words(template)
	root[IOIndex] |= uint64(Shared)
	return ok
}

// OpenIO gives the space an I/O bitmap of its own in which the ports of ranges are open. false
// when memory is out; the space is then as it was.
func (s *Space) OpenIO(ranges []abi.PortRange) bool {
	phys := s.pool.Physical()
	root := phys.Words(s.Root)
	if closed := PTE(root[IOIndex]); closed&Shared != 0 {
		const need = 3 + 2 + 1 // tables, bitmap, perhaps a list
		if s.Used+need > s.Quota || s.pool.Free() < need {
			return false
		}
		old := Space{pool: s.pool, Root: s.Root}
		tss, ones := *old.Lookup(TSSLinear), *old.Lookup(IOEnd)
		root[IOIndex] = 0
		s.Map(TSSLinear, tss)
		s.Map(IOEnd, ones)
		for i := uint64(0); i < 2; i++ {
			a := s.Own()
			*phys.Words(a) = *phys.Words(ones.Frame())
			s.Map(IOBitmap+i*abi.PageSize, Entry(a, Present|NX))
		}
	}
	for _, r := range ranges {
		for port := uint64(r.First); port <= uint64(r.Last); port++ {
			page := s.Lookup(IOBitmap + port>>15<<12).Frame()
			phys.Words(page)[port>>6&511] &^= 1 << (port & 63)
		}
	}
	return true
}
