package mem

import (
	"bennu/kernel/abi"
	"bennu/kernel/invariant"
)

// setLimit is where frames end that a Set tells apart: the kernel's tests have half of it, and the kernel has to keep
// room for sets, which only they need.
const setLimit = 512 << 20

// Set is a set of frames. Those from setLimit on are counted only.
type Set struct {
	bits [setLimit / abi.PageSize / 64]uint64
	n    uint64
}

// Clear makes s empty.
func (s *Set) Clear() { *s = Set{} }

// Len is how many frames there are.
func (s *Set) Len() uint64 { return s.n }

// Has tells whether a is in s. All from setLimit on are.
func (s *Set) Has(a Addr) bool {
	return a >= setLimit || s.bits[a/abi.PageSize/64]>>(a/abi.PageSize%64)&1 != 0
}

// Take takes a out of s. false: it is not there.
func (s *Set) Take(a Addr) bool {
	if !s.Has(a) {
		return false
	}
	if a < setLimit {
		s.bits[a/abi.PageSize/64] &^= 1 << (a / abi.PageSize % 64)
	}
	s.n--
	return true
}

// Add puts a into s. false: it is there already, or no frame has that address.
func (s *Set) Add(a Addr) bool {
	if a == 0 || a%abi.PageSize != 0 || a < setLimit && s.Has(a) {
		return false
	}
	if a < setLimit {
		s.bits[a/abi.PageSize/64] |= 1 << (a / abi.PageSize % 64)
	}
	s.n++
	return true
}

// AddFree puts the pool's free frames into s, which none of them may be in, and looks whether there are as many as
// the pool says. Spares are left to those who keep them.
func (p *Pool) AddFree(s *Set) invariant.Fault {
	before := s.n
	n := uint64(0)
	for a := p.head; a != 0; a = Addr(p.phys.Words(a)[0]) {
		if n++; n > p.size || !s.Add(a) {
			return invariant.Of("mem: a frame of the pool's chain is twice there (frame, number)", uint64(a), n)
		}
	}
	if f := p.lists.AddTo(p.phys, s, p.size); f.Broken() {
		return f
	}
	for i := range p.ranges {
		for a := p.ranges[i].next; a < p.ranges[i].end; a += abi.PageSize {
			if !s.Add(a) {
				return invariant.Of("mem: a frame of a range that nobody has touched is twice there (frame, range)", uint64(a), uint64(i))
			}
		}
	}
	if f := p.addClean(s); f.Broken() {
		return f
	}
	if found := s.n - before + p.spares; found != p.free {
		return invariant.Of("mem: the pool's free frames (counted, found)", p.free, found)
	}
	return invariant.Fault{}
}

// AddTo puts the frames of l into s, those of the list included: at most limit.
func (l *List) AddTo(phys Physical, s *Set, limit uint64) invariant.Fault {
	last := l.last
	for a := l.newest; a != 0; {
		if last > PerList || s.n > limit {
			return invariant.Of("mem: a list is no list (frame, addresses in it)", uint64(a), last)
		}
		w := phys.Words(a)
		if !s.Add(a) {
			return invariant.Of("mem: a frame of a list is twice there (frame)", uint64(a), 0)
		}
		for _, f := range w[1 : 1+last] {
			if !s.Add(Addr(f)) {
				return invariant.Of("mem: a frame on a list is twice there (frame, list)", f, uint64(a))
			}
		}
		a, last = Addr(w[0])&^(abi.PageSize-1), w[0]&(abi.PageSize-1)
	}
	return invariant.Fault{}
}

// Owed is how many frames of its reserve h has not taken.
func (h *Holder) Owed() uint64 { return h.owed() }
