package kernel

import "bennu/kernel/abi"

// portMap is the machine's I/O ports, a bit each: set when a task has the port. A range may have all 65,536, so the
// methods work on whole words.
type portMap struct {
	words [65536 / 64]uint64
	taken uint64
}

// span is the words that hold the ports of r, with masks of r's ports in the first and the last one.
func (m *portMap) span(r abi.PortRange) (words []uint64, first, last uint64) {
	words = m.words[r.First/64 : r.Last/64+1]
	first, last = ^uint64(0)<<(r.First%64), ^uint64(0)>>(63-r.Last%64)
	if len(words) == 1 {
		first &= last
		last = first
	}
	return words, first, last
}

// free tells whether no task has any port of r.
func (m *portMap) free(r abi.PortRange) bool {
	words, first, last := m.span(r)
	n := len(words) - 1
	taken := words[0]&first | words[n]&last
	for i := 1; i < n; i++ {
		taken |= words[i]
	}
	return taken == 0
}

// take gives the ports of r, which are free, to a task.
func (m *portMap) take(r abi.PortRange) {
	words, first, last := m.span(r)
	n := len(words) - 1
	words[0] |= first
	words[n] |= last
	for i := 1; i < n; i++ {
		words[i] = ^uint64(0)
	}
	m.taken += uint64(r.Last) - uint64(r.First) + 1
}

// drop takes the ports of r back from the task that has them.
func (m *portMap) drop(r abi.PortRange) {
	words, first, last := m.span(r)
	n := len(words) - 1
	words[0] &^= first
	words[n] &^= last
	for i := 1; i < n; i++ {
		words[i] = 0
	}
	m.taken -= uint64(r.Last) - uint64(r.First) + 1
}
