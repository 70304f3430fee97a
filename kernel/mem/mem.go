// Package mem is physical memory: how the kernel reaches it, and the pool of frames
// that tasks live in. A frame has one owner; the pool hands it out zeroed.
package mem

import "bennu/kernel/abi"

// Addr is a physical address.
type Addr uint64

// Words is a frame seen as 64-bit words.
type Words = [abi.PageSize / 8]uint64

// Pool is a stack of free frames, linked through their own first words: it needs no
// memory of its own, however large the machine.
type Pool struct {
	phys Physical
	head Addr // 0: empty (frame 0 is never in a pool)
	free uint64
	size uint64
	kept uint64
}

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
	for a := start; a+abi.PageSize <= end; a += abi.PageSize {
		p.push(a)
		p.size++
	}
}

// Free is how many frames can be had; Size is how many the pool was given.
func (p *Pool) Free() uint64 { return p.free }

// Size is how many frames the pool has in all.
func (p *Pool) Size() uint64 { return p.size }

// Keep makes Get leave n frames, which only GetKept takes.
func (p *Pool) Keep(n uint64) { p.kept = n }

// Get takes a frame, all zero. 0 when there is none, or only those that are kept.
func (p *Pool) Get() Addr {
	if p.free <= p.kept {
		return 0
	}
	return p.GetKept()
}

// GetKept is Get for whom frames are kept. 0 when there is none at all.
func (p *Pool) GetKept() Addr {
	a := p.head
	if a == 0 {
		return 0
	}
	w := p.phys.Words(a)
	p.head = Addr(w[0])
	p.free--
	clear(w[:])
	return a
}

// Put gives a frame back. Preconditions: nothing maps it any more.
func (p *Pool) Put(a Addr) {
	if a == 0 || a%abi.PageSize != 0 {
		panic("mem: frame address out of order")
	}
	p.push(a)
}

func (p *Pool) push(a Addr) {
	p.phys.Words(a)[0] = uint64(p.head)
	p.head = a
	p.free++
}
