//go:build !tamago

package kernel

import (
	"testing"

	"bennu/kernel/abi"
)

// A row of faults names who had the function at the last one, also when that task is gone; and whether devices are confined is told.
func TestDMAFaultOwner(t *testing.T) {
	r := newDMARig(t)
	label := func(want string, count uint64) {
		t.Helper()
		var d abi.DMAFaults
		e, _ := r.call(r.root, abi.CallGetInfo, uint64(abi.InfoDMA), 0)
		r.want("faults", e, abi.OK)
		if copy(abi.Bytes(&d), r.root.Call.Buf[:]); d.Label.String() != want || d.Count != count || d.Function != card {
			t.Errorf("%+v, of %q; want %d of %q", d, d.Label, count, want)
		}
	}
	confined := func(r *rig, want uint64) {
		t.Helper()
		var m abi.Machine
		e, _ := r.call(r.root, abi.CallGetInfo, uint64(abi.InfoMachine))
		r.want("machine", e, abi.OK)
		if copy(abi.Bytes(&m), r.root.Call.Buf[:]); m.Confined != want {
			t.Errorf("confined %d, want %d", m.Confined, want)
		}
	}
	confined(r.rig, 1)
	x := r.driver(abi.DMAUnconfined)
	r.holds(x, card)
	r.unit.Translate(uint16(card), 0x5000, true)
	label(x.Label.String(), 1)
	r.end(x)
	label("peer", 1)
	r.unit.Translate(uint16(card), 0x5000, true)
	label("kernel", 2)
	confined(newRig(t), 0)
}
