//go:build !tamago

package kernel

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/iommu"
)

// behind is a function whose requests bear the name of the bridge before it.
const behind = abi.Function(1<<8 | 2<<3)

// remaps has the rig's messages looked at.
func (r *dmaRig) remaps() {
	r.cfg.Devices = words{}
	r.m.message = func(f abi.Function, vector uint64) (uint64, uint32, bool) {
		i, ok := r.iommu.AllowInterrupt(uint16(f), uint8(vector), 0, false)
		a, d := iommu.Message(i)
		return a, d, ok
	}
}

// addBus makes room for a bus that was not there at boot.
func (r *dmaRig) addBus(bus uint8) {
	before := r.pool.Free()
	r.iommu.AddBus(bus)
	r.walk.kernel += before - r.pool.Free()
}

// A message is what the IOMMU says, and nothing comes of it before that knows: whoever is told that his function may interrupt loses none.
func TestMessageRemapped(t *testing.T) {
	r := newDMARig(t)
	r.remaps()
	d := r.space.Add(behind, 0x1234, 0x11e8, 0x010000)
	d.Put(0x3c, 2, 1<<8|17)
	for _, f := range []abi.Function{card, behind} {
		r.space.Devices[f].May(0x54, 4, 0xfffffffc)
		r.space.Devices[f].May(0x58, 2, 0xffff)
	}
	d.Cap(0x05, 0x50, 0, 0, 0)
	for r.pci.Scan(); r.pci.Step(); {
	}
	r.addBus(1)
	x := r.driver(abi.DMAConfined)
	r.holds(x, card)
	before := r.counts()
	c := r.space.Devices[card]
	r.stalls("a message", false, x, abi.CallPCI, uint64(abi.PCIInterrupt), uint64(card), 0, 3, uint64(abi.InterruptMSI))
	want, _ := iommu.Message(0)
	if c.Get(0x54, 4) != uint32(want) || c.Get(0x58, 2) != 0 || c.Get(0x52, 2)&1 == 0 || len(r.m.forbidden) != 0 {
		t.Errorf("address %#x, data %#x, control %#x, %d vectors forbidden", c.Get(0x54, 4), c.Get(0x58, 2), c.Get(0x52, 2), len(r.m.forbidden))
	}
	if got := r.fires(x, arch.VectorIRQ+24); got != 1<<3 {
		t.Errorf("bits %#x", got)
	}
	e, _ := r.claim(x, card, 0, 4, abi.InterruptMSI)
	r.want("a second one", e, abi.EEXIST)
	e, _ = r.pciCall(x, abi.PCIRelease, card)
	if r.want("release", e, abi.OK); len(r.m.forbidden) != 1 || r.m.forbidden[0] != arch.VectorIRQ+24 {
		t.Errorf("forbidden: %#x", r.m.forbidden)
	}
	r.holds(x, card)
	r.m.message = func(abi.Function, uint64) (uint64, uint32, bool) { return 0, 0, false }
	e, _ = r.claim(x, card, 0, 3, abi.InterruptMSI)
	if r.want("no entry left", e, abi.ENOSPC); r.counts() != before || c.Get(0x52, 2)&1 != 0 {
		t.Errorf("%+v, was %+v; control %#x", r.counts(), before, c.Get(0x52, 2))
	}
}

// Who bears a bridge's name has no message where names are looked at: the pin is what is left.
func TestMessageBehindBridge(t *testing.T) {
	for _, looks := range []bool{false, true} {
		r := newDMARig(t)
		if r.cfg.Devices = (words{}); looks {
			r.remaps()
		}
		d := r.space.Add(behind, 0x1234, 0x11e8, 0x010000)
		d.Put(0x3c, 2, 1<<8|17)
		d.Cap(0x05, 0x50, 0, 0, 0)
		d.May(0x54, 4, 0xfffffffc)
		d.May(0x58, 2, 0xffff)
		for r.pci.Scan(); r.pci.Step(); {
		}
		r.addBus(1)
		g := sees(all(), abi.SlotMatch(behind))
		g.CeilingFrames = 2000
		x := r.make(g)
		r.holds(x, behind)
		e, _ := r.claim(x, behind, 0, 1, abi.InterruptMSI)
		if want := map[bool]abi.Errno{false: abi.OK, true: abi.ENODEV}[looks]; e != want {
			t.Errorf("looked at %v: %s, want %s", looks, e.Name(), want.Name())
		}
		if !looks {
			continue
		}
		e, _ = r.claim(x, behind, 0, 1, abi.InterruptBest)
		if r.want("best", e, abi.OK); r.fires(x, arch.VectorIRQ+17) == 0 && d.Get(4, 2)&(1<<10) != 0 {
			t.Error("the pin is silent")
		}
	}
}
