package kernel

import (
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
)

// A privilege with rows of PCI functions that are none is refused whole; one with good rows is as it was given.
func TestPCIRowsOfAPrivilege(t *testing.T) {
	r := newRig(t)
	g := rights()
	g.NPCI, g.DMA = 1, abi.DMAUnconfined
	s := abi.TaskSpec{Image: r.load(code.ELF(code.New().Stop().Text(), nil)), Account: r.account(&g.AccountSpec)}
	s.Label, _ = abi.MakeLabel("pci")
	copy(r.root.Call.Buf[:], abi.Bytes(&s))
	e, ep := r.call(r.root, abi.CallTaskCreate)
	r.want("create", e, abi.OK)
	x := r.tasks.Lookup(abi.Endpoint(ep))
	for _, c := range []struct {
		what string
		row  abi.PCIMatch
		want abi.Errno
	}{
		{"no kind", abi.PCIMatch{}, abi.EINVAL},
		{"mask of a device", abi.PCIMatch{Kind: abi.MatchDevice, Mask: 1}, abi.EINVAL},
		{"slot", abi.SlotMatch(8), abi.OK},
	} {
		g.PCI[0] = c.row
		copy(r.root.Call.Buf[:], abi.Bytes(&g.Privilege))
		e, _ := r.call(r.root, abi.CallPrivCtl, uint64(abi.PrivSet), ep)
		r.want(c.what, e, c.want)
		if want := c.want == abi.OK; x.Priv.Shows(&abi.FunctionID{Function: 8}) != want || (x.Priv.DMA == abi.DMAUnconfined) != want {
			t.Errorf("%s: %+v", c.what, x.Priv)
		}
	}
}
