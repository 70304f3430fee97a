package acpi

import "strconv"

// ECAM is a piece of PCI configuration space in memory: 1 MiB a bus from Addr, which is where
// bus 0 would be even if First is not 0.
//
// Source: PCI Firmware Specification, "MCFG Table Description".
type ECAM struct {
	Addr    uint64
	Segment uint16
	First   uint8 // buses
	Last    uint8
}

// MCFG reads the table of that name.
//
// Errors: *Error: there is none (then PCI is reached by ports 0xcf8 and 0xcfc only), a
// length that cannot be, a range of buses that is reversed or an address that is not of whole buses.
func (t *Tables) MCFG() ([]ECAM, error) {
	const start, size = 44, 16
	table, err := t.find("MCFG", start)
	if err != nil {
		return nil, err
	}
	b := table.Bytes[start:]
	if len(b)%size != 0 {
		return nil, &Error{"MCFG", table.Addr, "impossible length " + strconv.Itoa(len(table.Bytes))}
	}
	var list []ECAM
	for ; len(b) > 0; b = b[size:] {
		e := ECAM{le64(b), le16(b[8:]), b[10], b[11]}
		if e.First > e.Last || e.Addr == 0 || e.Addr%(1<<20) != 0 || e.Addr+256<<20 < e.Addr {
			return nil, &Error{"MCFG", table.Addr, "bad entry for address 0x" + strconv.FormatUint(e.Addr, 16)}
		}
		list = append(list, e)
	}
	return list, nil
}
