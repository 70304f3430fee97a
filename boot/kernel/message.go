package main

import (
	"bennu/board/pc/apic"
	"bennu/kernel/abi"
	"bennu/kernel/iommu"
)

// messages is which entries of the IOMMU's table of interrupts stand for messages of functions.
type messages struct {
	entries [vectors]entry
}

const vectors = 256

// entry is that of a vector.
type entry struct {
	index uint16
	used  bool
	since uint32 // when it is not used: the mark after which no unit remembers it
	gone  bool   // it was used, and the mark was not seen to be reached
}

// allow has function f alone raise a vector at a processor, and says by which message. ok is false when the table is full. Preconditions: the vector is not pending,
// and no message has it.
func (m *messages) allow(t *iommu.Table, f abi.Function, vector, dest uint8) (address uint64, data uint32, ok bool) {
	e := &m.entries[vector]
	if e.index, ok = t.AllowInterrupt(uint16(f), vector, dest, false); !ok {
		return 0, 0, false
	}
	e.used = true
	address, data = iommu.Message(e.index)
	return address, data, true
}

// forbid has nobody raise a vector, once it is not pending.
func (m *messages) forbid(t *iommu.Table, vector uint8) {
	if e := &m.entries[vector]; e.used {
		t.Release(e.index)
		*e = entry{since: t.Mark(), gone: true}
	}
}

// pending tells whether a unit may still raise the vector of a source for who had it.
func (m *messages) pending(t *iommu.Table, source uint32) bool {
	e := &m.entries[uint8(apic.FirstVector+source)]
	e.gone = e.gone && !t.Reached(e.since)
	return e.gone
}
