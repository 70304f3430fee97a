package mem

import (
	"bennu/kernel/abi"
	"bennu/kernel/invariant"
)

// Free frames can be prepared while nothing else is to be done: cleared, or filled with what somebody will ask for. They count as free
// and are charged to nobody until they are taken; when there are no others, they are taken for anything. So who may have
// how much, and what is free, is the same whether frames are prepared or not.

// cleanMost is how many frames are kept cleared: more than a task has when it is ready.
const cleanMost = 128

// prepared is the frames that are free and hold something.
type prepared struct {
	clean  [cleanMost]Addr // zeros
	nClean int
	spares uint64 // that others keep (Spare)

	// Reclaim has who keeps spares drop at least one (DropSpare), when frames are out; false: nobody keeps any.
	Reclaim func() bool
}

// CanClean tells whether Clean has something to do.
func (p *Pool) CanClean() bool { return p.nClean < cleanMost && p.free > uint64(p.nClean)+p.spares }

// Clean clears one free frame ahead, if there are not enough.
func (p *Pool) Clean() {
	if !p.CanClean() {
		return
	}
	a := p.idle()
	p.free++
	zero(p.phys.Words(a))
	p.clean[p.nClean] = a
	p.nClean++
}

// cleared takes a frame that was cleared ahead. Preconditions: there is one.
func (p *Pool) cleared() Addr {
	p.nClean--
	p.free--
	return p.clean[p.nClean]
}

// Spare is a free frame for a caller who fills it and keeps it, ready for UseSpare or DropSpare. 0: none is idle.
func (p *Pool) Spare() Addr {
	a := p.idle()
	if a != 0 {
		p.free++
		p.spares++
	}
	return a
}

// UseSpare takes a, a spare, for h. false: h may not have it, and it stays a spare.
func (p *Pool) UseSpare(h *Holder, a Addr) bool {
	if !p.allows(h) {
		return false
	}
	p.spares--
	p.free--
	p.charge(h)
	return true
}

// UseSpares is UseSpare of n spares. false: h may not have all of them.
func (p *Pool) UseSpares(h *Holder, n uint64) bool {
	if h == nil || !p.Can(h, n) {
		return false
	}
	p.spares -= n
	p.free -= n
	p.owed -= min(n, h.owed())
	h.used += n
	h.peak = max(h.peak, h.used)
	return true
}

// DropSpare makes a, a spare, a free frame like others.
func (p *Pool) DropSpare(a Addr) {
	p.spares--
	p.free--
	p.push(a)
}

// Spares is how many there are.
func (p *Pool) Spares() uint64 { return p.spares }

// last takes a frame that is prepared for something else.
func (p *Pool) last() Addr {
	if p.nClean > 0 {
		return p.cleared()
	}
	if p.spares > 0 && p.Reclaim != nil && p.Reclaim() {
		return p.idle()
	}
	return 0
}

// addClean puts the cleared frames into s and looks whether they are.
func (p *Pool) addClean(s *Set) invariant.Fault {
	for _, a := range p.clean[:p.nClean] {
		if !s.Add(a) {
			return invariant.Of("mem: a cleared frame is twice there (frame)", uint64(a), 0)
		}
		if *p.phys.Words(a) != (Words{}) {
			return invariant.Of("mem: a cleared frame is not clear (frame)", uint64(a), abi.PageSize)
		}
	}
	return invariant.Fault{}
}
