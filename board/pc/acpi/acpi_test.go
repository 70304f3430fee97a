package acpi

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"bennu/board/pc/mmio/fake"
)

// load is a machine's memory as SeaBIOS left it: testdata/MACHINE-ADDRESS.bin, from QEMU
// 7.2's monitor (pmemsave), -m 64. "iommu" is q35 with a remapping unit.
func load(t testing.TB, machine string) fake.Memory {
	t.Helper()
	files, _ := filepath.Glob("testdata/" + machine + "-*.bin")
	if len(files) != 2 {
		t.Fatalf("%s: %d files in testdata, want 2", machine, len(files))
	}
	var m fake.Memory
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".bin")
		addr, err := strconv.ParseUint(name[len(machine)+1:], 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		m = append(m, fake.Piece{Addr: addr, Bytes: b})
	}
	return m
}

// follow reads the root pointer at an address and loads what it leads to.
func follow(mem Memory, rsdp uint64) (*Tables, []error, error) {
	from, err := ReadRoot(mem, rsdp)
	if err != nil {
		return nil, nil, err
	}
	return Load(mem, from)
}

func tables(t testing.TB, mem Memory) *Tables {
	t.Helper()
	rsdp, err := Find(mem)
	if err != nil {
		t.Fatal(err)
	}
	tab, faults, err := follow(mem, rsdp)
	if err != nil || len(faults) != 0 {
		t.Fatal(err, faults)
	}
	return tab
}

var qemuMADT = MADT{
	LocalAPIC: 0xfee00000, PIC: true, CPUs: []CPU{{0, 0, true}}, IOAPICs: []IOAPIC{{0, 0xfec00000, 0}},
	Overrides: []Override{{0, 2, PolarityBus, TriggerBus}, {5, 5, ActiveHigh, Level}, {9, 9, ActiveHigh, Level},
		{10, 10, ActiveHigh, Level}, {11, 11, ActiveHigh, Level}},
	LocalNMIs: []LocalNMI{{AllCPUs, 1, PolarityBus, TriggerBus}},
}

func TestQEMU(t *testing.T) {
	for _, c := range []struct {
		machine string
		names   string
		fadt    FADT
	}{
		{"q35", "FACP APIC HPET MCFG WAET", FADT{
			SMICommand: 0xb2, ACPIEnable: 2, SCI: 9, PM1aControl: Register{SystemIO, 16, 0x604}, PMTimer: Register{SystemIO, 24, 0x608},
			ResetReg: Register{SystemIO, 8, 0xcf9}, ResetValue: 0xf, Century: 0x32, DSDT: 0x3fe0040,
		}},
		{"pc", "FACP APIC HPET WAET", FADT{
			SMICommand: 0xb2, ACPIEnable: 0xf1, SCI: 9, PM1aControl: Register{SystemIO, 16, 0x604}, PMTimer: Register{SystemIO, 24, 0x608},
			Century: 0x32, DSDT: 0x3fe0040,
		}},
	} {
		tab := tables(t, load(t, c.machine))
		var names []string
		for _, e := range tab.List {
			names = append(names, e.Signature)
		}
		if got := strings.Join(names, " "); got != c.names {
			t.Errorf("%s: tables %s, want %s", c.machine, got, c.names)
		}
		madt, err := tab.MADT()
		if err != nil || !reflect.DeepEqual(*madt, qemuMADT) {
			t.Errorf("%s: MADT %+v, %v\nwant %+v", c.machine, madt, err, qemuMADT)
		}
		fadt, err := tab.FADT()
		if err != nil || !reflect.DeepEqual(*fadt, c.fadt) {
			t.Fatalf("%s: FADT %+v, %v\nwant %+v", c.machine, fadt, err, c.fadt)
		}
		if s, err := tab.S5(fadt); err != nil || s != (SleepType{0, 0}) {
			t.Errorf("%s: S5 %+v, %v", c.machine, s, err)
		}
		if addr, err := tab.HPET(); err != nil || addr != 0xfed00000 {
			t.Errorf("%s: HPET %#x, %v", c.machine, addr, err)
		}
	}
}

// The root pointer is found in the extended data area too, and a false one before it is not
// taken.
func TestFind(t *testing.T) {
	q := load(t, "q35")
	at := uint64(0xf59e0)
	rsdp, _ := q.Window(at, sizeRSDP1)
	bad := append([]byte(nil), rsdp...)
	bad[20-1]++
	ebda := make([]byte, 0x400)
	copy(ebda[0x10:], bad)
	copy(ebda[0x100:], rsdp)
	mem := fake.Memory{{Addr: 0x400, Bytes: append(make([]byte, 0xe), 0xc0, 0x9f)}, {Addr: 0x9fc00, Bytes: ebda}}
	if a, err := Find(mem); err != nil || a != 0x9fd00 {
		t.Errorf("in the EBDA: %#x, %v", a, err)
	}
	if a, err := Find(q); err != nil || a != at {
		t.Errorf("in the BIOS: %#x, %v", a, err)
	}
	if _, err := Find(fake.Memory{}); err == nil || err.Error() != "acpi: RSDP: not in the BIOS areas" {
		t.Errorf("nowhere: %v", err)
	}
}

// extend makes a root pointer of revision 2 with an XSDT of the RSDT's entries, as UEFI has
// them.
func extend(t *testing.T, mem fake.Memory) (fake.Memory, uint64) {
	const rsdpAt, xsdtAt = 0x7e14, 0x7e80
	tab := tables(t, mem)
	xsdt := append([]byte("XSDT"), make([]byte, sizeHeader-4)...)
	for _, e := range tab.List {
		xsdt = binary.LittleEndian.AppendUint64(xsdt, e.Addr)
	}
	binary.LittleEndian.PutUint32(xsdt[offLength:], uint32(len(xsdt)))
	fix(xsdt)
	rsdp := make([]byte, sizeRSDP2)
	copy(rsdp, signatureRSDP)
	rsdp[offRSDPRev] = 2
	rsdp[8] = -sum(rsdp[:sizeRSDP1])
	binary.LittleEndian.PutUint32(rsdp[offRSDPLength:], sizeRSDP2)
	binary.LittleEndian.PutUint64(rsdp[offXSDT:], xsdtAt)
	rsdp[32] = -sum(rsdp)
	return append(mem, fake.Piece{Addr: rsdpAt, Bytes: rsdp}, fake.Piece{Addr: xsdtAt, Bytes: xsdt}), rsdpAt
}

// fix makes a table's checksum right.
func fix(b []byte) {
	b[9] = 0
	b[9] = -sum(b)
}

func TestXSDT(t *testing.T) {
	mem, rsdp := extend(t, load(t, "q35"))
	tab, faults, err := follow(mem, rsdp)
	if err != nil || len(faults) != 0 || len(tab.List) != 5 {
		t.Fatalf("%+v, %v, %v", tab, faults, err)
	}
	b, _ := mem.Window(rsdp, sizeRSDP2)
	b[33]++ // a reserved byte: only the extended checksum sees it
	if _, _, err := follow(mem, rsdp); err == nil || !strings.Contains(err.Error(), "RSDP at 0x7e14: bad extended checksum") {
		t.Error(err)
	}
	b[33]--
	b[offRSDPLength] = 35
	if _, _, err := follow(mem, rsdp); err == nil || !strings.Contains(err.Error(), "impossible length 35") {
		t.Error(err)
	}
}

// window is n bytes of a machine's memory, to be spoilt.
func window(t *testing.T, mem fake.Memory, addr, n uint64) []byte {
	t.Helper()
	b, ok := mem.Window(addr, n)
	if !ok {
		t.Fatalf("no memory at %#x", addr)
	}
	return b
}

const (
	rsdpAt = 0xf59e0
	rsdtAt = 0x3fe22d0
	facpAt = 0x3fe20c8
)

// What Load refuses, and how it says so.
func TestLoadCorrupted(t *testing.T) {
	for _, c := range []struct {
		name  string
		addr  uint64
		spoil func(b []byte)
		want  string
	}{
		{"rsdp signature", rsdpAt, func(b []byte) { b[0] = 'X' }, "acpi: RSDP at 0xf59e0: wrong signature"},
		{"rsdp checksum", rsdpAt, func(b []byte) { b[17]++ }, "acpi: RSDP at 0xf59e0: bad checksum"},
		{"rsdt gone", rsdpAt, func(b []byte) { b[19] += 0x10; b[8] -= 0x10 }, "acpi: RSDT at 0x13fe22d0: no memory there"},
		{"rsdt signature", rsdtAt, func(b []byte) { b[3] = 0 }, "acpi: RSDT at 0x3fe22d0: signature is 'RSD?'"},
		{"rsdt checksum", rsdtAt, func(b []byte) { b[30]++ }, "acpi: RSDT at 0x3fe22d0: bad checksum"},
		{"rsdt short", rsdtAt, func(b []byte) { b[4] = 35 }, "acpi: RSDT at 0x3fe22d0: impossible length 35"},
		{"rsdt huge", rsdtAt, func(b []byte) { b[7] = 0x80 }, "impossible length 2147483704"},
		{"rsdt past memory", rsdtAt, func(b []byte) { b[5] = 0x10 }, "acpi: RSDT at 0x3fe22d0: cut off"},
		{"rsdt odd", rsdtAt, func(b []byte) { b[4]--; fix(b[:55]) }, "acpi: RSDT at 0x3fe22d0: impossible length 55"},
	} {
		mem := load(t, "q35")
		n := uint64(20)
		if c.addr == rsdtAt {
			n = 56
		}
		c.spoil(window(t, mem, c.addr, n))
		tab, _, err := follow(mem, rsdpAt)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v (%v), want %q", c.name, err, tab, c.want)
		}
	}
}

// A broken table is left out and named; the others serve.
func TestLoadFaults(t *testing.T) {
	mem := load(t, "q35")
	window(t, mem, facpAt, 244)[100]++
	tab, faults, err := follow(mem, rsdpAt)
	if err != nil || len(faults) != 1 || faults[0].Error() != "acpi: FACP at 0x3fe20c8: bad checksum" {
		t.Fatalf("%v, %v", faults, err)
	}
	if _, err := tab.FADT(); err == nil || err.Error() != "acpi: FACP: no such table" {
		t.Errorf("FADT: %v", err)
	}
	if _, err := tab.MADT(); err != nil {
		t.Errorf("MADT: %v", err)
	}
}

// No single flipped bit, and no cut, in any table makes the reader panic; a flipped bit in a
// table is always seen.
func TestBitFlips(t *testing.T) {
	for _, machine := range []string{"q35", "pc"} {
		clean := tables(t, load(t, machine))
		for _, table := range clean.List {
			for i := range table.Bytes {
				mem := load(t, machine)
				b, _ := mem.Window(table.Addr, uint64(len(table.Bytes)))
				b[i] ^= 1 << (i % 8)
				rsdp, err := Find(mem)
				if err != nil {
					t.Fatal(err)
				}
				tab, faults, err := follow(mem, rsdp)
				if err != nil || len(faults) != 1 || len(tab.List) != len(clean.List)-1 {
					t.Fatalf("%s %s byte %d: %v, %v", machine, table.Signature, i, faults, err)
				}
			}
		}
	}
}

// A copy of the root pointer leads where the root pointer does; of a newer one whose copy has no more than what revision 0 has, to the
// RSDT. What is wrong with a copy is told without an address.
func TestCopiedRoot(t *testing.T) {
	for _, name := range []string{"q35", "pc"} {
		mem := load(t, name)
		at, err := Find(mem)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := mem.Window(at, sizeRSDP1)
		want, err := ReadRoot(mem, at)
		if got, wrong := CopiedRoot(b); err != nil || wrong != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v, %v", name, got, wrong, want, err)
		}
	}
	newer := make([]byte, sizeRSDP2)
	copy(newer, signatureRSDP)
	newer[offRSDPRev], newer[offRSDPLength] = 2, sizeRSDP2
	newer[offRSDT], newer[offXSDT+4] = 0x10, 0x20
	newer[8] -= sum(newer[:sizeRSDP1])
	newer[32] -= sum(newer)
	for n, want := range map[int]Root{sizeRSDP1: {"RSDT", 0x10, 4}, sizeRSDP2 - 1: {"RSDT", 0x10, 4}, sizeRSDP2: {"XSDT", 0x20 << 32, 8}} {
		if got, err := CopiedRoot(newer[:n]); err != nil || got != want {
			t.Errorf("%d bytes: %+v, %v, want %+v", n, got, err, want)
		}
	}
	for want, change := range map[string]func(b []byte) []byte{
		"acpi: RSDP: no memory there":       func(b []byte) []byte { return b[:sizeRSDP1-1] },
		"acpi: RSDP: wrong signature":       func(b []byte) []byte { b[0]++; return b },
		"acpi: RSDP: bad checksum":          func(b []byte) []byte { b[9]++; return b },
		"acpi: RSDP: bad extended checksum": func(b []byte) []byte { b[33]++; return b },
		"acpi: RSDP: cut off": func(b []byte) []byte {
			b[offRSDPLength]++
			b[32]--
			return b
		},
	} {
		if _, err := CopiedRoot(change(append([]byte(nil), newer...))); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
