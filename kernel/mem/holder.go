package mem

// Holder is who frames are charged to: all lives of a service, and the images that they make. Its reserve is
// its own in death too; its ceiling is the most that it may have. The zero value may have nothing.
type Holder struct {
	used, peak       uint64
	reserve, ceiling uint64
}

// Used is how many frames it has.
func (h *Holder) Used() uint64 { return h.used }

// Peak is the most frames that it ever had at one time.
func (h *Holder) Peak() uint64 { return h.peak }

// Ceiling is the most frames that it may have.
func (h *Holder) Ceiling() uint64 { return h.ceiling }

// Left is how many frames it may still ask for.
func (h *Holder) Left() uint64 {
	if h.used >= h.ceiling {
		return 0
	}
	return h.ceiling - h.used
}

// owed is how many frames of its reserve it has not taken.
func (h *Holder) owed() uint64 {
	if h.used >= h.reserve {
		return 0
	}
	return h.reserve - h.used
}

// Promise sets what h may have: reserve frames whatever others do, ceiling at most. false, and nothing is
// changed, when the free frames do not cover what is owed to all, or the reserve is above the ceiling.
func (p *Pool) Promise(h *Holder, reserve, ceiling uint64) bool {
	n := *h
	n.reserve, n.ceiling = reserve, ceiling
	owed := p.owed - h.owed() + n.owed()
	if reserve > ceiling || owed > p.free {
		return false
	}
	p.owed = owed
	*h = n
	return true
}

// Limit changes the most frames that h may have, and nothing of what it was promised: it has its reserve when the limit is raised again.
func (h *Holder) Limit(ceiling uint64) { h.ceiling = ceiling }

// Forget ends what was promised to h. Preconditions: it has no frames.
func (p *Pool) Forget(h *Holder) {
	p.owed -= h.owed()
	*h = Holder{}
}

// Owed is how many frames are promised and not taken.
func (p *Pool) Owed() uint64 { return p.owed }

// allows tells whether h may take a frame: out of its reserve, or out of what nobody is owed. The kernel
// itself is no holder.
func (p *Pool) allows(h *Holder) bool {
	switch {
	case h == nil:
		return p.free > p.owed
	case h.used >= h.ceiling:
		return false
	case h.used < h.reserve:
		return p.free > 0
	}
	return p.free > p.owed
}

// Can tells whether h may take n frames, one after the other, as things stand.
func (p *Pool) Can(h *Holder, n uint64) bool {
	return h.Left() >= n && p.free-p.owed >= n-min(n, h.owed()) // never is more owed than free
}

// charge puts a frame that was taken on h's account.
func (p *Pool) charge(h *Holder) {
	if h == nil {
		return
	}
	if h.used < h.reserve {
		p.owed--
	}
	h.used++
	h.peak = max(h.peak, h.used)
}

// credit takes n frames that came back off h's account.
func (p *Pool) credit(h *Holder, n uint64) {
	if h == nil {
		return
	}
	before := h.owed()
	h.used -= n
	p.owed += h.owed() - before
}
