package acpi

// ECAM is where the configuration space of a segment's buses lies in memory.
type ECAM struct {
	Base        uint64 // of bus 0, whether it is among these or not
	Segment     uint16
	First, Last uint8 // buses
}

// MCFG is the list of such memory, without entries that cannot be: no address, one that is not a multiple of a bus's MiB, the last bus before the first.
//
// Source: PCI-SIG, "PCI Firmware Specification", "MCFG Table Description".
//
// Errors: *Error: there is no such table, or its length is impossible.
func (t *Tables) MCFG() (list []ECAM, err error) {
	const start, size, bus = 44, 16, 1 << 20
	table, err := t.find("MCFG", start)
	if err != nil {
		return nil, err
	}
	b := table.Bytes[start:]
	if len(b)%size != 0 {
		return nil, &Error{"MCFG", table.Addr, "impossible length"}
	}
	for ; len(b) > 0; b = b[size:] {
		e := ECAM{Base: le64(b), Segment: le16(b[8:]), First: b[10], Last: b[11]}
		if e.Base != 0 && e.Base%bus == 0 && e.First <= e.Last {
			list = append(list, e)
		}
	}
	return list, nil
}
