package acpi

// PortBlock is ports that belong to ACPI's fixed hardware.
type PortBlock struct {
	First, Last uint16
	Name        string
}

// portFields are the fixed register blocks: as a 32-bit port, as a generic address, and their length in bytes, which
// a byte of the table tells, or which is fixed.
//
// Source: ACPI, "Fixed ACPI Description Table (FADT)".
var portFields = [...]struct {
	name           string
	legacy, modern int // offsets; 0: none
	length         int // offset; 0: one register of a byte
	fixed          bool
}{
	{"SMI command", 48, 0, 0, true},
	{"ACPI PM1 event", 56, 148, 88, true},
	{"ACPI PM1 event", 60, 160, 88, true},
	{"ACPI PM1 control", 64, 172, 89, true},
	{"ACPI PM1 control", 68, 184, 89, true},
	{"ACPI PM2 control", 72, 196, 90, true},
	{"ACPI timer", 76, 208, 91, true},
	{"ACPI general-purpose events", 80, 220, 92, true},
	{"ACPI general-purpose events", 84, 232, 93, true},
	{"reset register", 0, fadtReset, 0, false},
	{"sleep control", 0, fadtSleep, 0, false},
	{"sleep status", 0, fadtSleep + sizeRegister, 0, false},
}

// pmSize is the smallest power-management block of a chip set. The event registers are its first ones; those
// behind them, which the table does not tell, enable system management interrupts and reset the machine by a
// watchdog.
//
// Source: Intel, "I/O Controller Hub 9 Datasheet", "Power Management I/O Registers" (PMBASE); Intel, "82371AB
// PIIX4", "Power Management Registers".
const pmSize = 128

// Ports lists the ports that the table "FACP" names. The machine's power and resets hang on them.
//
// Errors: *Error: there is no table, or it is too short.
func (t *Tables) Ports() ([]PortBlock, error) {
	table, err := t.find("FACP", fadtLeast)
	if err != nil {
		return nil, err
	}
	b := table.Bytes
	reduced := le32(b[fadtFlags:])&flagReduced != 0
	var list []PortBlock
	for _, f := range portFields {
		if f.fixed && reduced {
			continue
		}
		size := uint64(1)
		if f.length != 0 {
			size = max(uint64(b[f.length]), 1)
		}
		ports := make([]uint64, 0, 2)
		if f.legacy != 0 {
			ports = append(ports, uint64(le32(b[f.legacy:])))
		}
		if f.modern != 0 && len(b) >= f.modern+sizeRegister {
			if r := register(b[f.modern:]); r.Space == SystemIO {
				ports = append(ports, r.Addr)
			}
		}
		for _, p := range ports {
			if p != 0 && p <= 0xffff {
				list = addBlock(list, p, min(p+size-1, 0xffff), f.name)
			}
		}
	}
	return list, nil
}

// addBlock adds a block, the whole power-management block for an event block, unless it is there.
func addBlock(list []PortBlock, first, last uint64, name string) []PortBlock {
	if name == "ACPI PM1 event" {
		first, last = first&^(pmSize-1), last|(pmSize-1)
		name = "ACPI power management"
	}
	b := PortBlock{uint16(first), uint16(last), name}
	for _, o := range list {
		if o.First <= b.First && b.Last <= o.Last {
			return list
		}
	}
	return append(list, b)
}
