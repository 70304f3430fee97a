// Package space is the address space of a task: which regions it has, what belongs at each of their pages, and the page tables
// that say so to the processor. What is written here is for one task; what tasks share is written once: an executable
// (kernel/image), a snapshot that later lives begin with, a window that several see.
package space

import (
	"bennu/kernel/abi"
	"bennu/kernel/image"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// Space is one address space.
type Space struct {
	paging.Tables
	images   *image.Table
	image    *image.Image
	snapshot *Snapshot // that it began with; nil: with the executable
	keep     uint64    // frames that it had before its first instruction: Ready
	module   uint64    // bytes of the boot archive
	kept     uint64    // bytes of kept memory
	copies   int       // pages of its snapshot that it has written: as long as they are noted
	views    *views    // its windows; nil: it never had any
	devices  uint32    // places taken for devices' memory, by bit

	// SharedPages is how many pages of others it has: of its executable and its snapshot.
	SharedPages uint64
}

// New is Begin of a new space.
func New(pool *mem.Pool, template mem.Addr, h *mem.Holder, images *image.Table, m *image.Image) (s Space, ok bool) {
	ok = s.Begin(pool, template, h, images, m)
	return s, ok
}

// Begin makes the address space of a task made from m: the kernel's part as template has it, and an empty part of its own. Its
// frames are h's. false when memory is out; the space is then to be freed. Preconditions: s is zero.
func (s *Space) Begin(pool *mem.Pool, template mem.Addr, h *mem.Holder, images *image.Table, m *image.Image) bool {
	s.images, s.image = images, m
	return s.Tables.Begin(pool, template, h) && s.Keep(abi.ImageBase) && s.Keep(abi.RAMBase)
}

// Load maps what the task begins with: the pages of snap, nil for none, and the read-only ones of its executable. false when memory is
// out.
func (s *Space) Load(snap *Snapshot) bool {
	if snap != nil {
		s.snapshot = snap
		for i := range snap.parts[:snap.nparts] {
			if p := &snap.parts[i]; !s.Share(p.va, p.table, 0) {
				return false
			}
		}
		s.SharedPages += snap.pages
	}
	for i := range s.image.Parts() {
		va, table := s.image.Part(i)
		if p := s.Part(va); p != nil && *p&paging.Present != 0 {
			continue // the snapshot's has its pages
		}
		if !s.Share(va, table, 0) {
			return false
		}
	}
	s.SharedPages += s.image.SharedPages()
	return true
}

// Ready notes that all is there that the task has before its first instruction.
func (s *Space) Ready() { s.keep = s.Named() }

// Kind is what a region is.
type Kind uint8

const (
	None   Kind = iota
	Start       // the start page
	Call        // the call page
	Text        // read-only segments of the executable
	Data        // writable segments: copies of the executable's bytes, or zeros
	RAM         // zeros
	Module      // the boot archive, in the root task
	Clock       // the clock page, everybody's
	Window      // memory that it shares with other tasks
	Kept        // memory that outlives it
)

// Region is a piece of the address space that is of one kind.
type Region struct {
	Start, End uint64
	Kind       Kind
	segment    *image.Segment
}

// Find is the region that va lies in; its Kind is None where the task has nothing.
func (s *Space) Find(va uint64) Region {
	switch {
	case va-abi.RAMBase < abi.RAMSize:
		return Region{Start: abi.RAMBase, End: abi.RAMBase + abi.RAMSize, Kind: RAM}
	case va-abi.ImageBase < abi.ImageEnd-abi.ImageBase:
		g := s.image.Segment(va)
		if g == nil {
			return Region{}
		}
		r := Region{Start: g.Start &^ (abi.PageSize - 1), End: (g.End + abi.PageSize - 1) &^ (abi.PageSize - 1), Kind: Text, segment: g}
		if g.Write {
			r.Kind = Data
		}
		return r
	case va-abi.StartPage < abi.PageSize:
		return Region{Start: abi.StartPage, End: abi.StartPage + abi.PageSize, Kind: Start}
	case va-abi.CallPage < abi.PageSize:
		return Region{Start: abi.CallPage, End: abi.CallPage + abi.PageSize, Kind: Call}
	case va-abi.ClockPage < abi.PageSize:
		return Region{Start: abi.ClockPage, End: abi.ClockPage + abi.PageSize, Kind: Clock}
	case va-abi.ModuleBase < s.module:
		return Region{Start: abi.ModuleBase, End: abi.ModuleBase + s.module, Kind: Module}
	case va-abi.KeptBase < s.kept:
		return Region{Start: abi.KeptBase, End: abi.KeptBase + s.kept, Kind: Kept}
	}
	return s.views.find(va)
}

const (
	ownPage  = paging.Present | paging.User | paging.Writable | paging.NX
	readOnly = paging.Present | paging.User | paging.NX
)

// Fixed maps a new page of zeros at va, which the task may write when write is set: its start page, its call page. 0 when memory is
// out.
func (s *Space) Fixed(va uint64, write bool) mem.Addr {
	p := s.Table(va)
	if p == nil {
		return 0
	}
	a := s.Own()
	if a == 0 {
		return 0
	}
	*p = paging.Entry(a, readOnly)
	if write {
		*p |= paging.Writable
	}
	return a
}

// MapClock maps the page at a, which is all tasks', as the clock page. false when memory is out.
func (s *Space) MapClock(a mem.Addr) bool {
	p := s.Table(abi.ClockPage)
	if p != nil {
		*p = paging.Entry(a, readOnly|paging.Shared)
	}
	return p != nil
}

// MapModule maps size bytes by last-level tables of others, read-only, as the boot archive. false when memory is out.
func (s *Space) MapModule(tables []mem.Addr, size uint64) bool {
	s.module = (size + abi.PageSize - 1) &^ (abi.PageSize - 1)
	if len(tables) == 0 {
		return true
	}
	if !s.Reserve(abi.ModuleBase) {
		return false
	}
	entries := s.Parts(abi.ModuleBase, uint64(len(tables))) // of the GiB that begins there
	for i, t := range tables {
		entries[i] = uint64(paging.Entry(t, paging.Present|paging.User|paging.Shared|paging.NX))
	}
	return true
}

// MapKept maps size bytes by a last-level table of others, read-only, as the task's kept memory. false when memory is out.
func (s *Space) MapKept(table mem.Addr, size uint64) bool {
	s.kept = size
	return s.Share(abi.KeptBase, table, paging.NX)
}

// Keeps tells whether it has kept memory.
func (s *Space) Keeps() bool { return s.kept != 0 }

// Populate gives the task the page of va that it may have but has not touched yet: zeros of its RAM, or its own copy of a page of
// its executable's data. Errors: EFAULT (nothing belongs there), ENOMEM. What the processor remembers of va is old then.
func (s *Space) Populate(va uint64) abi.Errno {
	var segment *image.Segment
	if va-abi.RAMBase >= abi.RAMSize { // most pages are of RAM
		r := s.Find(va)
		if r.Kind != Data {
			return abi.EFAULT
		}
		segment = r.segment
	}
	p := s.Table(va)
	if p == nil {
		return abi.ENOMEM
	}
	if *p&paging.Present != 0 {
		return abi.OK // a snapshot's, which was not looked for
	}
	a := s.Own()
	if a == 0 {
		return abi.ENOMEM
	}
	if segment != nil {
		s.images.Fill(s.image, segment, va, a)
	}
	*p = paging.Entry(a, ownPage)
	return abi.OK
}

// Copy gives the task a copy of its own of the page of va, which it has as others' but may write. Errors: EFAULT (it may not, or
// there is no page), ENOMEM. What the processor remembers of va is old then.
func (s *Space) Copy(va uint64) abi.Errno {
	if !abi.TaskAddress(va) { // the kernel's part is walked by nobody here: its pages are of other sizes
		return abi.EFAULT
	}
	if p := s.Lookup(va); p == nil || *p&(paging.Present|paging.Copied) != paging.Present|paging.Copied {
		return abi.EFAULT
	}
	e := s.copy(va, ownPage)
	if e == abi.OK && s.snapshot != nil && s.snapshot.notes(s.copies) {
		s.copies++
		s.snapshot.write(va)
	}
	return e
}

// copy replaces the page of va, which is there, with a copy that has the rights of bits.
func (s *Space) copy(va uint64, bits paging.PTE) abi.Errno {
	p := s.Table(va)
	if p == nil {
		return abi.ENOMEM
	}
	a := s.OwnDirty()
	if a == 0 {
		return abi.ENOMEM
	}
	mem.Copy(s.Physical(), a, p.Frame())
	*p = paging.Entry(a, bits)
	return abi.OK
}

// Page finds the frame of the page of va, which the task may read, or write when write is set. A page that it has not touched yet
// is given, one that it shares is copied when it is written: changed tells that, since what the processor remembers is old then.
// Errors: EFAULT (there is none, or not for that), ENOMEM.
func (s *Space) Page(va uint64, write bool) (a mem.Addr, changed bool, e abi.Errno) {
	if va >= abi.WindowBase {
		a, e = s.given(va, write)
		return a, false, e
	}
	if !abi.TaskAddress(va) {
		return 0, false, abi.EFAULT
	}
	p := s.Lookup(va)
	if p == nil || *p&paging.Present == 0 {
		if e := s.Populate(va); e != abi.OK {
			return 0, false, e
		}
		changed = true
		p = s.Lookup(va)
	}
	if write && *p&paging.Writable == 0 {
		if e := s.Copy(va); e != abi.OK {
			return 0, changed, e
		}
		changed = true
		p = s.Lookup(va)
	}
	return p.Frame(), changed, abi.OK
}

// given is Page of what others gave the task: a window, of which the entry of the table says what it may do, or the boot archive.
// Errors: EFAULT.
func (s *Space) given(va uint64, write bool) (mem.Addr, abi.Errno) {
	if !abi.TaskAddress(va) {
		return 0, abi.EFAULT
	}
	p := s.Lookup(va)
	if p == nil || *p&(paging.Present|paging.Device) != paging.Present || write && *p&*s.Part(va)&paging.Writable == 0 {
		return 0, abi.EFAULT
	}
	return p.Frame(), abi.OK
}

// Private gives the task a copy of its own of a page that it shares, or has not touched yet, so that it can be changed by others
// than itself. Its rights stay what they are. Errors: EFAULT (there is none, or it is a window's or kept memory's), ENOMEM. Preconditions: the task is not the
// one whose page tables are loaded, so that no translation of the page as it was is kept.
func (s *Space) Private(va uint64) (mem.Addr, abi.Errno) {
	a, _, e := s.Page(va, false)
	if e != abi.OK {
		return 0, e
	}
	p := s.Lookup(va)
	switch {
	case *p&paging.Shared == 0:
		return a, abi.OK
	case WindowAddress(va), va-abi.KeptBase < s.kept: // a copy would not be what the others see, or the lives to come
		return 0, abi.EFAULT
	}
	bits := *p & (paging.Present | paging.User | paging.NX)
	if *p&paging.Copied != 0 {
		bits |= paging.Writable
	}
	if e := s.copy(va, bits); e != abi.OK {
		return 0, e
	}
	return s.Lookup(va).Frame(), abi.OK
}

// Peek is the frame of the page of va, if it is there; nothing is given on demand.
func (s *Space) Peek(va uint64) (a mem.Addr, ok bool) {
	if !abi.TaskAddress(va) {
		return 0, false
	}
	p := s.Lookup(va)
	if p == nil || *p&(paging.Present|paging.Device) != paging.Present {
		return 0, false
	}
	return p.Frame(), true
}
