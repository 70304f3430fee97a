//go:build !tamago

package kernel

import (
	"fmt"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/iommu"
	"bennu/kernel/mem"
	"bennu/kernel/task"
)

// stalls makes a call that cannot end before the unit has done what it was told: it takes steps, and what the device reached waits.
func (r *dmaRig) stalls(what string, waiting bool, x *task.Task, nr abi.CallNr, args ...uint64) {
	r.t.Helper()
	r.unit.Stall = true
	for range 20 {
		r.syscall(x, nr, args...)
		r.until("call", func() bool { return r.m.next[x.Slot] == nil })
		if x.DoneIP != x.Ctx.Frame.IP+syscallSize {
			r.t.Fatalf("%s: it has ended, and the unit has done nothing", what)
		}
	}
	if c := r.counts(); (c.Waiting != 0) != waiting {
		r.t.Errorf("%s: %d frames wait", what, c.Waiting)
	}
	if f := r.check(); f.Broken() {
		r.t.Errorf("%s: %s: %#x, %#x", what, f.What, f.A, f.B)
	}
	r.unit.Stall = false
	r.unit.Run()
	e, _ := r.call(x, nr, args...)
	r.want(what, e, abi.OK)
	if c := r.counts(); c.Waiting != 0 {
		r.t.Errorf("%s: %d frames wait in the end", what, c.Waiting)
	}
}

// Each call that takes something from a device, or gives it something, ends when the unit has done that; ring 0 waits for nothing.
func TestDMAStalls(t *testing.T) {
	r := newDMARig(t)
	x, o := r.driver(abi.DMAConfined), r.make(rights())
	pci, dma, window := abi.CallNr(abi.CallPCI), abi.CallNr(abi.CallDMA), abi.CallNr(abi.CallWindow)
	r.stalls("reserve", false, x, pci, uint64(abi.PCIReserve), uint64(card))
	r.stalls("alloc", false, x, dma, uint64(abi.DMAAlloc), uint64(card), 4096, 0)
	var v abi.DMAView
	copy(abi.Bytes(&v), x.Call.Buf[:])
	r.same("mapped", r.reach(card, v.Device, true), r.frame(x, v.Address))
	r.stalls("free", true, x, dma, uint64(abi.DMAFree), uint64(card), v.Address)
	r.same("freed", r.reach(card, v.Device, true), nowhereDMA)
	e, at := r.call(o, abi.CallWindow, uint64(abi.WindowCreate), 3*abi.PageSize, 0)
	r.want("create", e, abi.OK)
	id := uint64(o.Space.WindowAt(at))
	allow := func() {
		e, _ := r.call(o, abi.CallWindow, uint64(abi.WindowAllow), id, uint64(x.Endpoint), 1)
		r.want("allow", e, abi.OK)
	}
	allow()
	r.stalls("map", false, x, dma, uint64(abi.DMAMap), uint64(card), id, 1, uint64(o.Endpoint))
	r.stalls("unmap", true, x, dma, uint64(abi.DMAUnmap), uint64(card), id)
	e, _ = r.dmaCall(x, abi.DMAMap, card, id, 1, uint64(o.Endpoint))
	r.want("map", e, abi.OK)
	r.stalls("revoke", true, o, window, uint64(abi.WindowRevoke), id, uint64(x.Endpoint))
	allow()
	e, dev := r.dmaCall(x, abi.DMAMap, card, id, 1, uint64(o.Endpoint))
	r.want("map", e, abi.OK)
	r.same("mapped", r.reach(card, dev, false), r.frame(o, at))
	r.stalls("free of a window", true, o, window, uint64(abi.WindowFree), id)
	r.same("freed", r.reach(card, dev, false), nowhereDMA)
	r.alloc(x, card, 4096, 0)
	r.stalls("release", true, x, pci, uint64(abi.PCIRelease), uint64(card))
	r.end(x)
}

// A window whose owner has ended, or frees it, while the device mapping is made is not mapped.
func TestDMAMeanwhile(t *testing.T) {
	for _, how := range []string{"free", "revoke", "death"} {
		r := newDMARig(t)
		x, o := r.driver(abi.DMAConfined), r.make(rights())
		r.holds(x, card)
		e, at := r.call(o, abi.CallWindow, uint64(abi.WindowCreate), 3*abi.PageSize, 0)
		r.want("create", e, abi.OK)
		id := uint64(o.Space.WindowAt(at))
		e, _ = r.call(o, abi.CallWindow, uint64(abi.WindowAllow), id, uint64(x.Endpoint), 1)
		r.want("allow", e, abi.OK)
		args := []uint64{uint64(abi.DMAMap), uint64(card), id, 1, uint64(o.Endpoint)}
		r.syscall(x, abi.CallDMA, args...)
		r.until("a step", func() bool { return r.m.next[x.Slot] == nil })
		switch how {
		case "free":
			e, _ = r.call(o, abi.CallWindow, uint64(abi.WindowFree), id)
			r.want(how, e, abi.OK)
		case "revoke":
			e, _ = r.call(o, abi.CallWindow, uint64(abi.WindowRevoke), id, uint64(x.Endpoint))
			r.want(how, e, abi.OK)
		case "death":
			r.end(o)
		}
		e, _ = r.call(x, abi.CallDMA, args...)
		r.want(how, e, abi.EINVAL)
		r.same(how, r.reach(card, iommu.High(39), false), nowhereDMA)
		r.end(x)
	}
}

// Without an IOMMU memory for a device is one piece of physical memory, and no window is mapped.
func TestDMAUnconfined(t *testing.T) {
	r, s := pciRig(t)
	d := &dmaRig{rig: r, space: s}
	x := d.driver(abi.DMAUnconfined)
	d.holds(x, card)
	d.alloc(x, card, 1, 0)
	before := r.counts()
	for range 3 {
		v := d.alloc(x, card, 9*abi.PageSize, abi.DMA32)
		for at := uint64(0); at < v.Size; at += abi.PageSize {
			d.same("a page", fmt.Sprintf("%#x", v.Device+at), d.frame(x, v.Address+at))
		}
		if f := r.check(); f.Broken() {
			t.Errorf("%s: %#x, %#x", f.What, f.A, f.B)
		}
		copy(r.phys.Bytes(mem.Addr(v.Device), 8), "not zero")
		e, _ := d.dmaCall(x, abi.DMAFree, card, v.Address)
		r.want("free", e, abi.OK)
		d.whole("freed", before)
	}
	e, _ := d.dmaCall(x, abi.DMAAlloc, card, 65*abi.PageSize, 0)
	r.want("more than a run", e, abi.ENOSPC)
	e, _ = d.dmaCall(x, abi.DMAMap, card, 1, 1, uint64(x.Endpoint))
	r.want("map", e, abi.EPERM)
	d.whole("refused", before)
	d.end(x)
}
