package acpi

import "strconv"

// MADT is how interrupts reach the processors.
//
// Source: ACPI, "Multiple APIC Description Table (MADT)".
type MADT struct {
	LocalAPIC uint64 // physical address of the local APIC's registers
	PIC       bool   // the machine has a pair of 8259s too
	CPUs      []CPU
	IOAPICs   []IOAPIC
	Overrides []Override
	LocalNMIs []LocalNMI
}

// CPU is one processor.
type CPU struct {
	ID      uint32 // of ACPI
	APIC    uint32 // of its local APIC
	Enabled bool
}

// IOAPIC is one I/O APIC.
type IOAPIC struct {
	ID      uint8
	Addr    uint64
	GSIBase uint32
}

// Trigger is how a line signals.
type Trigger uint8

// Polarity is the level of a line that means a request.
type Polarity uint8

// Ways of a line to signal. The zero value leaves it to the bus: ISA is edge and active high, PCI is level
// and active low.
const (
	TriggerBus Trigger = 0
	Edge       Trigger = 1
	Level      Trigger = 3

	PolarityBus Polarity = 0
	ActiveHigh  Polarity = 1
	ActiveLow   Polarity = 3
)

// Override says that an ISA line has another number, or is not what ISA says.
type Override struct {
	ISA      uint8
	GSI      uint32
	Polarity Polarity
	Trigger  Trigger
}

// LocalNMI is a local APIC's pin that is wired to NMI.
type LocalNMI struct {
	CPU      uint32 // ACPI's processor number; AllCPUs: every one
	Pin      uint8  // LINT0 or LINT1
	Polarity Polarity
	Trigger  Trigger
}

// AllCPUs in LocalNMI.CPU.
const AllCPUs = ^uint32(0)

// Structures of the MADT: type, least length.
//
// Source: ACPI, "Interrupt Controller Structure Types".
const (
	madtStart = 44

	typeLocal    = 0
	typeIOAPIC   = 1
	typeOverride = 2
	typeNMI      = 3
	typeLocalNMI = 4
	typeAddress  = 5
	typeX2       = 9
	typeX2NMI    = 10
)

// madtSizes is the least length of each type; 0: not one that matters here.
var madtSizes = [...]int{
	typeLocal: 8, typeIOAPIC: 12, typeOverride: 10, typeNMI: 8, typeLocalNMI: 6, typeAddress: 12, typeX2: 16, typeX2NMI: 12,
}

// MADT reads the table "APIC".
//
// Errors: *Error: there is none, a structure is too short or sticks out, a polarity or
// trigger is a reserved one, two overrides are for one ISA line, no processor, no I/O APIC.
func (t *Tables) MADT() (*MADT, error) {
	table, err := t.find("APIC", madtStart)
	if err != nil {
		return nil, err
	}
	b := table.Bytes
	m := &MADT{LocalAPIC: uint64(le32(b[36:])), PIC: le32(b[40:])&1 != 0}
	for at := madtStart; at < len(b); {
		if len(b)-at < 2 || b[at+1] < 2 || int(b[at+1]) > len(b)-at {
			return nil, &Error{"APIC", table.Addr, "structure at offset " + strconv.Itoa(at) + " sticks out"}
		}
		s := b[at:][:b[at+1]]
		if int(s[0]) < len(madtSizes) && len(s) < madtSizes[s[0]] {
			return nil, &Error{"APIC", table.Addr, "structure at offset " + strconv.Itoa(at) + " is too short"}
		}
		if what := m.add(s); what != "" {
			return nil, &Error{"APIC", table.Addr, "structure at offset " + strconv.Itoa(at) + ": " + what}
		}
		at += len(s)
	}
	if len(m.CPUs) == 0 || len(m.IOAPICs) == 0 {
		return nil, &Error{"APIC", table.Addr, "no processor or no I/O APIC"}
	}
	return m, nil
}

// add takes one structure; what says why it cannot.
func (m *MADT) add(s []byte) (what string) {
	const enabled = 1
	switch s[0] {
	case typeLocal:
		// Firmware fills the table for absent processors with ID 255.
		if s[3] != 0xff {
			m.CPUs = append(m.CPUs, CPU{uint32(s[2]), uint32(s[3]), le32(s[4:])&enabled != 0})
		}
	case typeX2:
		m.CPUs = append(m.CPUs, CPU{le32(s[12:]), le32(s[4:]), le32(s[8:])&enabled != 0})
	case typeIOAPIC:
		m.IOAPICs = append(m.IOAPICs, IOAPIC{s[2], uint64(le32(s[4:])), le32(s[8:])})
	case typeAddress:
		m.LocalAPIC = le64(s[4:])
	case typeOverride:
		p, t, ok := flags(le16(s[8:]))
		if !ok || s[2] != 0 || s[3] > 15 {
			return "bad override"
		}
		for _, o := range m.Overrides {
			if o.ISA == s[3] {
				return "second override of ISA line " + strconv.Itoa(int(s[3]))
			}
		}
		m.Overrides = append(m.Overrides, Override{s[3], le32(s[4:]), p, t})
	case typeNMI:
		if _, _, ok := flags(le16(s[2:])); !ok { // nobody routes it
			return "bad NMI source"
		}
	case typeLocalNMI, typeX2NMI:
		return m.addLocalNMI(s)
	}
	return ""
}

func (m *MADT) addLocalNMI(s []byte) (what string) {
	n := LocalNMI{CPU: uint32(s[2])}
	word := le16(s[3:])
	if s[0] == typeX2NMI {
		n.CPU, word, n.Pin = le32(s[4:]), le16(s[2:]), s[8]
	} else {
		n.Pin = s[5]
		if s[2] == 0xff {
			n.CPU = AllCPUs
		}
	}
	var ok bool
	if n.Polarity, n.Trigger, ok = flags(word); !ok || n.Pin > 1 {
		return "bad local NMI"
	}
	m.LocalNMIs = append(m.LocalNMIs, n)
	return ""
}

// flags splits the MPS INTI flags; 2 is reserved in both fields.
//
// Source: ACPI, "MPS INTI Flags".
func flags(w uint16) (p Polarity, t Trigger, ok bool) {
	p, t = Polarity(w&3), Trigger(w>>2&3)
	return p, t, p != 2 && t != 2
}
