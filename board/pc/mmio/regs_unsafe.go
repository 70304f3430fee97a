//go:build tamago

package mmio

import (
	"unsafe"

	"bennu/kernel/layout"
)

// Regs is a block of 32-bit device registers at a physical address.
type Regs struct {
	base uintptr
}

// At is the registers at a physical address, which must be mapped uncached.
func At(addr uint64) Regs { return Regs{uintptr(layout.Direct + addr)} }

// Load reads the register at byte offset off: exactly one 32-bit access.
//
// noinline, here and in Store, makes the access volatile: the compiler removes a store that
// a later one to the same address hides (IOREGSEL!), but not across a call.
//
//go:nosplit
//go:noinline
func (r Regs) Load(off uint32) uint32 {
	return *(*uint32)(pointer(r.base + uintptr(off)))
}

// Store writes the register at byte offset off: exactly one 32-bit access.
//
//go:nosplit
//go:noinline
func (r Regs) Store(off, v uint32) {
	*(*uint32)(pointer(r.base + uintptr(off))) = v
}

// Store16 and Store8 write less than a register at byte offset off: exactly one access of 16 or 8 bits.
//
//go:nosplit
//go:noinline
func (r Regs) Store16(off uint32, v uint16) { *(*uint16)(pointer(r.base + uintptr(off))) = v }

//go:nosplit
//go:noinline
func (r Regs) Store8(off uint32, v uint8) { *(*uint8)(pointer(r.base + uintptr(off))) = v }

// Store8 writes one byte to a physical address (a register of ACPI's system memory
// space).
//
//go:nosplit
//go:noinline
func Store8(addr uint64, v uint8) { *(*uint8)(pointer(uintptr(layout.Direct + addr))) = v }

// pointer makes a pointer of an address outside Go's memory.
//
//go:nosplit
func pointer(a uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&a)) }

// Memory is physical memory in [From, To), readable by its addresses.
type Memory struct {
	From, To uint64
}

// Window is the n bytes at a physical address; ok is false when they are not all within the memory's bounds.
// The bytes are the machine's own: a caller that keeps them copies them.
func (m Memory) Window(addr, n uint64) (b []byte, ok bool) {
	if n == 0 || addr == 0 || addr < m.From || addr >= m.To || n > m.To-addr {
		return nil, false
	}
	return unsafe.Slice((*byte)(pointer(uintptr(layout.Direct+addr))), n), true
}
