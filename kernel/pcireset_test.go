package kernel

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/pci"
	"bennu/kernel/task"
)

// resetStep is a call of PCIReset, so many ns after the one before.
type resetStep struct {
	after  uint64
	absent bool // the function does not answer from then on
	want   abi.Errno
}

// A reset takes its time, and nothing waits for it: meanwhile the function is of no use to its holder. One that does not come back in time is gone for everybody.
func TestPCIReset(t *testing.T) {
	const soon, time, most = pci.ResetTakesNS / 2, pci.ResetTakesNS, pci.ResetMostNS
	for _, c := range []struct {
		name  string
		steps []resetStep
		next  abi.Errno // what the next holder is told
	}{
		{"at once", []resetStep{{0, false, abi.EAGAIN}, {soon, false, abi.EAGAIN}, {time, false, abi.OK}}, abi.OK},
		{"late", []resetStep{{0, true, abi.EAGAIN}, {2 * time, true, abi.EAGAIN}, {most / 2, false, abi.EAGAIN}, {1000, false, abi.OK}}, abi.OK},
		{"never", []resetStep{{0, true, abi.EAGAIN}, {2 * time, true, abi.EAGAIN}, {most, true, abi.EIO}}, abi.ENODEV},
		{"its holder lets go", []resetStep{{0, false, abi.EAGAIN}}, abi.EBUSY},
	} {
		r, s := pciRig(t)
		x, y := r.make(sees(all())), r.make(sees(all()))
		want := func(want abi.Errno, x *task.Task, op abi.PCIOp, args ...uint64) {
			t.Helper()
			e, _ := r.pciCall(x, op, card, args...)
			r.want(c.name, e, want)
		}
		want(abi.OK, x, abi.PCIReserve)
		for _, kind := range []uint64{uint64(abi.ResetFunction) + 1, 31, 1 << 40} {
			want(abi.ENODEV, x, abi.PCIReset, kind)
		}
		d, out := s.Devices[card], false
		d.Lie = func(_, _, v uint32) uint32 {
			if out {
				return ^uint32(0)
			}
			return v
		}
		for i, step := range c.steps {
			r.m.tsc += step.after
			want(step.want, x, abi.PCIReset)
			if i == 0 && (d.Get(0x88, 2)>>15 == 0 || d.Get(4, 2)&(1<<2|1<<10) != 1<<10) {
				t.Errorf("%s: control %#x, command %#x", c.name, d.Get(0x88, 2), d.Get(4, 2))
			}
			for op := abi.PCIRead; op < abi.PCIReset && step.want == abi.EAGAIN; op++ {
				want(abi.EAGAIN, x, op, 0, 4, 0)
			}
			out = step.absent
		}
		want(abi.EBUSY, y, abi.PCIReserve)
		want(abi.OK, x, abi.PCIRelease)
		want(c.next, y, abi.PCIReserve)
		if c.next == abi.EBUSY { // until it is over
			r.m.tsc += time
			want(abi.OK, y, abi.PCIReserve)
		}
	}
}

// A function without a reset of its own is told so.
func TestPCINoReset(t *testing.T) {
	r, _ := pciRig(t)
	x := r.make(sees(all()))
	for _, c := range []struct {
		op   abi.PCIOp
		want abi.Errno
	}{{abi.PCIReserve, abi.OK}, {abi.PCIReset, abi.ENODEV}, {abi.PCIRead, abi.EINVAL}} {
		e, _ := r.pciCall(x, c.op, second)
		r.want("second", e, c.want)
	}
}
