package kernel

import (
	"strings"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/pci"
	"bennu/kernel/pci/fake"
	"bennu/kernel/task"
)

// Functions of withPCI.
const (
	byTable = abi.Function(4 << 3)
	byOne   = abi.Function(5 << 3)
	byPin   = abi.Function(6 << 3)
	byPin2  = abi.Function(7 << 3)
	tableAt = 0xe0_0000_0000
	entries = 12
)

// words is the memory of devices.
type words map[uint64]uint32

func (w words) Load(a uint64) uint32     { return w[a] }
func (w words) Store(a uint64, v uint32) { w[a] = v }

// withPCI is a kernel on a machine with a function of each kind, and a task that has them all.
func withPCI(t *testing.T) (*rig, *task.Task, *fake.Space, words) {
	s, w := fake.New(), words{}
	d := s.Add(byTable, 0x1af4, 0x1042, 0x010000)
	d.BAR(0, tableAt, 0x1000, 4)
	d.Cap(pci.CapMSIX, 0x40, entries-1, 0, 0x800)
	d = s.Add(byOne, 0x1234, 0x11e8, 0x00ff00)
	d.Cap(pci.CapMSI, 0x40, 0, 0, 0)
	d.May(0x44, 4, 0xfffffffc)
	d.May(0x48, 2, 0xffff)
	for _, f := range []abi.Function{byPin, byPin2} {
		d = s.Add(f, 0x10ec, 0x8139, 0x020000)
		d.Put(0x3c, 2, 1<<8|17)
	}
	r := newRig(t)
	r.pci = pci.New(s, pci.Root{}, 1<<46, nil)
	for r.pci.Scan(); r.pci.Step(); {
	}
	r.cfg.Devices = w
	g := rights()
	g.NPCI, g.PCI[0] = 1, abi.ClassMatch(0, abi.MaskBase)
	for i, c := range []uint32{0x010000, 0x020000} {
		g.NPCI++
		g.PCI[1+i] = abi.ClassMatch(c, abi.MaskBase)
	}
	x := r.make(g)
	for _, f := range []abi.Function{byTable, byOne, byPin, byPin2} {
		r.pci.Lookup(f).Holder = x.Endpoint
	}
	return r, x, s, w
}

// claim makes the call.
func (r *rig) claim(x *task.Task, f abi.Function, message, bit uint64, kind abi.InterruptKind) (abi.Errno, uint64) {
	r.t.Helper()
	return r.call(x, abi.CallPCI, uint64(abi.PCIInterrupt), uint64(f), message, bit, uint64(kind))
}

// fires has a vector come while x waits, and tells which bits x was told of.
func (r *rig) fires(x *task.Task, v uint64) uint64 {
	r.t.Helper()
	r.does(x, func(*arch.Context) uint64 { return v })
	r.until("an interrupt", func() bool { return r.m.next[x.Slot] == nil })
	bits := x.IRQBits
	x.IRQBits = 0
	return bits
}

// Each kind of interrupt reaches its owner, by its bit; all are silent when that has died, and their vectors name who had them.
func TestInterruptsOfFunctions(t *testing.T) {
	r, x, s, w := withPCI(t)
	y := r.make(limited(3, 1e9, 1e9))
	r.away()
	free := r.counts().Hooks
	e, _ := r.claim(x, byTable, 2, 1, abi.InterruptBest)
	r.want("MSI-X", e, abi.OK)
	e, _ = r.claim(x, byOne, 0, 2, abi.InterruptBest)
	r.want("MSI", e, abi.OK)
	e, pin := r.claim(x, byPin, 0, 3, abi.InterruptBest)
	r.want("INTx", e, abi.OK)
	if r.bound != 3 {
		t.Errorf("%d hooks of functions", r.bound)
	}
	first := uint64(w[tableAt+2*16+8])
	second := uint64(s.Devices[byOne].Get(0x48, 2))
	if first < arch.VectorIRQ+24 || second < arch.VectorIRQ+24 || first == second || w[tableAt+2*16] != 0xfee00000 || w[tableAt+2*16+12] != 0 || w[tableAt+12] != 1 {
		t.Fatalf("vectors %#x and %#x, or entries are not as they should be: %x", first, second, w)
	}
	s.Devices[byPin].Put(6, 2, 1<<3)
	for v, want := range map[uint64]uint64{first: 1 << 1, second: 1 << 2, arch.VectorIRQ + 17: 1 << 3} {
		if got := r.fires(x, v); got != want {
			t.Errorf("vector %#x: bits %#x, want %#x", v, got, want)
		}
	}
	if s.Devices[byPin].Get(4, 2)&(1<<10) == 0 || !r.m.open[17] {
		t.Error("a pin that was told is not silent, or its line is")
	}
	s.Devices[byPin].Put(6, 2, 0)
	e, _ = r.call(x, abi.CallIRQCtl, uint64(abi.IRQEnable), pin)
	if r.want("enable", e, abi.OK); s.Devices[byPin].Get(4, 2)&(1<<10) != 0 {
		t.Error("a pin that was served is silent")
	}
	held := r.counts().Hooks
	e, _ = r.pciCall(x, abi.PCIRelease, byOne)
	if r.want("release", e, abi.OK); s.Devices[byOne].Get(0x42, 2)&1 != 0 || r.counts().Hooks != held+1 || r.fires(x, second) != 0 {
		t.Error("a function that was released interrupts")
	}
	r.call(x, abi.CallTaskKill, uint64(x.Endpoint))
	if w[tableAt+2*16+12]&1 == 0 || s.Devices[byTable].Get(0x42, 2)>>15 != 0 || s.Devices[byOne].Get(0x42, 2)&1 != 0 || s.Devices[byPin].Get(4, 2)&(1<<10) == 0 || r.m.open[17] {
		t.Error("a function interrupts for nobody")
	}
	if n := r.counts().Hooks; n != free || r.bound != 0 {
		t.Errorf("%d hooks are free, want %d", n, free)
	}
	r.fires(y, first)
	if line := string(r.m.debug); !strings.Contains(line, "kernel: stray vector=0x38 n=1 last=") {
		t.Errorf("nobody says what came late: %s", line[max(0, len(line)-200):])
	}
}

func TestInterruptsRefused(t *testing.T) {
	r, x, s, _ := withPCI(t)
	r.away()
	for _, c := range []struct {
		what         string
		f            abi.Function
		message, bit uint64
		kind         abi.InterruptKind
		want         abi.Errno
	}{
		{"no such function", 9 << 3, 0, 0, 0, abi.ESRCH},
		{"no such kind", byOne, 0, 0, 9, abi.EINVAL},
		{"bit 64", byOne, 0, 64, 0, abi.EINVAL},
		{"MSI-X of one that has none", byOne, 0, 0, abi.InterruptMSIX, abi.ENODEV},
		{"MSI of one that has none", byTable, 0, 0, abi.InterruptMSI, abi.ENODEV},
		{"no pin", byOne, 0, 0, abi.InterruptINTx, abi.ENODEV},
		{"past the table", byTable, entries, 0, 0, abi.EDOM},
		{"a second message of MSI", byOne, 1, 0, 0, abi.EDOM},
		{"the first", byTable, 0, 0, 0, abi.OK},
		{"the same", byTable, 0, 0, 0, abi.EEXIST},
		{"another", byTable, 1, 0, 0, abi.OK},
		{"by its pin, too", byTable, 0, 0, abi.InterruptINTx, abi.EEXIST},
	} {
		hooks := r.counts().Hooks
		e, _ := r.claim(x, c.f, c.message, c.bit, c.kind)
		if r.want(c.what, e, c.want); e != abi.OK && r.counts().Hooks != hooks {
			t.Errorf("%s: a hook is gone", c.what)
		}
	}
	for n := uint64(2); n < maxMessages; n++ {
		e, _ := r.claim(x, byTable, n, 0, 0)
		r.want("one more", e, abi.OK)
	}
	e, _ := r.claim(x, byTable, maxMessages, 0, 0)
	r.want("one too many", e, abi.ENOSPC)
	rows := r.hookRows
	r.hookRows = abi.MaxHooks - maxMessages
	e, _ = r.claim(x, byOne, 0, 0, 0)
	r.want("one that others have a right to", e, abi.ENOSPC)
	r.hookRows = rows
	s.Devices[byOne].May(0x48, 2, 0)
	e, _ = r.claim(x, byOne, 0, 0, 0)
	r.want("one that does not keep what it is told", e, abi.EIO)
	r.pci.Lookup(byPin).Holder = abi.None
	e, _ = r.claim(x, byPin, 0, 0, 0)
	r.want("one that x does not have", e, abi.EPERM)
	x.Priv.NPCI = 0
	e, _ = r.claim(x, byPin, 0, 0, 0)
	r.want("one that x is not shown", e, abi.ESRCH)
}

// What is sent that is no interrupt is told once.
func TestUnasked(t *testing.T) {
	r := newRig(t)
	x := r.make(limited(3, 1e9, 1e9))
	r.away()
	r.m.withheld, r.m.spurious = 1<<17|1<<3, true
	for range 2 {
		r.fires(x, arch.VectorTimer)
	}
	r.fires(x, arch.VectorSpurious)
	for _, want := range []string{"kernel: stray vector=0x11, an", "kernel: stray vector=0x3, an", "kernel: stray vector=0xff n=1"} {
		if n := strings.Count(string(r.m.debug), want); n != 1 {
			t.Errorf("%q: %d times", want, n)
		}
	}
}
