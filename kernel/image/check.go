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
	free, kept := len(t.images)-1, t.kept
	for i := range t.images {
		m := &t.images[i]
		if !m.used {
			continue
		}
		free--
		if !m.given {
			kept[m.Maker.Slot()]--
		}
		if m.given && m.Tasks == 0 || m.Tasks < 0 || m.filled > m.Size || m.sealed && m.filled != m.Size {
			return invariant.Of("image: a row that nobody has, or more written than there is room (image, tasks)", uint64(i), uint64(m.Tasks))
		}
	}
	for slot, n := range kept {
		if n != 0 {
			return invariant.Of("image: images that a slot's task keeps (slot, counted less found)", uint64(slot), uint64(n))
		}
	}
	if free != t.free {
		return invariant.Of("image: free rows (counted, found)", uint64(t.free), uint64(free))
	}
	return invariant.Fault{}
}
