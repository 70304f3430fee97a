package abi

import "strconv"

// Function names a PCI function of segment 0: bus << 8 | device << 3 | number. It is also the function's requester id.
type Function uint32

// MaxFunction is the last name that a function can have.
const MaxFunction = 0xffff

// MakeFunction joins a bus (0–255), a device (0–31) and a function's number (0–7).
func MakeFunction(bus, device, number uint32) Function {
	return Function(bus&0xff<<8 | device&0x1f<<3 | number&7)
}

// Bus, Device and Number are the parts of the name.

func (f Function) Bus() uint32    { return uint32(f) >> 8 }
func (f Function) Device() uint32 { return uint32(f) >> 3 & 0x1f }
func (f Function) Number() uint32 { return uint32(f) & 7 }

// String is bus:device.number in hexadecimal: "00:05.0".
func (f Function) String() string {
	b := make([]byte, 0, 8)
	for _, n := range [...]uint32{f.Bus(), f.Device()} {
		if n < 16 {
			b = append(b, '0')
		}
		b = append(strconv.AppendUint(b, uint64(n), 16), ':')
	}
	b[len(b)-1] = '.'
	return string(strconv.AppendUint(b, uint64(f.Number()), 10))
}

// ParseFunction reads what String writes. Each part may have fewer digits than there, but one at least, and no more.
func ParseFunction(s string) (f Function, ok bool) {
	var part [3]uint32
	for i, most := range [...]uint32{0xff, 0x1f, 7} {
		digits, limit := 0, 2-i/2
		for digits < len(s) && digits < limit {
			n, e := strconv.ParseUint(s[digits:digits+1], 16, 4)
			if e != nil {
				break
			}
			part[i] = part[i]<<4 | uint32(n)
			digits++
		}
		if digits == 0 || part[i] > most {
			return 0, false
		}
		s = s[digits:]
		if i < 2 {
			if s == "" || s[0] != ":."[i] {
				return 0, false
			}
			s = s[1:]
		}
	}
	return MakeFunction(part[0], part[1], part[2]), s == ""
}

// FunctionID is what a privilege knows a function by. Source: PCI Local Bus Specification 3.0, "Device Identification" and "Subsystem Vendor ID
// and Subsystem ID".
type FunctionID struct {
	Function  Function
	Vendor    uint16
	Device    uint16
	SubVendor uint16 // 0 with SubDevice: it has none
	SubDevice uint16
	Class     uint32 // base << 16 | sub << 8 | interface
}

// MatchKind says what a PCIMatch looks at.
type MatchKind uint32

const (
	MatchDevice MatchKind = 1 // vendor and device, and the subsystem's, if Sub is not AnySubsystem
	MatchClass  MatchKind = 2 // class, under Mask
	MatchSlot   MatchKind = 3 // the place: ID is the Function
)

// AnySubsystem is Sub of a PCIMatch that takes the devices of all subsystems.
const AnySubsystem = ^uint32(0)

// Mask of a PCIMatch by class: how much of it must be the same.
const (
	MaskBase      = 0xff0000
	MaskSub       = 0xffff00
	MaskInterface = 0xffffff
)

// PCIMatch shows its holder the functions that it fits. What a kind does not look at is 0.
type PCIMatch struct {
	Kind MatchKind
	ID   uint32 // device << 16 | vendor, as configuration space has it at 0; or the class, or the Function
	Sub  uint32 // of a device: device << 16 | vendor of its subsystem, as at 2Ch; or AnySubsystem
	Mask uint32 // of a class
}

// DeviceMatch, ClassMatch and SlotMatch make a PCIMatch. base, sub and what is below them are bytes of a class code; mask says which of them count.

func DeviceMatch(vendor, device uint16) PCIMatch {
	return PCIMatch{Kind: MatchDevice, ID: uint32(device)<<16 | uint32(vendor), Sub: AnySubsystem}
}
func ClassMatch(class, mask uint32) PCIMatch {
	return PCIMatch{Kind: MatchClass, ID: class & mask, Mask: mask}
}
func SlotMatch(f Function) PCIMatch { return PCIMatch{Kind: MatchSlot, ID: uint32(f)} }

// Valid tells whether the kernel takes m: of a known kind, and with nothing in it that the kind does not look at. A vendor of FFFFh is that of
// an empty slot.
func (m *PCIMatch) Valid() bool {
	switch m.Kind {
	case MatchDevice:
		return m.ID&0xffff != 0xffff && m.Mask == 0
	case MatchClass:
		return (m.Mask == MaskBase || m.Mask == MaskSub || m.Mask == MaskInterface) && m.ID&^m.Mask == 0 && m.Sub == 0
	case MatchSlot:
		return m.ID <= MaxFunction && m.Sub == 0 && m.Mask == 0
	}
	return false
}

// Fits tells whether m shows a function. Preconditions: m is valid.
func (m *PCIMatch) Fits(f *FunctionID) bool {
	switch m.Kind {
	case MatchDevice:
		return m.ID == uint32(f.Device)<<16|uint32(f.Vendor) && (m.Sub == AnySubsystem || m.Sub == uint32(f.SubDevice)<<16|uint32(f.SubVendor))
	case MatchClass:
		return f.Class&m.Mask == m.ID
	case MatchSlot:
		return m.ID == uint32(f.Function)
	}
	return false
}

// Shows tells whether any of p's rows shows a function; without rows there is none.
func (p *Privilege) Shows(f *FunctionID) bool {
	for i := range p.PCI[:min(p.NPCI, MaxPCI)] {
		if p.PCI[i].Fits(f) {
			return true
		}
	}
	return false
}

// PCIOp is the first argument of CallPCI; a Function is the second, but for PCIFirst. A function that the caller's privilege does not show is
// ESRCH to all of them, as one that is not there.
type PCIOp uint64

const (
	PCIFirst     PCIOp = 1  // → Function: the first one that is shown. ESRCH: none
	PCINext      PCIOp = 2  // (Function) → the next one that is shown, behind this. ESRCH: none
	PCIInfo      PCIOp = 3  // (Function); Buf: FunctionInfo
	PCIReserve   PCIOp = 4  // (Function). EBUSY: another has it; ENODEV: nobody can have it (FunctionInfo.Unfit); EPERM: no IOMMU confines it, and the caller may not do without
	PCIRelease   PCIOp = 5  // (Function): as at the end of the caller's life
	PCIRead      PCIOp = 6  // (Function, offset, width 1, 2 or 4) → value. EINVAL
	PCIWrite     PCIOp = 7  // (Function, offset, width, value). EPERM: these bits are not a holder's to write
	PCICap       PCIOp = 8  // (Function, id, offset of the one before or 0) → offset. id | CapExtended: of the extended list. EDOM: none
	PCIBar       PCIOp = 9  // (Function, number 0..5, BARCache) → address or first port; Buf: BARView. EDOM: it has none of that number
	PCIInterrupt PCIOp = 10 // (Function, message, notify bit 0..63, InterruptKind) → hook, for IRQEnable and the others
	PCIMaster    PCIOp = 11 // (Function, 1 or 0): bus mastering on or off
	PCIReset     PCIOp = 12 // (Function, ResetKind or 0: the mildest that it has). EAGAIN: it is on its way, ask again; ENODEV: it has none
)

// CapExtended, in PCICap's id, means the list that begins at 100h.
const CapExtended = 1 << 16

// BARKind is what is behind a base address register.
type BARKind uint32

const (
	BARNone   BARKind = 0
	BARPorts  BARKind = 1
	BARMemory BARKind = 2
)

func (k BARKind) String() string {
	names := [...]string{"none", "ports", "memory"}
	if int(k) < len(names) {
		return names[k]
	}
	return "?"
}

// BARCache is how the processor may keep memory of a device.
type BARCache uint32

const (
	BARUncached BARCache = 0
	BARCombine  BARCache = 1 // writes may be combined: prefetchable memory only (EINVAL)
)

// BAR is a base address register of a function.
type BAR struct {
	Base  uint64 // physical address, or port
	Size  uint64 // bytes
	Kind  BARKind
	Flags uint32 // BARWide, BARPrefetch
}

// Flags of a BAR.
const (
	BARWide     = 1 << 0 // it has 64 bits: the register of the next number is its upper half
	BARPrefetch = 1 << 1 // reading has no effect
)

// BARView is a BAR as its holder sees it.
type BARView struct {
	Address uint64 // in the caller's memory; or the first port, which the caller may reach now
	Size    uint64 // bytes
	Kind    BARKind
	_       uint32
}

// Capability is where a capability of a function begins; from 100h on it is one of the extended list.
type Capability struct {
	ID     uint16
	Offset uint16
}

// Limits of a function.
const (
	MaxBARs = 6
	MaxCaps = 32
)

// FunctionInfo is a row of the table of functions (PCIInfo, InfoPCI).
type FunctionInfo struct {
	ID     FunctionID
	Holder Endpoint // None: nobody
	Unfit  Unfit    // why nobody can have it
	Flags  uint32   // FunctionMaster, …
	Resets uint32   // bit n: it has ResetKind n
	Domain uint32   // of the IOMMU; 0: none
	// Revision, Header and Pin are the registers of that name, Line is Interrupt Line; Secondary and Subordinate are a bridge's first and last bus.
	Revision    uint8
	Header      uint8
	Pin         uint8
	Line        uint8
	Secondary   uint8
	Subordinate uint8
	MSI         uint16 // messages that it can have
	MSIX        uint16
	UnfitBAR    uint16 // the BAR that Unfit is about
	NCaps       uint32
	BARs        [MaxBARs]BAR
	Caps        [MaxCaps]Capability
}

// Unfit is why nobody can have a function.
type Unfit uint32

const (
	Fit          Unfit = 0
	UnfitAddress Unfit = 1  // the firmware has given a BAR no address
	UnfitOverlap Unfit = 2  // a BAR lies on RAM, or on another's
	UnfitReach   Unfit = 3  // a BAR ends past what the processor, or the bridge before it, reaches
	UnfitBridge  Unfit = 4  // it is a bridge: the kernel's
	UnfitBus     Unfit = 5  // its bridge has no bus numbers, or another's
	UnfitGone    Unfit = 6  // it answers no more
	UnfitWedged  Unfit = 7  // its DMA may go on, and nothing can stop it
	UnfitHeader  Unfit = 8  // its header is of a type that is not known
	UnfitSize    Unfit = 9  // a BAR asks for what is no size, or no type
	UnfitChanges Unfit = 10 // a BAR does not keep its value
)

// Text is u in words, "" for Fit.
func (u Unfit) Text() string {
	words := [...]string{"", "has no address", "lies over memory of the machine, or another BAR", "is out of reach: of the processor, or by its bridge's window", "a bridge",
		"a bridge with impossible bus numbers", "gone", "its DMA cannot be stopped", "unknown header type", "has an impossible size or type", "does not keep its value"}
	if int(u) < len(words) {
		return words[u]
	}
	return "unfit"
}

// Why is Text with the number of the BAR that it is about.
func (u Unfit) Why(bar uint16) string {
	switch u {
	case UnfitAddress, UnfitOverlap, UnfitReach, UnfitSize, UnfitChanges:
		return "BAR " + string(rune('0'+bar%10)) + " " + u.Text()
	}
	return u.Text()
}

// Flags of a FunctionInfo.
const (
	FunctionMaster  = 1 << 0 // bus mastering is on
	FunctionExpress = 1 << 1 // it has a PCI Express capability
	FunctionMulti   = 1 << 2 // its device has other functions
	FunctionBridge  = 1 << 3
)

// InterruptKind is how a function interrupts.
type InterruptKind uint32

const (
	InterruptBest InterruptKind = 0 // the first of the others that it has
	InterruptMSIX InterruptKind = 1
	InterruptMSI  InterruptKind = 2
	InterruptINTx InterruptKind = 3
)

// ResetKind is how a function can be reset.
type ResetKind uint32

const (
	ResetFunction ResetKind = 1 // function level reset
	ResetPower    ResetKind = 2 // D3hot and back
	ResetBus      ResetKind = 3 // of the bus behind its bridge, where it is alone
)

func (k ResetKind) String() string {
	names := [...]string{"?", "function", "power", "bus"}
	if int(k) < len(names) {
		return names[k]
	}
	return "?"
}
