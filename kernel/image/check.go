package image

import (
	"bennu/kernel/invariant"
	"bennu/kernel/mem"
)

// AddFrames puts the frames of m into set, at most limit.
func (t *Table) AddFrames(m *Image, set *mem.Set, limit uint64) invariant.Fault {
	return m.frames.AddTo(t.pool.Physical(), set, limit)
}

// Check looks whether as many rows are free as the table says, and each image has a reason to be there.
func (t *Table) Check() invariant.Fault {
	free := len(t.images) - 1
	for i := range t.images {
		m := &t.images[i]
		if !m.used {
			continue
		}
		free--
		if m.given && m.Tasks == 0 || m.Tasks < 0 || m.filled > m.Size || m.sealed && m.filled != m.Size {
			return invariant.Of("image: a row that nobody has, or more written than there is room (image, tasks)", uint64(i), uint64(m.Tasks))
		}
	}
	if free != t.free {
		return invariant.Of("image: free rows (counted, found)", uint64(t.free), uint64(free))
	}
	return invariant.Fault{}
}
