package mem

import "bennu/kernel/abi"

// Run takes n frames for h that are one piece and end at limit at most: of those that were never taken. They are not zeroed. 0 when there is none, or h may
// not have them. Preconditions: h is not nil.
func (p *Pool) Run(h *Holder, n uint64, limit Addr) Addr {
	if !p.Can(h, n) {
		return 0
	}
	for i := range p.ranges {
		r := &p.ranges[i]
		if size := Addr(n) * abi.PageSize; r.end-r.next >= size && r.next+size <= limit {
			a := r.next
			r.next += size
			p.free -= n
			for range n {
				p.charge(h)
			}
			return a
		}
	}
	return 0
}
