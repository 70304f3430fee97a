package pci

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/pci/fake"
)

// behind is two functions behind a port of PCI Express and a conventional bridge.
func behind() (s *fake.Space, t *Table, port, bridge *fake.Device) {
	s = fake.New()
	port = s.Bridge(at(0, 1, 0), 1, 2)
	port.Cap(CapExpress, 0x80, 4<<4, 0, 0)
	bridge = s.Bridge(at(1, 0, 0), 2, 2)
	for n := range uint32(2) {
		d := s.Add(at(2, n, 0), 0x1af4, 0x1042, 0x010000)
		d.Put(0x0c, 2, 0x10)
		d.BAR(0, 0xfe00_0000+uint64(n)<<12, abi.PageSize, 0)
		d.Cap(CapExpress, 0x80, 0, functionReset, 0)
	}
	return s, scan(s), port, bridge
}

// Bridges pass on what functions behind them send while any of these is a bus master, and not before or after.
func TestMaster(t *testing.T) {
	s, table, port, bridge := behind()
	a, b := table.must(t, at(2, 0, 0)), table.must(t, at(2, 1, 0))
	on := func(what string, want ...bool) {
		t.Helper()
		for i, d := range []*fake.Device{s.Devices[at(2, 0, 0)], s.Devices[at(2, 1, 0)], bridge, port} {
			if got := d.Get(4, 2)&cmdMaster != 0; got != want[i] {
				t.Errorf("%s: number %d is a bus master: %v", what, i, got)
			}
		}
	}
	on("at first", false, false, false, false)
	table.Master(a, false)
	table.Master(a, true)
	table.Master(a, true)
	on("one", true, false, true, true)
	table.Master(b, true)
	table.Master(a, false)
	on("the other", false, true, true, true)
	table.Quiet(b)
	table.Quiet(b)
	on("none", false, false, false, false)
	if a.Flags&abi.FunctionMaster != 0 || b.Flags&abi.FunctionMaster != 0 {
		t.Error("flags")
	}
}

// Behind a conventional bridge requests bear the bridge's names; behind a port their own.
func TestAliases(t *testing.T) {
	_, table, _, _ := behind()
	if ids := table.Aliases(table.must(t, at(2, 1, 0))); ids != [2]abi.Function{at(1, 0, 0), at(2, 0, 0)} {
		t.Errorf("behind the bridge: %v", ids)
	}
	if ids := table.Aliases(table.must(t, at(1, 0, 0))); ids != [2]abi.Function{NoAlias, NoAlias} {
		t.Errorf("behind the port: %v", ids)
	}
}

// A reset takes the function's registers; it gets them back, and is quiet.
func TestReset(t *testing.T) {
	s, table, _, _ := behind()
	f, d := table.must(t, at(2, 0, 0)), s.Devices[at(2, 0, 0)]
	d.May(0x0c, 4, 0xffff)
	d.May(0x3c, 1, 0xff)
	d.May(0x88, 4, 0xffff)
	d.Put(0x88, 2, 0x2810)
	d.Put(4, 2, 0x402)
	table.Quiet(f)
	table.BeginReset(f)
	if d.Get(0x88, 2)&initiate == 0 {
		t.Fatal("it was not reset")
	}
	id := d.Get(0, 4)
	for _, r := range []uint32{0, 4, 0x0c, 0x10, 0x88} { // what the device does
		d.Put(r, 2, 0)
	}
	if table.EndReset(f) {
		t.Error("it ends, and the function does not answer")
	}
	d.Put(0, 4, id)
	if !table.EndReset(f) {
		t.Fatal("it does not end")
	}
	if d.Get(0x10, 4) != 0xfe00_0000 || d.Get(4, 2) != 0x402 || d.Get(0x0c, 2) != 0x10 || d.Get(0x88, 2) != 0x2810 {
		t.Errorf("BAR %#x, command %#x, cache line %#x, control %#x", d.Get(0x10, 4), d.Get(4, 2), d.Get(0x0c, 2), d.Get(0x88, 2))
	}
}
