//go:build !tamago

package kernel

import (
	"slices"
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/iommu"
	"bennu/kernel/mem"
	"bennu/kernel/pci/fake"
	"bennu/kernel/task"
)

// At a death bus mastering goes first, then all interrupts, the messages of the function and the lines that are no function's, and only then is the unit told that the domain is no more.
func TestDMADeathOrder(t *testing.T) {
	for _, kind := range []abi.InterruptKind{abi.InterruptMSI, abi.InterruptMSIX} {
		r := newDMARig(t)
		g := sees(all())
		g.NIRQs, g.IRQs[0], g.CeilingFrames = 1, 5, 2000
		x := r.make(g)
		r.holds(x, card)
		r.alloc(x, card, 4096, 0)
		r.cfg.Devices = words{}
		r.space.Devices[card].May(0x54, 4, ^uint32(0))
		r.space.Devices[card].May(0x58, 4, ^uint32(0))
		e, _ := r.pciCall(x, abi.PCIInterrupt, card, 0, 4, uint64(kind))
		r.want("message", e, abi.OK)
		e, hook := r.call(x, abi.CallIRQCtl, uint64(abi.IRQSetPolicy), 5, 3)
		r.want("hook", e, abi.OK)
		e, _ = r.call(x, abi.CallIRQCtl, uint64(abi.IRQEnable), hook)
		r.want("enable", e, abi.OK)
		e, _ = r.pciCall(x, abi.PCIMaster, card, 1)
		r.want("master", e, abi.OK)
		var order []string
		note := func(what string) {
			if len(order) == 0 || order[len(order)-1] != what {
				order = append(order, what)
			}
		}
		d := r.space.Devices[card]
		control, on := uint32(0x52), uint32(1)
		if kind == abi.InterruptMSIX {
			control, on = 0x62, 1<<15
		}
		r.space.OnWrite = func(w fake.Write) {
			switch {
			case w.Function != card:
			case w.Offset == 4 && w.Value&4 == 0 && d.Get(4, 2)&4 != 0:
				note("master")
			case w.Offset == control && w.Value&on == 0 && d.Get(control, 2)&on != 0:
				note("messages")
			}
		}
		r.m.onMask = func(uint32) { note("line") }
		r.order = func() { note("domain") }
		r.end(x)
		if want := []string{"master", "messages", "line", "domain"}; !slices.Equal(order, want) {
			t.Errorf("kind %d: %s, want %s", kind, strings.Join(order, ", "), strings.Join(want, ", "))
		}
	}
}

// Memory for a device without an IOMMU is zeros, whatever was there.
func TestDMAUnconfinedZeros(t *testing.T) {
	r, s := pciRig(t)
	d := &dmaRig{rig: r, space: s}
	x := d.driver(abi.DMAUnconfined)
	d.holds(x, card)
	d.alloc(x, card, 1, 0)
	h := &r.accounts.Get(x.Account).Frames
	for _, pages := range []uint64{1, 7, 64} {
		last := r.pool.Run(h, 1, ^mem.Addr(0)) // all behind it nobody has ever had
		r.pool.Put(h, last)
		dirt := last + abi.PageSize
		for page := range mem.Addr(80) {
			for i := range abi.PageSize / 8 {
				r.phys.Words(dirt + page*abi.PageSize)[i] = ^uint64(0)
			}
		}
		v := d.alloc(x, card, pages*abi.PageSize, 0)
		if at := mem.Addr(v.Device); at < dirt || at+mem.Addr(v.Size) > dirt+80*abi.PageSize {
			t.Fatalf("memory at %#x, and dirt at %#x", at, dirt)
		}
		for page := range pages {
			if *r.phys.Words(mem.Addr(v.Device + page*abi.PageSize)) != (mem.Words{}) {
				t.Errorf("page %d of %d is not zeros", page, pages)
			}
		}
	}
	d.end(x)
}

// Functions behind a conventional bridge bear the bridge's name: one task has all of them, or none.
func TestDMAAliases(t *testing.T) {
	r := newDMARig(t)
	left, right := abi.MakeFunction(1, 1, 0), abi.MakeFunction(1, 2, 0)
	for _, f := range []abi.Function{left, right} {
		r.space.Add(f, 0x1af4, 0x1042, 0x010000)
	}
	for r.pci.Scan(); r.pci.Step(); {
	}
	x, y := r.driver(abi.DMAUnconfined), r.driver(abi.DMAUnconfined)
	before := r.counts()
	e, _ := r.pciCall(x, abi.PCIReserve, left)
	r.want("a bus that was not there at boot", e, abi.ENODEV)
	r.whole("refused", before)
	if !r.iommu.AddBus(1) {
		t.Fatal("no memory")
	}
	r.walk.kernel++
	r.holds(x, left)
	r.alloc(x, left, 1, 0) // its page tables for windows are there from the first one on
	r.pciCall(x, abi.PCIRelease, left)
	before = r.counts()
	for _, more := range []bool{false, true} {
		if r.holds(x, left); more { // who is refused has a domain already
			r.holds(y, second)
		}
		held := r.counts()
		e, _ = r.pciCall(y, abi.PCIReserve, right)
		r.want("another's name", e, abi.EBUSY)
		r.whole("refused", held)
		if d := r.iommu.Owner(uint16(right)); d != nil || r.pci.Lookup(right).Holder != abi.None {
			t.Errorf("what was refused has a domain, %v, or a holder", d)
		}
		v := r.alloc(x, left, 1, 0)
		for _, f := range []abi.Function{left, bridge, abi.MakeFunction(1, 0, 0)} {
			r.same(f.String(), r.reach(f, v.Device, true), r.frame(x, v.Address))
		}
		r.same("its neighbour", r.reach(right, v.Device, true), nowhereDMA)
		r.holds(x, right)
		r.same("both are the same task's", r.reach(right, v.Device, true), r.frame(x, v.Address))
		for _, f := range []abi.Function{left, right} {
			e, _ = r.pciCall(y, abi.PCIReserve, f)
			r.want("another's", e, abi.EBUSY)
			e, _ = r.pciCall(x, abi.PCIRelease, f)
			r.want("release", e, abi.OK)
		}
		if more {
			r.pciCall(y, abi.PCIRelease, second)
		}
		r.whole("released", before)
	}
	r.holds(y, right)
	e, _ = r.pciCall(x, abi.PCIReserve, left)
	r.want("the other way round", e, abi.EBUSY)
	r.end(y)
	r.holds(x, left)
	r.end(x)
}

// Memory that is out at any table of a mapping: nothing of it is mapped then, not even what the unit has found already, and nothing is left.
func TestDMAMapWithoutMemory(t *testing.T) {
	const size = 7 << 20 // four last-level tables
	r := newDMARig(t)
	x, g := r.driver(abi.DMAConfined), rights()
	g.CeilingFrames = 2500
	o := r.make(g)
	e, at := r.call(o, abi.CallWindow, uint64(abi.WindowCreate), size, 0)
	r.want("create", e, abi.OK)
	id := uint64(o.Space.WindowAt(at))
	e, _ = r.call(o, abi.CallWindow, uint64(abi.WindowAllow), id, uint64(x.Endpoint), 1)
	r.want("allow", e, abi.OK)
	r.holds(x, card)
	r.pciCall(x, abi.PCIRelease, card)
	h, before := &r.accounts.Get(x.Account).Frames, r.counts()
	ceiling, refused := h.Ceiling(), 0
	for n := uint64(0); n < 20; n++ {
		r.holds(x, card)
		h.Limit(h.Used() + n)
		r.syscall(x, abi.CallDMA, uint64(abi.DMAMap), uint64(card), id, 1, uint64(o.Endpoint))
		r.until("a step", func() bool { return r.m.next[x.Slot] == nil })
		found := 0
		for x.DoneIP == x.Ctx.Frame.IP+syscallSize {
			for page := uint64(0); page < size; page += abi.PageSize { // what the unit finds, it remembers
				if r.reach(card, iommu.High(39)+page, false) != nowhereDMA {
					found++
				}
			}
			r.syscall(x, abi.CallDMA, uint64(abi.DMAMap), uint64(card), id, 1, uint64(o.Endpoint))
			r.until("a step", func() bool { return r.m.next[x.Slot] == nil })
		}
		e := abi.Errno(x.Ctx.Frame.AX)
		h.Limit(ceiling)
		if e == abi.OK {
			break
		}
		r.want("map", e, abi.ENOMEM)
		if refused++; r.windows.Devices(abi.WindowID(id)).Count != 0 {
			t.Errorf("%d tables: it is mapped", n)
		}
		for page := uint64(0); page < size; page += abi.PageSize {
			r.same("refused", r.reach(card, iommu.High(39)+page, false), nowhereDMA)
		}
		if c := r.counts(); c.Waiting != 0 {
			t.Errorf("%d tables: %d frames wait", n, c.Waiting)
		}
		if f := r.check(); f.Broken() {
			t.Errorf("%d tables: %s: %#x, %#x", n, f.What, f.A, f.B)
		}
		e, _ = r.pciCall(x, abi.PCIRelease, card)
		r.want("release", e, abi.OK)
		r.whole("refused", before)
		for range 16 { // what was found was told of as faults
			r.iommu.NextFault()
		}
	}
	if refused < 5 {
		t.Errorf("memory was out %d times", refused)
	}
	r.end(x)
	r.end(o)
}

// What a device asks for and does not get is told once with all that is known, counted, and at its holder's expense; a flood ends in words.
func TestDMAFaults(t *testing.T) {
	r := newDMARig(t)
	x := r.driver(abi.DMAConfined)
	r.holds(x, card)
	interrupt := func() {
		r.m.irq = arch.VectorDMAFault
		r.until("the interrupt", func() bool { return r.m.irq == 0 })
		r.Step()
	}
	says := func(what string, n int, words ...string) {
		t.Helper()
		lines := strings.Split(strings.TrimSuffix(string(r.m.debug), "\n"), "\n")
		if r.m.debug = nil; n == 0 && lines[0] == "" {
			return
		}
		for _, w := range words {
			if !strings.Contains(lines[len(lines)-1], w) {
				t.Errorf("%s: %q, want %s", what, lines, w)
			}
		}
		if len(lines) != n {
			t.Errorf("%s: %q", what, lines)
		}
	}
	r.Step()
	r.m.debug = nil
	r.unit.Translate(uint16(card), 0x1234, true)
	interrupt()
	says("the first", 1, "kernel: dma refused function=00:01.0 label=peer access=write address=0x1000 faults=1 why=\"may not be written\"")
	r.unit.Translate(uint16(card), 0x5678, false)
	interrupt()
	says("the second", 0)
	r.unit.Translate(uint16(second), 0x9000, false)
	interrupt()
	says("one that nobody has", 1, "function=00:02.0 label=kernel access=read address=0x9000 faults=1 why=\"no domain\"")
	for range 3 * iommu.MuteAfter {
		r.unit.Translate(uint16(card), 0x7000, false)
		interrupt()
	}
	says("a flood", 1, "function=00:01.0", "faults=16", "action=mute")
	for n, want := range []abi.DMAFaults{{Function: card, Flags: abi.DMAMuted, Count: iommu.MuteAfter, Address: 0x7000}, {Function: second, Count: 1, Address: 0x9000}} {
		e, _ := r.call(r.root, abi.CallGetInfo, uint64(abi.InfoDMA), uint64(n))
		r.want("info", e, abi.OK)
		var got abi.DMAFaults
		copy(abi.Bytes(&got), r.root.Call.Buf[:])
		want.Label, _ = abi.MakeLabel([]string{"peer", "kernel"}[n])
		if copy(want.Why[:], []string{"may not be read", "no domain"}[n]); got != want {
			t.Errorf("row %d: %+v, want %+v", n, got, want)
		}
	}
	for _, c := range []struct {
		who  *task.Task
		row  uint64
		want abi.Errno
	}{{r.root, 2, abi.EDOM}, {r.root, 1 << 40, abi.EDOM}, {x, 0, abi.EPERM}, {x, 9, abi.EPERM}} {
		e, _ := r.call(c.who, abi.CallGetInfo, uint64(abi.InfoDMA), c.row)
		r.want("info", e, c.want)
	}
	r.end(x)
	y := r.driver(abi.DMAConfined)
	r.holds(y, card)
	r.m.debug = nil
	r.unit.Translate(uint16(card), 0x3000, true)
	interrupt()
	says("the next life", 1, "label=peer access=write address=0x3000 faults=17")
	r.end(y)
	plain := newRig(t)
	e, _ := plain.call(plain.root, abi.CallGetInfo, uint64(abi.InfoDMA), 0)
	r.want("no IOMMU", e, abi.EDOM)
}
