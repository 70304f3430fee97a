// Package msi programs how PCI functions interrupt: by a message of MSI-X or MSI, or by INTx, which can be asked for and silenced.
//
// A function that is gone reads as ones, and one that lies answers as it likes: what it says is checked against what its
// registers can hold.
//
// Source: PCI Local Bus Specification 3.0, "MSI and MSI-X Capability", "Device Control", "Device Status".
package msi

import (
	"bennu/kernel/abi"
	"bennu/kernel/pci"
)

// Memory is the memory of devices, by physical address: exactly one access of 32 bits each.
type Memory interface {
	Load(address uint64) uint32
	Store(address uint64, v uint32)
}

// Registers of each function.
const (
	regCommand = 0x04
	regStatus  = 0x06

	commandMemory = 1 << 1
	commandNoINTx = 1 << 10
	statusINTx    = 1 << 3
	gone          = 0xffff // of a status: nothing answers
)

// MSI, offsets from the capability.
const (
	msiControl = 2
	msiAddress = 4

	msiOn       = 1 << 0
	msiMultiple = 7 << 4 // how many messages it may send, log2
	msiWide     = 1 << 7
	msiMasks    = 1 << 8
)

// MSI-X, offsets from the capability, and from an entry of its table.
const (
	msixControl = 2

	msixHush = 1 << 14
	msixOn   = 1 << 15

	entrySize    = 16
	entryAddress = 0
	entryUpper   = 4
	entryData    = 8
	entryControl = 12
	entryMasked  = 1 << 0
)

// kind is how a source is raised.
type kind uint8

const (
	none kind = iota
	byINTx
	byMSI
	byMSIX
)

// Source is one interrupt of a function. The zero Source is none, and does nothing.
type Source struct {
	Function abi.Function
	kind     kind
	masks    bool   // it has a mask of its own, and remembers what came meanwhile
	cap      uint32 // of MSI or MSI-X
	control  uint32 // of MSI: what it is when it is on
	mask     uint32 // of MSI: offset of the mask
	entry    uint64 // of MSI-X: address
	index    uint64 // and number
}

// Used tells whether s is one.
func (s *Source) Used() bool { return s.kind != none }

// Beside tells whether its function can have another one besides s: by MSI-X, entry index of the table.
func (s *Source) Beside(msix bool, index uint64) bool {
	return msix && s.kind == byMSIX && s.index != index
}

// Message tells whether s writes messages. Two sources of a function with MSI-X are two messages.
func (s *Source) Message() bool { return s.kind > byINTx }

// set changes bits of a 16-bit register.
func set(c pci.ConfigSpace, f abi.Function, at, clear, bits uint32) {
	c.Write(f, at, 2, c.Read(f, at, 2)&^clear|bits)
}

// INTx is the pin of f, silent until Allow. canAsk tells whether f can be asked and silenced: a function before PCI 2.3 has
// neither bit, and the line is masked for it.
//
// Errors: ENODEV (f is gone).
func INTx(c pci.ConfigSpace, f abi.Function) (s Source, canAsk bool, e abi.Errno) {
	if c.Read(f, regStatus, 2) == gone {
		return Source{}, false, abi.ENODEV
	}
	set(c, f, regCommand, 0, commandNoINTx)
	canAsk = c.Read(f, regCommand, 2)&commandNoINTx != 0
	return Source{Function: f, kind: byINTx, masks: canAsk}, canAsk, abi.OK
}

// MSI has f, which has the capability at cap, send one message: data to address. It sends none until Allow.
//
// Errors: ENODEV (f is gone), EINVAL (no capability of this kind can be at cap, or the address is above 4 GiB and f has 32 bits), EIO (f does not keep what it is told).
func MSI(c pci.ConfigSpace, f abi.Function, cap uint32, address uint64, data uint32) (Source, abi.Errno) {
	control := c.Read(f, cap+msiControl, 2)
	if control == gone {
		return Source{}, abi.ENODEV
	}
	s := Source{Function: f, kind: byMSI, cap: cap, masks: control&msiMasks != 0, control: control&^msiMultiple | msiOn}
	end, at := cap+msiAddress+8, cap+msiAddress+4
	if control&msiWide != 0 {
		end, at = end+4, at+4
	}
	if s.masks {
		s.mask = end
		end += 8
	}
	if cap < 0x40 || cap%4 != 0 || end > 0x100 || control&msiWide == 0 && address>>32 != 0 || data>>16 != 0 {
		return Source{}, abi.EINVAL
	}
	c.Write(f, cap+msiControl, 2, s.control&^msiOn)
	set(c, f, regCommand, 0, commandNoINTx)
	c.Write(f, cap+msiAddress, 4, uint32(address))
	if control&msiWide != 0 {
		c.Write(f, cap+msiAddress+4, 4, uint32(address>>32))
	}
	c.Write(f, at, 2, data)
	if s.masks {
		c.Write(f, s.mask, 4, ^uint32(0))
	}
	if c.Read(f, cap+msiAddress, 4) != uint32(address) || c.Read(f, at, 2) != data || c.Read(f, cap+msiControl, 2)&(msiOn|msiMultiple) != 0 {
		return Source{}, abi.EIO
	}
	return s, abi.OK
}

// Quell has s raise nothing until Allow. It has taken effect when this returns.
func (s *Source) Quell(c pci.ConfigSpace, m Memory) {
	switch {
	case s.kind == byINTx && s.masks:
		set(c, s.Function, regCommand, 0, commandNoINTx)
		c.Read(s.Function, regStatus, 2)
	case s.kind == byMSI && s.masks:
		c.Write(s.Function, s.mask, 4, ^uint32(0))
		c.Read(s.Function, s.mask, 4)
	case s.kind == byMSI:
		c.Write(s.Function, s.cap+msiControl, 2, s.control&^msiOn)
		c.Read(s.Function, regStatus, 2)
	case s.kind == byMSIX:
		m.Store(s.entry+entryControl, m.Load(s.entry+entryControl)|entryMasked)
		m.Load(s.entry + entryControl) // a write to memory is posted; a read comes behind it
	}
}

// Allow has s raise what it likes. lost tells that it does not remember what it had to raise since Quell.
func (s *Source) Allow(c pci.ConfigSpace, m Memory) (lost bool) {
	switch {
	case s.kind == byINTx && s.masks:
		set(c, s.Function, regCommand, commandNoINTx, 0)
	case s.kind == byINTx:
		// There is nothing to allow: the line is masked for it.
	case s.kind == byMSI && s.masks:
		c.Write(s.Function, s.cap+msiControl, 2, s.control)
		c.Write(s.Function, s.mask, 4, ^uint32(1))
	case s.kind == byMSI:
		c.Write(s.Function, s.cap+msiControl, 2, s.control)
		return true
	case s.kind == byMSIX:
		m.Store(s.entry+entryControl, m.Load(s.entry+entryControl)&^entryMasked)
	}
	return false
}

// Asserts tells whether the pin of s, which was allowed, is asserted by its function. One that is gone asserts nothing.
func (s *Source) Asserts(c pci.ConfigSpace) bool {
	status := c.Read(s.Function, regStatus, 2)
	return s.kind == byINTx && status != gone && status&statusINTx != 0
}

// Drop ends s. last: its function has no other one. What it had sent has arrived when this returns: the answer to a read comes
// behind what the same function wrote before.
//
// Source: PCI Express Base Specification, "Transaction Ordering Rules": a completion does not pass a posted write.
func (s *Source) Drop(c pci.ConfigSpace, m Memory, last bool) {
	s.Quell(c, m)
	if s.kind == byMSI {
		c.Write(s.Function, s.cap+msiControl, 2, s.control&^msiOn)
	}
	if s.kind == byMSIX && last {
		set(c, s.Function, s.cap+msixControl, msixOn, msixHush)
	}
	if s.kind != none {
		c.Read(s.Function, regStatus, 2)
	}
	*s = Source{}
}
