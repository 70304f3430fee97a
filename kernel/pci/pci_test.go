package pci

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/pci/fake"
)

const (
	ram   = 256 << 20
	mem   = 0 // type bits of BARs
	ports = 1
	wide  = 4
	pre   = 8
)

// scan finds what there is, with RAM up to 256 MiB.
func scan(s *fake.Space) *Table {
	t := New(s, Root{Last: 255}, 1<<40, []Range{{0, ram}})
	again(t)
	return t
}

func again(t *Table) {
	for t.Scan(); t.Step(); {
	}
}

func at(bus, device, number uint32) abi.Function { return abi.MakeFunction(bus, device, number) }

// names is the functions in the order in which they were found.
func names(t *Table) (s string) {
	for i := range t.Functions() {
		s += t.Functions()[i].ID.Function.String() + " "
	}
	return s
}

func (t *Table) must(test *testing.T, f abi.Function) *Function {
	test.Helper()
	if g := t.Lookup(f); g != nil {
		return g
	}
	test.Fatalf("%v is not found, only %s", f, names(t))
	return nil
}

// above is the function of the bridge that f is behind; nil: none.
func (t *Table) above(f *Function) *Function {
	if f.bridge < 0 {
		return nil
	}
	return t.Lookup(t.bridges[f.bridge].Function)
}

func TestFunctionsAndBridges(t *testing.T) {
	s := fake.New()
	s.Add(at(0, 0, 0), 0x8086, 0x29c0, 0x060000)
	multi := s.Add(at(0, 3, 0), 0x8086, 1, 0x010000)
	multi.Put(0x0e, 1, 0x80)
	s.Add(at(0, 3, 7), 0x8086, 2, 0x010000)
	s.Add(at(0, 4, 0), 0x8086, 3, 0x010000)
	s.Add(at(0, 4, 1), 0x8086, 4, 0x010000) // hidden: function 0 has no bit for it
	s.Add(at(0, 5, 1), 0x8086, 5, 0x010000) // there is no function 0
	s.Bridge(at(0, 31, 0), 1, 3)
	s.Bridge(at(1, 2, 0), 3, 3)
	s.Add(at(3, 31, 0), 0x1af4, 0x1042, 0x010000)
	port := s.Bridge(at(0, 30, 0), 4, 4)
	port.Cap(CapExpress, 0x40, 4<<4, 0)
	s.Add(at(4, 0, 0), 0x1af4, 0x1041, 0x020000)
	s.Add(at(4, 1, 0), 0x1af4, 0x1041, 0x020000) // a ghost: a port leads to one device
	s.Add(at(9, 0, 0), 1, 1, 0)                  // behind nothing
	table := scan(s)
	if got, want := names(table), "00:00.0 00:03.0 00:03.7 00:04.0 00:1e.0 00:1f.0 04:00.0 01:02.0 03:1f.0 "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	f := table.must(t, at(3, 31, 0))
	if up := table.above(f); up == nil || up.ID.Function != at(1, 2, 0) || table.above(up).ID.Function != at(0, 31, 0) || table.above(table.above(up)) != nil {
		t.Errorf("above %v", up)
	}
	if s.Reads > 3000 {
		t.Errorf("%d reads: empty places cost too much", s.Reads)
	}
	if b := table.Bridges(); len(b) != 3 || b[1].Bus != 1 || b[1].Last != 3 {
		t.Errorf("%+v", b)
	}
	for i := range table.Functions() {
		f := &table.Functions()[i]
		if c := s.Devices[f.ID.Function].Get(4, 2); c&cmdMaster != 0 || c&cmdNoINTx == 0 {
			t.Errorf("%v: command %x", f.ID.Function, c)
		}
	}
}

func TestBARs(t *testing.T) {
	s := fake.New()
	d := s.Add(at(0, 1, 0), 1, 2, 0x020000)
	d.Put(4, 2, 7)
	d.BAR(0, 0xc000, 0x20, ports)
	d.BAR(1, 0xfe00_0000, 0x1000, mem)
	d.BAR(2, 0xe0_0000_0000, 1<<33, wide|pre)
	d.BAR(4, 0xfd00_0000, 0x8000, mem|pre)
	d.BAR(5, 0xfc00_0000, 16, mem)
	d.Put(0x2c, 4, 0x00041af4)
	d.Put(0x3c, 4, 0x010b)
	rom := uint32(0xfeb0_0001)
	d.Put(0x30, 4, rom)
	d.May(0x30, 4, 0xffff_0001)
	s.Log = true
	f := scan(s).must(t, at(0, 1, 0))
	want := [abi.MaxBARs]abi.BAR{{Base: 0xc000, Size: 0x20, Kind: abi.BARPorts}, {Base: 0xfe00_0000, Size: 0x1000, Kind: abi.BARMemory},
		{Base: 0xe0_0000_0000, Size: 1 << 33, Kind: abi.BARMemory, Flags: abi.BARWide | abi.BARPrefetch}, {},
		{Base: 0xfd00_0000, Size: 0x8000, Kind: abi.BARMemory, Flags: abi.BARPrefetch}, {Base: 0xfc00_0000, Size: 16, Kind: abi.BARMemory}}
	if f.BARs != want || f.Unfit != abi.Fit {
		t.Errorf("%+v, unfit %d, want %+v", f.BARs, f.Unfit, want)
	}
	if f.ID.SubVendor != 0x1af4 || f.ID.SubDevice != 4 || f.Line != 11 || f.Pin != 1 {
		t.Errorf("%+v", f)
	}
	if c := d.Get(4, 2); c != cmdNoINTx|cmdPorts|cmdMemory {
		t.Errorf("command %x", c)
	}
	if d.Get(0x30, 4) != rom {
		t.Error("the ROM's register is not as it was")
	}
	on := uint32(7)
	for _, w := range s.Writes {
		switch {
		case w.Offset == 4:
			on = w.Value
		case w.Offset >= 0x10 && on&7 != 0:
			t.Errorf("written to %x while the device answers: command %x", w.Offset, on)
		case w.Offset == 0x30:
			t.Error("written to the ROM's register")
		}
	}
}

// Each fault, and that its function is nobody's and answers at no address.
func TestUnfit(t *testing.T) {
	const high = 0xfe00_0000
	for _, c := range []struct {
		name string
		want abi.Unfit
		bar  uint16
		make func(s *fake.Space, d *fake.Device)
	}{
		{"fit", abi.Fit, 0, func(s *fake.Space, d *fake.Device) {}},
		{"no address", abi.UnfitAddress, 1, func(s *fake.Space, d *fake.Device) { d.BAR(1, 0, 0x1000, mem) }},
		{"no port", abi.UnfitAddress, 1, func(s *fake.Space, d *fake.Device) { d.BAR(1, 0, 32, ports) }},
		{"on RAM", abi.UnfitOverlap, 1, func(s *fake.Space, d *fake.Device) { d.BAR(1, ram-0x1000, 0x1000, mem) }},
		{"behind RAM", abi.Fit, 0, func(s *fake.Space, d *fake.Device) { d.BAR(1, ram, 0x1000, mem) }},
		{"on its own", abi.UnfitOverlap, 1, func(s *fake.Space, d *fake.Device) { d.BAR(1, high, 0x800, mem) }},
		{"beside its own", abi.Fit, 0, func(s *fake.Space, d *fake.Device) { d.BAR(1, high+0x1000, 16, mem); d.BAR(2, high+0x1010, 16, mem) }},
		{"on another's", abi.UnfitOverlap, 1, func(s *fake.Space, d *fake.Device) {
			s.Add(at(0, 2, 0), 1, 1, 0).BAR(0, high+0x4000, 0x1000, mem)
			d.BAR(1, high+0x4000, 0x1000, mem)
		}},
		{"on another's page", abi.UnfitOverlap, 1, func(s *fake.Space, d *fake.Device) {
			s.Add(at(0, 2, 0), 1, 1, 0).BAR(0, high+0x4000, 0x100, mem)
			d.BAR(1, high+0x4100, 0x100, mem)
		}},
		{"on another's ports", abi.UnfitOverlap, 1, func(s *fake.Space, d *fake.Device) {
			s.Add(at(0, 2, 0), 1, 1, 0).BAR(0, 0xc000, 0x10, ports)
			d.BAR(1, 0xc000, 0x20, ports)
		}},
		{"beside another's ports", abi.Fit, 0, func(s *fake.Space, d *fake.Device) {
			s.Add(at(0, 2, 0), 1, 1, 0).BAR(0, 0xc000, 0x10, ports)
			d.BAR(1, 0xc010, 0x10, ports)
		}},
		{"beyond the processor", abi.UnfitReach, 1, func(s *fake.Space, d *fake.Device) { d.BAR(1, 1<<40, 1<<20, wide) }},
		{"at the processor's end", abi.Fit, 0, func(s *fake.Space, d *fake.Device) { d.BAR(1, 1<<40-1<<20, 1<<20, wide) }},
		{"at all addresses' end", abi.UnfitReach, 1, func(s *fake.Space, d *fake.Device) { d.BAR(1, 1<<63, 1<<63, wide) }},
		{"ports beyond the last", abi.UnfitReach, 1, func(s *fake.Space, d *fake.Device) { d.BAR(1, 0x10000, 0x20, ports) }},
		{"all ones", abi.UnfitReach, 1, func(s *fake.Space, d *fake.Device) { d.Put(0x14, 4, ^uint32(0)) }},
		{"size with a hole", abi.UnfitSize, 1, func(s *fake.Space, d *fake.Device) { d.Put(0x14, 4, 0xfd00_0000); d.May(0x14, 4, 0xff0f_0000) }},
		{"below 1 MiB", abi.UnfitSize, 1, func(s *fake.Space, d *fake.Device) { d.BAR(1, high+0x1000, 0x1000, 2) }},
		{"reserved type", abi.UnfitSize, 1, func(s *fake.Space, d *fake.Device) { d.BAR(1, high+0x1000, 0x1000, 6) }},
		{"no upper half", abi.UnfitSize, 5, func(s *fake.Space, d *fake.Device) { d.BAR(5, high+0x1000, 0x1000, wide) }},
		{"changes", abi.UnfitChanges, 1, func(s *fake.Space, d *fake.Device) {
			d.BAR(1, high+0x1000, 0x1000, mem)
			n := uint32(0)
			d.Lie = func(offset, width, v uint32) uint32 {
				if offset == 0x14 {
					n += 0x1000
				}
				return v + n
			}
		}},
		{"header", abi.UnfitHeader, 0, func(s *fake.Space, d *fake.Device) { d.Put(0x0e, 1, 0x7f) }},
		{"cardbus", abi.UnfitHeader, 0, func(s *fake.Space, d *fake.Device) { d.Put(0x0e, 1, 2) }},
	} {
		s := fake.New()
		d := s.Add(at(0, 1, 0), 1, 2, 0x020000)
		d.Put(4, 2, 7)
		d.BAR(0, high, 0x1000, mem)
		c.make(s, d)
		f := scan(s).must(t, at(0, 1, 0))
		if f.Unfit != c.want || f.UnfitBAR != c.bar {
			t.Errorf("%s: %d by BAR %d, want %d by %d", c.name, f.Unfit, f.UnfitBAR, c.want, c.bar)
		}
		if decodes := d.Get(4, 2)&3 != 0; decodes != (c.want == abi.Fit) {
			t.Errorf("%s: command %x", c.name, d.Get(4, 2))
		}
		if c.want != abi.Fit && f.Unfit.Text() == "" {
			t.Errorf("%s: no words", c.name)
		}
	}
}
