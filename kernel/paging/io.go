package paging

import (
	"bennu/kernel/abi"
	"bennu/kernel/layout"
	"bennu/kernel/mem"
)

// The task-state segment lies at one linear address in every space: its first page is the CPU's,
// the two after it are the I/O permission bitmap, and one page of ones ends it. A task with port
// rights has bitmap frames of its own there, so that loading CR3 switches the rights too.
//
// Source: Intel SDM Vol. 1, "I/O Permission Bit Map".
const (
	TSSLinear  = layout.TSS
	IOBitmap   = TSSLinear + abi.PageSize
	IOEnd      = IOBitmap + 2*abi.PageSize // the terminating page of ones
	BitmapBase = abi.PageSize              // offset of the bitmap from the TSS
)

// ClosedIO builds, once, the part of the template that every task without ports shares: the
// TSS page and a bitmap of ones. It returns false when memory is out.
func ClosedIO(pool *mem.Pool, template, tss mem.Addr) bool {
	s := Tables{pool: pool, Root: template}
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
	root[layout.TSSSlot] |= uint64(Shared)
	return ok
}

// OpenIO gives the space an I/O bitmap of its own in which the ports of ranges are open. false
// when memory is out; the space is then as it was. Preconditions: it has no bitmap of its own yet.
func (s *Tables) OpenIO(ranges []abi.PortRange) bool {
	phys := s.pool.Physical()
	need := uint64(3 + 2) // tables, bitmap
	if s.owned.Room() < need {
		need++
	}
	if !s.pool.Can(s.holder, need) {
		return false
	}
	closed := Tables{pool: s.pool, Root: s.Root}
	tss, ones := *closed.Lookup(TSSLinear), *closed.Lookup(IOEnd)
	phys.Words(s.Root)[layout.TSSSlot] = 0
	s.Map(TSSLinear, tss)
	s.Map(IOEnd, ones)
	for i := uint64(0); i < 2; i++ {
		a := s.dirty()
		*phys.Words(a) = *phys.Words(ones.Frame())
		open(phys.Words(a), ranges, i<<15)
		s.Map(IOBitmap+i*abi.PageSize, Entry(a, Present|NX))
	}
	return true
}

// ShutIO closes all ports of a space that OpenIO has given a bitmap of its own.
func (s *Tables) ShutIO() {
	ones := s.Lookup(IOEnd).Frame()
	for i := uint64(0); i < 2; i++ {
		*s.pool.Physical().Words(s.Lookup(IOBitmap + i*abi.PageSize).Frame()) = *s.pool.Physical().Words(ones)
	}
}

// ReopenIO opens the ports of ranges again.
func (s *Tables) ReopenIO(ranges []abi.PortRange) {
	for i := uint64(0); i < 2; i++ {
		open(s.pool.Physical().Words(s.Lookup(IOBitmap+i*abi.PageSize).Frame()), ranges, i<<15)
	}
}

// open clears the bits of ranges in the page of the bitmap that begins at port first.
func open(page *mem.Words, ranges []abi.PortRange, first uint64) {
	for _, r := range ranges {
		from, to := max(uint64(r.First), first), min(uint64(r.Last)+1, first+1<<15)
		if from >= to {
			continue
		}
		from, to = from-first, to-first-1
		head, tail := ^uint64(0)<<(from%64), ^uint64(0)>>(63-to%64)
		if from/64 == to/64 {
			page[from/64] &^= head & tail
			continue
		}
		page[from/64] &^= head
		page[to/64] &^= tail
		clear(page[from/64+1 : to/64])
	}
}
