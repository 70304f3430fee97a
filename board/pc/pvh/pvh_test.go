package pvh

import (
	"encoding/binary"
	"reflect"
	"strings"
	"testing"

	"bennu/board/pc/loader"
	"bennu/board/pc/memmap"
	"bennu/board/pc/mmio/fake"
)

// machine is a start info in the making. Its pieces lie where QEMU puts such things.
type machine struct {
	info, list, table, command, modCommand []byte
}

const (
	infoAt    = 0x1000
	listAt    = 0x2000
	tableAt   = 0x3000
	commandAt = 0x4000
	modCmdAt  = 0x5000
	initrdAt  = 0x3f0_0000
)

func words(v ...uint64) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, x)
	}
	return b
}

func newMachine() *machine {
	m := &machine{
		command:    []byte("console=com1 quiet\x00"),
		modCommand: []byte("archive\x00"),
		list:       words(initrdAt, 0x1234, modCmdAt, 0),
		table: words(
			0, 0x9fc00, 1,
			0x9fc00, 0x400, 2,
			0xf0000, 0x10000, 2,
			0x100000, 0x3ee0000, 1,
			0x3fe0000, 0x20000, 2,
			0xfffc0000, 0x40000, 2),
	}
	m.info = append(words(Magic|1<<32, 1<<32, listAt, commandAt, 0xf59e0, tableAt), words(6)...)
	return m
}

func (m *machine) memory() fake.Memory {
	return fake.Memory{{Addr: infoAt, Bytes: m.info}, {Addr: listAt, Bytes: m.list}, {Addr: tableAt, Bytes: m.table},
		{Addr: commandAt, Bytes: m.command}, {Addr: modCmdAt, Bytes: m.modCommand}}
}

func TestParse(t *testing.T) {
	got, err := Parse(newMachine().memory(), infoAt)
	if err != nil {
		t.Fatal(err)
	}
	region := func(start, end uint64, t memmap.Type) memmap.Region {
		return memmap.Region{Range: memmap.Range{Start: start, End: end}, Type: t}
	}
	const ram, reserved = memmap.RAM, memmap.Reserved
	want := &loader.Info{
		CommandLine: "console=com1 quiet", RSDP: 0xf59e0,
		Modules: []loader.Module{{Range: memmap.Range{Start: initrdAt, End: initrdAt + 0x1234}, CommandLine: "archive"}},
		Map: memmap.Map{
			region(0, 0x9fc00, ram), region(0x9fc00, 0xa0000, reserved), region(0xf0000, 0x100000, reserved),
			region(0x100000, 0x3fe0000, ram), region(0x3fe0000, 0x4000000, reserved), region(0xfffc0000, 1<<32, reserved),
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// A loader that gives neither modules nor a command line nor an RSDP.
func TestParseBare(t *testing.T) {
	m := newMachine()
	m.info = append(words(Magic|2<<32, 0, 0, 0, 0, tableAt), words(6)...)
	got, err := Parse(m.memory(), infoAt)
	if err != nil || got.CommandLine != "" || got.Modules != nil || got.RSDP != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func put(b []byte, off int, v uint64) { binary.LittleEndian.PutUint64(b[off:], v) }

func TestParseGarbage(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(m *machine)
		want  string
	}{
		{"no magic", func(m *machine) { m.info[0] ^= 1 }, "start info at 0x1000: magic is 0x336ec579, want 0x336ec578"},
		{"short", func(m *machine) { m.info = m.info[:39] }, "start info at 0x1000: no memory there"},
		{"short for version 1", func(m *machine) { m.info = m.info[:55] }, "start info at 0x1000: cut off"},
		{"version 0", func(m *machine) { m.info[offVersion] = 0 }, "version 0 has no memory map"},
		{"no map", func(m *machine) { m.info[offRegions] = 0 }, "memory map at 0x3000: empty"},
		{"endless map", func(m *machine) { m.info[offRegions+3] = 0xff }, "memory map at 0x3000: 0xff000006 entries"},
		{"map past its memory", func(m *machine) { m.info[offRegions] = 7 }, "memory map at 0x3000: no memory there"},
		{"map nowhere", func(m *machine) { put(m.info, offMap, ^uint64(0)) }, "memory map at 0xffffffffffffffff: no memory there"},
		{"region wraps", func(m *machine) { put(m.table, 24, ^uint64(0)) }, "memory map at 0x3018: region wraps"},
		{"ram overlaps", func(m *machine) { put(m.table, 8, 0x9fc01) }, "[0x0, 0x9fc01) ram overlaps [0x9fc00, 0xa0000) reserved"},
		{"no ram", func(m *machine) { m.table[16], m.table[3*24+16] = 2, 2 }, "memory map at 0x3000: no RAM"},
		{"command line nowhere", func(m *machine) { put(m.info, offCommand, 0x9000) }, "command line at 0x9000: no memory there"},
		{"command line without end", func(m *machine) { m.command = []byte(strings.Repeat("x", 5000)) }, "command line at 0x4000: no end within 0x1000 bytes"},
		{"command line cut", func(m *machine) { m.command = []byte("x") }, "command line at 0x4000: no memory there"},
		{"endless modules", func(m *machine) { m.info[offModules+1] = 1 }, "module list at 0x2000: 0x101 entries"},
		{"modules nowhere", func(m *machine) { put(m.info, offModList, 0x8000) }, "module list at 0x8000: no memory there"},
		{"module wraps", func(m *machine) { put(m.list, 8, ^uint64(0)) }, "module list at 0x2000: bad module"},
		{"empty module", func(m *machine) { put(m.list, 8, 0) }, "module list at 0x2000: bad module"},
		{"module not in ram", func(m *machine) { put(m.list, 0, 0x3fdf000) }, "module [0x3fdf000, 0x3fe0234) is not in RAM"},
		{"module command nowhere", func(m *machine) { put(m.list, 16, 0x7000) }, "module command line at 0x7000: no memory there"},
		{"modules overlap", func(m *machine) {
			m.info[offModules] = 2
			m.list = append(m.list, words(initrdAt+0x1233, 1, 0, 0)...)
		}, "module [0x3f00000, 0x3f01234) overlaps [0x3f01233, 0x3f01234)"},
	} {
		m := newMachine()
		c.spoil(m)
		info, err := Parse(m.memory(), infoAt)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v (%+v), want %q", c.name, err, info, c.want)
		}
	}
	if _, err := Parse(newMachine().memory(), infoAt+1); err == nil {
		t.Error("an unaligned start info was taken")
	}
}

// No byte pattern makes the parser panic or believe memory that is not there.
func FuzzParse(f *testing.F) {
	m := newMachine()
	f.Add(m.info, m.list, m.table)
	f.Fuzz(func(t *testing.T, info, list, table []byte) {
		m := newMachine()
		m.info, m.list, m.table = info, list, table
		got, err := Parse(m.memory(), infoAt)
		if err != nil {
			return
		}
		if again := memmap.Normalise(got.Map); !reflect.DeepEqual(again, got.Map) {
			t.Fatalf("%v is not in order: %v", got.Map, again)
		}
		for _, mod := range got.Modules {
			if !got.Map.Covers(mod.Range, memmap.RAM) {
				t.Fatalf("module %v outside of RAM", mod.Range)
			}
		}
	})
}
