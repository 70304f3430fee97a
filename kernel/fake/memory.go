package fake

import "bennu/kernel/abi"

// memory is what a task's addresses mean: slices that it has given the kernel. Two never touch, so what goes past the
// end of one is no memory.
type memory struct {
	regions []region
	next    uint64
}

type region struct {
	at uint64
	b  []byte
}

// keptRegions is how many may pile up before those that no grant names are forgotten.
const keptRegions = 32

// Address is usys.Kernel.
func (t *Task) Address(b []byte) uint64 {
	m := &t.memory
	if len(m.regions) >= keptRegions {
		kept := m.regions[:0]
		for _, r := range m.regions {
			if t.grants(r) {
				kept = append(kept, r)
			}
		}
		clear(m.regions[len(kept):])
		m.regions = kept
	}
	at := abi.RAMBase + m.next
	m.next += (uint64(len(b)) + 2*abi.PageSize - 1) &^ (abi.PageSize - 1)
	m.regions = append(m.regions, region{at, b})
	return at
}

// grants tells whether a grant names what lies in r.
func (t *Task) grants(r region) bool {
	for i := range t.k.Call.Grants {
		g := &t.k.Call.Grants[i]
		if g.Flags&abi.GrantValid != 0 && g.Start >= r.at && g.Start < r.at+max(uint64(len(r.b)), 1) {
			return true
		}
	}
	return false
}

// bytes are n bytes of the task's memory.
func (t *Task) bytes(at, n uint64) ([]byte, abi.Errno) {
	for _, r := range t.memory.regions {
		if at >= r.at && at-r.at <= uint64(len(r.b)) && n <= uint64(len(r.b))-(at-r.at) {
			return r.b[at-r.at:][:n], abi.OK
		}
	}
	return nil, abi.EFAULT
}

// Granted is the memory of a grant of the task's; nil when it is void, not to ep, or not for what flags say.
func (t *Task) Granted(to abi.Endpoint, id abi.GrantID, flags uint32) []byte {
	g, ok := t.k.Granted(to, id, flags)
	if !ok {
		return nil
	}
	b, _ := t.bytes(g.Start, g.Len)
	return b
}

// copy is CallCopyFrom and CallCopyTo.
func (t *Task) copy(c Call, access uint32) abi.Errno {
	id, offset, at, n := abi.GrantID(c.Arg[1]), c.Arg[2], c.Arg[3], c.Arg[4]
	if n > abi.MaxCopy {
		return abi.E2BIG
	}
	granter := t.m.Find(c.To())
	if granter == nil {
		return abi.EDEADSRCDST
	}
	g, ok := granter.k.Granted(t.Endpoint, id, access)
	if !ok || offset+n < offset || offset+n > g.Len {
		return abi.EPERM
	}
	mine, e := t.bytes(at, n)
	if e != abi.OK {
		panic("kernel/fake: a copy's own address is no memory: a gate gives it")
	}
	theirs, e := granter.bytes(g.Start+offset, n)
	if e != abi.OK {
		return e
	}
	if access == abi.GrantRead {
		copy(mine, theirs)
	} else {
		copy(theirs, mine)
	}
	return abi.OK
}
