package space

import (
	"bennu/kernel/abi"
	"bennu/kernel/image"
	"bennu/kernel/invariant"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// Limits of a snapshot. They bound the steps in which it is made, and what a life that begins with it takes.
const (
	MaxSnapshotParts  = 16
	MaxSnapshotFrames = 1024
	partShift         = 21 // what one last-level table maps

	// Soon is how many of the pages that a life writes first are noted: later lives will write them, too, and have their
	// copies from the beginning. SoonRoot is it for the root task, for which everybody waits while it writes more.
	Soon     = 16
	SoonRoot = 40

	// copiesMost is how many copies that were not made ahead a life has from the beginning: each is some 450 instructions, and all are made in one
	// stay in ring 0.
	copiesMost = 24
)

// Snapshot is the memory of a task at one moment of its life, read-only: pages, and the last-level tables that map them, handed over
// by the task that had them. Later lives of the service share both until they write. It outlives the task. The zero value is none.
type Snapshot struct {
	image  uint64 // serial number of the executable
	holder *mem.Holder
	frames mem.List
	sealed
	pages uint64

	written  [SoonRoot]uint64 // pages that lives have written soon, by address
	nwritten int
	soon     int // the most of them

	spare [SoonRoot]mem.Addr // of the pages in written; 0: none is made
	lacks bool               // a spare may be missing
	Lacks *bool              // set with it; nil: nobody makes any
}

// sealed is last-level tables, by address.
type sealed struct {
	parts  [MaxSnapshotParts]part
	nparts int
}

// Making is a snapshot that is being made. The zero value is none of it.
type Making struct {
	sealed
	next uint64 // where Seal goes on
}

// part is a last-level table and the 2 MiB that it is for.
type part struct {
	va    uint64
	table mem.Addr
	spare mem.Addr // a copy of table for the next life; 0: none is made
}

// Exists tells whether there is a snapshot.
func (n *Snapshot) Exists() bool { return n.image != 0 }

// Of tells whether the snapshot was taken in a task that was made from m.
func (n *Snapshot) Of(m *image.Image) bool { return n.Exists() && n.image == m.Serial }

// Frames is how many frames the snapshot has, its tables and lists included.
func (n *Snapshot) Frames() uint64 { return n.frames.Len() }

// Seal is one step of making a snapshot of s: it takes the write permission off the pages of the next 2 MiB that have any, so that
// whoever writes gets a copy. first is the first of them; more asks for another one, before Take. A space of which only some
// pages are sealed is whole: it can go on, or end. m is what Take is to be given.
//
// Errors: E2BIG (more than MaxSnapshotParts or MaxSnapshotFrames), EBUSY (it began with a snapshot, or has had a window).
func (s *Space) Seal(m *Making, first bool) (more bool, e abi.Errno) {
	if first {
		*m = Making{next: abi.ImageBase}
	}
	if s.snapshot != nil || s.Windowed() {
		return false, abi.EBUSY
	}
	if s.Used() > MaxSnapshotFrames || s.keep > mem.PerList {
		return false, abi.E2BIG
	}
	va, entry := s.ownPart(m.next)
	if entry == nil {
		return false, abi.OK
	}
	if m.nparts == MaxSnapshotParts {
		return false, abi.E2BIG
	}
	m.parts[m.nparts] = part{va: va, table: entry.Frame()}
	m.nparts++
	m.next = va + 1<<partShift
	words := s.Physical().Words(entry.Frame())
	for i, w := range words {
		if p := paging.PTE(w); p&(paging.Present|paging.Shared) == paging.Present {
			if p&paging.Writable != 0 {
				p = p&^paging.Writable | paging.Copied
			}
			words[i] = uint64(p | paging.Shared)
		}
	}
	return true, abi.OK
}

// ownPart finds the first 2 MiB of executable and RAM, from va on, for which the space has a last-level table of its own.
func (s *Space) ownPart(va uint64) (at uint64, entry *paging.PTE) {
	for va < abi.RAMBase+abi.RAMSize {
		table := s.Directory(va)
		end := va&^(1<<30-1) + 1<<30
		if table == 0 {
			va = end
			continue
		}
		words := s.Physical().Words(table)
		for ; va < end; va += 1 << partShift {
			if p := (*paging.PTE)(&words[va>>partShift&511]); *p&(paging.Present|paging.Shared) == paging.Present {
				return va, p
			}
		}
	}
	return 0, nil
}

// Take hands the sealed pages and their tables over to n, which is none; h is whom the space's frames are charged to, soon how many pages n is
// to note. From then on the
// task shares them like those that come after it. Errors: ENOMEM (nothing is changed). Preconditions: Seal has said that there is
// nothing more; the task has not run since. What the processor remembers of the space is old then.
func (s *Space) Take(n *Snapshot, m *Making, h *mem.Holder, soon int) abi.Errno {
	list := s.Pool().GetDirty(h)
	if list == 0 {
		return abi.ENOMEM
	}
	*n = Snapshot{image: s.image.Serial, holder: h, sealed: m.sealed, soon: min(soon, SoonRoot)}
	for i := range n.parts[:n.nparts] {
		p := s.Part(n.parts[i].va)
		*p = paging.Entry(p.Frame(), paging.Present|paging.User|paging.Shared)
	}
	n.frames = s.Lend(s.keep, list)
	n.pages = n.frames.Len() - uint64(n.nparts)
	s.snapshot = n
	s.SharedPages += n.pages
	return abi.OK
}

// write notes that a life has soon written the page of va. Preconditions: there is room (notes).
func (n *Snapshot) write(va uint64) {
	va &^= abi.PageSize - 1
	at := 0
	for at < n.nwritten && n.written[at] < va {
		at++
	}
	if at < n.nwritten && n.written[at] == va {
		return
	}
	copy(n.written[at+1:], n.written[at:n.nwritten])
	copy(n.spare[at+1:], n.spare[at:n.nwritten])
	n.written[at], n.spare[at] = va, 0
	n.nwritten++
	n.lack()
}

// notes tells whether the next page is noted of a life that has written so many.
func (n *Snapshot) notes(copies int) bool { return copies < n.soon && n.nwritten < n.soon }

// Free gives the snapshot's frames back, and its spares. Preconditions: no space shares it.
func (n *Snapshot) Free(pool *mem.Pool) {
	if n.Exists() {
		n.DropSpares(pool)
		pool.PutList(n.holder, &n.frames)
	}
	*n = Snapshot{}
}

// Snapshot is the one that the space began with, or that was taken of it; nil: none.
func (s *Space) Snapshot() *Snapshot { return s.snapshot }

// Kept is the snapshot's own frame for the page of va, of which who writes gets a copy; ok is false when it has none.
func (n *Snapshot) Kept(phys mem.Physical, va uint64) (a mem.Addr, ok bool) {
	p := n.part(va)
	if p == nil {
		return 0, false
	}
	e := paging.PTE(phys.Words(p.table)[va/abi.PageSize%512])
	return e.Frame(), e&(paging.Present|paging.Copied) == paging.Present|paging.Copied
}

// AddFrames puts the frames of n into set, at most limit.
func (n *Snapshot) AddFrames(phys mem.Physical, set *mem.Set, limit uint64) invariant.Fault {
	return n.frames.AddTo(phys, set, limit)
}
