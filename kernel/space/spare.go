package space

import (
	"bennu/kernel/abi"
	"bennu/kernel/invariant"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// A life that begins with a snapshot has copies of the pages that others wrote soon, and of the tables that map them. They can be made
// before it begins, while nothing else is to be done: in spares of the pool, which are nobody's and can be taken from the snapshot at any
// time. Spares are copies of what never changes; Poke is the one exception, and drops them.

// Prepare makes one spare that is missing. false: none is, or no frame is idle.
func (n *Snapshot) Prepare(pool *mem.Pool) (did bool) {
	if !n.lacks {
		return false
	}
	phys := pool.Physical()
	for i, va := range n.written[:n.nwritten] {
		p := n.part(va)
		from, ok := n.Kept(phys, va)
		if !ok {
			continue
		}
		to := &n.spare[i]
		if p.spare == 0 {
			from, to = p.table, &p.spare
		}
		if *to != 0 {
			continue
		}
		if *to = pool.Spare(); *to == 0 {
			return false
		}
		mem.Copy(phys, *to, from)
		return true
	}
	n.lacks = false
	return false
}

// Lacking tells whether Prepare may have something to do.
func (n *Snapshot) Lacking() bool { return n.lacks }

// lack notes that spares are missing.
func (n *Snapshot) lack() {
	n.lacks = true
	if n.Lacks != nil {
		*n.Lacks = true
	}
}

// part is the part that va lies in; nil: none.
func (n *Snapshot) part(va uint64) *part {
	for i := range n.parts[:n.nparts] {
		if p := &n.parts[i]; va>>partShift == p.va>>partShift {
			return p
		}
	}
	return nil
}

// DropSpares gives all spares back, and tells whether there was one.
func (n *Snapshot) DropSpares(pool *mem.Pool) (any bool) {
	drop := func(a *mem.Addr) {
		if *a != 0 {
			pool.DropSpare(*a)
			*a, any = 0, true
		}
	}
	for i := range n.spare {
		drop(&n.spare[i])
	}
	for i := range n.parts {
		drop(&n.parts[i].spare)
	}
	if any {
		n.lacks = true // but nobody looks before the next life: the frames were asked for
	}
	return any
}

// Prefill gives the space its copies of the pages that lives write soon, as far as there is memory: that saves a fault each. It is not a
// part of Load: together they would keep interrupts waiting.
func (s *Space) Prefill() {
	n := s.snapshot
	if n == nil || n.nwritten == 0 {
		return
	}
	parts := n.parts[:n.nparts] // by address, as the pages are
	for i, copies := 0, 0; i < n.nwritten; {
		va := n.written[i]
		for len(parts) > 0 && parts[0].va>>partShift <= va>>partShift {
			if parts[0].va>>partShift == va>>partShift {
				s.adoptTable(&parts[0])
			}
			parts = parts[1:]
		}
		end := n.prepared(i)
		if end > i && s.AdoptPages(n.written[i:end], n.spare[i:end], ownPage) {
			clear(n.spare[i:end])
			i = end
			continue
		}
		if !(end > i && s.adoptPage(n, i, va)) {
			if copies++; copies > copiesMost || s.copy(va, ownPage) != abi.OK {
				break
			}
		}
		i++
	}
	n.lack()
}

// prepared is the end of the pages in written, from i on, that one table maps and of which there are spares.
func (n *Snapshot) prepared(i int) (end int) {
	for end = i; end < n.nwritten && n.spare[end] != 0 && n.written[end]>>partShift == n.written[i]>>partShift; end++ {
	}
	return end
}

// adoptTable gives the space the spare of p's table, if there is one. A spare that cannot be used is dropped, and is not the snapshot's
// while it is tried: memory may be so short that all spares are.
func (s *Space) adoptTable(p *part) {
	a := p.spare
	if a == 0 {
		return
	}
	p.spare = 0
	if !s.AdoptTable(p.va, a) {
		s.Pool().DropSpare(a)
	}
}

// adoptPage gives the space the spare of the page that n notes in place i. false: it cannot have it.
func (s *Space) adoptPage(n *Snapshot, i int, va uint64) bool {
	a := n.spare[i]
	n.spare[i] = 0
	p := s.Table(va)
	if p == nil || !s.Adopt(a) {
		s.Pool().DropSpare(a)
		return false
	}
	*p = paging.Entry(a, ownPage)
	return true
}

// Poke changes a byte of the snapshot's page of va, for all lives that begin with it from now on and those that have not written it: fault
// injection. false: it has no such page.
func (n *Snapshot) Poke(pool *mem.Pool, va uint64, b byte) bool {
	a, ok := n.Kept(pool.Physical(), va)
	if ok {
		n.DropSpares(pool)
		pool.Physical().Bytes(a+mem.Addr(va%abi.PageSize), 1)[0] = b
	}
	return ok
}

// AddSpares puts the spares of n into set, and looks whether they are what they are to be copies of; what the processor itself notes in tables
// does not count.
func (n *Snapshot) AddSpares(phys mem.Physical, set *mem.Set) invariant.Fault {
	const noted = uint64(paging.Accessed | paging.Dirty)
	check := func(a, of mem.Addr, but uint64) invariant.Fault {
		if a == 0 {
			return invariant.Fault{}
		}
		if !set.Add(a) {
			return invariant.Of("space: a spare is somebody's (frame)", uint64(a), uint64(of))
		}
		for i, w := range phys.Words(a) {
			if (w^phys.Words(of)[i])&^but != 0 {
				return invariant.Of("space: a spare is no copy (frame, of)", uint64(a), uint64(of))
			}
		}
		return invariant.Fault{}
	}
	for i := range n.parts {
		if f := check(n.parts[i].spare, n.parts[i].table, noted); f.Broken() {
			return f
		}
	}
	for i := range n.spare {
		of := mem.Addr(0)
		if n.spare[i] != 0 {
			of, _ = n.Kept(phys, n.written[i])
		}
		if f := check(n.spare[i], of, 0); f.Broken() {
			return f
		}
	}
	return invariant.Fault{}
}
