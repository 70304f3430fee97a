package paging

import (
	"bennu/kernel/abi"
	"bennu/kernel/invariant"
	"bennu/kernel/layout"
	"bennu/kernel/mem"
)

// Checker is what Check compares a space with.
type Checker struct {
	Phys     mem.Physical
	Template mem.Addr
	Own      *mem.Set    // the space's frames: the tables may use each once, and it is taken out
	Clock    mem.Addr    // the frame that it may have read-only at ClockPage
	Lent     *mem.Set    // frames that it may have read-only, pages and last-level tables: its executable's, its snapshot's
	Place    [2]mem.Addr // frames from the first up to the second that it may have read-only, too: its executable's, where that lies in place
	Windows  Shares      // last-level tables where windows are; nil: none
	Devices  Devices     // pages of devices that it has; nil: none
	Module   uint64      // bytes from ModuleBase on that it may have read-only; theirs is one run of memory
	module   mem.Addr
}

// Shares is last-level tables of others that a space has, and may have for writing.
type Shares interface {
	// Part is the entry that the space must have for the 2 MiB of va; 0: none.
	Part(va uint64) PTE
}

// Devices is the pages of devices that a space has.
type Devices interface {
	// Entry is what the page of va may have; 0: nothing.
	Entry(va uint64) PTE
}

// AddFrames puts the frames that s owns into set, at most limit.
func (s *Tables) AddFrames(set *mem.Set, limit uint64) invariant.Fault {
	return s.owned.AddTo(s.pool.Physical(), set, limit)
}

const kept = Accessed | Dirty // what the CPU writes

// Check walks the tables of s. They must be its own and used once, map only its own pages and those that it shares,
// never writable and executable, and leave the kernel's part as the template has it.
func (c *Checker) Check(s *Tables) invariant.Fault {
	if !c.Own.Take(s.Root) {
		return invariant.Of("paging: the top table is not the space's own (frame)", uint64(s.Root), 0)
	}
	root, template := c.Phys.Words(s.Root), c.Phys.Words(c.Template)
	for i := range uint64(512) {
		e, want := PTE(root[i])&^kept, PTE(template[i])&^kept
		f := invariant.Fault{}
		switch {
		case i == layout.LowSlot:
			f = c.low(e)
		case i == layout.WindowSlot && e != 0:
			f = c.table(e, i<<layout.SlotShift, 3)
		case i == layout.TSSSlot && e != want:
			f = c.table(e, TSSLinear, 3)
		case i != layout.WindowSlot && e != want:
			f = invariant.Of("paging: an entry of the top table is not the template's (index, entry)", i, uint64(e))
		}
		if f.Broken() {
			return f
		}
	}
	return invariant.Fault{}
}

// low checks the table of the first 512 GiB, which the kernel and the task share: the first GiB is the template's.
func (c *Checker) low(e PTE) invariant.Fault {
	if f := c.pointer(e, 0); f.Broken() {
		return f
	}
	for i, w := range c.Phys.Words(e.Frame()) {
		e, at := PTE(w), uint64(i)<<30
		f := invariant.Fault{}
		switch {
		case at < abi.TaskBase && e&^kept != PTE(firstGiB(c.Phys, c.Template))&^kept:
			f = invariant.Of("paging: the first GiB is not the template's (address, entry)", at, uint64(e))
		case at >= abi.TaskBase && e != 0:
			f = c.table(e&^kept, at, 2)
		}
		if f.Broken() {
			return f
		}
	}
	return invariant.Fault{}
}

// pointer checks e, an entry for va that points to a table.
func (c *Checker) pointer(e PTE, va uint64) invariant.Fault {
	if e&^(kept|addrMask) != tableBits(va) {
		return invariant.Of("paging: an entry for a table has other bits (address, entry)", va, uint64(e))
	}
	if !c.Own.Take(e.Frame()) {
		return invariant.Of("paging: a table is not the space's own, or used twice (address, frame)", va, uint64(e.Frame()))
	}
	return invariant.Fault{}
}

// table checks the table that e, an entry for va at a level, points to, and all below.
func (c *Checker) table(e PTE, va uint64, level uint) invariant.Fault {
	own := level != 1 || e&Shared == 0
	f := invariant.Fault{}
	if !own && va >= abi.WindowBase && va < abi.WindowEnd {
		if c.Windows == nil || e&^Accessed != c.Windows.Part(va) {
			f = invariant.Of("paging: a window that the task does not see, or not with these rights (address, entry)", va, uint64(e))
		}
		return f
	}
	if own {
		f = c.pointer(e, va)
	} else if e&^(kept|addrMask) != Present|User|Shared || !c.Lent.Has(e.Frame()) {
		f = invariant.Of("paging: a table of others is not one that the task shares (address, entry)", va, uint64(e))
	}
	if f.Broken() {
		return f
	}
	level--
	for i, w := range c.Phys.Words(e.Frame()) {
		at := va | uint64(i)<<(12+9*level)
		if w == 0 {
			continue
		}
		switch {
		case level > 0:
			f = c.table(PTE(w), at, level)
		case va >= TSSLinear:
			f = c.bitmap(PTE(w), at)
		default:
			f = c.page(PTE(w), at, own)
		}
		if f.Broken() {
			return f
		}
	}
	return invariant.Fault{}
}

// page checks the entry of a page of ring 3; own: in a table of the space's own.
func (c *Checker) page(e PTE, va uint64, own bool) invariant.Fault {
	switch a := e.Frame(); {
	case e&(Present|User) != Present|User || e&(Large|Global) != 0:
		return invariant.Of("paging: an entry for a page has other bits (address, entry)", va, uint64(e))
	case e&Writable != 0 && e&NX == 0:
		return invariant.Of("paging: a page is writable and executable (address, entry)", va, uint64(e))
	case e&Device != 0:
		if !own || c.Devices == nil || e&^kept != c.Devices.Entry(va) {
			return invariant.Of("paging: a page of a device that the task does not have, or not so (address, entry)", va, uint64(e))
		}
	case e&Shared == 0:
		if !own || !c.Own.Take(a) {
			return invariant.Of("paging: a page is not the space's own, or mapped twice (address, frame)", va, uint64(a))
		}
	case e&Writable != 0:
		return invariant.Of("paging: a shared page is writable (address, entry)", va, uint64(e))
	case va >= abi.ModuleBase && va < abi.ModuleBase+c.Module:
		if va == abi.ModuleBase {
			c.module = a
		}
		if a != c.module+mem.Addr(va-abi.ModuleBase) {
			return invariant.Of("paging: the module is not one run of memory (address, frame)", va, uint64(a))
		}
	case va == abi.ClockPage:
		if a != c.Clock {
			return invariant.Of("paging: the clock page is another frame (address, frame)", va, uint64(a))
		}
	case own && c.Own.Take(a): // sealed for a snapshot that is not taken yet
	case !c.Lent.Has(a) && (a < c.Place[0] || a >= c.Place[1]):
		return invariant.Of("paging: a shared page is not of the task's executable (address, frame)", va, uint64(a))
	}
	return invariant.Fault{}
}

// bitmap checks an entry of the TSS and the I/O bitmap, where a task has its own.
func (c *Checker) bitmap(e PTE, va uint64) invariant.Fault {
	switch a := e.Frame(); va {
	case TSSLinear, IOEnd:
		if want := Walk(c.Phys, c.Template, va); e&^kept != want&^kept {
			return invariant.Of("paging: the TSS or the bitmap's end is not the template's (address, entry)", va, uint64(e))
		}
	case IOBitmap, IOBitmap + abi.PageSize:
		if e&^(kept|addrMask) != Present|NX || !c.Own.Take(a) {
			return invariant.Of("paging: a page of the I/O bitmap is not the space's own (address, entry)", va, uint64(e))
		}
	default:
		return invariant.Of("paging: a page beside the I/O bitmap (address, entry)", va, uint64(e))
	}
	return invariant.Fault{}
}

// CheckKernel looks for pages of the kernel's part that are ring 3's, or writable and executable.
func CheckKernel(phys mem.Physical, template mem.Addr) invariant.Fault {
	return checkKernel(phys, template, 0, 4)
}

func checkKernel(phys mem.Physical, table mem.Addr, va uint64, level uint) invariant.Fault {
	level--
	for i, w := range phys.Words(table) {
		e, at := PTE(w), canonical(va|uint64(i)<<(12+9*level))
		if e&Present == 0 {
			continue
		}
		if e&User != 0 {
			return invariant.Of("paging: the kernel's part is open to ring 3 (address, entry)", at, uint64(e))
		}
		if level > 0 && e&Large == 0 {
			if f := checkKernel(phys, e.Frame(), at, level); f.Broken() {
				return f
			}
		} else if e&Writable != 0 && e&NX == 0 {
			return invariant.Of("paging: the kernel's part is writable and executable (address, entry)", at, uint64(e))
		}
	}
	return invariant.Fault{}
}

// canonical is an address of 48 bits as the processor writes it: the bits above are as the highest.
func canonical(va uint64) uint64 { return uint64(int64(va<<16) >> 16) }

// Open is the two pages of s's I/O bitmap, of which clear bits are open ports; nil when it has the closed one.
func (s *Tables) Open(template mem.Addr) (low, high *mem.Words) {
	phys := s.pool.Physical()
	if phys.Words(s.Root)[layout.TSSSlot] == phys.Words(template)[layout.TSSSlot] {
		return nil, nil
	}
	return phys.Words(Walk(phys, s.Root, IOBitmap).Frame()), phys.Words(Walk(phys, s.Root, IOBitmap+abi.PageSize).Frame())
}
