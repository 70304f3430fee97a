package server

import (
	"testing"

	"bennu/kernel/abi"
)

// TestPCI: rows of functions and the right to DMA reach the privilege before the service runs, in each of its lives, and the status has them.
func TestPCI(t *testing.T) {
	f := boot(t, "service a { pci device 1af4/1042; pci slot 0:5.0; dma unconfined; system PCI; };\nservice b { uid 0; };\n")
	f.ready("a", "b")
	for life := range 2 {
		p := f.task("a").Priv()
		want := [abi.MaxPCI]abi.PCIMatch{abi.DeviceMatch(0x1af4, 0x1042), abi.SlotMatch(5 << 3)}
		if p.NPCI != 2 || p.PCI != want || p.DMA != abi.DMAUnconfined {
			t.Errorf("life %d: %d rows %+v, DMA %d", life, p.NPCI, p.PCI, p.DMA)
		}
		if life == 0 {
			f.dead("a", abi.CauseException)
			f.ready("a")
		}
	}
	if p := f.task("b").Priv(); p.NPCI != 0 || p.DMA != abi.DMAConfined {
		t.Errorf("b: %d rows, DMA %d", p.NPCI, p.DMA)
	}
	for confined := range uint64(2) { // what an IOMMU confines is not unconfined
		f.m.Facts.Confined = confined
		for _, r := range f.rows("b") {
			rows, unconfined := uint16(0), uint16(0)
			if r.Label.String() == "a" {
				rows, unconfined = 2, uint16(1-confined)
			}
			if r.PCI != rows || r.Unconfined != unconfined {
				t.Errorf("IOMMU %d: %s: %d rows, unconfined %d", confined, r.Label, r.PCI, r.Unconfined)
			}
		}
	}
}

// TestPCIRows: operators get the kernel's rows of functions and of bridges, as far as their grant goes, and nobody else does.
func TestPCIRows(t *testing.T) {
	f := boot(t, "service a { uid 0; };\nservice b { };\n")
	f.ready("a", "b")
	for i := range 37 { // two batches and a part
		f.m.PCI = append(f.m.PCI, abi.FunctionInfo{ID: abi.FunctionID{Function: abi.Function(i), Vendor: 0x1af4}})
	}
	f.m.Buses = []abi.BridgeInfo{{Function: 8, Bus: 1, Last: 3}}
	found := make([]abi.FunctionInfo, 40)
	ask := func(from string, kind abi.InfoKind, rows int) abi.Msg {
		id, revoke := f.grant(from, rowBytes(found))
		defer revoke()
		clear(found)
		m, ok := f.ask(from, abi.Msg{Type: abi.RSPCI, Arg: [7]uint64{id, uint64(len(rowBytes(found[:rows]))), uint64(kind)}})
		if !ok {
			t.Fatalf("%s is not answered", from)
		}
		return m
	}
	for _, rows := range []int{0, 1, 16, 17, 36, 37, 40} {
		m := ask("a", abi.InfoPCI, rows)
		if abi.Errno(m.Arg[0]) != abi.OK || m.Arg[1] != 37 {
			t.Errorf("room for %d: %v", rows, m.Arg)
		}
		for i, r := range found {
			if there := i < min(rows, 37); there != (r.ID.Vendor == 0x1af4) || there && r.ID.Function != abi.Function(i) {
				t.Errorf("room for %d: row %d is %+v", rows, i, r.ID)
			}
		}
	}
	buses := make([]abi.BridgeInfo, 2)
	id, revoke := f.grant("a", rowBytes(buses))
	m, _ := f.ask("a", abi.Msg{Type: abi.RSPCI, Arg: [7]uint64{id, uint64(len(rowBytes(buses))), uint64(abi.InfoBuses)}})
	if revoke(); m.Arg[0] != 0 || m.Arg[1] != 1 || buses[0] != f.m.Buses[0] || buses[1] != (abi.BridgeInfo{}) {
		t.Errorf("bridges: %v, %+v", m.Arg, buses)
	}
	f.m.Faults = []abi.DMAFaults{{Function: 0x28, Count: 3}, {Function: 0x30, Count: 1}}
	faults := make([]abi.DMAFaults, 3)
	id, revoke = f.grant("a", rowBytes(faults))
	m, _ = f.ask("a", abi.Msg{Type: abi.RSPCI, Arg: [7]uint64{id, uint64(len(rowBytes(faults))), uint64(abi.InfoDMA)}})
	if revoke(); m.Arg[0] != 0 || m.Arg[1] != 2 || faults[0] != f.m.Faults[0] || faults[1] != f.m.Faults[1] || faults[2] != (abi.DMAFaults{}) {
		t.Errorf("faults: %v, %+v", m.Arg, faults)
	}
	for _, c := range []struct {
		from string
		kind abi.InfoKind
		want abi.Errno
		why  abi.Why
	}{{"b", abi.InfoPCI, abi.EPERM, abi.WhyNotOperator}, {"b", abi.InfoBuses, abi.EPERM, abi.WhyNotOperator}, {"b", abi.InfoDMA, abi.EPERM, abi.WhyNotOperator}, {"a", abi.InfoDMA + 1, abi.EINVAL, abi.WhyArgument}, {"a", 0, abi.EINVAL, abi.WhyArgument}} {
		if m := ask(c.from, c.kind, 40); abi.Errno(m.Arg[0]) != c.want || abi.Why(m.Arg[5]) != c.why || found[0].ID.Vendor != 0 {
			t.Errorf("%s asks for %d: %v, want %v", c.from, c.kind, m.Arg, c.want)
		}
	}
	if m, _ := f.ask("a", abi.Msg{Type: abi.RSPCI, Arg: [7]uint64{77, 1 << 20, uint64(abi.InfoPCI)}}); abi.Errno(m.Arg[0]) != abi.EPERM || abi.Why(m.Arg[5]) != abi.WhyGrant {
		t.Errorf("no grant: %v", m.Arg)
	}
}
