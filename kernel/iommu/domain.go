package iommu

import (
	"math/bits"

	"bennu/kernel/abi"
	"bennu/kernel/invariant"
	"bennu/kernel/mem"
)

// Domain is the device addresses of one holder's functions.
type Domain struct {
	Owner abi.Endpoint // who holds the functions; None: the kernel

	id       uint16 // 0: the units have no such number
	table    *Table // nil: nobody has it
	holder   *mem.Holder
	owned    mem.List // its tables, until its end
	root     mem.Addr
	near     near
	sources  [MaxSources]uint16
	nSources int
	high     uint64 // places taken, by bit
	low      uint64
	closing  bool
	quiet    uint32 // the mark after which nothing of it is remembered
}

// near is the last-level table found last, and what it is for.
type near struct {
	part  uint64 // address >> 21
	table mem.Addr
}

// ID is its number, never 0. No other one that is there has the same.
func (d *Domain) ID() uint16 { return d.id }

// Tables is how many frames its tables are.
func (d *Domain) Tables() uint64 { return d.owned.Len() }

// Open makes a domain with nothing in it; its tables are h's. Errors: ENOSPC, ENOMEM.
func (t *Table) Open(h *mem.Holder) (*Domain, abi.Errno) {
	for i := range t.domains {
		d := &t.domains[i]
		if d.id == 0 || d.table != nil {
			continue
		}
		d.table, d.holder, d.Owner = t, h, abi.None
		if d.root = d.get(); d.root == 0 {
			t.release(d)
			return nil, abi.ENOMEM
		}
		t.free--
		return d, abi.OK
	}
	return nil, abi.ENOSPC
}

// get takes a frame for a table.
func (d *Domain) get() mem.Addr {
	t := d.table
	if d.owned.Full() {
		l := t.pool.GetDirty(d.holder)
		if l == 0 {
			return 0
		}
		d.owned.Grow(t.phys, l)
	}
	a := t.pool.Get(d.holder)
	if a != 0 {
		d.owned.Add(t.phys, a)
		t.clean(a)
	}
	return a
}

// Place takes device addresses for up to abi.MaxWindowSize bytes, below 4 GiB if low is set. ok is false when all are taken.
func (d *Domain) Place(low bool) (addr uint64, ok bool) {
	taken, n, base := &d.high, uint(MaxPlaces), High(d.table.cfg.Width)
	if low {
		taken, n, base = &d.low, d.table.cfg.Lows, d.table.cfg.Low
	}
	i := uint(bits.TrailingZeros64(^*taken))
	if i >= n {
		return 0, false
	}
	*taken |= 1 << i
	return base + uint64(i)*PlaceSize, true
}

// Free gives a place back. Preconditions: all in it was unmapped, and the units have forgotten it (Forget, Reached).
func (d *Domain) Free(addr uint64) {
	if high := High(d.table.cfg.Width); addr >= high {
		d.high &^= 1 << ((addr - high) / PlaceSize)
	} else {
		d.low &^= 1 << ((addr - d.table.cfg.Low) / PlaceSize)
	}
}

// Map puts frames at addr, with rights Read and Write. The words' other bits do not count, so that they may be entries of page tables; those that hold no frame map
// nothing. The device finds them when Tell is done. false when memory is out: nothing was mapped.
// Preconditions: addr is in a place of d's, nothing is mapped there, and all is within 2 MiB.
func (d *Domain) Map(addr uint64, frames []uint64, rights uint64) bool {
	table := d.leaf(addr, true)
	if table == 0 {
		return false
	}
	if d.table.cfg.Snoop {
		rights |= snoop
	}
	t, i := d.table, addr>>12&511
	to := t.phys.Words(table)[i:][:len(frames)]
	for n, f := range frames {
		if f &= frameMask; f != 0 {
			to[n] = f | rights
		}
	}
	t.written(table+mem.Addr(i)*8, uint64(len(frames))*8)
	return true
}

// Unmap takes n pages from addr on away. The device may reach them until Forget is done. Preconditions: all is within 2 MiB.
func (d *Domain) Unmap(addr, n uint64) {
	table := d.leaf(addr, false)
	if table == 0 {
		return
	}
	t, i := d.table, addr>>12&511
	clear(t.phys.Words(table)[i:][:n])
	t.written(table+mem.Addr(i)*8, n*8)
}

// Tell has the units know of what was mapped in n pages from addr on.
func (d *Domain) Tell(addr, n uint64) {
	if d.table.cfg.Caching {
		d.table.hw.ForgetPages(d.id, addr, n)
	} else {
		d.table.hw.Settle()
	}
}

// Forget has the units forget n pages from addr on. When the mark is reached, no device reaches them.
func (d *Domain) Forget(addr, n uint64) (mark uint32) {
	hw := d.table.hw
	hw.Settle()
	hw.ForgetPages(d.id, addr, n)
	return hw.Mark()
}

// leaf is the last-level table of addr; 0 when there is none, or, with fill, memory is out.
func (d *Domain) leaf(addr uint64, fill bool) mem.Addr {
	if d.near.table != 0 && d.near.part == addr>>21 {
		return d.near.table
	}
	t, table := d.table, d.root
	for level := t.levels() - 1; level > 0; level-- {
		i := addr >> (12 + 9*level) & 511
		e := &t.phys.Words(table)[i]
		if *e == 0 {
			if !fill {
				return 0
			}
			a := d.get()
			if a == 0 {
				return 0
			}
			*e = uint64(a) | Read | Write
			t.written(table+mem.Addr(i)*8, 8)
		}
		table = mem.Addr(*e & frameMask)
	}
	d.near = near{addr >> 21, table}
	return table
}

// Lookup is the entry of a device address; 0: none.
func (d *Domain) Lookup(addr uint64) uint64 {
	if addr>>d.table.cfg.Width != 0 {
		return 0
	}
	table := d.leaf(addr, false)
	if table == 0 {
		return 0
	}
	return d.table.phys.Words(table)[addr>>12&511]
}

// Close begins the end of d: its sources reach nothing once the units have forgotten it, which is so at the mark. Preconditions: they are no bus masters.
func (d *Domain) Close() (mark uint32) {
	if !d.closing {
		d.table.detach(d)
		d.quiet, d.closing = d.table.hw.Mark(), true
	}
	return d.quiet
}

// Quiet is the end of d, which Close has begun: what was mapped, and its tables, nobody reaches. false: not yet.
func (d *Domain) Quiet() bool {
	if !d.table.hw.Reached(d.quiet) {
		return false
	}
	d.table.free++
	d.table.release(d)
	return true
}

// AddFrames puts the frames of d's tables into set, at most limit.
func (d *Domain) AddFrames(set *mem.Set, limit uint64) invariant.Fault {
	return d.owned.AddTo(d.table.phys, set, limit)
}

// release gives the tables of d back, and d.
func (t *Table) release(d *Domain) {
	t.pool.PutList(d.holder, &d.owned)
	*d = Domain{id: d.id}
}
