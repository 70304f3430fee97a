package sdk

import "bennu/kernel/abi"

// patience is how often a guarded write is tried while the device has not taken the byte before.
const patience = 1000

// guardedPorts is the I/O address space of a driver that has guarded ports.
type guardedPorts struct {
	Kernel
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
		return p.Kernel.In8(port)
	}
	v, e := p.PortIn(port)
	if e != abi.OK {
		panic("read of port " + Hex(uint64(port)) + " refused: " + e.Name())
	}
	return v
}

func (p *guardedPorts) Out8(port uint16, v uint8) {
	if !p.guards(port) {
		p.Kernel.Out8(port, v)
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
