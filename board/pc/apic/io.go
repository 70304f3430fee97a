package apic

import "bennu/board/pc/mmio"

// Registers of an I/O APIC: two windows, by byte offset, and the registers behind them.
//
// Source: Intel, "82093AA I/O Advanced Programmable Interrupt Controller (IOAPIC)", "Register
// Description".
const (
	regSelect = 0x00
	regWindow = 0x10

	indexVersion = 0x01
	indexTable   = 0x10 // two words a pin

	entryMasked    = 1 << 16
	entryLevel     = 1 << 15
	entryActiveLow = 1 << 13
	entryIndex15   = 1 << 11 // with entryRemap: the index's top bit; its others are above that
	entryRemap     = 1 << 16 // of the upper word

	maxPins = 240
)

// IO is one I/O APIC.
type IO struct {
	regs mmio.Regs
	gsi  uint32 // of its first pin
	pins uint32
}

// NewIO is the I/O APIC behind regs, whose first pin is the given global system interrupt. It
// masks all pins.
//
// Errors: Error: nothing answers.
func NewIO(regs mmio.Regs, gsi uint32) (*IO, error) {
	io := &IO{regs: regs, gsi: gsi}
	version := io.load(indexVersion)
	io.pins = version>>16&0xff + 1
	if version == 0 || version == ^uint32(0) || io.pins > maxPins {
		return nil, Error("no I/O APIC answers")
	}
	for pin := range io.pins {
		io.store(indexTable+2*pin, entryMasked)
	}
	return io, nil
}

func (io *IO) load(index uint32) uint32 {
	io.regs.Store(regSelect, index)
	return io.regs.Load(regWindow)
}

func (io *IO) store(index, v uint32) {
	io.regs.Store(regSelect, index)
	io.regs.Store(regWindow, v)
}
