package paging

import "bennu/kernel/mem"

// Adopt is Own of a spare frame of the pool's, which holds what the caller wants. false: it may not have it.
func (s *Tables) Adopt(a mem.Addr) bool {
	if s.owned.Full() && !s.grow() || !s.pool.UseSpare(s.holder, a) {
		return false
	}
	s.owned.Add(s.pool.Physical(), a)
	return true
}

// AdoptPages puts spares of the pool's at pages that one last-level table maps, with the rights of bits. false: the space has no such table
// of its own, may not have them, or has no room to note them; nothing is changed, and no frame was asked for.
func (s *Tables) AdoptPages(vas []uint64, spares []mem.Addr, bits PTE) bool {
	p, n := s.Part(vas[0]), uint64(len(spares))
	if p == nil || *p&(Present|Shared) != Present || s.owned.Room() < n || !s.pool.UseSpares(s.holder, n) {
		return false
	}
	words := s.pool.Physical().Words(p.Frame())
	for i, a := range spares {
		words[index(vas[i], 0)] = uint64(Entry(a, bits))
		s.owned.Add(s.pool.Physical(), a)
	}
	return true
}

// AdoptTable puts a, a spare of the pool's that is a copy of the shared last-level table for va, in its place, as Table does with a copy
// that it makes. false: the space may not have it, or no table is shared there; nothing is changed.
func (s *Tables) AdoptTable(va uint64, a mem.Addr) bool {
	p := s.directory(va)
	if p == nil || *p&(Present|Shared) != Present|Shared || !s.Adopt(a) {
		return false
	}
	*p = Entry(a, tableBits(va))
	s.remember(va, a)
	return true
}
