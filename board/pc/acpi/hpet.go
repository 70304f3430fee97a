package acpi

// HPET is where the registers of the high precision event timer are.
//
// Source: Intel, IA-PC HPET Specification, "The ACPI 2.0 HPET Description Table (HPET)".
//
// Errors: *Error: there is no such table, it is too short, its registers are not in memory.
func (t *Tables) HPET() (addr uint64, err error) {
	const base, least = 40, 56
	table, err := t.find("HPET", least)
	if err != nil {
		return 0, err
	}
	r := register(table.Bytes[base:])
	if r.Space != SystemMemory || r.Addr == 0 {
		return 0, &Error{"HPET", table.Addr, "no registers in memory"}
	}
	return r.Addr, nil
}
