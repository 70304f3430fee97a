//go:build tamago

package main

import (
	"bennu/board/pc/acpi"
	"bennu/board/pc/apic"
	"bennu/board/pc/clock"
	"bennu/board/pc/memmap"
	"bennu/board/pc/mmio"
	"bennu/board/pc/power"
	"bennu/board/pc/serial"
	"bennu/board/pc/vtd"
	"bennu/board/x86"
	"bennu/boot/ring0"
	"bennu/kernel"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/iommu"
	"bennu/kernel/ioport"
	"bennu/kernel/mem"
	"bennu/kernel/pci"
)

// machine is the PC as the kernel drives it (kernel.Machine).
type machine struct {
	k     *kernel.Kernel
	cpu   *arch.CPU
	lines *apic.Lines
	power power.Machine
	rates clock.Rates
	scale clock.Scale
	com1  *serial.Port
	debug *serial.Debugcon

	report ring0.Reporter

	mainTSC, hardwareTSC uint64
	clockTSC             uint64 // counts that calibration took
	seed                 uint64 // of the tasks' random numbers
	seeded               bool   // it was given
	hasSeed, hasRandom   bool   // the processor's instructions

	never   []ioport.Block // ports that the machine itself hangs on
	century uint8          // CMOS register

	will   memmap.Range // memory that survives a reset; empty: none does
	before string       // words of the boot before, which ended by itself
	limits kernel.Limits
	twice  bool

	tables *acpi.Tables
	own    []memmap.Range // registers that no BAR may lie on
	pci    *pci.Table
	pciBy  string // how configuration space is reached; empty: there is none

	units    *vtd.Units
	iommu    *iommu.Table // nil: there is none
	confined confinement
	messages messages

	leaks string // the boot's line about what the processor leaks
	clear func() // on a switch from one task to another; nil: nothing
}

func (m *machine) ArmTimer(ns uint64) { m.lines.Arm(ns) }
func (m *machine) EndInterrupt()      { m.lines.EOI() }

// Random is a word of RDSEED, of RDRAND where that has none. It implements entropy.Source.
func (m *machine) Random() (v uint64, ok bool) {
	if m.hasSeed {
		if v, ok = x86.Entropy(); ok {
			return v, ok
		}
	}
	if m.hasRandom {
		return x86.Random()
	}
	return 0, false
}

func (m *machine) IRQLine(vector uint64) (uint32, bool) {
	l, ok := m.lines.ByVector(uint8(vector))
	return uint32(l), ok
}

// The kernel's lines are those of the controller: privileges name ISA lines, which Resolve translates.

func (m *machine) Resolve(number uint32) (uint32, bool) {
	l, ok := m.lines.Resolve(number)
	return uint32(l), ok
}

func (m *machine) Level(line uint32) bool { return m.lines.Level(apic.Line(line)) }
func (m *machine) Mask(line uint32)       { m.lines.Mask(apic.Line(line)) }
func (m *machine) Unmask(line uint32)     { m.lines.Unmask(apic.Line(line)) }

func (m *machine) Pending(source uint32) bool {
	return source <= apic.SpuriousVector-apic.FirstVector && (m.lines.Pending(uint8(apic.FirstVector+source)) || m.messages.pending(m.iommu, source))
}
func (m *machine) EndSpurious() bool { return m.lines.EndSpurious() }
func (m *machine) Withheld() uint32  { return m.lines.Withheld() }

// devices is the memory of devices (msi.Memory).
type devices struct{}

func (devices) Load(address uint64) uint32     { return mmio.At(address).Load(0) }
func (devices) Store(address uint64, v uint32) { mmio.At(address).Store(0, v) }

// Message is what a function writes, and where, to raise a vector. Where interrupts are remapped, it alone can, and only that one.
func (m *machine) Message(f abi.Function, vector uint64) (address uint64, data uint32, ok bool) {
	if !m.Remaps() {
		address, data = m.lines.Message(uint8(vector))
		return address, data, true
	}
	return m.messages.allow(m.iommu, f, uint8(vector), m.lines.ID())
}

func (m *machine) NoMessage(vector uint64) {
	if m.Remaps() {
		m.messages.forbid(m.iommu, uint8(vector))
	}
}

func (m *machine) Remaps() bool { return m.confined.remaps }

// Console writes to COM1 what that takes without waiting.
func (m *machine) Console(b []byte) int { return m.com1.Take(b) }

// debugAtOnce is how many bytes of a line the debug console gets at once: each is an exit for an emulator.
const debugAtOnce = 64

// Debug writes to the emulator's debug console.
func (m *machine) Debug(b []byte) int {
	if m.debug == nil {
		return len(b)
	}
	b = b[:min(len(b), debugAtOnce)]
	for _, c := range b {
		m.debug.Put(c)
	}
	return len(b)
}

// Leave keeps words for the next boot.
func (m *machine) Leave(words []byte) {
	if m.will.Size() != 0 {
		putWill(mem.Direct().Bytes(mem.Addr(m.will.Start), willSize), words)
	}
}

func (m *machine) Shutdown(how abi.ShutdownHow, status uint64) {
	if how == abi.Reset {
		m.power.Reset()
	}
	if status > kernel.StatusFailure { // nobody asked for it
		m.power.Fail(uint8(min(status, 255)))
	}
	m.power.Off(uint8(status))
}
