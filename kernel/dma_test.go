//go:build !tamago

package kernel

import (
	"fmt"
	"testing"

	model "bennu/board/model/vtd"
	"bennu/board/pc/mmio"
	"bennu/board/pc/vtd"
	"bennu/kernel/abi"
	"bennu/kernel/iommu"
	"bennu/kernel/mem"
	"bennu/kernel/pci/fake"
	"bennu/kernel/task"
)

// unitMemory is how the model of a unit sees memory.
type unitMemory struct{ phys mem.Physical }

func (m unitMemory) at(a uint64) *uint64        { return &m.phys.Words(mem.Addr(a &^ 4095))[a/8%512] }
func (m unitMemory) Word(a uint64) uint64       { return *m.at(a) }
func (m unitMemory) SetWord(a uint64, v uint64) { *m.at(a) = v }
func (m unitMemory) Size() uint64               { return (frames + 1) * abi.PageSize }

// dmaRig is a rig with PCI functions behind an IOMMU as QEMU's.
type dmaRig struct {
	*rig
	space *fake.Space
	unit  *model.Unit
	order func() // if set: before the unit is told of orders
}

// unitRegisters are the unit's, with that.
type unitRegisters struct{ *dmaRig }

func (r unitRegisters) Load(off uint32) uint32 { return r.unit.Load(off) }
func (r unitRegisters) Store(off, v uint32) {
	if off == model.IQT && r.order != nil {
		r.order()
	}
	r.unit.Store(off, v)
}

func newDMARig(t *testing.T) *dmaRig {
	t.Helper()
	r, s := pciRig(t)
	d := &dmaRig{rig: r, space: s, unit: model.New(model.Config{Cap: 0x22<<24 | 6 | model.CapCM | 2<<8 | 38<<16 | 1<<39 | 18<<48, ECap: 1<<1 | 1<<3}, unitMemory{r.phys})}
	u, err := vtd.Probe(0xfed90000, mmio.Fake(unitRegisters{d}))
	if err != nil {
		t.Fatal(err)
	}
	units := &vtd.Units{All: []*vtd.Unit{u}, Flush: d.unit.Flush}
	before := r.pool.Free()
	table, ok := iommu.New(r.pool, units, iommu.Config{Width: 39, Domains: units.Domains(), Caching: true, Low: 0x8000_0000, Lows: 8})
	if !ok || !table.AddBus(0) {
		t.Fatal("no memory for tables")
	}
	page := func() vtd.Page {
		a := r.pool.Get(nil)
		return vtd.Page{Addr: uint64(a), Words: r.phys.Words(a)}
	}
	queue, at := page(), r.pool.Get(nil)
	for _, err := range []error{units.Stop(), units.Start(uint64(table.Root()), vtd.Status{Addr: uint64(at), Words: r.phys.Halves(at)}, []vtd.Page{queue})} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r.iommu = table
	r.walk.kernel += before - r.pool.Free()
	t.Cleanup(func() {
		if len(d.unit.Wrong) > 0 {
			t.Errorf("against the manual: %q", d.unit.Wrong)
		}
	})
	return d
}

// driver is a task that may have all functions, with or without the right to DMA that nothing confines.
func (r *dmaRig) driver(dma abi.DMARight) *task.Task {
	g := sees(all(), abi.SlotMatch(bridge))
	g.DMA, g.CeilingFrames = dma, 2000
	return r.make(g)
}

func (r *dmaRig) holds(x *task.Task, fs ...abi.Function) {
	r.t.Helper()
	for _, f := range fs {
		e, _ := r.pciCall(x, abi.PCIReserve, f)
		r.want("reserve "+f.String(), e, abi.OK)
	}
}

func (r *dmaRig) dmaCall(x *task.Task, op abi.DMAOp, f abi.Function, args ...uint64) (abi.Errno, uint64) {
	r.t.Helper()
	return r.call(x, abi.CallDMA, append([]uint64{uint64(op), uint64(f)}, args...)...)
}

func (r *dmaRig) alloc(x *task.Task, f abi.Function, size, flags uint64) (v abi.DMAView) {
	r.t.Helper()
	e, at := r.dmaCall(x, abi.DMAAlloc, f, size, flags)
	r.want("alloc", e, abi.OK)
	if copy(abi.Bytes(&v), x.Call.Buf[:]); v.Address != at || v.Size < size {
		r.t.Fatalf("alloc at %#x: %+v", at, v)
	}
	return v
}

// reach is the frame that a function's request goes to.
func (r *dmaRig) reach(f abi.Function, at uint64, write bool) string {
	if a, ok := r.unit.Translate(uint16(f), at, write); ok {
		return fmt.Sprintf("%#x", a)
	}
	return nowhereDMA
}

const nowhereDMA = "nothing"

// frame is where the task's memory is.
func (r *dmaRig) frame(x *task.Task, va uint64) string {
	a, ok := x.Space.Peek(va)
	if !ok {
		return "not there"
	}
	return fmt.Sprintf("%#x", uint64(a)+va%abi.PageSize)
}

func (r *dmaRig) same(what string, got, want string) {
	r.t.Helper()
	if got != want {
		r.t.Errorf("%s: %s, want %s", what, got, want)
	}
}

// whole checks that all is as it was, and nothing is broken.
func (r *dmaRig) whole(what string, before abi.Counts) {
	r.t.Helper()
	if c := r.counts(); c != before {
		r.t.Errorf("%s: %+v, was %+v", what, c, before)
	}
	if f := r.check(); f.Broken() {
		r.t.Errorf("%s: %s: %#x, %#x", what, f.What, f.A, f.B)
	}
}

// end ends a task, all of it.
func (r *dmaRig) end(x *task.Task) {
	r.t.Helper()
	r.kill(x, abi.DeathRecord{Cause: abi.CauseKilled})
	r.until("burial", func() bool { return !x.Dying })
	r.death(abi.CauseKilled)
}

// Memory for a device is zeros, in the caller's memory and where the device says, of 32 bits if asked; nothing beside it is reached, by nobody else, and nothing
// of it afterwards. It comes and goes without a trace.
func TestDMAAlloc(t *testing.T) {
	r := newDMARig(t)
	x := r.driver(abi.DMAConfined)
	r.holds(x, card)
	before := r.counts()
	for _, c := range []struct{ size, flags uint64 }{{1, 0}, {4096, abi.DMA32}, {5 << 10, 0}, {3<<20 + 1, abi.DMA32}} {
		v := r.alloc(x, card, c.size, c.flags)
		if c.flags == abi.DMA32 && v.Device+v.Size > 1<<32 || v.Device < 0x8000_0000 {
			t.Errorf("device address %#x", v.Device)
		}
		for at := uint64(0); at < v.Size; at += abi.PageSize {
			r.same("a page", r.reach(card, v.Device+at, true), r.frame(x, v.Address+at))
			if b := r.memory(x, v.Address+at, abi.PageSize); *(*[abi.PageSize]byte)(b) != ([abi.PageSize]byte{}) {
				t.Error("not zeros")
			}
		}
		r.same("behind the end", r.reach(card, v.Device+v.Size, false), nowhereDMA)
		r.same("before the beginning", r.reach(card, v.Device-1, false), nowhereDMA)
		r.same("another function", r.reach(second, v.Device, false), nowhereDMA)
		e, _ := r.dmaCall(x, abi.DMAFree, card, v.Address)
		r.want("free", e, abi.OK)
		r.same("freed", r.reach(card, v.Device, false), nowhereDMA)
		r.same("in its memory", r.frame(x, v.Address), "not there")
		e, _ = r.dmaCall(x, abi.DMAFree, card, v.Address)
		r.want("free again", e, abi.EINVAL)
	}
	if c := r.counts(); before.Frames-c.Frames > 8 { // tables stay until the domain ends
		t.Errorf("%d frames stay", before.Frames-c.Frames)
	}
	r.end(x)
}

// What cannot be is refused, and leaves nothing.
func TestDMARefused(t *testing.T) {
	r := newDMARig(t)
	x, y := r.driver(abi.DMAConfined), r.driver(abi.DMAConfined)
	want := func(what string, want abi.Errno, x *task.Task, op abi.DMAOp, f abi.Function, args ...uint64) {
		t.Helper()
		e, _ := r.dmaCall(x, op, f, args...)
		r.want(what, e, want)
	}
	for op := abi.DMAAlloc; op <= abi.DMAUnmap; op++ {
		want("not there", abi.ESRCH, x, op, abi.MakeFunction(9, 0, 0), 4096, 0)
		want("not shown", abi.ESRCH, x, op, sick, 4096, 0)
		want("not reserved", abi.EPERM, x, op, card, 4096, 0)
	}
	r.holds(x, card)
	e, at := r.call(x, abi.CallWindow, uint64(abi.WindowCreate), 4096, 0)
	r.want("window", e, abi.OK)
	before := r.counts()
	want("another's", abi.EPERM, y, abi.DMAAlloc, card, 4096, 0)
	want("size 0", abi.EINVAL, x, abi.DMAAlloc, card, 0, 0)
	want("too large", abi.EINVAL, x, abi.DMAAlloc, card, abi.MaxWindowSize+1, 0)
	want("flags", abi.EINVAL, x, abi.DMAAlloc, card, 4096, 2)
	want("memory", abi.ENOMEM, x, abi.DMAAlloc, card, 9<<20, 0)
	want("a window is no DMA memory", abi.EINVAL, x, abi.DMAFree, card, at)
	want("free of nothing", abi.EINVAL, x, abi.DMAFree, card, 0)
	want("map of nothing", abi.EINVAL, x, abi.DMAMap, card, 0, 1, uint64(x.Endpoint))
	want("unmap of nothing", abi.EINVAL, x, abi.DMAUnmap, card, 0)
	want("op 0", abi.EINVAL, x, 0, card)
	want("op 5", abi.EINVAL, x, 5, card)
	r.whole("refused", before)
	v := r.alloc(x, card, 4096, 0)
	var w abi.WindowInfo
	for row := range uint64(abi.WindowRows) { // its name is guessed
		if r.windows.Info(row, &w) == abi.OK && r.windows.Devices(w.ID).Own {
			break
		}
	}
	want("free in the middle", abi.EINVAL, x, abi.DMAFree, card, v.Address+8)
	for op := abi.WindowAllow; op <= abi.WindowFree; op++ {
		e, _ := r.call(x, abi.CallWindow, uint64(op), uint64(w.ID), uint64(y.Endpoint), 1)
		if e != abi.EINVAL && e != abi.EPERM {
			t.Errorf("window op %d on DMA memory: %s", op, e.Name())
		}
	}
	want("map of DMA memory", abi.EINVAL, x, abi.DMAMap, card, uint64(w.ID), 1, uint64(x.Endpoint))
	want("unmap of DMA memory", abi.EINVAL, x, abi.DMAUnmap, card, uint64(w.ID))
	r.same("all the same", r.reach(card, v.Device, true), r.frame(x, v.Address))
	r.end(x)
	r.end(y)
}

// Reserve opens a domain, and all that a task holds is in one; release and death end it, and nothing stays.
func TestDMADomains(t *testing.T) {
	r := newDMARig(t)
	x, y := r.driver(abi.DMAUnconfined), r.driver(abi.DMAConfined)
	r.holds(x, card)
	r.alloc(x, card, 1, 0) // its page tables for windows are there from the first one on
	e, _ := r.pciCall(x, abi.PCIRelease, card)
	r.want("release", e, abi.OK)
	before := r.counts()
	r.holds(x, card, second)
	if d := r.pci.Lookup(card).Domain; d == 0 || d != r.pci.Lookup(second).Domain || r.iommu.Owner(uint16(card)).Owner != x.Endpoint {
		t.Errorf("domain %d", d)
	}
	if c := r.counts(); c.Domains != before.Domains-1 || c.Waiting != 0 {
		t.Errorf("%d domains, were %d", c.Domains, before.Domains)
	}
	v := r.alloc(x, second, 8192, 0)
	r.same("both reach it", r.reach(card, v.Device, true), r.frame(x, v.Address))
	e, _ = r.pciCall(x, abi.PCIRelease, card)
	r.want("release", e, abi.OK)
	r.same("not what was released", r.reach(card, v.Device, true), nowhereDMA)
	r.same("the other one does", r.reach(second, v.Device, true), r.frame(x, v.Address))
	r.holds(y, card)
	r.same("another's domain", r.reach(card, v.Device, true), nowhereDMA)
	e, _ = r.pciCall(x, abi.PCIRelease, second)
	r.want("release", e, abi.OK)
	e, _ = r.pciCall(y, abi.PCIRelease, card)
	r.want("release", e, abi.OK)
	r.same("released", r.reach(second, v.Device, true), nowhereDMA)
	r.whole("released", before)
	r.end(x)
	r.end(y)
}

// At a death the function is no bus master, then the domain ends; frames are nobody else's before the unit has forgotten it, and ring 0 waits for nothing.
func TestDMADeath(t *testing.T) {
	r := newDMARig(t)
	before := r.counts()
	for _, stalls := range []bool{false, true} {
		a := r.driver(abi.DMAConfined)
		r.holds(a, card)
		v := r.alloc(a, card, 16384, 0)
		e, _ := r.pciCall(a, abi.PCIMaster, card, 1)
		r.want("master", e, abi.OK)
		frame := r.frame(a, v.Address)
		r.same("mapped", r.reach(card, v.Device, true), frame)
		r.unit.Stall = stalls
		r.kill(a, abi.DeathRecord{Cause: abi.CauseKilled})
		if r.space.Devices[card].Get(4, 2)&4 != 0 {
			t.Error("a bus master after the death")
		}
		if stalls {
			for range 100 {
				r.Step()
			}
			c := r.counts()
			if r.same("remembered", r.reach(card, v.Device, true), frame); !a.Dying || c.Waiting < 4 {
				t.Errorf("it is buried (%v), %d frames wait, and a device reaches its memory", !a.Dying, c.Waiting)
			}
			if f := r.check(); f.Broken() {
				t.Errorf("%s: %#x, %#x", f.What, f.A, f.B)
			}
			r.unit.Stall = false
			r.unit.Run()
		}
		r.until("burial", func() bool { return !a.Dying })
		r.same("dead", r.reach(card, v.Device, true), nowhereDMA)
		r.death(abi.CauseKilled)
		e, _ = r.call(r.root, abi.CallAccount, uint64(abi.AccountFree), uint64(a.Account))
		r.want("account", e, abi.OK)
		r.whole("dead", before)
	}
}

// A window is reached by the device of who may see it, no further than it is let, and by none when it is taken back, or its owner has ended.
func TestDMAMap(t *testing.T) {
	r := newDMARig(t)
	x, o := r.driver(abi.DMAConfined), r.make(rights())
	r.holds(x, card)
	for _, how := range []string{"unmap", "revoke", "free", "the owner's death", "the holder's release"} {
		before := r.counts()
		e, at := r.call(o, abi.CallWindow, uint64(abi.WindowCreate), 3*abi.PageSize, 0)
		r.want("create", e, abi.OK)
		id := uint64(o.Space.WindowAt(at))
		e, _ = r.dmaCall(x, abi.DMAMap, card, id, 1, uint64(o.Endpoint))
		r.want("not let", e, abi.EINVAL)
		e, _ = r.call(o, abi.CallWindow, uint64(abi.WindowAllow), id, uint64(x.Endpoint), 1)
		r.want("allow", e, abi.OK)
		e, _ = r.dmaCall(x, abi.DMAMap, card, id, 3, uint64(o.Endpoint))
		r.want("more than it is let", e, abi.EPERM)
		e, _ = r.dmaCall(x, abi.DMAMap, card, id, 1, uint64(x.Endpoint)) // who asks for it is not whose it is
		r.want("another's", e, abi.EINVAL)
		e, _ = r.dmaCall(x, abi.DMAMap, card, id, 1, uint64(o.Endpoint)|1<<32)
		r.want("nobody's", e, abi.EINVAL)
		e, _ = r.dmaCall(x, abi.DMAMap, card, id, 2, uint64(o.Endpoint))
		r.want("rights", e, abi.EINVAL)
		e, dev := r.dmaCall(x, abi.DMAMap, card, id, 1, uint64(o.Endpoint))
		r.want("map", e, abi.OK)
		e, _ = r.dmaCall(x, abi.DMAMap, card, id, 1, uint64(o.Endpoint))
		r.want("map again", e, abi.EEXIST)
		r.same("read", r.reach(card, dev+2*abi.PageSize, false), r.frame(o, at+2*abi.PageSize))
		r.same("write", r.reach(card, dev, true), nowhereDMA)
		r.same("behind", r.reach(card, dev+3*abi.PageSize, false), nowhereDMA)
		if f := r.check(); f.Broken() {
			t.Errorf("%s: %#x, %#x", f.What, f.A, f.B)
		}
		switch e = abi.OK; how {
		case "unmap":
			e, _ = r.dmaCall(x, abi.DMAUnmap, card, id)
		case "revoke":
			e, _ = r.call(o, abi.CallWindow, uint64(abi.WindowRevoke), id, uint64(x.Endpoint))
		case "the owner's death":
			r.end(o)
			o = r.make(rights())
		case "the holder's release":
			e, _ = r.pciCall(x, abi.PCIRelease, card)
			r.same(how, r.reach(card, dev, false), nowhereDMA)
			r.holds(x, card)
		}
		r.want(how, e, abi.OK)
		if how != "free" {
			r.same(how, r.reach(card, dev, false), nowhereDMA)
		}
		if how != "the owner's death" {
			e, _ = r.call(o, abi.CallWindow, uint64(abi.WindowFree), id)
			r.want("free", e, abi.OK)
			if c := r.counts(); c.Windows != before.Windows || c.Waiting != 0 {
				t.Errorf("%s: %+v, was %+v", how, c, before)
			}
		}
		r.same(how, r.reach(card, dev, false), nowhereDMA)
		if f := r.check(); f.Broken() {
			t.Errorf("%s: %s: %#x, %#x", how, f.What, f.A, f.B)
		}
	}
	r.end(x)
}
