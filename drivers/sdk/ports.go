package sdk

import (
	"bennu/kernel/abi"
	"bennu/kernel/usys"
)

// Ports is the I/O address space. In a task, IN and OUT run in ring 3: a port that the
// privilege does not list is a general-protection exception, and the end of the driver. Ports that
// the kernel guards (the keyboard controller's, the CMOS clock's) are reached by a kernel call each, and only by In8,
// Out8 and Out8s; a byte that it does not let through is a panic, which names it.
type Ports interface {
	In8(port uint16) uint8
	In16(port uint16) uint16
	In32(port uint16) uint32
	Out8(port uint16, v uint8)
	Out8s(port uint16, b []byte) // each of b, in order
	Out16(port uint16, v uint16)
	Out32(port uint16, v uint32)
}

// patience is how often a guarded write is tried while the device has not taken the byte before.
const patience = 1000

// guardedPorts is the I/O address space of a driver that has guarded ports.
type guardedPorts struct {
	usys.Gate
	start *abi.StartInfo
}

func (p *guardedPorts) guards(port uint16) bool {
	for _, r := range p.start.Guarded[:min(p.start.NGuarded, abi.MaxGuarded)] {
		if r.Has(port) {
			return true
		}
	}
	return false
}

func (p *guardedPorts) In8(port uint16) uint8 {
	if !p.guards(port) {
		return p.Gate.In8(port)
	}
	v, e := p.PortIn(port)
	if e != abi.OK {
		panic("read of port " + Hex(uint64(port)) + " refused: " + e.Name())
	}
	return v
}

func (p *guardedPorts) Out8(port uint16, v uint8) {
	if !p.guards(port) {
		p.Gate.Out8(port, v)
		return
	}
	e := p.PortOut(port, v)
	for i := 0; e == abi.EAGAIN && i < patience; i++ {
		e = p.PortOut(port, v)
	}
	if e != abi.OK {
		panic("write of " + Hex(uint64(v)) + " to port " + Hex(uint64(port)) + " refused: " + e.Name())
	}
}

func (p *guardedPorts) Out8s(port uint16, b []byte) {
	if !p.guards(port) {
		p.Gate.Out8s(port, b)
		return
	}
	for _, v := range b {
		p.Out8(port, v)
	}
}
