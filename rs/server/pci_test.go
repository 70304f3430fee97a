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
	for _, r := range f.rows("b") {
		rows, unconfined := uint16(0), uint16(0)
		if r.Label.String() == "a" {
			rows, unconfined = 2, 1
		}
		if r.PCI != rows || r.Unconfined != unconfined {
			t.Errorf("%s: %d rows, unconfined %d", r.Label, r.PCI, r.Unconfined)
		}
	}
}
