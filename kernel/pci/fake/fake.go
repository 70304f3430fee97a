// Package fake is a configuration space for host tests: functions with registers of which some bits can be written.
package fake

import (
	"encoding/binary"

	"bennu/kernel/abi"
)

// Device is one function.
type Device struct {
	Bytes, Mask [4096]byte // the registers, and the bits of them that a write changes
	// Lie, if set, is what a read gives in place of value.
	Lie func(offset, width, value uint32) uint32
}

// Write is one write.
type Write struct {
	Function             abi.Function
	Offset, Width, Value uint32
}

// Space is a pci.ConfigSpace.
type Space struct {
	Devices map[abi.Function]*Device
	Reads   int
	Writes  []Write // if Log
	Log     bool
	OnWrite func(Write) // if set: before each
}

// New is a machine without functions.
func New() *Space { return &Space{Devices: map[abi.Function]*Device{}} }

// Add puts a function of a vendor, device and class (base<<16 | sub<<8 | interface) into its place.
func (s *Space) Add(f abi.Function, vendor, device uint16, class uint32) *Device {
	d := new(Device)
	s.Devices[f] = d
	d.Put(0, 4, uint32(device)<<16|uint32(vendor))
	d.Put(8, 4, class<<8)
	d.May(4, 2, 0x547)
	return d
}

// Bridge puts a bridge in front of buses.
func (s *Space) Bridge(f abi.Function, bus, last uint32) *Device {
	d := s.Add(f, 0x1b36, 1, 0x060400)
	d.Put(0x0e, 1, 1)
	d.Put(0x18, 4, last<<16|bus<<8|f.Bus())
	d.Put(0x1c, 2, 0x00f0)
	d.Window(0x20, 0, 0)
	d.Window(0x24, 0, 0)
	return d
}

// Window sets a bridge's memory window at 20h or 24h to [start, end), or to none.
func (d *Device) Window(at, start, end uint32) {
	if end == 0 {
		start, end = 0xfff0_0000, 1<<20
	}
	d.Put(at, 2, start>>16)
	d.Put(at+2, 2, (end-1)>>16)
}

// Put sets a register, whatever can be written.
func (d *Device) Put(offset, width, value uint32) {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], value)
	copy(d.Bytes[offset:offset+width], b[:])
}

// Get is a register.
func (d *Device) Get(offset, width uint32) uint32 {
	var b [4]byte
	copy(b[:], d.Bytes[offset:offset+width])
	return binary.LittleEndian.Uint32(b[:])
}

// May sets which bits of a register can be written.
func (d *Device) May(offset, width, mask uint32) {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], mask)
	copy(d.Mask[offset:offset+width], b[:])
}

// BAR makes register n ask for size bytes, with type bits, at an address.
func (d *Device) BAR(n uint32, address, size uint64, bits uint32) {
	low := uint32(15)
	if bits&1 != 0 {
		low = 3
	}
	d.Put(0x10+4*n, 4, uint32(address)&^low|bits)
	d.May(0x10+4*n, 4, uint32(-size)&^low)
	if bits&7 == 4 {
		d.Put(0x14+4*n, 4, uint32(address>>32))
		d.May(0x14+4*n, 4, uint32(-size>>32))
	}
}

// Cap adds a capability at an offset to the list, in front.
func (d *Device) Cap(id, offset uint32, rest ...uint32) {
	d.Put(6, 2, d.Get(6, 2)|1<<4)
	d.Put(offset, 4, rest[0]<<16|d.Get(0x34, 1)<<8|id)
	for i, v := range rest[1:] {
		d.Put(offset+4*uint32(i+1), 4, v)
	}
	d.May(offset+2, 2, 0xffff)
	d.Put(0x34, 1, offset)
}

// Read implements pci.ConfigSpace.
func (s *Space) Read(f abi.Function, offset, width uint32) uint32 {
	s.Reads++
	all := uint32(1<<(8*width) - 1)
	d := s.Devices[f]
	if d == nil || offset+width > 4096 {
		return all
	}
	v := d.Get(offset, width)
	if d.Lie != nil {
		v = d.Lie(offset, width, v)
	}
	return v & all
}

// Write implements pci.ConfigSpace.
func (s *Space) Write(f abi.Function, offset, width, value uint32) {
	if s.OnWrite != nil {
		s.OnWrite(Write{f, offset, width, value})
	}
	if s.Log {
		s.Writes = append(s.Writes, Write{f, offset, width, value})
	}
	d := s.Devices[f]
	if d == nil || offset+width > 4096 {
		return
	}
	for i := range width {
		m := d.Mask[offset+i]
		d.Bytes[offset+i] = d.Bytes[offset+i]&^m | byte(value>>(8*i))&m
	}
}
