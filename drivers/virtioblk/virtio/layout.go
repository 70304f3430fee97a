// Package virtio is what a driver knows of modern virtio devices on PCI: where their registers are, how they are reset and agree on features, and the split
// virtqueue. It is pure over small interfaces, and believes nothing that a device says: each value is taken once, and checked.
//
// TamaGo has a package of this name (kvm/virtio). It is not used: it runs in ring 0 (physical addresses, dma.Reserve, the local APIC), takes a used ring's index as
// an index of its own tables, so that a device ends the program, has one descriptor a request, and agrees to all features between 24 and 49 that it is offered.
//
// Documents referenced:
//
//	[1] OASIS, Virtual I/O Device (VIRTIO) Version 1.2, "Basic Facilities of a Virtio Device", "Virtio Over PCI Bus", "Block Device"
package virtio

import "bennu/kernel/abi"

// Config is a function's configuration space.
type Config interface {
	Read(offset, width uint32) uint32
}

// Place is where a structure lies: in a memory BAR.
type Place struct {
	BAR            uint8
	Offset, Length uint32
}

// Layout is where a device has its registers. Source: [1], "Virtio Structure PCI Capabilities".
type Layout struct {
	Common, Notify, ISR, Device Place
	Multiplier                  uint32 // of a queue's place in Notify
}

const (
	capPointer = 0x34
	statusReg  = 0x06
	hasCaps    = 1 << 4
	capVendor  = 9
	maxCaps    = 48 // that fit behind the header
	firstCap   = 0x40
	capSize    = 16

	cfgCommon = 1
	cfgNotify = 2
	cfgISR    = 3
	cfgDevice = 4

	commonSize = 0x38
)

// FindLayout reads the capability list: of each kind the first that is of use, as [1] asks. size is bytes of a memory BAR, 0 if it is none. A list that goes in circles, or
// out of the space, ends. Errors: ENODEV (a structure is missing: no modern device).
func FindLayout(c Config, size func(bar uint8) uint64) (l Layout, e abi.Errno) {
	if c.Read(statusReg, 2)&hasCaps == 0 {
		return l, abi.ENODEV
	}
	at := c.Read(capPointer, 1) &^ 3
	for n := 0; n < maxCaps && at >= firstCap && at <= 0x100-capSize; n++ {
		head := c.Read(at, 4)
		if head&0xff == capVendor && head>>16&0xff >= capSize {
			l.take(c, at, head, size)
		}
		at = head >> 8 & 0xfc
	}
	if l.Common.Length == 0 || l.Notify.Length == 0 || l.ISR.Length == 0 || l.Device.Length == 0 {
		return l, abi.ENODEV
	}
	return l, abi.OK
}

// take takes one capability, if it is the first of its kind and lies in its BAR.
func (l *Layout) take(c Config, at, head uint32, size func(bar uint8) uint64) {
	p := Place{BAR: uint8(c.Read(at+4, 1)), Offset: c.Read(at+8, 4), Length: c.Read(at+12, 4)}
	if p.BAR > 5 || uint64(p.Offset)+uint64(p.Length) > size(p.BAR) {
		return
	}
	set := func(to *Place, align, least uint32) bool {
		if to.Length != 0 || p.Length < least || p.Offset%align != 0 {
			return false
		}
		*to = p
		return true
	}
	switch head >> 24 {
	case cfgCommon:
		set(&l.Common, 4, commonSize)
	case cfgNotify:
		if head>>16&0xff >= capSize+4 && at+capSize <= 0x100-4 {
			if m := c.Read(at+capSize, 4); m&(m-1) == 0 && m != 1 && set(&l.Notify, 2, 2) {
				l.Multiplier = m
			}
		}
	case cfgISR:
		set(&l.ISR, 1, 1)
	case cfgDevice:
		set(&l.Device, 4, 8)
	}
}
