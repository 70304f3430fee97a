package iommu

import (
	"math/bits"

	"bennu/kernel/mem"
)

// Interrupts is the table of the interrupts that devices may raise: each for one requester id.
//
// Source: Intel Virtualization Technology for Directed I/O, "Interrupt Remapping", "Interrupt Remapping Table Entry (IRTE) for Remapped Interrupts".
type Interrupts struct {
	table mem.Addr
	taken [MaxInterrupts / 64]uint64
}

// MaxInterrupts is how many entries the table has: one frame's. Its size as the units are told it is 2^(RemapSize+1).
const (
	MaxInterrupts = 256
	RemapSize     = 7
)

const (
	level    = 1 << 4
	checkAll = 1 << 18 // the whole requester id
)

// Remap is the table of interrupts.
func (t *Table) Remap() mem.Addr { return t.table }

// AllowInterrupt lets a source raise a vector at the processor with an APIC id, as often as it likes; it says so by the index. triggered by level or by edge. ok is
// false when the table is full.
func (t *Table) AllowInterrupt(source uint16, vector, dest uint8, byLevel bool) (index uint16, ok bool) {
	for i, w := range t.taken {
		n := bits.TrailingZeros64(^w)
		if n == 64 {
			continue
		}
		index = uint16(64*i + n)
		t.taken[i] |= 1 << n
		low := uint64(vector)<<16 | uint64(dest)<<40 | present
		if byLevel {
			low |= level
		}
		e := t.phys.Words(t.table)[2*int(index):]
		e[1], e[0] = uint64(source)|checkAll, low
		t.tellInterrupt(index)
		return index, true
	}
	return 0, false
}

// Release takes the entry of an interrupt back.
func (t *Table) Release(index uint16) {
	e := t.phys.Words(t.table)[2*int(index):]
	e[0], e[1] = 0, 0
	t.tellInterrupt(index)
	t.taken[index/64] &^= 1 << (index % 64)
}

func (t *Table) tellInterrupt(index uint16) {
	t.written(t.table+mem.Addr(index)*16, 16)
	t.hw.Settle()
	t.hw.ForgetInterrupt(index)
}

// Message is the address and the data with which a device raises the interrupt of an index. Source: the same manual, "Interrupt Requests in Remappable Format".
func Message(index uint16) (addr uint64, data uint32) {
	return 0xfee0_0000 | uint64(index&0x7fff)<<5 | 1<<4 | uint64(index>>15)<<2, 0
}
