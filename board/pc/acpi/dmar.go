package acpi

import "strconv"

// DMAR is where the DMA remapping units are, and what each is for.
//
// Source: Intel Virtualization Technology for Directed I/O, "BIOS Considerations" (DMA Remapping Reporting Structure).
type DMAR struct {
	Width  uint // bits of a DMA address at most
	Remap  bool // the platform can remap interrupts
	Units  []RemapUnit
	Memory []DeviceMemory
}

// RemapUnit is a remapping unit: a "DMA remapping hardware unit definition".
type RemapUnit struct {
	Addr    uint64 // of its registers, on a page
	Segment uint16
	All     bool // besides Scopes: every PCI function of the segment that no other unit names
	Scopes  []Scope
}

// DeviceMemory is memory that firmware wants devices to reach all the time: a "reserved memory region".
type DeviceMemory struct {
	Start, End uint64 // whole pages; the last byte is at End-1
	Segment    uint16
	Scopes     []Scope
}

// ScopeKind is what a Scope names.
type ScopeKind uint8

// Kinds of scopes; 2 is a bridge and all that is behind it; others are not those of PCI, and are left out.
const (
	ScopeEndpoint ScopeKind = 1
	ScopeIOAPIC   ScopeKind = 3
	ScopeHPET     ScopeKind = 4
)

// Scope names a device by a way to it: from Bus on, each step but the last is a bridge.
type Scope struct {
	Kind ScopeKind
	ID   uint8 // of an I/O APIC in the MADT, of an HPET
	Bus  uint8
	Path []Step
}

// Step is a device and its function on a bus.
type Step struct{ Device, Function uint8 }

// Function is the requester id of what s names: bus << 8 | device << 3 | function. behind gives the bus behind the bridge with
// a requester id; it is asked for all steps but the last. ok is false when it does not know one.
func (s *Scope) Function(behind func(bridge uint16) (bus uint8, ok bool)) (id uint16, ok bool) {
	bus := s.Bus
	for i, p := range s.Path {
		id = uint16(bus)<<8 | uint16(p.Device)<<3 | uint16(p.Function)
		if i == len(s.Path)-1 {
			return id, true
		}
		if bus, ok = behind(id); !ok {
			return 0, false
		}
	}
	return 0, false
}

// Structures of the table.
const (
	dmarStart   = 48
	dmarMost    = 64 // units, and regions
	unitSize    = 16
	memorySize  = 24
	typeUnit    = 0
	typeMemory  = 1
	unitAll     = 1 << 0
	flagRemap   = 1 << 0
	scopeHeader = 6
)

// DMAR reads the table of that name.
//
// Errors: *Error: there is none, a structure or a scope is too short or sticks out, a unit's or a region's addresses cannot be, two units are
// in one place or for the rest of one segment, there is no unit, or more than 64.
func (t *Tables) DMAR() (*DMAR, error) {
	table, err := t.find("DMAR", dmarStart)
	if err != nil {
		return nil, err
	}
	b := table.Bytes
	d := &DMAR{Width: uint(b[36]) + 1, Remap: b[37]&flagRemap != 0}
	for at := dmarStart; at < len(b); {
		where := "structure at offset " + strconv.Itoa(at)
		if len(b)-at < 4 || le16(b[at+2:]) < 4 || int(le16(b[at+2:])) > len(b)-at {
			return nil, &Error{"DMAR", table.Addr, where + " sticks out"}
		}
		s := b[at:][:le16(b[at+2:])]
		if what := d.add(s); what != "" {
			return nil, &Error{"DMAR", table.Addr, where + ": " + what}
		}
		at += len(s)
	}
	if len(d.Units) == 0 {
		return nil, &Error{"DMAR", table.Addr, "no remapping unit"}
	}
	return d, nil
}

// add takes one structure; what says why it cannot. Others than units and regions are about what is not used: address translation services,
// distances to memory, names of ACPI devices.
func (d *DMAR) add(s []byte) (what string) {
	switch le16(s) {
	case typeUnit:
		return d.addUnit(s)
	case typeMemory:
		return d.addMemory(s)
	}
	return ""
}

func (d *DMAR) addUnit(s []byte) (what string) {
	if len(s) < unitSize {
		return "too short for a unit"
	}
	u := RemapUnit{Addr: le64(s[8:]), Segment: le16(s[6:]), All: s[4]&unitAll != 0}
	if u.Addr == 0 || u.Addr%4096 != 0 {
		return "a unit's registers at 0x" + strconv.FormatUint(u.Addr, 16)
	}
	for _, o := range d.Units {
		if o.Addr == u.Addr {
			return "second unit at 0x" + strconv.FormatUint(u.Addr, 16)
		}
		if o.All && u.All && o.Segment == u.Segment {
			return "second unit for the rest of segment " + strconv.Itoa(int(u.Segment))
		}
	}
	if len(d.Units) == dmarMost {
		return "too many units"
	}
	u.Scopes, what = scopes(s[unitSize:])
	d.Units = append(d.Units, u)
	return what
}

func (d *DMAR) addMemory(s []byte) (what string) {
	if len(s) < memorySize {
		return "too short for a region"
	}
	m := DeviceMemory{Start: le64(s[8:]), End: le64(s[16:]) + 1, Segment: le16(s[6:])}
	if m.Start >= m.End || (m.Start|m.End)%4096 != 0 {
		return "a region from 0x" + strconv.FormatUint(m.Start, 16) + " to 0x" + strconv.FormatUint(m.End, 16)
	}
	if len(d.Memory) == dmarMost {
		return "too many regions"
	}
	m.Scopes, what = scopes(s[memorySize:])
	d.Memory = append(d.Memory, m)
	return what
}

// scopes reads device scopes up to the end of their structure.
func scopes(b []byte) (all []Scope, what string) {
	for len(b) > 0 {
		if len(b) < scopeHeader || int(b[1]) > len(b) {
			return nil, "a scope sticks out"
		}
		path := int(b[1]) - scopeHeader
		if path < 2 || path%2 != 0 {
			return nil, "a scope of " + strconv.Itoa(int(b[1])) + " bytes"
		}
		s := Scope{Kind: ScopeKind(b[0]), ID: b[4], Bus: b[5]}
		for p := b[scopeHeader:][:path]; len(p) > 0; p = p[2:] {
			if p[0] > 31 || p[1] > 7 {
				return nil, "a scope with device " + strconv.Itoa(int(p[0])) + " function " + strconv.Itoa(int(p[1]))
			}
			s.Path = append(s.Path, Step{p[0], p[1]})
		}
		if s.Kind >= ScopeEndpoint && s.Kind <= ScopeHPET {
			all = append(all, s)
		}
		b = b[b[1]:]
	}
	return all, ""
}

// IOAPIC is the requester id of the I/O APIC that the MADT calls id; not ok when no unit names it. behind is as for Function.
func (d *DMAR) IOAPIC(id uint8, behind func(bridge uint16) (bus uint8, ok bool)) (source uint16, ok bool) {
	for i := range d.Units {
		for j := range d.Units[i].Scopes {
			if s := &d.Units[i].Scopes[j]; s.Kind == ScopeIOAPIC && s.ID == id {
				return s.Function(behind)
			}
		}
	}
	return 0, false
}
