// Package vtd is a remapping unit as a program. It translates as the manual says, remembers what it has read until it is told to forget it, and sees of memory
// what has been written back to it: so what software has left out shows.
//
// Source: Intel Virtualization Technology for Directed I/O, chapters "DMA Remapping", "Interrupt Remapping", "Caching Translation Information",
// "Translation Structure Formats", "Register Descriptions".
package vtd

import "strconv"

// Memory is what the unit reads its tables from, by physical address.
type Memory interface {
	Word(addr uint64) uint64
	SetWord(addr, v uint64)
	Size() uint64
}

// Config says what unit it is.
type Config struct {
	Cap, ECap uint64 // registers of those names
	Lax       bool   // interrupts in compatibility format pass always, as with QEMU 7.2
	Stall     bool   // descriptors wait until Run
}

// Bits of Config.
const (
	CapRWBF = 1 << 4
	CapCM   = 1 << 7
	ECapC   = 1 << 0
)

// Unit is one remapping unit.
type Unit struct {
	Config
	mem  Memory
	view []uint64 // memory by words as the unit sees it, where that is not memory itself
	wait []uint64 // lines that are in the chipset's write buffer

	regs     map[uint32]uint32
	contexts map[uint16]context
	iotlb    map[tag]leaf
	irtes    map[uint16][2]uint64
	records  [256][2]uint64
	next     int

	// Wrong is what software did that the manual forbids.
	Wrong []string
	// Flushes is how many lines were written back, Descriptors how many were done, by type.
	Flushes     int
	Descriptors [16]int
}

type context struct {
	low, high uint64
}

type tag struct {
	domain uint16
	page   uint64
}

type leaf struct {
	entry uint64
}

// New is a unit after reset.
func New(c Config, mem Memory) *Unit {
	u := &Unit{Config: c, mem: mem, regs: map[uint32]uint32{}, view: make([]uint64, mem.Size()/8)}
	u.forget()
	return u
}

func (u *Unit) forget() {
	u.contexts, u.iotlb, u.irtes = map[uint16]context{}, map[tag]leaf{}, map[uint16][2]uint64{}
}

func (u *Unit) wrong(what string, values ...uint64) {
	for _, v := range values {
		what += " 0x" + strconv.FormatUint(v, 16)
	}
	u.Wrong = append(u.Wrong, what)
}

// direct tells whether the unit sees memory at once.
func (u *Unit) direct() bool { return u.ECap&ECapC != 0 && u.Cap&CapRWBF == 0 }

func (u *Unit) word(a uint64) uint64 {
	if a+8 > u.mem.Size() {
		u.wrong("a table where no memory is:", a)
		return 0
	}
	if u.direct() {
		return u.mem.Word(a)
	}
	return u.view[a/8]
}

// Flush writes the line of 64 bytes at addr back to memory, as the processor's CLFLUSH does.
func (u *Unit) Flush(addr uint64) {
	u.Flushes++
	line := addr &^ 63
	if u.Cap&CapRWBF != 0 {
		u.wait = append(u.wait, line)
		return
	}
	u.show(line)
}

func (u *Unit) show(line uint64) {
	for a := line; a < line+64; a += 8 {
		u.view[a/8] = u.mem.Word(a)
	}
}

// drain empties the chipset's write buffer.
func (u *Unit) drain() {
	for _, l := range u.wait {
		u.show(l)
	}
	u.wait = nil
	if u.ECap&ECapC != 0 {
		for a := uint64(0); a < u.mem.Size(); a += 8 {
			u.view[a/8] = u.mem.Word(a)
		}
	}
}

// Reasons of faults.
const (
	reasonRoot     = 1
	reasonContext  = 2
	reasonAddress  = 4
	reasonWrite    = 5
	reasonRead     = 6
	reasonReserved = 0xc
)

// Translate is a request of a device to the unit: where in memory it goes; not ok, and a fault is recorded, when it goes nowhere.
func (u *Unit) Translate(source uint16, addr uint64, write bool) (pa uint64, ok bool) {
	if u.regs[GSTS]&statusTE == 0 {
		return addr, true
	}
	c, reason := u.context(source)
	if reason != 0 {
		u.fault(source, addr, write, reason, c.low&2 != 0)
		return 0, false
	}
	levels := int(c.high&7) + 2
	if u.Cap>>8&31>>(c.high&7)&1 == 0 || c.low>>2&3 != 0 {
		u.fault(source, addr, write, reasonReserved, false)
		return 0, false
	}
	if addr>>(12+9*levels) != 0 {
		u.fault(source, addr, write, reasonAddress, c.low&2 != 0)
		return 0, false
	}
	e := u.leaf(uint16(c.high>>8), c.low&^4095, addr, levels)
	switch {
	case write && e&2 == 0:
		u.fault(source, addr, write, reasonWrite, c.low&2 != 0)
		return 0, false
	case !write && e&1 == 0:
		u.fault(source, addr, write, reasonRead, c.low&2 != 0)
		return 0, false
	}
	return e&0x000f_ffff_ffff_f000 | addr&4095, true
}

// context finds the context entry of a source. In caching mode one that is not there is remembered, too.
func (u *Unit) context(source uint16) (c context, reason uint8) {
	if c, ok := u.contexts[source]; ok {
		if c.low&1 == 0 {
			return c, reasonContext
		}
		return c, 0
	}
	root := u.word(u.pair(RTADDR)&^4095 + uint64(source>>8)*16)
	if root&1 == 0 {
		if u.Cap&CapCM != 0 {
			u.contexts[source] = context{}
		}
		return c, reasonRoot
	}
	at := root&^4095 + uint64(source&255)*16
	c = context{u.word(at), u.word(at + 8)}
	if c.low&1 != 0 || u.Cap&CapCM != 0 {
		u.contexts[source] = c
	}
	if c.low&1 == 0 {
		return c, reasonContext
	}
	return c, 0
}

// leaf finds the last entry for addr, with the rights of all on the way.
func (u *Unit) leaf(domain uint16, table, addr uint64, levels int) uint64 {
	key := tag{domain, addr >> 12}
	if l, ok := u.iotlb[key]; ok {
		return l.entry
	}
	rights := uint64(3)
	for level := levels - 1; ; level-- {
		e := u.word(table + addr>>(12+9*level)&511*8)
		rights &= e
		if e&3 == 0 {
			if u.Cap&CapCM != 0 {
				u.iotlb[key] = leaf{0}
			}
			return 0
		}
		if level > 0 && e&(1<<7) != 0 {
			u.wrong("a large page, for which the unit was not made")
			return 0
		}
		if level == 0 {
			e = e&^3 | rights
			u.iotlb[key] = leaf{e}
			return e
		}
		table = e & 0x000f_ffff_ffff_f000
	}
}

// Interrupt is a message of a device: the vector and the processor that it goes to.
func (u *Unit) Interrupt(source uint16, addr, data uint32) (vector uint8, dest uint32, ok bool) {
	switch {
	case u.regs[GSTS]&statusIRE == 0, addr&(1<<4) == 0 && (u.Lax || u.regs[GSTS]&statusCFI != 0):
		return uint8(data), addr >> 12 & 255, true
	case addr&(1<<4) == 0:
		return 0, 0, false
	}
	index := uint16(addr>>5&0x7fff | addr>>2&1<<15)
	if addr&8 != 0 {
		index += uint16(data)
	}
	e, known := u.irtes[index]
	if !known {
		table := u.pair(IRTA)
		if uint64(index) >= 2<<(table&15) {
			return 0, 0, false
		}
		at := table&^4095 + uint64(index)*16
		if e = [2]uint64{u.word(at), u.word(at + 8)}; e[0]&1 != 0 || u.Cap&CapCM != 0 {
			u.irtes[index] = e
		}
	}
	if e[0]&1 == 0 || e[1]>>18&3 == 1 && uint16(e[1]) != source {
		return 0, 0, false
	}
	return uint8(e[0] >> 16), uint32(e[0] >> 40 & 255), true
}
