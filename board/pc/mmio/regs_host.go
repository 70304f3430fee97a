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
