package timer

import "bennu/kernel/invariant"

// Check looks whether the heap is one, and each id knows its place.
func (h *Heap) Check() invariant.Fault {
	set := 0
	for id := range h.spot {
		switch i := int(h.spot[id]); {
		case i == none:
		case i < 0 || i >= h.n || int(h.id[i]) != id:
			return invariant.Of("timer: a deadline is not where it says (id, place)", uint64(id), uint64(i))
		case h.less(i, (i-1)/2) && i > 0:
			return invariant.Of("timer: a deadline comes before one above it (id, place)", uint64(id), uint64(i))
		default:
			set++
		}
	}
	if set != h.n {
		return invariant.Of("timer: deadlines (counted, found)", uint64(h.n), uint64(set))
	}
	return invariant.Fault{}
}
