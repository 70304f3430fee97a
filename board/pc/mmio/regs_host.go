//go:build !tamago

package mmio

// Device is a fake that answers register accesses in host tests.
type Device interface {
	Load(off uint32) uint32
	Store(off, v uint32)
}

// Regs is a block of 32-bit device registers.
type Regs struct {
	device Device
}

// Fake is registers that a device of a test answers.
func Fake(d Device) Regs { return Regs{d} }

// Load reads the register at byte offset off.
func (r Regs) Load(off uint32) uint32 { return r.device.Load(off) }

// Store writes the register at byte offset off.
func (r Regs) Store(off, v uint32) { r.device.Store(off, v) }

// Narrow is a fake that answers stores of 16 and 8 bits.
type Narrow interface {
	Store16(off uint32, v uint16)
	Store8(off uint32, v uint8)
}

// Store16 and Store8 write less than a register at byte offset off. Preconditions: the device is Narrow.
func (r Regs) Store16(off uint32, v uint16) { r.device.(Narrow).Store16(off, v) }
func (r Regs) Store8(off uint32, v uint8)   { r.device.(Narrow).Store8(off, v) }
