package kernel

import "bennu/kernel/abi"

// portMap is the machine's I/O ports, a bit each: set when a task has the port.
type portMap struct {
	words [65536 / 64]uint64
	taken uint64
}

// each calls do with the words that the ports of r lie in, and the mask of r's ports in them; it stops when do returns
// false.
func (m *portMap) each(r abi.PortRange, do func(word *uint64, mask uint64) bool) bool {
	for from, to := uint64(r.First), uint64(r.Last)+1; from < to; {
		n := min(to-from, 64-from%64)
		if !do(&m.words[from/64], (^uint64(0)>>(64-n))<<(from%64)) {
			return false
		}
		from += n
	}
	return true
}

// free tells whether no task has any port of r.
func (m *portMap) free(r abi.PortRange) bool {
	return m.each(r, func(w *uint64, mask uint64) bool { return *w&mask == 0 })
}

// take gives the ports of r to a task, drop takes them back.
func (m *portMap) take(r abi.PortRange) {
	m.each(r, func(w *uint64, mask uint64) bool { *w |= mask; return true })
	m.taken += uint64(r.Last) - uint64(r.First) + 1
}

func (m *portMap) drop(r abi.PortRange) {
	m.each(r, func(w *uint64, mask uint64) bool { *w &^= mask; return true })
	m.taken -= uint64(r.Last) - uint64(r.First) + 1
}
