// Package paging builds the page tables of tasks: four levels, 4 KiB pages. Tables are
// reached by the direct map; nothing here touches the CPU but through Flusher.
//
// Source: Intel SDM Vol. 3A, "4-Level Paging and 5-Level Paging".
package paging

import (
	"bennu/kernel/abi"
	"bennu/kernel/layout"
	"bennu/kernel/mem"
)

// PTE is a page-table entry.
type PTE uint64

// Bits of a PTE. Shared, Copied and Device are software's.
const (
	Present  PTE = 1 << 0
	Writable PTE = 1 << 1
	User     PTE = 1 << 2
	WriteThr PTE = 1 << 3
	NoCache  PTE = 1 << 4
	Accessed PTE = 1 << 5
	Dirty    PTE = 1 << 6
	Large    PTE = 1 << 7
	Global   PTE = 1 << 8
	Shared   PTE = 1 << 9  // the frame, a page or a last-level table, is not the space's own: never freed with it
	Copied   PTE = 1 << 10 // a read-only page of which the space gets a copy when it writes
	Device   PTE = 1 << 11 // a page of a device, which the kernel does not read for its task
	NX       PTE = 1 << 63

	addrMask PTE = 0x000f_ffff_ffff_f000
)

// Frame is the physical address in e.
func (e PTE) Frame() mem.Addr { return mem.Addr(e & addrMask) }

// Entry makes a PTE.
func Entry(a mem.Addr, bits PTE) PTE { return PTE(a)&addrMask | bits }

// Tables is the page tables of one address space. It keeps a list of the frames that the space owns, tables and pages, so that
// its end searches no tables, and takes the same time however large it is.
type Tables struct {
	pool   *mem.Pool
	holder *mem.Holder
	Root   mem.Addr // PML4
	owned  mem.List // the list's own frames count, too
	// dirs is the tables that name the last-level tables of a GiB, for those GiB that Begin has them for: 0 elsewhere. They stay until the space ends.
	dirs [dirsEnd]mem.Addr
	near near // the last-level table of its own found last: the next address is mostly near
}

// dirsEnd is the end of the GiB that tasks have memory in on demand.
const dirsEnd = 4

// Used is how many frames it owns: tables, pages, lists.
func (s *Tables) Used() uint64 { return s.owned.Len() }

// near is a last-level table and the addresses that it is for. A space's own tables stay until it ends, or until Lend.
type near struct {
	part  uint64 // va / (512 pages); 0: none, since the kernel is there
	table mem.Addr
}

// New is Begin of new tables.
func New(pool *mem.Pool, template mem.Addr, h *mem.Holder) (s Tables, ok bool) {
	ok = s.Begin(pool, template, h)
	return s, ok
}

// Begin makes a space whose kernel part is that of template, a PML4: the first GiB, and the upper half. Its frames are h's.
// false when memory is out; the space is then to be freed. Preconditions: s is zero.
func (s *Tables) Begin(pool *mem.Pool, template mem.Addr, h *mem.Holder) bool {
	s.pool, s.holder = pool, h
	if s.Root = s.get(); s.Root == 0 {
		return false
	}
	low := s.get()
	if low == 0 {
		return false
	}
	phys := pool.Physical()
	root, from := phys.Words(s.Root), phys.Words(template)
	phys.Words(low)[0] = firstGiB(phys, template)
	root[layout.LowSlot] = uint64(Entry(low, tableBits(abi.TaskBase)))
	root[layout.TSSSlot] = from[layout.TSSSlot]
	copy(root[layout.DirectSlot:layout.DirectEnd], from[layout.DirectSlot:layout.DirectEnd])
	return true
}

// firstGiB is template's entry for the page directory that all spaces share. Ring 3 cannot pass it.
func firstGiB(phys mem.Physical, template mem.Addr) uint64 {
	low := PTE(phys.Words(template)[layout.LowSlot])
	if low&Present == 0 { // in host tests
		return 0
	}
	return phys.Words(low.Frame())[0]
}

func (s *Tables) get() mem.Addr {
	if s.owned.Full() && !s.grow() {
		return 0
	}
	a := s.pool.Get(s.holder)
	if a != 0 {
		s.owned.Add(s.pool.Physical(), a)
	}
	return a
}

// grow gives the list of what the space owns a frame. false when memory is out.
func (s *Tables) grow() bool {
	l := s.pool.GetDirty(s.holder)
	if l != 0 {
		s.owned.Grow(s.pool.Physical(), l)
	}
	return l != 0
}

// dirty is get of a frame that the caller fills wholly at once. One function for this and image.Table.own costs 24
// instructions more at each task's start.
func (s *Tables) dirty() mem.Addr {
	if s.owned.Full() && !s.grow() {
		return 0
	}
	a := s.pool.GetDirty(s.holder)
	if a != 0 {
		s.owned.Add(s.pool.Physical(), a)
	}
	return a
}

// Own takes a zeroed frame on the account of the space's holder, 0 when that may have no more or the memory is
// out. It goes with the space.
func (s *Tables) Own() mem.Addr { return s.get() }

// OwnDirty is Own of a frame that the caller fills wholly at once.
func (s *Tables) OwnDirty() mem.Addr { return s.dirty() }

// remember keeps the last-level table of va; not the I/O bitmap's, which OpenIO replaces.
func (s *Tables) remember(va uint64, table mem.Addr) {
	if va < 1<<47 {
		s.near = near{va >> 21, table}
	}
}

// entry is va's in the last-level table.
func (s *Tables) entry(va uint64, table mem.Addr) *PTE {
	return (*PTE)(&s.pool.Physical().Words(table)[index(va, 0)])
}

func index(va uint64, level uint) uint64 { return va >> (12 + 9*level) & 511 }

// Lookup finds the PTE of va, to be read: its table may be others', too. nil when there is none.
func (s *Tables) Lookup(va uint64) *PTE {
	if s.near.part != 0 && va>>21 == s.near.part {
		return s.entry(va, s.near.table)
	}
	if d := s.kept(va); d != 0 {
		e := *s.part(d, va)
		switch {
		case e&Present == 0:
			return nil
		case e&Shared == 0:
			s.remember(va, e.Frame())
		}
		return s.entry(va, e.Frame())
	}
	e := Entry(s.Root, 0)
	for level := uint(3); level > 0; level-- {
		e = PTE(s.pool.Physical().Words(e.Frame())[index(va, level)])
		if e&Present == 0 {
			return nil
		}
	}
	if e&Shared == 0 {
		s.remember(va, e.Frame())
	}
	return s.entry(va, e.Frame())
}

// Table finds the PTE of va in a last-level table of the space's own, and makes the tables on the way: a copy where others'
// is shared. nil when memory is out.
func (s *Tables) Table(va uint64) *PTE {
	if s.near.part != 0 && va>>21 == s.near.part {
		return s.entry(va, s.near.table)
	}
	p := s.directory(va)
	if p == nil {
		return nil
	}
	switch {
	case *p&Present == 0:
		a := s.get()
		if a == 0 {
			return nil
		}
		*p = Entry(a, tableBits(va))
	case *p&Shared != 0:
		a := s.dirty()
		if a == 0 {
			return nil
		}
		mem.Copy(s.pool.Physical(), a, p.Frame())
		*p = Entry(a, tableBits(va))
	}
	table := p.Frame()
	s.remember(va, table)
	return s.entry(va, table)
}

// Entries is what Table finds, and what is behind it in the same table. Preconditions: va is in the lower half.
func (s *Tables) Entries(va uint64) []uint64 {
	if s.Table(va) == nil {
		return nil
	}
	return s.pool.Physical().Words(s.near.table)[index(va, 0):]
}

// Map puts e at va. false when memory is out.
func (s *Tables) Map(va uint64, e PTE) bool {
	p := s.Table(va)
	if p == nil {
		return false
	}
	*p = e
	return true
}

// Share maps a last-level table of others for the 2 MiB that va lies in, which have none yet, with the rights of bits: Writable,
// NX. Without Writable, Table makes a copy of it when it has to change. false when memory is out.
func (s *Tables) Share(va uint64, table mem.Addr, bits PTE) bool {
	p := s.directory(va)
	if p == nil {
		return false
	}
	if *p&Present != 0 {
		panic("paging: a table is there already")
	}
	*p = Entry(table, Present|User|Shared|bits)
	return true
}

// Parts is the entries of the last-level tables for n times 2 MiB from va on, which is all in one GiB for which the tables above are
// there.
func (s *Tables) Parts(va, n uint64) []uint64 {
	return s.pool.Physical().Words(s.Directory(va))[index(va, 1):][:n]
}

// Part is the entry of the last-level table for the 2 MiB that va lies in; nil when there is no place for it.
func (s *Tables) Part(va uint64) *PTE {
	if d := s.kept(va); d != 0 {
		return s.part(d, va)
	}
	e := Entry(s.Root, 0)
	for level := uint(3); ; level-- {
		p := (*PTE)(&s.pool.Physical().Words(e.Frame())[index(va, level)])
		if level == 1 {
			return p
		}
		if e = *p; e&Present == 0 {
			return nil
		}
	}
}

// Directory is the table that names the last-level tables of the GiB of va; 0: there is none.
func (s *Tables) Directory(va uint64) mem.Addr {
	if d := s.kept(va); d != 0 {
		return d
	}
	e := Entry(s.Root, 0)
	for level := uint(3); level > 1; level-- {
		if e = PTE(s.pool.Physical().Words(e.Frame())[index(va, level)]); e&Present == 0 {
			return 0
		}
	}
	return e.Frame()
}

// Named is how many frames the space has, but for those that only name others.
func (s *Tables) Named() uint64 { return s.owned.Named() }

// Pool is where its frames come from.
func (s *Tables) Pool() *mem.Pool { return s.pool }

// Physical is how frames are reached.
func (s *Tables) Physical() mem.Physical { return s.pool.Physical() }

// Reserve makes the tables above the last level for va. false when memory is out.
func (s *Tables) Reserve(va uint64) bool { return s.directory(va) != nil }

// Keep is Reserve of a space that has just begun: the table is its own until it ends, and is found without a search. Preconditions: va lies
// in [1 GiB, 4 GiB), and there is no table for its GiB; the frames that the space has now are not lent (Lend).
func (s *Tables) Keep(va uint64) bool {
	a := s.get()
	if a == 0 {
		return false
	}
	phys, i := s.pool.Physical(), va>>30&(dirsEnd-1)
	low := PTE(phys.Words(s.Root)[layout.LowSlot]).Frame()
	phys.Words(low)[i] = uint64(Entry(a, tableBits(va)))
	s.dirs[i] = a
	return true
}

// kept is what Keep has noted for va; 0: nothing.
func (s *Tables) kept(va uint64) mem.Addr {
	if i := va >> 30; i < dirsEnd {
		return s.dirs[i]
	}
	return 0
}

// part is the entry of va's last-level table in d, the table that names those of its GiB.
func (s *Tables) part(d mem.Addr, va uint64) *PTE {
	return (*PTE)(&s.pool.Physical().Words(d)[va>>21&511])
}

// ReserveWhole is Reserve that takes nothing where memory is not there for all.
func (s *Tables) ReserveWhole(va uint64) bool {
	if s.Directory(va) != 0 {
		return true
	}
	need := uint64(2)
	if PTE(s.pool.Physical().Words(s.Root)[index(va, 3)])&Present != 0 {
		need = 1
	}
	if s.owned.Room() < need {
		need++
	}
	return s.pool.Can(s.holder, need) && s.Reserve(va)
}

// Lend gives the frames that the space took after the first keep to another list, whose own frame is list's. The page tables
// still lead to them: the caller sees to that.
func (s *Tables) Lend(keep uint64, list mem.Addr) (lent mem.List) {
	s.near = near{}
	return s.owned.Split(s.pool.Physical(), keep, list)
}

// directory finds the entry of va's last-level table and makes the tables above. nil when memory is out.
func (s *Tables) directory(va uint64) *PTE {
	if d := s.kept(va); d != 0 {
		return s.part(d, va)
	}
	table := s.Root
	for level := uint(3); ; level-- {
		p := (*PTE)(&s.pool.Physical().Words(table)[index(va, level)])
		if level == 1 {
			return p
		}
		if *p&Present == 0 {
			a := s.get()
			if a == 0 {
				return nil
			}
			*p = Entry(a, tableBits(va))
		}
		table = p.Frame()
	}
}

// tableBits is what an entry that points to a table allows; the I/O bitmap's tables are the supervisor's.
func tableBits(va uint64) PTE {
	if va >= 1<<47 {
		return Present | Writable
	}
	return Present | Writable | User
}

// Free returns every frame that the space owns: tables, pages, what Own took. Frames that were mapped
// as Shared are others'. Preconditions: no CPU has it loaded.
func (s *Tables) Free() {
	if s.pool != nil {
		s.pool.PutList(s.holder, &s.owned)
	}
	s.Root, s.near = 0, near{}
}
