package ioport

import "bennu/kernel/abi"

// Registers of the clock chip's memory.
//
// Source: Motorola, "MC146818A", "Address Map"; IBM, "Personal Computer AT Technical Reference", "CMOS RAM
// Address Map".
const (
	lastSetup = 0x0f // the machine's work at its next reset
	statusD   = 0x0d // the last of the clock's own. Reading it changes its battery bit and nothing else
	century   = 0x32
	maskNMI   = 0x80 // bit 7 of the index port is no part of the index
)

// clock is the CMOS clock. Its index never stays in the chip: each access to a register writes the index, with
// NMIs on, and the data in one call, and leaves the index at a register that nothing can spoil.
type clock struct {
	p       Ports
	index   uint8 // the owner's
	century uint8
}

// own tells whether a register is the clock's. The bytes from 0e on are the firmware's: its work at the next
// reset (0f), the machine's set-up, a checksum.
func (c *clock) own(index uint8) bool {
	if index == century || index == c.century && index > lastSetup {
		return true
	}
	return index <= statusD
}

// point writes to 70.
func (c *clock) point(v uint8) abi.Errno {
	if v&maskNMI != 0 {
		return abi.EPERM
	}
	c.index = v
	return abi.OK
}

func (c *clock) read() (v uint8, e abi.Errno) {
	if !c.own(c.index) {
		return 0, abi.EPERM
	}
	c.p.Out8(portIndex, c.index)
	v = c.p.In8(portClock)
	c.park()
	return v, abi.OK
}

func (c *clock) write(v uint8) abi.Errno {
	if !c.own(c.index) {
		return abi.EPERM
	}
	c.p.Out8(portIndex, c.index)
	c.p.Out8(portClock, v)
	c.park()
	return abi.OK
}

// park points the chip at a register that a glitch cannot change, as firmware does. Some chips want a
// write of the index to be followed by an access to the data.
func (c *clock) park() {
	c.p.Out8(portIndex, statusD)
	c.p.In8(portClock)
}
