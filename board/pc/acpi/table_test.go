package acpi

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"strings"
	"testing"

	"bennu/board/pc/mmio/fake"
)

// make1 is tables that hold one, made of a signature, a revision and what follows the
// header.
func make1(signature string, revision byte, body ...byte) *Tables {
	b := append([]byte(signature), make([]byte, sizeHeader-4)...)
	b = append(b, body...)
	b[offRevision] = revision
	binary.LittleEndian.PutUint32(b[offLength:], uint32(len(b)))
	fix(b)
	return &Tables{List: []Table{{signature, 0x1000, b}}}
}

// madt is a MADT of structures.
func madt(structures ...[]byte) *Tables {
	body := []byte{0, 0, 0xe0, 0xfe, 1, 0, 0, 0}
	return make1("APIC", 4, append(body, bytes.Join(structures, nil)...)...)
}

var (
	aCPU    = []byte{0, 8, 7, 3, 1, 0, 0, 0}
	aIOAPIC = []byte{1, 12, 2, 0, 0, 0, 0xc0, 0xfe, 24, 0, 0, 0}
)

func TestMADT(t *testing.T) {
	m, err := madt(aCPU,
		[]byte{0, 8, 8, 0xff, 0, 0, 0, 0}, // an absent processor
		[]byte{0, 8, 9, 4, 0, 0, 0, 0},
		aIOAPIC,
		[]byte{2, 10, 0, 9, 20, 0, 0, 0, 0xf, 0},
		[]byte{3, 8, 0xd, 0, 5, 0, 0, 0},
		[]byte{4, 6, 7, 0, 0, 0},
		[]byte{5, 12, 0, 0, 0, 0, 0xe1, 0xfe, 1, 0, 0, 0},
		[]byte{9, 16, 0, 0, 0x2c, 1, 0, 0, 1, 0, 0, 0, 0x2d, 1, 0, 0},
		[]byte{10, 12, 5, 0, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0},
		[]byte{0x7f, 4, 0xaa, 0xbb}, // a type of the future
	).MADT()
	want := &MADT{
		LocalAPIC: 0x1_fee1_0000, PIC: true,
		CPUs:      []CPU{{7, 3, true}, {9, 4, false}, {301, 300, true}},
		IOAPICs:   []IOAPIC{{2, 0xfec00000, 24}},
		Overrides: []Override{{9, 20, ActiveLow, Level}},
		LocalNMIs: []LocalNMI{{7, 0, PolarityBus, TriggerBus}, {AllCPUs, 1, ActiveHigh, Edge}},
	}
	if err != nil || !reflect.DeepEqual(m, want) {
		t.Errorf("got  %+v, %v\nwant %+v", m, err, want)
	}
}

func TestMADTCorrupted(t *testing.T) {
	override := []byte{2, 10, 0, 9, 9, 0, 0, 0, 0, 0}
	for _, c := range []struct {
		name string
		tab  *Tables
		want string
	}{
		{"none", &Tables{}, "acpi: APIC: no such table"},
		{"short", make1("APIC", 1, 0, 0, 0, 0), "APIC at 0x1000: impossible length 40"},
		{"length 0", madt(aCPU, []byte{1, 0}), "structure at offset 52 sticks out"},
		{"sticks out", madt(aCPU, aIOAPIC[:11]), "structure at offset 52 sticks out"},
		{"one byte", madt(aCPU, []byte{1}), "structure at offset 52 sticks out"},
		{"too short", madt(aCPU, []byte{1, 4, 0, 0}), "structure at offset 52 is too short"},
		{"no cpu", madt(aIOAPIC), "no processor or no I/O APIC"},
		{"no io apic", madt(aCPU), "no processor or no I/O APIC"},
		{"reserved polarity", madt(aCPU, aIOAPIC, []byte{2, 10, 0, 9, 9, 0, 0, 0, 2, 0}), "structure at offset 64: bad override"},
		{"not isa", madt(aCPU, aIOAPIC, []byte{2, 10, 1, 9, 9, 0, 0, 0, 0, 0}), "bad override"},
		{"line 16", madt(aCPU, aIOAPIC, []byte{2, 10, 0, 16, 9, 0, 0, 0, 0, 0}), "bad override"},
		{"twice", madt(aCPU, aIOAPIC, override, override), "structure at offset 74: second override of ISA line 9"},
		{"reserved trigger", madt(aCPU, aIOAPIC, []byte{3, 8, 8, 0, 5, 0, 0, 0}), "bad NMI source"},
		{"pin 2", madt(aCPU, aIOAPIC, []byte{4, 6, 7, 0, 0, 2}), "bad local NMI"},
	} {
		if m, err := c.tab.MADT(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v (%+v), want %q", c.name, err, m, c.want)
		}
	}
}

// fadt is a FADT of revision 6 whose fields the test sets by offset.
func fadt(set func(b []byte)) *Tables {
	b := make([]byte, 276)
	binary.LittleEndian.PutUint32(b[fadtDSDT:], 0x2000)
	set(b)
	return make1("FACP", 6, b[sizeHeader:]...)
}

func gas(b []byte, off int, space, bits byte, addr uint64) {
	b[off], b[off+1] = space, bits
	binary.LittleEndian.PutUint64(b[off+4:], addr)
}

func TestFADT(t *testing.T) {
	le := binary.LittleEndian
	f, err := fadt(func(b []byte) {
		le.PutUint32(b[fadtPM1aControl:], 0x404)
		le.PutUint32(b[fadtPM1bControl:], 0x504)
		le.PutUint32(b[fadtPMTimer:], 0x408)
		b[fadtPMTimerLen] = 4
		le.PutUint32(b[fadtFlags:], flagTimer32|flagReset)
		le.PutUint16(b[fadtBootArch:], boot8042)
		gas(b, fadtXPM1a, 1, 16, 0x1804)
		gas(b, fadtReset, 1, 8, 0xcf9)
		b[fadtResetValue] = 6
		le.PutUint64(b[fadtXDSDT:], 0x1_0000_0000)
	}).FADT()
	want := &FADT{PM1aControl: Register{SystemIO, 16, 0x1804}, PM1bControl: Register{SystemIO, 16, 0x504},
		PMTimer: Register{SystemIO, 32, 0x408}, ResetReg: Register{SystemIO, 8, 0xcf9}, ResetValue: 6, DSDT: 0x1_0000_0000}
	if err != nil || !reflect.DeepEqual(f, want) {
		t.Errorf("got  %+v, %v\nwant %+v", f, err, want)
	}
	f, err = fadt(func(b []byte) { // as Cloud Hypervisor and QEMU's microvm
		le.PutUint32(b[fadtFlags:], flagReduced|flagReset)
		le.PutUint32(b[fadtPM1aControl:], 0x404) // garbage here
		gas(b, fadtReset, 0, 8, 0xfea00201)
		gas(b, fadtSleep, 0, 8, 0xfea00200)
	}).FADT()
	if err != nil || !f.Reduced || f.PM1aControl.Addr != 0 || f.ResetReg != (Register{SystemMemory, 8, 0xfea00201}) ||
		f.SleepCtl != (Register{SystemMemory, 8, 0xfea00200}) || !f.No8042 {
		t.Errorf("reduced: %+v, %v", f, err)
	}
	f, err = fadt(func(b []byte) { // a timer that is not there; a reset register that is not supported, or in PCI space
		le.PutUint32(b[fadtPMTimer:], 0x408)
		gas(b, fadtReset, 1, 8, 0xcf9)
	}).FADT()
	if err != nil || f.PMTimer.Addr != 0 || f.ResetReg.Addr != 0 {
		t.Errorf("unsupported: %+v, %v", f, err)
	}
	f, err = fadt(func(b []byte) { le.PutUint32(b[fadtFlags:], flagReset); gas(b, fadtReset, 2, 8, 0x44) }).FADT()
	if err != nil || f.ResetReg.Addr != 0 {
		t.Errorf("reset in PCI space: %+v, %v", f, err)
	}
}

func TestFADTCorrupted(t *testing.T) {
	le := binary.LittleEndian
	for _, c := range []struct {
		name string
		tab  *Tables
		want string
	}{
		{"short", make1("FACP", 1, make([]byte, 79)...), "impossible length 115"},
		{"smi port", fadt(func(b []byte) { le.PutUint32(b[fadtSMI:], 0x100b2) }), "SMI command port 0x100b2"},
		{"control port", fadt(func(b []byte) { le.PutUint32(b[fadtPM1aControl:], 0x10404) }), "port 0x10404"},
		{"no dsdt", fadt(func(b []byte) { le.PutUint32(b[fadtDSDT:], 0) }), "names no DSDT"},
	} {
		if f, err := c.tab.FADT(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v (%+v), want %q", c.name, err, f, c.want)
		}
	}
}

func TestFindS5(t *testing.T) {
	long := append([]byte("\x08_S5_\x12\x46\x01\x04\x0a\x05\x0a\x06"), make([]byte, 20)...)
	for _, c := range []struct {
		name string
		aml  string
		want SleepType
		ok   bool
	}{
		{"constants", "\x08_S5_\x12\x06\x04\x00\x01\x00\x00", SleepType{0, 1}, true},
		{"bytes", "\x08_S5_\x12\x09\x04\x0a\x07\x0a\x05\x00\x00\x00", SleepType{7, 5}, true},
		{"root prefix", "\x08\\_S5_\x12\x06\x04\x0a\x05\x01\x00", SleepType{5, 1}, true},
		{"two-byte length", string(long), SleepType{5, 6}, true},
		{"one element", "\x08_S5_\x12\x04\x01\x0a\x05", SleepType{5, 0}, true},
		{"after a mention", "\x5b_S5_\x08_S5_\x12\x06\x04\x01\x01\x00\x00", SleepType{1, 1}, true},
		{"method", "\x14\x08_S5_\x00\xa4\x12\x06\x04\x00\x00\x00\x00", SleepType{}, false},
		{"no elements", "\x08_S5_\x12\x02\x00\x00\x00", SleepType{}, false},
		{"package past the end", "\x08_S5_\x12\x20\x04\x00\x00\x00\x00", SleepType{}, false},
		{"length bytes past the end", "\x08_S5_\x12\xc6\x04", SleepType{}, false},
		{"package too small", "\x08_S5_\x12\x03\x04\x00\x00\x00\x00", SleepType{}, false},
		{"not 3 bits", "\x08_S5_\x12\x06\x04\x0a\x08\x00\x00", SleepType{}, false},
		{"a word", "\x08_S5_\x12\x08\x04\x0b\x05\x00\x00\x00\x00", SleepType{}, false},
		{"cut", "\x08_S5_", SleepType{}, false},
		{"first byte", "_S5_\x12\x06\x04\x00\x00\x00\x00", SleepType{}, false},
		{"nothing", "", SleepType{}, false},
	} {
		if s, ok := findS5([]byte(c.aml)); s != c.want || ok != c.ok {
			t.Errorf("%s: %v %v, want %v %v", c.name, s, ok, c.want, c.ok)
		}
	}
}

func TestS5Elsewhere(t *testing.T) {
	dsdt := make1("DSDT", 2, 1, 2, 3).List[0].Bytes
	mem := fake.Memory{{Addr: 0x2000, Bytes: dsdt}}
	tab := make1("SSDT", 2, []byte("\x08_S5_\x12\x06\x04\x0a\x05\x00\x00")...)
	tab.mem = mem
	if s, err := tab.S5(&FADT{DSDT: 0x2000}); err != nil || s.A != 5 {
		t.Errorf("in an SSDT: %v, %v", s, err)
	}
	tab.List = nil
	if _, err := tab.S5(&FADT{DSDT: 0x2000}); err == nil || err.Error() != `acpi: DSDT at 0x2000: no package \_S5` {
		t.Errorf("nowhere: %v", err)
	}
	dsdt[40-2]++
	if _, err := tab.S5(&FADT{DSDT: 0x2000}); err == nil || err.Error() != "acpi: DSDT at 0x2000: bad checksum" {
		t.Errorf("broken: %v", err)
	}
}

func TestHPET(t *testing.T) {
	at := func(space byte, addr byte) []byte {
		return append([]byte{1, 0xa2, 0x86, 0x80, space, 64, 0, 0, addr}, make([]byte, 11)...)
	}
	for name, c := range map[string]struct {
		body []byte
		want string
	}{
		"good":        {at(0, 0x10), ""},
		"none":        {at(0, 0), "no registers in memory"},
		"ports":       {at(1, 0x10), "no registers in memory"},
		"strange":     {at(7, 0x10), "no registers in memory"},
		"a byte less": {at(0, 0x10)[:19], "impossible length 55"},
	} {
		addr, err := make1("HPET", 1, c.body...).HPET()
		if c.want == "" && (err != nil || addr != 0x10) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %#x, %v, want %q", name, addr, err, c.want)
		}
	}
	if _, err := make1("MCFG", 1).HPET(); err == nil || !strings.Contains(err.Error(), "no such table") {
		t.Errorf("no table: %v", err)
	}
}

// Structures with right checksums and wrong contents: nothing may panic.
func FuzzTables(f *testing.F) {
	f.Add("APIC", []byte{0, 0, 0xe0, 0xfe, 1, 0, 0, 0, 0, 8, 7, 3, 1, 0, 0, 0})
	f.Add("FACP", make([]byte, 240))
	f.Add("DSDT", []byte("\x08_S5_\x12\x06\x04\x00\x01\x00\x00"))
	f.Fuzz(func(t *testing.T, signature string, body []byte) {
		if len(signature) != 4 {
			return
		}
		tab := make1(signature, 6, body...)
		tab.mem = fake.Memory{{Addr: 0x1000, Bytes: tab.List[0].Bytes}}
		tab.MADT()
		if fadt, err := tab.FADT(); err == nil {
			tab.S5(fadt)
		}
		tab.HPET()
		findS5(body)
	})
}
