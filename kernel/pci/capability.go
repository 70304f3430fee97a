package pci

import "bennu/kernel/abi"

const (
	firstCap     = 0x40
	extendedCaps = 0x100
	endOfSpace   = 0x1000
)

// capabilities lists those of f. A list that goes in a circle, or to where no capability can be, ends there.
//
// Source: PCI Local Bus Specification, "Capabilities List"; PCI Express Base Specification, "PCI Express Extended Capabilities".
func (t *Table) capabilities(f *Function) {
	name := f.ID.Function
	f.NCaps = 0
	if t.read(name, regStatus, 2)&statusCaps == 0 {
		return
	}
	at := t.read(name, regCaps, 1) &^ 3
	for at >= firstCap && at < extendedCaps {
		v := t.read(name, at, 4)
		if v&0xff == 0xff || !f.addCap(v&0xff, at) {
			break
		}
		at = v >> 8 & 0xfc
	}
	if f.Cap(CapExpress) == 0 {
		return
	}
	f.Flags |= abi.FunctionExpress
	for at = extendedCaps; at >= extendedCaps && at < endOfSpace; {
		v := t.read(name, at, 4)
		if v == 0 || v == ^uint32(0) || !f.addCap(v&0xffff, at) {
			break
		}
		at = v >> 20 &^ 3
	}
}

// addCap notes a capability; false when it is there already, or there is no more place.
func (f *Function) addCap(id, at uint32) bool {
	for i := range f.Caps[:f.NCaps] {
		if uint32(f.Caps[i].Offset) == at {
			return false
		}
	}
	if f.NCaps == abi.MaxCaps {
		return false
	}
	f.Caps[f.NCaps] = abi.Capability{ID: uint16(id), Offset: uint16(at)}
	f.NCaps++
	return true
}

// messages finds out how many messages f can send as interrupts. A table of vectors that does not lie in a BAR is none. Preconditions: BARs
// are known.
//
// Source: PCI Local Bus Specification, "MSI Capability Structure" and "MSI-X Capability and Table Structure".
func (t *Table) messages(f *Function) {
	name := f.ID.Function
	if c := f.Cap(CapMSI); c != 0 {
		f.MSI = 1 << min(t.read(name, c+2, 2)>>1&7, 5)
	}
	c := f.Cap(CapMSIX)
	if c == 0 || c > extendedCaps-12 {
		return
	}
	n := t.read(name, c+2, 2)&0x7ff + 1
	table, ok := f.place(t.read(name, c+4, 4), n*16)
	pending, both := f.place(t.read(name, c+8, 4), (n+63)/64*8)
	if ok && both {
		f.MSIX, f.Table, f.Pending = uint16(n), table, pending
	}
}

// place is size bytes in one of f's BARs, as registers of MSI-X name it.
func (f *Function) place(v, size uint32) (p Place, ok bool) {
	p = Place{v & 7, v &^ 7, size}
	if p.BAR >= abi.MaxBARs {
		return p, false
	}
	b := &f.BARs[p.BAR]
	return p, b.Kind == abi.BARMemory && uint64(p.Offset)+uint64(size) <= b.Size
}

// resets finds out how f can be reset.
//
// Source: PCI Express Base Specification, "Device Capabilities Register"; PCI-SIG, "Advanced Capabilities for Conventional PCI ECN"; "PCI Bus
// Power Management Interface Specification", "Power Management Control/Status".
func (t *Table) resets(f *Function) {
	const advanced, noSoftReset = 3 << 24, 1 << 3
	name := f.ID.Function
	if c := f.Cap(CapExpress); c != 0 && t.read(name, c+4, 4)&functionReset != 0 {
		f.Resets |= 1 << abi.ResetFunction
	}
	if c := f.Cap(CapAF); c != 0 && t.read(name, c, 4)&advanced == advanced {
		f.Resets |= 1 << abi.ResetFunction
	}
	if c := f.Cap(CapPower); c != 0 && t.read(name, c+4, 2)&noSoftReset == 0 {
		f.Resets |= 1 << abi.ResetPower
	}
}
