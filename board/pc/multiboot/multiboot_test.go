package multiboot

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"bennu/board/pc/loader"
	"bennu/board/pc/memmap"
	"bennu/board/pc/mmio/fake"
)

const infoAt = 0x1_0000

// tag is a tag's head and what is its own, of words and text.
func tag(kind uint32, parts ...any) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, kind)
	b = le.AppendUint32(b, 0)
	for _, p := range parts {
		switch p := p.(type) {
		case uint64:
			b = le.AppendUint64(b, p)
		case int:
			b = le.AppendUint32(b, uint32(p))
		case string:
			b = append(b, p...)
		}
	}
	le.PutUint32(b[4:], uint32(len(b)))
	return b
}

// information is tags with what is around them.
func information(tags ...[]byte) []byte {
	b := make([]byte, 8)
	for _, t := range append(tags, tag(0)) {
		b = append(b, t...)
		b = append(b, make([]byte, -len(b)&7)...)
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}

func entry(start, size uint64, kind int) string {
	b := binary.LittleEndian.AppendUint64(nil, start)
	b = binary.LittleEndian.AppendUint64(b, size)
	return string(binary.LittleEndian.AppendUint64(b, uint64(kind)))
}

func mapOf(entries ...string) []byte {
	return tag(tagMap, 24, 0, strings.Join(entries, ""))
}

func parse(b []byte) (*loader.Info, error) {
	return Parse(fake.Memory{{Addr: infoAt, Bytes: b}}, infoAt)
}

func region(start, end uint64, t memmap.Type) memmap.Region {
	return memmap.Region{Range: memmap.Range{Start: start, End: end}, Type: t}
}

var (
	usual = mapOf(entry(0, 0x9fc00, 1), entry(0x10_0000, 0x70_6000, 1), entry(0x80_6000, 0x2000, 4), entry(1<<32, 1<<30, 1))
	old   = tag(tagOldRSDP, strings.Repeat("o", 20))
	newer = tag(tagNewRSDP, strings.Repeat("n", 36))
)

func module(start, end int, text string) []byte { return tag(tagModule, start, end, text) }

// What GRUB gives, with tags of no interest between the others.
func TestParse(t *testing.T) {
	b := information(tag(2, "GRUB 2.06\x00"), tag(tagCommandLine, "seed=7 mitigate=off\x00"), tag(10, 1, 2, 3, 4, 5), usual,
		module(0x20_0000, 0x20_1234, "boot.tar\x00"), tag(99, "?"), newer, old, tag(21, 0x100_0000))
	got, err := parse(b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		b[i] = 0xee // its memory becomes somebody else's
	}
	want := &loader.Info{
		CommandLine: "seed=7 mitigate=off", RootPointer: []byte(strings.Repeat("n", 36)),
		Modules: []loader.Module{{Range: memmap.Range{Start: 0x20_0000, End: 0x20_1234}, CommandLine: "boot.tar"}},
		Map: memmap.Map{region(0, 0x9fc00, memmap.RAM), region(0x10_0000, 0x80_6000, memmap.RAM), region(0x80_6000, 0x80_8000, memmap.NVS),
			region(1<<32, 1<<32+1<<30, memmap.RAM)},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// Of two root pointers the newer counts, whichever comes first; entries may be longer than they were when this was written.
func TestParseVariants(t *testing.T) {
	for _, c := range []struct {
		tags [][]byte
		root string
	}{
		{[][]byte{usual}, ""}, {[][]byte{usual, old}, strings.Repeat("o", 20)}, {[][]byte{old, newer, usual}, strings.Repeat("n", 36)},
		{[][]byte{newer, old, usual}, strings.Repeat("n", 36)},
		{[][]byte{tag(tagMap, 32, 0, entry(0, 0x9fc00, 1), uint64(5), entry(0x10_0000, 0x70_6000, 1), uint64(6), entry(0x80_6000, 0x2000, 4), uint64(7),
			entry(1<<32, 1<<30, 1), uint64(8))}, ""},
	} {
		info, err := parse(information(c.tags...))
		if err != nil {
			t.Fatal(err)
		}
		if string(info.RootPointer) != c.root || info.CommandLine != "" || info.Modules != nil || len(info.Map) != 4 || info.Map.Total(memmap.RAM) != 0x9fc00+0x70_6000+1<<30 {
			t.Errorf("%+v, want root pointer %q", info, c.root)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	long := func(n int) string { return strings.Repeat("\x01", n) }
	with := func(b []byte, at int, v uint32) []byte {
		binary.LittleEndian.PutUint32(b[at:], v)
		return b
	}
	ends := information(usual)
	cut := with(ends[:len(ends)-8:len(ends)-8], 0, uint32(len(ends)-8))
	var many, modules [][]byte
	for i := range maxTags + 1 {
		many = append(many, tag(99))
		if i <= loader.MaxModules {
			modules = append(modules, module(0x20_0000+i, 0x20_0001+i, "\x00"))
		}
	}
	crowd := make([]string, loader.MaxRegions+1)
	for i := range crowd {
		crowd[i] = entry(uint64(i)<<20, 1<<12, 1)
	}
	for _, c := range []struct {
		b    []byte
		want string
	}{
		{[]byte{1, 2, 3}, "information at 0x10000: no memory there"},
		{with(information(usual), 0, 15), "information at 0x10000: impossible length 15"},
		{with(information(usual), 0, 1<<20+1), "impossible length 1048577"},
		{with(information(usual), 0, 0x1000), "information at 0x10000: cut off"},
		{cut, "no end tag within 120 bytes"},
		{with(information(usual), 12, 7), "tag 6 at 0x10008: impossible length 7"},
		{with(information(usual), 12, 1<<31), "tag 6 at 0x10008: impossible length 2147483648"},
		{information(), "information at 0x10000: no memory map"},
		{information(many...), "more than 256 tags"},
		{information(usual, usual), "memory map at 0x10078: there are two"},
		{information(tag(tagMap)), "memory map at 0x10008: cut off"},
		{information(tag(tagMap, 16, 0, entry(0, 0x1000, 1))), "entries of 16 bytes in 24"},
		{information(tag(tagMap, 24, 0, long(32))), "entries of 24 bytes in 32"},
		{information(mapOf()), "memory map at 0x10008: no RAM"},
		{information(mapOf(crowd...)), "0x101 entries, more than 0x100"},
		{information(mapOf(entry(1<<63, 1<<63+1, 1))), "region wraps: 0x8000000000000000 + 0x8000000000000001"},
		{information(mapOf(entry(0, 0x2000, 1), entry(0x1000, 0x1000, 2))), "overlaps [0x1000, 0x2000) reserved"},
		{information(tag(tagCommandLine, "a\x00"), tag(tagCommandLine, "b\x00"), usual), "command line at 0x10018: there are two"},
		{information(tag(tagCommandLine, "endless"), usual), "command line at 0x10008: its text has no end"},
		{information(tag(tagCommandLine, strings.Repeat("x", loader.MaxCommandLine)+"\x00"), usual), "its text has no end"},
		{information(usual, module(0x20_0000, 0x20_0000, "\x00")), "module at 0x10078: bad module: 0x200000 up to 0x200000"},
		{information(usual, module(0x20_0000, 0x20_1000, "x")), "module at 0x10078: its text has no end"},
		{information(usual, tag(tagModule, 0x20_0000)), "its text has no end"},
		{information(usual, module(0x80_5000, 0x80_6001, "\x00")), "module [0x805000, 0x806001) is not in RAM"},
		{information(usual, module(0x20_0000, 0x20_1000, "\x00"), module(0x20_0fff, 0x20_2000, "\x00")), "overlaps [0x200fff, 0x202000)"},
		{information(append(modules, usual)...), "more than 16"},
		{information(usual, tag(tagOldRSDP, strings.Repeat("o", 19))), "RSDP at 0x10078: impossible length 19"},
		{information(usual, tag(tagNewRSDP, strings.Repeat("n", 35))), "RSDP at 0x10078: impossible length 35"},
	} {
		if _, err := parse(c.b); err == nil || !strings.HasPrefix(err.Error(), "multiboot2: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	if _, err := Parse(fake.Memory{{Addr: infoAt, Bytes: information(usual)}}, infoAt+4); err == nil {
		t.Error("an information that is not aligned was believed")
	}
}

// FuzzParse: whatever the bytes, there is an error or an Info that keeps its promises.
func FuzzParse(f *testing.F) {
	f.Add(information(usual, newer, old, module(0x20_0000, 0x20_1000, "a\x00"), tag(tagCommandLine, "b\x00")))
	f.Add(information(mapOf(entry(0, 0x1000, 1), entry(1<<63, 1<<63, 3))))
	f.Add(information(tag(tagMap, 8, 0)))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		info, err := parse(b)
		if (info == nil) == (err == nil) {
			t.Fatalf("%v and %v", info, err)
		}
		if err != nil {
			return
		}
		if info.Map.Total(memmap.RAM) == 0 || info.Misplaced() != "" || len(info.Modules) > loader.MaxModules || len(info.CommandLine) >= loader.MaxCommandLine {
			t.Errorf("%+v", info)
		}
		for i, r := range info.Map {
			if r.Start >= r.End || i > 0 && r.Start < info.Map[i-1].End {
				t.Error(fmt.Sprint(info.Map))
			}
		}
	})
}
