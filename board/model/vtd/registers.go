package vtd

// Offsets of registers.
const (
	VER    = 0x00
	CAP    = 0x08
	ECAP   = 0x10
	GCMD   = 0x18
	GSTS   = 0x1c
	RTADDR = 0x20
	FSTS   = 0x34
	IQH    = 0x80
	IQT    = 0x88
	IQA    = 0x90
	IRTA   = 0xb8
)

const (
	statusTE   = 1 << 31
	statusRTP  = 1 << 30
	statusWBF  = 1 << 27
	statusQIE  = 1 << 26
	statusIRE  = 1 << 25
	statusIRTP = 1 << 24
	statusCFI  = 1 << 23
)

func (u *Unit) pair(off uint32) uint64 {
	return uint64(u.regs[off+4])<<32 | uint64(u.regs[off])
}

// records' place, and how many there are, as CAP says.
func (u *Unit) recordsAt() (off uint32, n int) {
	return uint32(u.Cap>>24&0x3ff) * 16, int(u.Cap>>40&0xff) + 1
}

// Load reads a register.
func (u *Unit) Load(off uint32) uint32 {
	half := func(v uint64, at uint32) uint32 { return uint32(v >> (8 * (off - at))) }
	switch first, n := u.recordsAt(); {
	case off == VER:
		return 0x10
	case off == CAP, off == CAP+4:
		return half(u.Cap, CAP)
	case off == ECAP, off == ECAP+4:
		return half(u.ECap, ECAP)
	case off >= first && off < first+uint32(n)*16:
		i := (off - first) / 16
		return uint32(u.records[i][(off-first)/8%2] >> (off % 8 * 8))
	case off == FSTS:
		v := u.regs[FSTS] &^ 0xff02
		for i := range n {
			if u.records[(u.oldest()+i)%n][1]>>63 != 0 {
				return v | 2 | uint32((u.oldest()+i)%n)<<8
			}
		}
		return v
	}
	return u.regs[off]
}

// oldest is where the unit wrote before all others, if all are full.
func (u *Unit) oldest() int {
	_, n := u.recordsAt()
	return u.next % n
}

// Store writes a register.
func (u *Unit) Store(off, v uint32) {
	switch first, n := u.recordsAt(); {
	case off == GCMD:
		u.command(v)
	case off == FSTS:
		u.regs[FSTS] &^= v & 0x71
	case off >= first && off < first+uint32(n)*16:
		if i := (off - first) / 16; off%16 == 12 && v>>31 != 0 {
			u.records[i][1] &^= 1 << 63
		}
	case off == GSTS, off == CAP, off == ECAP, off == VER, off == IQH:
		u.wrong("a store to a register that is read-only (value, offset):", uint64(v), uint64(off))
	default:
		u.regs[off] = v
		if off == IQT && !u.Stall {
			u.Run()
		}
	}
}

// command takes a store to GCMD: one change at a time, besides the orders.
func (u *Unit) command(v uint32) {
	const states = statusTE | statusQIE | statusIRE | statusCFI
	changed, changes := (v^u.regs[GSTS])&states, 0
	for b := changed | v&(statusRTP|statusWBF|statusIRTP); b != 0; b &= b - 1 {
		changes++
	}
	if changes > 1 {
		u.wrong("several changes by one command:", uint64(v))
	}
	u.regs[GSTS] = u.regs[GSTS]&^states | v&states
	switch {
	case v&statusRTP != 0:
		u.regs[GSTS] |= statusRTP
	case v&statusIRTP != 0:
		u.regs[GSTS] |= statusIRTP
	case v&statusWBF != 0:
		u.drain()
	case changed&statusTE != 0 && v&statusTE != 0 && u.regs[GSTS]&statusRTP == 0:
		u.wrong("translation without a root table")
	case changed&statusIRE != 0 && v&statusIRE != 0 && u.regs[GSTS]&(statusIRTP|statusQIE) != statusIRTP|statusQIE:
		u.wrong("interrupt remapping without a table or a queue")
	case changed&statusQIE != 0 && v&statusQIE != 0:
		u.regs[IQH] = 0
		if u.regs[IQT] != 0 {
			u.wrong("a queue begins with its tail at:", uint64(u.regs[IQT]))
		}
	}
}

// fault records a fault; one that quiet, "fault processing disable", keeps to itself is none.
func (u *Unit) fault(source uint16, addr uint64, write bool, reason uint8, quiet bool) {
	if quiet {
		return
	}
	_, n := u.recordsAt()
	r := &u.records[u.next%n]
	if u.regs[FSTS]&1 != 0 || r[1]>>63 != 0 {
		u.regs[FSTS] |= 1
		return
	}
	r[0], r[1] = addr&^4095, 1<<63|uint64(reason)<<32|uint64(source)
	if !write {
		r[1] |= 1 << 62
	}
	u.next++
}

// Run does the descriptors of the queue.
func (u *Unit) Run() {
	base, size := u.pair(IQA), uint64(4096)<<(u.regs[IQA]&7)
	for u.regs[GSTS]&statusQIE != 0 && u.regs[IQH] != u.regs[IQT] {
		if uint64(u.regs[IQT]) >= size || u.regs[IQT]%16 != 0 {
			u.wrong("the queue's tail:", uint64(u.regs[IQT]))
			return
		}
		at := base&^4095 + uint64(u.regs[IQH])
		u.descriptor(u.mem.Word(at), u.mem.Word(at+8))
		u.regs[IQH] = uint32((uint64(u.regs[IQH]) + 16) % size)
	}
}

func (u *Unit) descriptor(low, high uint64) {
	kind, how, domain := low&15, low>>4&3, uint16(low>>16)
	u.Descriptors[kind]++
	switch {
	case kind == 1 && how != 0:
		for s, c := range u.contexts {
			// What is not there is remembered for domain 0.
			of := uint16(c.high >> 8)
			if c.low&1 == 0 {
				of = 0
			}
			if how == 1 || of == domain && (how == 2 || s == uint16(low>>32)) {
				delete(u.contexts, s)
			}
		}
	case kind == 2 && how != 0:
		if how == 3 && (u.Cap>>39&1 == 0 || high&63 > u.Cap>>48&63) {
			u.wrong("pages are forgotten by an order that the unit does not have:", high&63)
		}
		first := high >> 12 &^ (1<<(high&63) - 1)
		for t := range u.iotlb {
			if how == 1 || t.domain == domain && (how == 2 || t.page-first < 1<<(high&63)) {
				delete(u.iotlb, t)
			}
		}
	case kind == 4:
		first := uint16(low>>32) &^ (1<<(low>>27&31) - 1)
		for i := range u.irtes {
			if low>>4&1 == 0 || i-first < 1<<(low>>27&31) {
				delete(u.irtes, i)
			}
		}
	case kind == 5 && low&(1<<5) != 0:
		a := high &^ 3
		word, shift := u.mem.Word(a&^7), a&4*8
		u.mem.SetWord(a&^7, word&^(0xffffffff<<shift)|low>>32<<shift)
	default:
		u.wrong("no descriptor:", low, high)
	}
}
