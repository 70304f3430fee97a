package loader

import (
	"strings"
	"testing"

	"bennu/board/pc/memmap"
	"bennu/board/pc/mmio/fake"
)

func region(start, end uint64, t memmap.Type) memmap.Region {
	return memmap.Region{Range: memmap.Range{Start: start, End: end}, Type: t}
}

func TestMap(t *testing.T) {
	for _, c := range []struct {
		name    string
		regions []memmap.Region
		wrong   string
	}{
		{"nothing", nil, "no RAM"},
		{"reserved only", []memmap.Region{region(0, 0x1000, memmap.Reserved)}, "no RAM"},
		{"RAM twice", []memmap.Region{region(0, 0x2000, memmap.RAM), region(0x1000, 0x3000, memmap.RAM)}, ""},
		{"reserved twice", []memmap.Region{region(0, 0x1000, memmap.RAM), region(0x1000, 0x3000, memmap.Reserved), region(0x2000, 0x3000, memmap.NVS)}, ""},
		{"RAM in a device", []memmap.Region{region(0x1000, 0x2000, memmap.Reserved), region(0, 0x1001, memmap.RAM)},
			"[0x1000, 0x2000) reserved overlaps [0x0, 0x1001) ram"},
		{"an empty region", []memmap.Region{region(0, 0x2000, memmap.RAM), region(0x1000, 0x1000, memmap.Reserved)}, ""},
	} {
		m, wrong := Map(c.regions)
		if wrong != c.wrong || (wrong == "") != (m != nil) {
			t.Errorf("%s: %q (%v), want %q", c.name, wrong, m, c.wrong)
		}
	}
}

func TestMisplaced(t *testing.T) {
	at := func(start, end uint64) Module { return Module{Range: memmap.Range{Start: start, End: end}} }
	for _, c := range []struct {
		modules []Module
		wrong   string
	}{
		{nil, ""},
		{[]Module{at(0x1000, 0x2000), at(0x2000, 0x3000)}, ""},
		{[]Module{at(0x1000, 0x3001)}, "module [0x1000, 0x3001) is not in RAM"},
		{[]Module{at(0x2000, 0x3000), at(0x1000, 0x2001)}, "module [0x2000, 0x3000) overlaps [0x1000, 0x2001)"},
	} {
		info := Info{Modules: c.modules, Map: memmap.Map{region(0x1000, 0x3000, memmap.RAM), region(0x3000, 0x4000, memmap.Reserved)}}
		if wrong := info.Misplaced(); wrong != c.wrong {
			t.Errorf("%v: %q, want %q", c.modules, wrong, c.wrong)
		}
	}
}

func TestText(t *testing.T) {
	longest := strings.Repeat("x", MaxCommandLine-1)
	memory := fake.Memory{{Addr: 0x1000, Bytes: []byte("quiet\x00")}, {Addr: 0x2000, Bytes: []byte("\x00")}, {Addr: 0x3000, Bytes: []byte("cut")},
		{Addr: 0x4000, Bytes: []byte(longest + "\x00")}, {Addr: 0x6000, Bytes: []byte(longest + "x\x00")}}
	for _, c := range []struct {
		addr        uint64
		text, wrong string
	}{
		{0, "", ""}, {0x1000, "quiet", ""}, {0x2000, "", ""}, {0x3000, "", "no memory there"}, {0x9000, "", "no memory there"},
		{0x4000, longest, ""}, {0x6000, "", "no end within 0x1000 bytes"},
	} {
		if text, wrong := Text(memory, c.addr); text != c.text || wrong != c.wrong {
			t.Errorf("%#x: %q, %q", c.addr, text, wrong)
		}
	}
	e := &Error{Protocol: "pvh", Part: "memory map", Addr: 0x10, What: "no RAM"}
	if e.Error() != "pvh: memory map at 0x10: no RAM" {
		t.Error(e)
	}
}
