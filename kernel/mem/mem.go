// Package mem is physical memory: how the kernel reaches it, and the pool of frames
// that tasks live in. A frame has one owner; the pool hands it out zeroed.
package mem

import "bennu/kernel/abi"

// Addr is a physical address.
type Addr uint64

// Words is a frame seen as 64-bit words.
type Words = [abi.PageSize / 8]uint64

// Pool is the free frames: those that came back, linked through their own first words, and
// ranges that nobody has touched yet. It needs no memory of its own, however large the machine, and a
// large machine boots no slower than a small one.
type Pool struct {
	phys   Physical
	head   Addr // 0: empty (frame 0 is never in a pool)
	lists  List // only newest and last
	ranges [maxRanges]span
	free   uint64
	size   uint64
	owed   uint64 // promised to holders, not taken by them
	prepared
}

// span is frames that were never taken.
type span struct{ next, end Addr }

const maxRanges = 64

// NewPool makes an empty pool over phys.
func NewPool(phys Physical) *Pool { return &Pool{phys: phys} }

// Physical is how the pool reaches its frames.
func (p *Pool) Physical() Physical { return p.phys }

// Add gives the frames that lie wholly within [start, end) to the pool.
func (p *Pool) Add(start, end Addr) {
	start = (start + abi.PageSize - 1) &^ (abi.PageSize - 1)
	if start == 0 {
		start = abi.PageSize
	}
	end &^= abi.PageSize - 1
	if start >= end {
		return
	}
	n := uint64(end-start) / abi.PageSize
	p.size += n
	for i := range p.ranges {
		if r := &p.ranges[i]; r.next == r.end {
			*r = span{start, end}
			p.free += n
			return
		}
	}
	for a := start; a < end; a += abi.PageSize {
		p.push(a)
	}
}

// Free is how many frames can be had.
func (p *Pool) Free() uint64 { return p.free }

// Size is how many frames the pool has in all.
func (p *Pool) Size() uint64 { return p.size }

// Get takes a frame, all zero, for h; nil is the kernel itself. 0 when there is none, or h may not have it.
func (p *Pool) Get(h *Holder) Addr {
	if h != nil && p.nClean > 0 && h.used < h.reserve && h.used < h.ceiling { // mostly: what follows, in fewer instructions
		p.owed--
		h.used++
		h.peak = max(h.peak, h.used)
		return p.cleared()
	}
	if !p.allows(h) {
		return 0
	}
	var a Addr
	if p.nClean > 0 {
		a = p.cleared()
	} else {
		if a = p.take(); a == 0 {
			return 0
		}
		zero(p.phys.Words(a))
	}
	p.charge(h)
	return a
}

// GetDirty is Get of a frame that the caller fills wholly at once.
func (p *Pool) GetDirty(h *Holder) Addr {
	if !p.allows(h) {
		return 0
	}
	a := p.take()
	if a != 0 {
		p.charge(h)
	}
	return a
}

// take takes a frame, of those that are not prepared as long as there are any.
func (p *Pool) take() Addr {
	if a := p.idle(); a != 0 {
		return a
	}
	return p.last()
}

// idle takes a frame that is not prepared; 0 when there is none.
func (p *Pool) idle() Addr {
	if a := p.head; a != 0 {
		p.head = Addr(p.phys.Words(a)[0])
		p.free--
		return a
	}
	if l := &p.lists; l.newest != 0 { // of what came back in a list; an empty list frame is a frame like the others
		p.free--
		if l.last > 0 {
			l.last--
			return Addr(p.phys.Words(l.newest)[(l.last+1)%(PerList+1)])
		}
		return l.pop(p.phys)
	}
	return p.fresh()
}

// fresh takes a frame that was never taken.
func (p *Pool) fresh() Addr {
	for i := range p.ranges {
		if r := &p.ranges[i]; r.next < r.end {
			a := r.next
			r.next += abi.PageSize
			p.free--
			return a
		}
	}
	return 0
}

// Put gives a frame of h's back. Preconditions: nothing maps it any more.
func (p *Pool) Put(h *Holder, a Addr) {
	if a == 0 || a%abi.PageSize != 0 {
		panic("mem: frame address out of order")
	}
	p.push(a)
	p.credit(h, 1)
}

func (p *Pool) push(a Addr) {
	p.phys.Words(a)[0] = uint64(p.head)
	p.head = a
	p.free++
}
