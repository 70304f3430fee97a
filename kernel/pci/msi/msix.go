package msi

import (
	"bennu/kernel/abi"
	"bennu/kernel/pci"
)

// Vectors is the table of a function's MSI-X. Whoever can write to it sends messages as he likes, unless interrupts are remapped: the pages
// that it is on are not for a holder's eyes.
type Vectors struct {
	Cap  uint32 // offset of the capability
	At   uint64 // physical address
	Size uint64 // entries
}

// cleared is how many entries of a table are masked when the first one of a function is used: as many as fit a kernel call. Further ones are masked
// by each reset; what firmware has left there comes as a stray.
const cleared = 256

// MSIX has entry index of f's table be a message: data to address. It is masked until Allow. first: f has no other one.
//
// Preconditions: the table lies in f's memory, which is on from now.
//
// Errors: EDOM (no such entry), ENODEV (f is gone), EIO (f does not keep what it is told).
func MSIX(c pci.ConfigSpace, m Memory, f abi.Function, v Vectors, index uint64, address uint64, data uint32, first bool) (Source, abi.Errno) {
	if index >= v.Size {
		return Source{}, abi.EDOM
	}
	control := v.Cap + msixControl
	if c.Read(f, control, 2) == gone {
		return Source{}, abi.ENODEV
	}
	s := Source{Function: f, kind: byMSIX, masks: true, cap: v.Cap, entry: v.At + entrySize*index, index: index}
	if first {
		set(c, f, control, 0, msixOn|msixHush) // on: without it a device need not have a table
		set(c, f, regCommand, 0, commandMemory|commandNoINTx)
		for i := range min(v.Size, cleared) {
			m.Store(v.At+entrySize*i+entryControl, entryMasked)
		}
	}
	m.Store(s.entry+entryControl, entryMasked)
	m.Store(s.entry+entryAddress, uint32(address))
	m.Store(s.entry+entryUpper, uint32(address>>32))
	m.Store(s.entry+entryData, data)
	if m.Load(s.entry+entryAddress) != uint32(address) || m.Load(s.entry+entryUpper) != uint32(address>>32) || m.Load(s.entry+entryData) != data ||
		m.Load(s.entry+entryControl)&entryMasked == 0 {
		if first {
			set(c, f, control, msixOn, msixHush)
		}
		return Source{}, abi.EIO
	}
	set(c, f, control, msixHush, msixOn)
	return s, abi.OK
}
