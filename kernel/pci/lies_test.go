package pci

import (
	"encoding/binary"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/pci/fake"
)

// offsets is where f's capabilities are.
func offsets(f *Function) (out []uint32) {
	for _, c := range f.Caps[:f.NCaps] {
		out = append(out, uint32(c.Offset))
	}
	return out
}

func equal(a, b []uint32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestCapabilities(t *testing.T) {
	for _, c := range []struct {
		name string
		want []uint32
		make func(d *fake.Device)
	}{
		{"none", nil, func(d *fake.Device) {}},
		{"no bit in the status", nil, func(d *fake.Device) { d.Cap(9, 0x40, 0); d.Put(6, 2, 0) }},
		{"two", []uint32{0x50, 0x40}, func(d *fake.Device) { d.Cap(9, 0x40, 0); d.Cap(CapMSI, 0x50, 0) }},
		{"a circle", []uint32{0x50, 0x40}, func(d *fake.Device) { d.Cap(9, 0x40, 0); d.Cap(9, 0x50, 0); d.Put(0x41, 1, 0x50) }},
		{"to itself", []uint32{0x40}, func(d *fake.Device) { d.Cap(9, 0x40, 0); d.Put(0x41, 1, 0x40) }},
		{"into the header", []uint32{0x40}, func(d *fake.Device) { d.Cap(9, 0x40, 0); d.Put(0x41, 1, 0x10) }},
		{"crooked", []uint32{0x48, 0x40}, func(d *fake.Device) { d.Cap(9, 0x40, 0); d.Cap(9, 0x48, 0); d.Put(0x34, 1, 0x4b); d.Put(0x49, 1, 0x43) }},
		{"all ones", nil, func(d *fake.Device) { d.Cap(9, 0xfc, 0); d.Put(0xfc, 4, ^uint32(0)) }},
		{"extended, and no PCI Express", []uint32{0x40}, func(d *fake.Device) { d.Cap(9, 0x40, 0); d.Put(0x100, 4, 0x00010001) }},
		{"extended", []uint32{0x40, 0x100, 0x140}, func(d *fake.Device) {
			d.Cap(CapExpress, 0x40, 0)
			d.Put(0x100, 4, 0x1400_0001|1<<16)
			d.Put(0x140, 4, 0x000d|1<<16)
		}},
		{"an extended circle", []uint32{0x40, 0x100, 0xffc}, func(d *fake.Device) {
			d.Cap(CapExpress, 0x40, 0)
			d.Put(0x100, 4, 0xffc0_0001)
			d.Put(0xffc, 4, 0x1000_000d)
		}},
	} {
		s := fake.New()
		c.make(s.Add(at(0, 1, 0), 1, 2, 0))
		f := scan(s).must(t, at(0, 1, 0))
		if got := offsets(f); !equal(got, c.want) || f.Unfit != abi.Fit {
			t.Errorf("%s: %x, want %x", c.name, got, c.want)
		}
	}
	s := fake.New()
	d := s.Add(at(0, 1, 0), 1, 2, 0)
	for i := range uint32(48) { // more than there is place for
		d.Cap(9, 0x40+4*i, 0)
	}
	f := scan(s).must(t, at(0, 1, 0))
	if f.NCaps != abi.MaxCaps {
		t.Errorf("%d capabilities", f.NCaps)
	}
	if a := f.NextCap(9, 0); a != 0xfc || f.NextCap(9, a) != 0xf8 || f.NextCap(9, 0x44) != 0 || f.Cap(5) != 0 || f.Cap(9|abi.CapExtended) != 0 {
		t.Errorf("the first is at %x", a)
	}
}

func TestMessages(t *testing.T) {
	for _, c := range []struct {
		name           string
		n              uint32
		table, pending uint32
		want           uint16
	}{
		{"good", 5, 0x2000, 0x3000, 5},
		{"to the end", 256, 0x3000, 0x2000, 256},
		{"over the end", 257, 0x3000, 0x2000, 0},
		{"pending over the end", 65, 0x2000, 0x3ff8, 0},
		{"in ports", 5, 0x1, 0x3000, 0},
		{"in no BAR", 5, 0x2, 0x3000, 0},
		{"in BAR 6", 5, 0x6, 0x3000, 0},
		{"in BAR 7", 5, 0x2000, 0x3007, 0},
		{"far away", 2048, 0xffff_fff8, 0x3000, 0},
	} {
		s := fake.New()
		d := s.Add(at(0, 1, 0), 1, 2, 0)
		d.BAR(0, 0xfe00_0000, 0x4000, mem)
		d.BAR(1, 0xc000, 0x100, ports)
		d.Cap(CapMSIX, 0x40, c.n-1|1<<15, c.table, c.pending)
		d.Cap(CapMSI, 0x60, 7<<1|1, 0)
		f := scan(s).must(t, at(0, 1, 0))
		if f.MSIX != c.want || f.MSI != 32 {
			t.Errorf("%s: %d vectors, %d messages", c.name, f.MSIX, f.MSI)
		}
		if c.want != 0 && (f.Table != Place{0, c.table, c.n * 16}) {
			t.Errorf("%s: %+v", c.name, f.Table)
		}
		if d.Get(0x42, 2)>>15 != 0 || d.Get(0x62, 2)&1 != 0 {
			t.Errorf("%s: on", c.name)
		}
		if c.want == 0 {
			if _, write := f.Page(0, 0); write {
				t.Errorf("%s: it may be written where nobody knows what it is", c.name)
			}
		}
	}
}

func TestResets(t *testing.T) {
	s := fake.New()
	d := s.Add(at(0, 1, 0), 1, 2, 0)
	d.Cap(CapExpress, 0x40, 0, 1<<28)
	d.Cap(CapPower, 0x80, 0, 0)
	d = s.Add(at(0, 2, 0), 1, 2, 0)
	d.Cap(CapAF, 0x40, 3<<8|6)
	d.Cap(CapPower, 0x80, 0, 1<<3)
	s.Bridge(at(0, 3, 0), 1, 1)
	s.Add(at(1, 0, 0), 1, 2, 0)
	s.Bridge(at(0, 4, 0), 2, 2)
	s.Add(at(2, 0, 0), 1, 2, 0)
	s.Add(at(2, 1, 0), 1, 2, 0)
	table := scan(s)
	for f, want := range map[abi.Function]uint32{at(0, 1, 0): 1<<abi.ResetFunction | 1<<abi.ResetPower, at(0, 2, 0): 1 << abi.ResetFunction, at(1, 0, 0): 1 << abi.ResetBus, at(2, 0, 0): 0, at(2, 1, 0): 0} {
		if got := table.must(t, f).Resets; got != want {
			t.Errorf("%v: %x, want %x", f, got, want)
		}
	}
}

// Bridges with bus numbers that cannot be: nobody looks behind them, and a scan ends.
func TestBadBridges(t *testing.T) {
	for _, c := range []struct {
		name      string
		bus, last uint32
		bad       bool
	}{
		{"good", 1, 3, false}, {"none", 0, 0, true}, {"its own", 0, 3, true}, {"last before first", 3, 2, true}, {"another's", 5, 5, true}, {"over another's", 1, 9, true}, {"the last one", 255, 255, false},
	} {
		s := fake.New()
		s.Bridge(at(0, 1, 0), 5, 6)
		s.Bridge(at(0, 2, 0), c.bus, c.last)
		table := scan(s)
		if got := table.must(t, at(0, 2, 0)).Unfit; got != map[bool]abi.Unfit{true: abi.UnfitBus, false: abi.UnfitBridge}[c.bad] {
			t.Errorf("%s: %d", c.name, got)
		}
		if n := len(table.Bridges()); (n == 2) == c.bad {
			t.Errorf("%s: %d bridges", c.name, n)
		}
	}
	s := fake.New()
	s.Bridge(at(0, 1, 0), 1, 4)
	s.Bridge(at(1, 0, 0), 1, 4) // its own bus again
	s.Bridge(at(1, 1, 0), 0, 4) // back to the root bus
	s.Bridge(at(1, 2, 0), 2, 5) // beyond its parent's
	s.Bridge(at(1, 3, 0), 2, 2)
	s.Bridge(at(2, 0, 0), 1, 1) // a circle
	table := scan(s)
	if n := len(table.Bridges()); n != 2 {
		t.Errorf("%d bridges", n)
	}
}

func TestWindows(t *testing.T) {
	for _, c := range []struct {
		name string
		want abi.Unfit
		make func(b, d *fake.Device)
	}{
		{"within", abi.Fit, func(b, d *fake.Device) { d.BAR(0, 0xfe00_0000, 0x100000, mem) }},
		{"before", abi.UnfitReach, func(b, d *fake.Device) { d.BAR(0, 0xfdff_f000, 0x1000, mem) }},
		{"behind", abi.UnfitReach, func(b, d *fake.Device) { d.BAR(0, 0xfe20_0000, 0x1000, mem) }},
		{"larger", abi.UnfitReach, func(b, d *fake.Device) { d.BAR(0, 0xfe00_0000, 0x40_0000, mem) }},
		{"no window", abi.UnfitReach, func(b, d *fake.Device) { b.Window(0x20, 0, 0); d.BAR(0, 0xfe00_0000, 0x1000, mem) }},
		{"prefetchable", abi.Fit, func(b, d *fake.Device) {
			b.Window(0x24, 0x1000_0000, 0x1020_0000)
			b.Put(0x24, 4, b.Get(0x24, 4)|0x10001)
			b.Put(0x28, 4, 0xe0)
			b.Put(0x2c, 4, 0xe0)
			d.BAR(0, 0xe0_1000_0000, 0x1000, wide|pre)
		}},
		{"prefetchable, other half", abi.UnfitReach, func(b, d *fake.Device) {
			b.Window(0x24, 0x1000_0000, 0x1020_0000)
			d.BAR(0, 0xe0_1000_0000, 0x1000, wide|pre)
		}},
		{"ports", abi.Fit, func(b, d *fake.Device) { b.Put(0x1c, 2, 0xc0c0); d.BAR(0, 0xcff0, 16, ports) }},
		{"ports behind", abi.UnfitReach, func(b, d *fake.Device) { b.Put(0x1c, 2, 0xc0c0); d.BAR(0, 0xd000, 16, ports) }},
		{"no ports", abi.UnfitReach, func(b, d *fake.Device) { d.BAR(0, 0xd000, 16, ports) }},
		{"subtractive", abi.Fit, func(b, d *fake.Device) { b.Put(8, 4, 0x06040100); d.BAR(0, 0xfd00_0000, 0x1000, mem) }},
	} {
		s := fake.New()
		outer := s.Bridge(at(0, 1, 0), 1, 2)
		outer.Put(8, 4, 0x06040100)
		b := s.Bridge(at(1, 1, 0), 2, 2)
		b.Window(0x20, 0xfe00_0000, 0xfe20_0000)
		d := s.Add(at(2, 0, 0), 1, 2, 0)
		c.make(b, d)
		table := scan(s)
		if got := table.must(t, at(2, 0, 0)).Unfit; got != c.want {
			t.Errorf("%s: %d, want %d: %+v", c.name, got, c.want, table.Bridges()[1])
		}
	}
}

// A scan again leaves what is known alone, marks what is gone, and finds what has come.
func TestRescan(t *testing.T) {
	s := fake.New()
	kept, gone := s.Add(at(0, 1, 0), 1, 2, 0), s.Add(at(0, 2, 0), 1, 3, 0)
	kept.Put(4, 2, 3)
	table := scan(s)
	hold := func(f abi.Function, want abi.Errno) {
		t.Helper()
		if e := table.Hold(table.must(t, f), 70); e != want {
			t.Errorf("hold %v: %s", f, e.Name())
		}
	}
	hold(at(0, 1, 0), abi.OK)
	hold(at(0, 2, 0), abi.OK)
	delete(s.Devices, at(0, 2, 0))
	s.Add(at(0, 3, 0), 1, 4, 0)
	kept.Put(4, 2, 7)
	s.Log, s.Writes = true, nil
	again(table)
	for _, w := range s.Writes {
		if w.Function == at(0, 1, 0) {
			t.Errorf("written to one that is known: %+v", w)
		}
	}
	if f := table.must(t, at(0, 2, 0)); f.Unfit != abi.UnfitGone || f.Holder != 70 {
		t.Errorf("gone: %+v", f)
	}
	hold(at(0, 3, 0), abi.OK)
	s.Devices[at(0, 2, 0)] = gone
	gone.Put(0, 4, 0x00050001)
	again(table)
	if f := table.must(t, at(0, 2, 0)); f.Unfit != abi.UnfitGone {
		t.Error("another has come under its holder")
	}
	table.Drop(table.must(t, at(0, 2, 0)))
	again(table)
	if f := table.must(t, at(0, 2, 0)); f.Unfit != abi.Fit || f.ID.Device != 5 || table.Free() != 1 {
		t.Errorf("the other: %+v, %d free", f, table.Free())
	}
}

func TestTooMany(t *testing.T) {
	s := fake.New()
	for i := range uint32(2 * abi.MaxFunctions) {
		s.Add(abi.Function(i), 1, 2, 0).Put(0x0e, 1, 0x80)
		s.Devices[abi.Function(i)].Put(4, 2, 7)
	}
	s.Bridge(at(0, 0, 0), 1, 9).Put(0x0e, 1, 0x81)
	table := scan(s)
	if n := len(table.Functions()); n != abi.MaxFunctions || table.Dropped != abi.MaxFunctions {
		t.Errorf("%d functions, %d dropped", n, table.Dropped)
	}
	for f, d := range s.Devices {
		if d.Get(4, 2)&cmdMaster != 0 {
			t.Errorf("%v is loud", f)
		}
	}
	if again(table); table.Dropped != abi.MaxFunctions {
		t.Errorf("%d dropped by two scans", table.Dropped)
	}
}

// liar answers by what the fuzzer has: some registers change with every read.
func liar(data []byte) *fake.Space {
	s := fake.New()
	for n := 0; len(data) > 3 && n < 40; n++ {
		f := abi.Function(binary.LittleEndian.Uint16(data)) % 0x400
		size := min(int(data[2])+1, len(data)-3)
		d := s.Add(f, 1, 2, 0)
		copy(d.Bytes[:], data[3:3+size])
		for i := range d.Mask {
			d.Mask[i] = data[2+i%size] ^ byte(i)
		}
		if turn := uint32(data[2]); turn&1 != 0 {
			reads := uint32(0)
			d.Lie = func(offset, width, v uint32) uint32 {
				reads++
				return v ^ reads>>(turn>>1&7)
			}
		}
		data = data[3+size:]
	}
	return s
}

// FuzzScan: whatever configuration space says, a scan ends soon, and what may be held is whole: it lies over nothing, and is quiet as far as it
// obeys.
func FuzzScan(f *testing.F) {
	f.Add([]byte{8, 0, 64, 1, 0, 2, 0, 7, 0, 0x10, 0, 0, 0, 4, 6, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 0})
	f.Add([]byte{8, 0, 255, 0xff, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0, 1, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0x81, 15, 16, 8, 0, 1, 1, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		s := liar(data)
		table := New(s, Root{Last: 255}, 1<<40, []Range{{0, ram}})
		steps := 0
		for range 2 {
			for table.Scan(); table.Step(); steps++ {
				if steps > 400_000 {
					t.Fatal("it does not end")
				}
			}
		}
		for i := range table.Functions() {
			f := &table.Functions()[i]
			if f.Unfit != abi.Fit {
				continue
			}
			for n := range f.BARs {
				b := &f.BARs[n]
				if b.Kind == abi.BARNone {
					continue
				}
				if b.Size == 0 || b.Size&(b.Size-1) != 0 || b.Base == 0 || b.Base+b.Size < b.Base || b.Kind == abi.BARMemory && (b.Base < ram || b.Base+b.Size > 1<<40) || b.Kind == abi.BARPorts && b.Base+b.Size > 1<<16 {
					t.Errorf("%v: %+v", f.ID.Function, b)
				}
			}
			if f.MSIX != 0 && uint64(f.Table.Offset)+uint64(f.Table.Size) > f.BARs[f.Table.BAR].Size {
				t.Errorf("%v: %+v", f.ID.Function, f.Table)
			}
		}
	})
}
