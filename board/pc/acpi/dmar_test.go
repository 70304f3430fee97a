package acpi

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"strings"
	"testing"
)

// The table of QEMU 7.2 with -machine q35 -device intel-iommu,intremap=on,caching-mode=on -device pcie-root-port -device edu.
func TestDMAR(t *testing.T) {
	d, err := tables(t, load(t, "iommu")).DMAR()
	if err != nil {
		t.Fatal(err)
	}
	end := func(device, function uint8) Scope { return Scope{ScopeEndpoint, 0, 0, []Step{{device, function}}} }
	want := &DMAR{Width: 39, Remap: true, Units: []RemapUnit{{Addr: 0xfed90000, Scopes: []Scope{
		{ScopeIOAPIC, 0, 0xff, []Step{{0, 0}}}, end(0, 0), end(1, 0), {2, 0, 0, []Step{{2, 0}}}, end(3, 0), end(0x1f, 0), end(0x1f, 2), end(0x1f, 3)}}}}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("%+v\nwant\n%+v", d, want)
	}
	if id, ok := d.IOAPIC(0, nil); id != 0xff00 || !ok {
		t.Errorf("the I/O APIC is %#x, %v", id, ok)
	}
	if _, ok := d.IOAPIC(1, nil); ok {
		t.Error("an I/O APIC that is not there")
	}
	if _, err := tables(t, load(t, "q35")).DMAR(); err == nil || err.Error() != "acpi: DMAR: no such table" {
		t.Errorf("a machine without: %v", err)
	}
}

// Parts of made-up tables.

func dmar(structures ...[]byte) *Tables {
	body := append([]byte{45, 1}, make([]byte, 10)...)
	return make1("DMAR", 1, append(body, bytes.Join(structures, nil)...)...)
}

func part(kind uint16, fixed []byte, scopes ...[]byte) []byte {
	b := append([]byte{byte(kind), byte(kind >> 8), 0, 0}, fixed...)
	b = append(b, bytes.Join(scopes, nil)...)
	binary.LittleEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

func unit(flags byte, segment uint16, addr uint64, scopes ...[]byte) []byte {
	f := []byte{flags, 0, byte(segment), byte(segment >> 8)}
	return part(0, binary.LittleEndian.AppendUint64(f, addr), scopes...)
}

func region(start, last uint64, scopes ...[]byte) []byte {
	f := binary.LittleEndian.AppendUint64([]byte{0, 0, 0, 0}, start)
	return part(1, binary.LittleEndian.AppendUint64(f, last), scopes...)
}

func scope(kind, id, bus byte, path ...byte) []byte {
	return append([]byte{kind, byte(6 + len(path)), 0, 0, id, bus}, path...)
}

func TestDMARStructures(t *testing.T) {
	d, err := dmar(
		unit(0, 0, 0xfed90000, scope(1, 0, 0, 2, 0)),
		unit(1, 0, 0xfed91000, scope(3, 2, 0xf0, 0x1f, 7), scope(4, 0, 0, 0x1f, 6), scope(5, 1, 0, 0, 0)),
		part(2, []byte{0, 0, 0, 0}),
		region(0x7b800000, 0x7fffffff, scope(1, 0, 0, 2, 0), scope(2, 0, 0, 0x1c, 0, 3, 1)),
		part(99, nil),
	).DMAR()
	if err != nil {
		t.Fatal(err)
	}
	want := &DMAR{Width: 46, Remap: true, Units: []RemapUnit{
		{Addr: 0xfed90000, Scopes: []Scope{{ScopeEndpoint, 0, 0, []Step{{2, 0}}}}},
		{Addr: 0xfed91000, All: true, Scopes: []Scope{{ScopeIOAPIC, 2, 0xf0, []Step{{31, 7}}}, {ScopeHPET, 0, 0, []Step{{31, 6}}}}},
	}, Memory: []DeviceMemory{{Start: 0x7b800000, End: 0x80000000, Scopes: []Scope{{ScopeEndpoint, 0, 0, []Step{{2, 0}}}, {2, 0, 0, []Step{{0x1c, 0}, {3, 1}}}}}}}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("%+v\nwant\n%+v", d, want)
	}
}

// A table that is wrong is refused in words, whatever of it is right.
func TestDMARRefused(t *testing.T) {
	good := unit(0, 0, 0xfed90000)
	cut := func(b []byte, n int) []byte {
		b = append([]byte(nil), b[:n]...)
		binary.LittleEndian.PutUint16(b[2:], uint16(n))
		return b
	}
	many := func(n int, f func(i uint64) []byte) (all []byte) {
		for i := range n {
			all = append(all, f(uint64(i))...)
		}
		return all
	}
	for _, c := range []struct {
		name string
		tab  *Tables
		want string
	}{
		{"short", make1("DMAR", 1, 45, 1), "impossible length 38"},
		{"nothing", dmar(), "no remapping unit"},
		{"only a region", dmar(region(0, 0xfff)), "no remapping unit"},
		{"length 0", dmar(good, []byte{9, 0, 0, 0}), "structure at offset 64 sticks out"},
		{"length 3", dmar(good, []byte{9, 0, 3, 0}), "structure at offset 64 sticks out"},
		{"past the end", dmar(good, []byte{9, 0, 5, 0}), "structure at offset 64 sticks out"},
		{"half a header", dmar(good, []byte{9, 0, 4}), "structure at offset 64 sticks out"},
		{"cut unit", dmar(cut(good, 15)), "too short for a unit"},
		{"cut region", dmar(good, cut(region(0, 0xfff), 23)), "too short for a region"},
		{"unit at 0", dmar(unit(0, 0, 0)), "a unit's registers at 0x0"},
		{"unit off a page", dmar(unit(0, 0, 0xfed90800)), "a unit's registers at 0xfed90800"},
		{"two in one place", dmar(good, good), "second unit at 0xfed90000"},
		{"two for the rest", dmar(unit(1, 3, 0x1000), unit(1, 3, 0x2000)), "second unit for the rest of segment 3"},
		{"backwards", dmar(good, region(0x2000, 0xfff)), "a region from 0x2000 to 0x1000"},
		{"off a page", dmar(good, region(0x800, 0xfff)), "a region from 0x800 to 0x1000"},
		{"end off a page", dmar(good, region(0, 0x1000)), "a region from 0x0 to 0x1001"},
		{"all memory", dmar(good, region(0, ^uint64(0))), "a region from 0x0 to 0x0"},
		{"scope past the end", dmar(unit(0, 0, 0x1000, scope(1, 0, 0, 2, 0)[:7])), "a scope sticks out"},
		{"scope header", dmar(unit(0, 0, 0x1000, []byte{1, 8, 0, 0, 0})), "a scope sticks out"},
		{"no path", dmar(unit(0, 0, 0x1000, scope(1, 0, 0))), "a scope of 6 bytes"},
		{"scope of 0", dmar(unit(0, 0, 0x1000, []byte{1, 0, 0, 0, 0, 0, 0, 0})), "a scope of 0 bytes"},
		{"odd path", dmar(unit(0, 0, 0x1000, scope(1, 0, 0, 2, 0, 1))), "a scope of 9 bytes"},
		{"device 32", dmar(unit(0, 0, 0x1000, scope(1, 0, 0, 32, 0))), "a scope with device 32 function 0"},
		{"function 8", dmar(good, region(0, 0xfff, scope(1, 0, 0, 0, 8))), "a scope with device 0 function 8"},
		{"65 units", dmar(many(65, func(i uint64) []byte { return unit(0, 0, 0x1000*(i+1)) })), "too many units"},
		{"65 regions", dmar(good, many(65, func(i uint64) []byte { return region(0x1000*i, 0x1000*i+0xfff) })), "too many regions"},
	} {
		if d, err := c.tab.DMAR(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %+v, %v; want %q", c.name, d, err, c.want)
		}
	}
}

// A path goes through the bridges' buses as they are, not as they were when the table was made.
func TestScopeFunction(t *testing.T) {
	buses := map[uint16]uint8{0x00e0: 4, 0x0408: 9} // 00:1c.0 and 04:01.0
	behind := func(id uint16) (uint8, bool) { b, ok := buses[id]; return b, ok }
	for _, c := range []struct {
		s    Scope
		want uint16
		ok   bool
	}{
		{Scope{Bus: 0xff, Path: []Step{{31, 7}}}, 0xffff, true},
		{Scope{Path: []Step{{0x1c, 0}, {1, 0}}}, 0x0408, true},
		{Scope{Path: []Step{{0x1c, 0}, {1, 0}, {2, 3}}}, 0x0913, true},
		{Scope{Path: []Step{{0x1c, 0}, {2, 0}, {2, 3}}}, 0, false},
		{Scope{}, 0, false},
	} {
		if id, ok := c.s.Function(behind); id != c.want || ok != c.ok {
			t.Errorf("%+v: %#x %v, want %#x %v", c.s, id, ok, c.want, c.ok)
		}
	}
}

// Whatever the table holds behind a right checksum: no panic, and what is believed has its form.
func FuzzDMAR(f *testing.F) {
	f.Add(bytes.Join([][]byte{unit(1, 0, 0xfed90000, scope(3, 2, 0xf0, 0x1f, 7)), region(0, 0xfff, scope(2, 0, 0, 0x1c, 0, 3, 1))}, nil))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := dmar(body).DMAR()
		if err != nil {
			return
		}
		if len(d.Units) == 0 || len(d.Units) > dmarMost || len(d.Memory) > dmarMost {
			t.Errorf("%d units, %d regions", len(d.Units), len(d.Memory))
		}
		for _, u := range d.Units {
			if u.Addr == 0 || u.Addr%4096 != 0 {
				t.Errorf("a unit at %#x", u.Addr)
			}
			for _, s := range u.Scopes {
				if len(s.Path) == 0 {
					t.Error("a scope without a path")
				}
			}
		}
		for _, m := range d.Memory {
			if m.Start >= m.End || (m.Start|m.End)%4096 != 0 {
				t.Errorf("a region from %#x to %#x", m.Start, m.End)
			}
		}
	})
}
