// Package pci knows the machine's PCI functions: what they are, where their registers are, and whether they can be given to a task. It finds them
// by what configuration space says, and believes nothing of that before it is checked: a device that lies costs its own function, and nothing else.
//
// Firmware has assigned buses and addresses, and nothing here moves them.
//
// Source: PCI-SIG, "PCI Local Bus Specification", "Configuration Space"; "PCI-to-PCI Bridge Architecture Specification"; "PCI Express Base
// Specification", "Software Initialization and Configuration".
package pci

import "bennu/kernel/abi"

// ConfigSpace is the configuration space of all functions. A function that does not exist reads as all ones, and so does what is beyond the space's
// end. Preconditions: width is 1, 2 or 4 bytes, and offset a multiple of it.
type ConfigSpace interface {
	Read(f abi.Function, offset, width uint32) uint32
	Write(f abi.Function, offset, width, value uint32)
}

// Registers of every function.
//
// Source: PCI Local Bus Specification, "Configuration Space Organization".
const (
	regID        = 0x00 // vendor, device
	regCommand   = 0x04 // 16 bits
	regStatus    = 0x06 // 16 bits
	regClass     = 0x08 // revision, class
	regHeader    = 0x0e // 8 bits
	regBAR       = 0x10
	regSubsystem = 0x2c
	regCaps      = 0x34 // 8 bits
	regInterrupt = 0x3c // line, pin

	cmdPorts  = 1 << 0
	cmdMemory = 1 << 1
	cmdMaster = 1 << 2
	cmdNoINTx = 1 << 10

	statusCaps = 1 << 4

	headerNormal = 0
	headerBridge = 1
	headerMulti  = 0x80
)

// Registers of a bridge.
//
// Source: PCI-to-PCI Bridge Architecture Specification, "Configuration Space Header Format".
const (
	regBuses        = 0x18 // primary, secondary, subordinate
	regPorts        = 0x1c // base, limit
	regMemory       = 0x20
	regPrefetch     = 0x24
	regPrefetchBase = 0x28 // upper halves
	regPrefetchEnd  = 0x2c
	regPortsUpper   = 0x30

	classBridge      = 0x0604 // without the interface
	ifaceSubtractive = 1
)

// Capabilities.
//
// Source: PCI-SIG, "PCI Code and ID Assignment Specification".
const (
	CapPower   = 0x01
	CapMSI     = 0x05
	CapExpress = 0x10
	CapMSIX    = 0x11
	CapAF      = 0x13
)

func (t *Table) read(f abi.Function, offset, width uint32) uint32 {
	return t.space.Read(f, offset, width)
}

// change clears bits of a 16-bit register and sets others; it does not write what is so already.
func (t *Table) change(f abi.Function, offset, clear, set uint32) {
	if v := t.read(f, offset, 2); v&^clear|set != v {
		t.space.Write(f, offset, 2, v&^clear|set)
	}
}
