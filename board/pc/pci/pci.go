// Package pci reads and writes the configuration space of a PC's PCI functions: in memory where firmware says that it is there, by two
// ports otherwise.
package pci

import (
	"bennu/board/pc/mmio"
	"bennu/board/pc/port"
	"bennu/kernel/abi"
)

// BusSize is the memory of one bus in ECAM.
const BusSize = 1 << 20

// ECAM is configuration space in memory: 4 KiB a function.
//
// Source: PCI Express Base Specification, "PCI Express Enhanced Configuration Access Mechanism (ECAM)".
type ECAM struct {
	Regs        mmio.Regs // of the first bus
	First, Last uint32    // buses
}

func (e ECAM) at(f abi.Function, offset uint32) (uint32, bool) {
	bus := f.Bus()
	return (bus-e.First)*BusSize | uint32(f)&255<<12 | offset&^3, bus >= e.First && bus <= e.Last && offset < 4096
}

// Read reads 1, 2 or 4 bytes of a function's configuration space.
func (e ECAM) Read(f abi.Function, offset, width uint32) uint32 {
	at, ok := e.at(f, offset)
	if !ok {
		return cut(^uint32(0), width)
	}
	return cut(e.Regs.Load(at)>>(offset&3*8), width)
}

// Write writes as many. Narrow writes are narrow on the bus: what is beside them may be cleared by what is written to it.
func (e ECAM) Write(f abi.Function, offset, width, value uint32) {
	at, ok := e.at(f, offset)
	switch {
	case !ok:
	case width == 4:
		e.Regs.Store(at, value)
	case width == 2:
		e.Regs.Store16(at|offset&2, uint16(value))
	default:
		e.Regs.Store8(at|offset&3, uint8(value))
	}
}

func cut(v, width uint32) uint32 { return v & uint32(1<<(8*width)-1) }

// Ports is configuration space by the ports of the PC's host bridge: the first 256 bytes of each function.
//
// Source: PCI Local Bus Specification, "Configuration Mechanism".
type Ports struct{ Space port.Space }

const (
	portAddress = 0xcf8
	portData    = 0xcfc
	enable      = 1 << 31
)

// There tells whether the machine has the ports.
func (p Ports) There() bool {
	before := p.Space.In32(portAddress)
	p.Space.Out32(portAddress, enable)
	there := p.Space.In32(portAddress) == enable
	p.Space.Out32(portAddress, before)
	return there
}

// Read reads 1, 2 or 4 bytes of a function's configuration space.
func (p Ports) Read(f abi.Function, offset, width uint32) uint32 {
	if offset > 255 || f > abi.MaxFunction {
		return cut(^uint32(0), width)
	}
	p.Space.Out32(portAddress, enable|uint32(f)<<8|offset&^3)
	switch at := uint16(portData + offset&3); width {
	case 4:
		return p.Space.In32(portData)
	case 2:
		return uint32(p.Space.In16(at))
	default:
		return uint32(p.Space.In8(at))
	}
}

// Write writes as many.
func (p Ports) Write(f abi.Function, offset, width, value uint32) {
	if offset > 255 || f > abi.MaxFunction {
		return
	}
	p.Space.Out32(portAddress, enable|uint32(f)<<8|offset&^3)
	switch at := uint16(portData + offset&3); width {
	case 4:
		p.Space.Out32(portData, value)
	case 2:
		p.Space.Out16(at, uint16(value))
	default:
		p.Space.Out8(at, uint8(value))
	}
}
