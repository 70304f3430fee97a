package kernel

import (
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/paging"
	"bennu/kernel/pci"
	"bennu/kernel/pci/fake"
	"bennu/kernel/task"
)

// Functions of pciRig.
var (
	card   = abi.MakeFunction(0, 1, 0) // vendor 1af4, device 1042, subsystem 1af4:0002, class 010000
	second = abi.MakeFunction(0, 2, 0) // another of the same, of class 010802
	sick   = abi.MakeFunction(0, 3, 0) // a BAR of it has no address
	bridge = abi.MakeFunction(0, 4, 0)
)

const cardMemory = 0xfe00_0000

// pciRig is a rig with PCI functions.
func pciRig(t *testing.T) (*rig, *fake.Space) {
	r, s := newRig(t), fake.New()
	d := s.Add(card, 0x1af4, 0x1042, 0x010000)
	d.Put(4, 2, 7)
	d.Put(0x2c, 4, 0x0002_1af4)
	d.BAR(0, 0xc000, 0x40, 1)
	d.BAR(1, cardMemory, 4*abi.PageSize, 0)
	d.BAR(2, 0x40_0000_0000, 2<<20, 12)
	d.BAR(4, 0xfd00_0080, 0x80, 0)
	d.BAR(5, 0xf800_0000, 32<<20, 0)
	d.May(0x0c, 4, 0xffff)
	d.Cap(pci.CapMSIX, 0x60, 7, 0x2001, 0x3001) // table in BAR 1, its third page
	d.Cap(pci.CapMSI, 0x50, 0, 0, 0)
	d.Cap(pci.CapExpress, 0x80, 0, 1<<28, 0)
	d.May(0x88, 4, 0xffff)
	d = s.Add(second, 0x1af4, 0x1042, 0x010802)
	d.BAR(0, 0xfb00_0000, abi.PageSize, 0)
	d.BAR(1, 0x60, 8, 1) // the keyboard controller's
	d = s.Add(sick, 0x8086, 1, 0x020000)
	d.BAR(0, 0, abi.PageSize, 0)
	s.Bridge(bridge, 1, 1)
	r.pci = pci.New(s, pci.Root{Last: 255}, 1<<40, nil)
	for r.pci.Scan(); r.pci.Step(); {
	}
	return r, s
}

// sees is rights that show functions.
func sees(rows ...abi.PCIMatch) grant {
	g := rights()
	g.DMA = abi.DMAUnconfined
	g.NPCI = uint32(copy(g.PCI[:], rows))
	return g
}

func (r *rig) pciCall(x *task.Task, op abi.PCIOp, f abi.Function, args ...uint64) (abi.Errno, uint64) {
	r.t.Helper()
	return r.call(x, abi.CallPCI, append([]uint64{uint64(op), uint64(f)}, args...)...)
}

// Every op looks at the privilege first: what it does not show is not there.
func TestPCIShown(t *testing.T) {
	r, _ := pciRig(t)
	for _, c := range []struct {
		name string
		rows []abi.PCIMatch
		want []abi.Function
	}{
		{"no row", nil, nil},
		{"device", []abi.PCIMatch{abi.DeviceMatch(0x1af4, 0x1042)}, []abi.Function{card, second}},
		{"another device", []abi.PCIMatch{abi.DeviceMatch(0x1af4, 0x1041)}, nil},
		{"another vendor", []abi.PCIMatch{abi.DeviceMatch(0x1af5, 0x1042)}, nil},
		{"subsystem", []abi.PCIMatch{{Kind: abi.MatchDevice, ID: 0x1042_1af4, Sub: 0x0002_1af4}}, []abi.Function{card}},
		{"another subsystem", []abi.PCIMatch{{Kind: abi.MatchDevice, ID: 0x1042_1af4, Sub: 0x0003_1af4}}, nil},
		{"base class", []abi.PCIMatch{abi.ClassMatch(0x010000, abi.MaskBase)}, []abi.Function{card, second}},
		{"class", []abi.PCIMatch{abi.ClassMatch(0x010800, abi.MaskSub)}, []abi.Function{second}},
		{"interface", []abi.PCIMatch{abi.ClassMatch(0x010801, abi.MaskInterface)}, nil},
		{"slot", []abi.PCIMatch{abi.SlotMatch(sick)}, []abi.Function{sick}},
		{"two rows", []abi.PCIMatch{abi.SlotMatch(sick), abi.SlotMatch(card)}, []abi.Function{card, sick}},
	} {
		x := r.make(sees(c.rows...))
		shown := map[abi.Function]bool{}
		e, f := r.pciCall(x, abi.PCIFirst, 0)
		for _, want := range c.want {
			if e != abi.OK || abi.Function(f) != want {
				t.Errorf("%s: %v, %s, want %v", c.name, abi.Function(f), e.Name(), want)
			}
			shown[want] = true
			e, f = r.pciCall(x, abi.PCINext, want)
		}
		r.want(c.name+": no more", e, abi.ESRCH)
		for _, f := range []abi.Function{card, second, sick, bridge, abi.MakeFunction(7, 7, 7), 1 << 20} {
			if shown[f] {
				continue
			}
			for op := abi.PCINext; op <= abi.PCIReset; op++ {
				e, _ := r.pciCall(x, op, f, 0, 4, 0)
				r.want(c.name+" "+f.String(), e, abi.ESRCH)
			}
		}
		for i := range r.pci.Functions() {
			e, _ := r.call(x, abi.CallGetInfo, uint64(abi.InfoPCI), uint64(i))
			r.want(c.name+": InfoPCI", e, map[bool]abi.Errno{true: abi.OK, false: abi.ESRCH}[shown[r.pci.Functions()[i].ID.Function]])
		}
		e, _ = r.call(x, abi.CallGetInfo, uint64(abi.InfoPCI), uint64(len(r.pci.Functions())))
		r.want(c.name+": InfoPCI behind the last", e, abi.ESRCH)
		e, _ = r.call(x, abi.CallGetInfo, uint64(abi.InfoBuses))
		r.want(c.name+": InfoBuses", e, abi.EPERM)
	}
	e, _ := r.call(r.root, abi.CallGetInfo, uint64(abi.InfoPCI), 3)
	r.want("the root task", e, abi.OK)
	e, _ = r.call(r.root, abi.CallGetInfo, uint64(abi.InfoPCI), 4)
	r.want("the root task, behind the last", e, abi.EDOM)
	e, _ = r.call(r.root, abi.CallGetInfo, uint64(abi.InfoBuses))
	r.want("the root task's buses", e, abi.OK)
	e, _ = r.call(r.root, abi.CallGetInfo, uint64(abi.InfoBuses), 1)
	r.want("the root task's buses, behind the last", e, abi.EDOM)
}

func all() abi.PCIMatch { return abi.ClassMatch(0x010000, abi.MaskBase) }

func TestPCIReserve(t *testing.T) {
	r, s := pciRig(t)
	rows := []abi.PCIMatch{all(), abi.SlotMatch(sick), abi.SlotMatch(bridge)}
	x, y := r.make(sees(rows...)), r.make(sees(rows...))
	g := sees(rows...)
	g.DMA = 0
	confined := r.make(g)
	want := func(what string, x *task.Task, op abi.PCIOp, f abi.Function, want abi.Errno) {
		t.Helper()
		e, _ := r.pciCall(x, op, f, 0, 4, 0)
		r.want(what, e, want)
	}
	for op := abi.PCIRelease; op <= abi.PCIReset; op++ {
		want("not reserved", x, op, card, abi.EPERM)
	}
	want("not confined", confined, abi.PCIReserve, card, abi.EPERM)
	want("no address", x, abi.PCIReserve, sick, abi.ENODEV)
	want("a bridge", x, abi.PCIReserve, bridge, abi.ENODEV)
	want("reserve", x, abi.PCIReserve, card, abi.OK)
	want("once more", x, abi.PCIReserve, card, abi.OK)
	want("another", y, abi.PCIReserve, card, abi.EBUSY)
	for op := abi.PCIRelease; op <= abi.PCIReset; op++ {
		want("another's", y, op, card, abi.EPERM)
	}
	if e, _ := r.pciCall(y, abi.PCIInfo, card); e != abi.OK {
		t.Errorf("info: %s", e.Name())
	}
	want("unknown op", x, abi.PCIReset+1, card, abi.EINVAL)
	want("op 0", x, 0, card, abi.EINVAL)
	want("its other function", x, abi.PCIReserve, second, abi.OK)
	if n := r.counts().Functions; n != 2 {
		t.Errorf("%d functions are free", n)
	}
	d := s.Devices[card]
	loud := func() {
		d.Put(4, 2, d.Get(4, 2)&^(1<<10)|1<<2)
		d.Put(0x52, 2, 1)
		d.Put(0x62, 2, 1<<15|7)
	}
	quiet := func(what string) {
		t.Helper()
		if c := d.Get(4, 2); c&(1<<2|1<<10) != 1<<10 || d.Get(0x52, 2)&1 != 0 || d.Get(0x62, 2)>>15 != 0 {
			t.Errorf("%s: command %x, MSI %x, MSI-X %x", what, c, d.Get(0x52, 2), d.Get(0x62, 2))
		}
	}
	loud()
	want("release", x, abi.PCIRelease, card, abi.OK)
	quiet("release")
	want("released", x, abi.PCIRead, card, abi.EPERM)
	want("release again", x, abi.PCIRelease, card, abi.EPERM)
	want("free for another", y, abi.PCIReserve, card, abi.OK)
	loud()
	r.kill(y, abi.DeathRecord{Cause: abi.CauseKilled})
	quiet("death")
	if h := r.pci.Lookup(card).Holder; h != abi.None {
		t.Errorf("the holder is %d after its death", h)
	}
	want("the next life", x, abi.PCIReserve, card, abi.OK)
}

// At a death the function is quiet before the hooks and the memory of the task are gone.
func TestPCIDeathOrder(t *testing.T) {
	r, s := pciRig(t)
	g := sees(all())
	g.NIRQs, g.IRQs[0] = 1, 5
	x := r.make(g)
	e, _ := r.pciCall(x, abi.PCIReserve, card)
	r.want("reserve", e, abi.OK)
	e, hook := r.call(x, abi.CallIRQCtl, uint64(abi.IRQSetPolicy), 5, 3)
	r.want("hook", e, abi.OK)
	e, _ = r.call(x, abi.CallIRQCtl, uint64(abi.IRQEnable), hook)
	r.want("enable", e, abi.OK)
	d := s.Devices[card]
	d.Put(4, 2, 7)
	masked := false
	r.m.onMask = func(uint32) {
		if masked = true; d.Get(4, 2)&4 != 0 {
			t.Error("its interrupts are off, and it goes on with DMA")
		}
	}
	r.kill(x, abi.DeathRecord{Cause: abi.CauseKilled})
	if !masked {
		t.Error("the line is not masked")
	}
}

func TestPCIConfiguration(t *testing.T) {
	r, s := pciRig(t)
	x := r.make(sees(all()))
	e, _ := r.pciCall(x, abi.PCIReserve, card)
	r.want("reserve", e, abi.OK)
	d := s.Devices[card]
	for _, c := range []struct {
		name                 string
		offset, width, value uint64
		want                 abi.Errno
	}{
		{"memory off", 4, 2, 1<<10 | 1, abi.OK},
		{"memory on", 4, 2, 1<<10 | 3, abi.OK},
		{"by a byte", 4, 1, 1, abi.OK},
		{"bus master", 4, 2, 1<<10 | 7, abi.EPERM},
		{"bus master by a byte", 4, 1, 7, abi.EPERM},
		{"bus master by a dword", 4, 4, 0x0010_0407, abi.EPERM},
		{"INTx on", 4, 2, 3, abi.EPERM},
		{"SERR", 4, 2, 1<<10 | 1<<8 | 3, abi.EPERM},
		{"cache line", 0x0c, 1, 16, abi.OK},
		{"BAR", 0x14, 4, 0x1000, abi.EPERM},
		{"BAR, upper half", 0x1c, 4, 1, abi.EPERM},
		{"a byte of a BAR", 0x17, 1, 0, abi.EPERM},
		{"ROM", 0x30, 4, 1, abi.EPERM},
		{"line", 0x3c, 1, 3, abi.EPERM},
		{"MSI", 0x52, 2, 1, abi.EPERM},
		{"MSI's address", 0x54, 4, 0xfee0_0000, abi.EPERM},
		{"MSI-X", 0x62, 2, 1<<15 | 7, abi.EPERM},
		{"MSI-X's table", 0x64, 4, 0, abi.EPERM},
		{"size of reads", 0x88, 2, 0x5000, abi.OK},
		{"function-level reset", 0x88, 2, 0xd000, abi.EPERM},
		{"what is there already", 0x14, 4, cardMemory, abi.OK},
		{"width 3", 4, 3, 0, abi.EINVAL},
		{"width 0", 4, 0, 0, abi.EINVAL},
		{"width 8", 8, 8, 0, abi.EINVAL},
		{"crooked", 5, 2, 0, abi.EINVAL},
		{"at the end", 4096, 1, 0, abi.EINVAL},
		{"far away", 1<<32 + 4, 2, 0, abi.EINVAL},
		{"more bits", 0x0c, 1, 1 << 8, abi.EINVAL},
	} {
		before := d.Bytes
		e, _ := r.pciCall(x, abi.PCIWrite, card, c.offset, c.width, c.value)
		r.want(c.name, e, c.want)
		if e != abi.OK && d.Bytes != before {
			t.Errorf("%s: refused, and written", c.name)
		}
		if c.want == abi.OK {
			e, v := r.pciCall(x, abi.PCIRead, card, c.offset, c.width)
			if e != abi.OK || v != c.value {
				t.Errorf("%s: %s, reads as %#x", c.name, e.Name(), v)
			}
		}
		if c.want == abi.EINVAL && c.name != "more bits" {
			e, _ := r.pciCall(x, abi.PCIRead, card, c.offset, c.width)
			r.want(c.name+": read", e, abi.EINVAL)
		}
	}
	for _, c := range []struct {
		id, after, at uint64
		want          abi.Errno
	}{{pci.CapMSI, 0, 0x50, abi.OK}, {pci.CapMSI, 0x50, 0, abi.EDOM}, {0x33, 0, 0, abi.EDOM}, {pci.CapMSI | abi.CapExtended, 0, 0, abi.EDOM}, {1 << 40, 0, 0, abi.EDOM}} {
		e, at := r.pciCall(x, abi.PCICap, card, c.id, c.after)
		if e != c.want || at != c.at {
			t.Errorf("capability %x: %s, %x", c.id, e.Name(), at)
		}
	}
}

func TestPCIBars(t *testing.T) {
	r, _ := pciRig(t)
	x := r.make(sees(all()))
	free := r.counts()
	for _, f := range []abi.Function{card, second} {
		e, _ := r.pciCall(x, abi.PCIReserve, f)
		r.want("reserve", e, abi.OK)
	}
	entry := func(at uint64) paging.PTE {
		if p := x.Space.Lookup(at); p != nil {
			return *p
		}
		return 0
	}
	const device = paging.Present | paging.User | paging.NX | paging.Shared | paging.Device | paging.WriteThr
	e, at := r.pciCall(x, abi.PCIBar, card, 1, uint64(abi.BARUncached))
	r.want("memory", e, abi.OK)
	for i := range uint64(5) {
		want := paging.Entry(cardMemory+0x1000*4, 0)
		if want = 0; i < 4 {
			want = device | paging.NoCache | paging.Writable | paging.Entry(cardMemory, 0) + paging.PTE(i*abi.PageSize)
		}
		if i == 2 {
			want &^= paging.Writable // vectors of MSI-X
		}
		if got := entry(at + i*abi.PageSize); got != want {
			t.Errorf("page %d: %x, want %x", i, got, want)
		}
	}
	if e, again := r.pciCall(x, abi.PCIBar, card, 1); e != abi.OK || again != at {
		t.Errorf("again: %s, %x, was %x", e.Name(), again, at)
	}
	e, _ = r.pciCall(x, abi.PCIBar, card, 1, uint64(abi.BARCombine))
	r.want("write-combining, and not prefetchable", e, abi.EINVAL)
	e, large := r.pciCall(x, abi.PCIBar, card, 2, uint64(abi.BARCombine))
	r.want("write-combining", e, abi.OK)
	if got, want := entry(large+500*abi.PageSize), device|paging.Writable|paging.Entry(0x40_0000_0000+500*abi.PageSize, 0); got != want {
		t.Errorf("combining: %x, want %x", got, want)
	}
	e, _ = r.pciCall(x, abi.PCIBar, card, 2, uint64(abi.BARUncached))
	r.want("the other way", e, abi.EINVAL)
	e, small := r.pciCall(x, abi.PCIBar, card, 4, 0)
	if e != abi.OK || small%abi.PageSize != 0x80 || entry(small).Frame() != 0xfd00_0000 {
		t.Errorf("a small one: %s, %x", e.Name(), small)
	}
	for n, want := range map[uint64]abi.Errno{3: abi.EDOM, 6: abi.EDOM, 1 << 40: abi.EDOM, 5: abi.ENOSPC} {
		e, _ := r.pciCall(x, abi.PCIBar, card, n)
		r.want("BAR", e, want)
	}
	e, port := r.pciCall(x, abi.PCIBar, card, 0)
	r.want("ports", e, abi.OK)
	low, high := x.Space.Open(r.template)
	if port != 0xc000 || low == nil || high[(0xc000-0x8000)/64] != 0 || high[(0xc040-0x8000)/64] != ^uint64(0) || high[(0xbfff-0x8000)/64] != ^uint64(0) {
		t.Errorf("ports from %x are not the ones that are open", port)
	}
	e, _ = r.pciCall(x, abi.PCIBar, card, 0)
	r.want("ports again", e, abi.OK)
	e, _ = r.pciCall(x, abi.PCIBar, second, 1)
	r.want("ports that no task gets", e, abi.EPERM)
	if f := r.check(); f.Broken() {
		t.Errorf("%s: %x %x", f.What, f.A, f.B)
	}
	if _, _, e := x.Space.Page(at, false); e != abi.EFAULT {
		t.Errorf("the kernel reads a device for a task: %s", e.Name())
	}
	if _, ok := x.Space.Peek(at); ok {
		t.Error("the kernel looks at a device")
	}
	switched := len(r.m.spaces)
	e, _ = r.pciCall(x, abi.PCIRelease, card)
	r.want("release", e, abi.OK)
	if entry(at)|entry(large)|entry(small) != 0 || high[(0xc000-0x8000)/64] != ^uint64(0) || r.counts().Ports != free.Ports {
		t.Error("memory or ports are left after the release")
	}
	if len(r.m.spaces) == switched {
		t.Error("what the processor remembers of the memory is not gone")
	}
	e, _ = r.pciCall(x, abi.PCIRelease, second)
	r.want("release", e, abi.OK)
	if n := r.counts().Functions; n != free.Functions {
		t.Errorf("%d functions, were %d", n, free.Functions)
	}
}
