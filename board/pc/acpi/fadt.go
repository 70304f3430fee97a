package acpi

import "strconv"

// Space is the kind of address space of a register.
type Space uint8

// Address spaces that bennu can reach.
const (
	SystemMemory Space = 0
	SystemIO     Space = 1
)

// Register is a hardware register; Addr 0 means that there is none.
//
// Source: ACPI, "Generic Address Structure (GAS)".
type Register struct {
	Space Space
	Bits  uint8
	Addr  uint64
}

// FADT is the fixed hardware.
//
// Source: ACPI, "Fixed ACPI Description Table (FADT)".
type FADT struct {
	SMICommand  uint16 // port; 0: the machine is in ACPI mode always
	ACPIEnable  uint8  // what to write there
	SCI         uint16 // ISA line of ACPI's own interrupt
	PM1aControl Register
	PM1bControl Register
	PMTimer     Register // Bits: 24 or 32, of the counter
	ResetReg    Register // Addr 0 unless the machine says that it supports it
	ResetValue  uint8
	Reduced     bool     // no fixed hardware: sleep by SleepControl
	SleepCtl    Register // revision 5 on
	Century     uint8    // CMOS register of the century; 0: none
	No8042      bool     // the table says that there is no keyboard controller (revision 2 on)
	DSDT        uint64
}

// Offsets.
const (
	fadtDSDT        = 40
	fadtSCI         = 46
	fadtSMI         = 48
	fadtEnable      = 52
	fadtPM1aControl = 64
	fadtPM1bControl = 68
	fadtPMTimer     = 76
	fadtPMTimerLen  = 91
	fadtCentury     = 108
	fadtBootArch    = 109
	fadtFlags       = 112
	fadtReset       = 116
	fadtResetValue  = 128
	fadtXDSDT       = 140
	fadtXPM1a       = 172
	fadtXPM1b       = 184
	fadtXPMTimer    = 208
	fadtSleep       = 244
	fadtLeast       = 116 // revision 1

	flagTimer32  = 1 << 8
	flagReset    = 1 << 10
	flagReduced  = 1 << 20
	boot8042     = 1 << 1
	sizeRegister = 12
)

// FADT reads the table "FACP".
//
// Errors: *Error: there is none, it is too short, a port does not fit 16 bits, it names no
// DSDT.
func (t *Tables) FADT() (*FADT, error) {
	table, err := t.find("FACP", fadtLeast)
	if err != nil {
		return nil, err
	}
	b := table.Bytes
	flags := le32(b[fadtFlags:])
	f := &FADT{
		ACPIEnable:  b[fadtEnable],
		SCI:         le16(b[fadtSCI:]),
		PM1aControl: block(b, fadtPM1aControl, fadtXPM1a, 16),
		PM1bControl: block(b, fadtPM1bControl, fadtXPM1b, 16),
		Reduced:     flags&flagReduced != 0,
		Century:     b[fadtCentury],
		DSDT:        uint64(le32(b[fadtDSDT:])),
	}
	if b[offRevision] >= 2 {
		f.No8042 = le16(b[fadtBootArch:])&boot8042 == 0
	}
	smi := le32(b[fadtSMI:])
	f.SMICommand = uint16(smi)
	timerBits := uint8(24)
	if flags&flagTimer32 != 0 {
		timerBits = 32
	}
	if b[fadtPMTimerLen] == 4 || len(b) >= fadtXPMTimer+sizeRegister && le64(b[fadtXPMTimer+4:]) != 0 {
		f.PMTimer = block(b, fadtPMTimer, fadtXPMTimer, timerBits)
	}
	if flags&flagReset != 0 && len(b) > fadtResetValue {
		f.ResetReg, f.ResetValue = register(b[fadtReset:]), b[fadtResetValue]
	}
	if len(b) >= fadtXDSDT+8 {
		if x := le64(b[fadtXDSDT:]); x != 0 {
			f.DSDT = x
		}
	}
	if len(b) >= fadtSleep+sizeRegister {
		f.SleepCtl = register(b[fadtSleep:])
	}
	if f.Reduced { // the fixed hardware's fields mean nothing then
		f.PM1aControl, f.PM1bControl, f.PMTimer, f.SMICommand, smi = Register{}, Register{}, Register{}, 0, 0
	}
	return f, f.check(table.Addr, smi)
}

// check refuses values that no PC has.
func (f *FADT) check(addr uint64, smi uint32) error {
	if smi > 0xffff {
		return &Error{"FACP", addr, "SMI command port 0x" + strconv.FormatUint(uint64(smi), 16)}
	}
	for _, r := range []Register{f.PM1aControl, f.PM1bControl, f.PMTimer, f.ResetReg, f.SleepCtl} {
		if r.Space == SystemIO && r.Addr > 0xffff {
			return &Error{"FACP", addr, "port 0x" + strconv.FormatUint(r.Addr, 16)}
		}
	}
	if f.DSDT == 0 {
		return &Error{"FACP", addr, "names no DSDT"}
	}
	return nil
}

// block is a fixed register that the table has twice: as a 32-bit port, and from
// revision 2 on as a generic address, which goes first unless it is empty.
func block(b []byte, off, extended int, bits uint8) Register {
	if len(b) >= extended+sizeRegister {
		if r := register(b[extended:]); r.Addr != 0 {
			r.Bits = bits
			return r
		}
	}
	if p := le32(b[off:]); p != 0 {
		return Register{SystemIO, bits, uint64(p)}
	}
	return Register{}
}

// register is a generic address. One in a space that bennu cannot reach is none.
func register(b []byte) Register {
	if b[0] > uint8(SystemIO) {
		return Register{}
	}
	return Register{Space(b[0]), b[1], le64(b[4:])}
}
