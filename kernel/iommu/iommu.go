// Package iommu is what devices reach of memory: a domain a holder of functions, with device addresses of its own, and the table of interrupts that
// devices may raise. What stands in no table reaches nothing.
//
// All remapping units are driven as one: the same tables, each order to all of them. Every frame comes from the pool, at boot, or on a holder's account.
//
// Source: Intel Virtualization Technology for Directed I/O, "DMA Remapping", "Translation Structure Formats", "Caching Translation Information".
package iommu

import (
	"bennu/kernel/abi"
	"bennu/kernel/mem"
)

// Hardware is the remapping units. Orders are done one after the other, and when Reached says so.
type Hardware interface {
	Written(a, n uint64)                                  // n bytes of tables at a: units that do not look into the processor's cache must find them in memory
	Settle()                                              // what was written is seen from now on, where the chipset has a buffer of its own before the units
	ForgetContexts()                                      // all of them
	ForgetContext(source, domain uint16)                  // domain 0: one that was not present
	ForgetDomain(domain uint16)                           // its translations
	ForgetPages(domain uint16, addr uint64, pages uint64) // no more than that, if the units can
	ForgetInterrupt(index uint16)
	Mark() uint32             // stands for all orders until now
	Reached(mark uint32) bool // they are done, and what devices had begun by translations that are forgotten is over

	// Fault takes the oldest fault that is recorded: the requester id, the page or the index of an interrupt, the reason's number.
	Fault() (source uint16, addr uint64, reason uint8, write, ok bool)
	Hush() // faults are recorded, and interrupt no more
}

// Config is what the units can do.
type Config struct {
	Width   uint   // of device addresses in bits: 39 or 48
	Domains uint32 // numbers of domains, 0 included
	Caching bool   // units remember what is not there, too
	Snoop   bool   // an entry can have requests look into the processor's cache, whatever the device says
	Low     uint64 // where device addresses of 32 bits begin; 0: there are none
	Lows    uint   // places there
}

// Places of device addresses. One is twice as large as the most that is put there, so that who runs over one's end meets nothing. They lie where no memory
// and no register has a physical address: what comes past a unit without being translated meets nothing, either.
const (
	PlaceSize = 2 * abi.MaxWindowSize
	MaxPlaces = 64 // of a domain, on each side of 4 GiB
)

// High is where device addresses begin with a width: in the upper half.
func High(width uint) uint64 { return 1 << (width - 1) }

// Limits.
const (
	MaxDomains = abi.MaxTasks
	MaxSources = 8 // requester ids of a domain
)

// Table is all domains.
type Table struct {
	cfg      Config
	hw       Hardware
	pool     *mem.Pool
	phys     mem.Physical
	root     mem.Addr
	contexts [256]mem.Addr // by bus; 0: none
	domains  [MaxDomains]Domain
	free     int
	firmware *Domain // nil: there is none

	Faults
	Interrupts
}

// New makes the tables with nothing in them; their frames are the kernel's. ok is false when memory is out.
func New(pool *mem.Pool, hw Hardware, cfg Config) (t *Table, ok bool) {
	t = &Table{cfg: cfg, hw: hw, pool: pool, phys: pool.Physical(), root: pool.Get(nil)}
	for i := range t.domains {
		if id := uint32(i) + 1; id < cfg.Domains { // 0 is what units in caching mode call what is not there
			t.domains[i].id = uint16(id)
			t.free++
		}
	}
	t.Interrupts.table = pool.Get(nil)
	return t, t.root != 0 && t.table != 0 && t.clean(t.root) && t.clean(t.table)
}

// clean has the units see a table of zeros.
func (t *Table) clean(a mem.Addr) bool {
	t.written(a, abi.PageSize)
	return true
}

func (t *Table) written(a mem.Addr, n uint64) { t.hw.Written(uint64(a), n) }

// Root is the table that the units are given. Remap is that of interrupts.
func (t *Table) Root() mem.Addr { return t.root }

// Free is how many domains can still be opened.
func (t *Table) Free() int { return t.free }

// AddBus makes room for the functions of a bus, at the kernel's expense. false when memory is out.
func (t *Table) AddBus(bus uint8) bool {
	if t.contexts[bus] != 0 {
		return true
	}
	a := t.pool.Get(nil)
	if a == 0 {
		return false
	}
	t.contexts[bus] = a
	t.clean(a)
	t.phys.Words(t.root)[int(bus)*2] = uint64(a) | present
	t.written(t.root+mem.Addr(bus)*16, 8)
	t.hw.Settle()
	if t.cfg.Caching {
		t.hw.ForgetContexts()
	}
	return true
}

// Keep has a source reach memory where it is, [start, end), for which firmware has asked: at boot, and at the kernel's expense. It ends when the source is attached
// to a domain. false when memory is out, the bus is not known, or another domain has the source.
func (t *Table) Keep(source uint16, start, end uint64) bool {
	if t.firmware == nil {
		d, e := t.Open(nil)
		if e != abi.OK {
			return false
		}
		t.firmware = d
	}
	for a := start; a < end; a += abi.PageSize {
		if t.firmware.Lookup(a) == 0 && !t.firmware.Map(a, []uint64{a}, Read|Write) {
			return false
		}
	}
	t.firmware.Tell(start, (end-start)/abi.PageSize)
	if t.Owner(source) == t.firmware {
		return true
	}
	e := t.Attach(t.firmware, source)
	t.firmware.nSources = 0 // it has no end: there may be more than a domain can name
	return e == abi.OK
}

// Entries of the tables.
const (
	present   = 1 << 0
	faultless = 1 << 1 // of a context entry, also of one that is not present: no faults are recorded

	Read  = 1 << 0 // of a page
	Write = 1 << 1
	snoop = 1 << 11

	frameMask = 0x000f_ffff_ffff_f000
)

// context is the entry of a source; nil when its bus has none.
func (t *Table) context(source uint16) (words *mem.Words, i int, at mem.Addr) {
	table := t.contexts[source>>8]
	if table == 0 {
		return nil, 0, 0
	}
	i = int(source&255) * 2
	return t.phys.Words(table), i, table + mem.Addr(i)*8
}

// forgetAbsent has units know of an entry that they may have found absent.
func (t *Table) forgetAbsent(source uint16) {
	if t.cfg.Caching {
		t.hw.ForgetContext(source, 0)
	} else {
		t.hw.Settle()
	}
}

// Owner is the domain that a source's requests go to; nil: none, and they go nowhere.
func (t *Table) Owner(source uint16) *Domain {
	w, i, _ := t.context(source)
	if w == nil || w[i]&present == 0 {
		return nil
	}
	return &t.domains[uint16(w[i+1]>>8)-1]
}

// Attach has requests of a source translated by d. Errors: EBUSY (it has a domain), ENOSPC (d has MaxSources), ENODEV (its bus is not known).
// Preconditions: the function is no bus master, until it is done (Mark).
func (t *Table) Attach(d *Domain, source uint16) abi.Errno {
	w, i, at := t.context(source)
	switch {
	case w == nil:
		return abi.ENODEV
	case w[i]&present != 0 && t.Owner(source) != t.firmware:
		return abi.EBUSY
	case d.nSources == MaxSources:
		return abi.ENOSPC
	}
	d.sources[d.nSources] = source
	d.nSources++
	if w[i]&present != 0 {
		t.cut(source, t.firmware)
	}
	w[i+1] = uint64(d.id)<<8 | uint64(t.levels()-2)
	w[i] = uint64(d.root) | present
	t.written(at, 16)
	t.forgetAbsent(source)
	t.Faults.forgive(source)
	return abi.OK
}

// Mark stands for all that the units were told until now; Reached tells when they have done it.

func (t *Table) Mark() uint32             { return t.hw.Mark() }
func (t *Table) Reached(mark uint32) bool { return t.hw.Reached(mark) }

// Detach has requests of a source of d's go nowhere, as Close does with all of them. Preconditions: the function is no bus master.
func (t *Table) Detach(d *Domain, source uint16) {
	for i, s := range d.sources[:d.nSources] {
		if s == source {
			t.cut(source, d)
			d.nSources--
			d.sources[i] = d.sources[d.nSources]
			return
		}
	}
}

func (t *Table) levels() uint { return (t.cfg.Width - 12) / 9 }

// detach has requests of all sources of d go nowhere.
func (t *Table) detach(d *Domain) {
	for _, source := range d.sources[:d.nSources] {
		t.cut(source, d)
	}
	d.nSources = 0
}

// cut takes the entry of a source of d's away.
func (t *Table) cut(source uint16, d *Domain) {
	w, i, at := t.context(source)
	w[i], w[i+1] = 0, 0
	t.written(at, 16)
	t.hw.Settle()
	t.hw.ForgetContext(source, d.id)
	t.hw.ForgetDomain(d.id)
}
