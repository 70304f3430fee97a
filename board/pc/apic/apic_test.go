//go:build !tamago

package apic

import (
	"strings"
	"testing"

	"bennu/board/pc/acpi"
	"bennu/board/pc/mmio"
	"bennu/board/pc/mmio/fake"
	ports "bennu/board/pc/port/fake"
)

// localAPIC is the fake registers of a QEMU local APIC as SeaBIOS leaves it, with an
// interrupt in service.
func localAPIC() *fake.Registers {
	r := fake.NewRegisters()
	r.Cells[regID] = 3 << 24
	r.Cells[regVersion] = 5<<16 | 0x14
	r.Cells[regLVTLINT0] = 0x8700
	r.Cells[regLVTLINT1] = 0x8400
	r.Cells[regLVTTimer] = 0x10000
	r.Cells[regTPR] = 0x20
	r.Cells[regISR+16*2] = 1 << 5 // vector 69
	r.OnStore[regEOI] = func(v uint32) {
		if v == 0 {
			r.Cells[regISR+16*2] = 0
		}
	}
	return r
}

func TestEnable(t *testing.T) {
	r := localAPIC()
	l := NewLocal(mmio.Fake(r))
	if err := l.Enable(); err != nil {
		t.Fatal(err)
	}
	for _, reg := range []uint32{regLVTTimer, regLVTLINT0, regLVTLINT1, regLVTPerf, regLVTHeat} {
		if r.Cells[reg]&lvtMasked == 0 {
			t.Errorf("LVT %#x = %#x: not masked", reg, r.Cells[reg])
		}
	}
	if _, touched := r.Cells[regLVTCMCI]; touched {
		t.Error("a CMCI entry was written that version 5 does not have")
	}
	if r.Cells[regSVR] != 0x1ff || r.Cells[regTPR] != 0x10 || r.Cells[regISR+16*2] != 0 || r.Cells[regLVTError] != ErrorVector {
		t.Errorf("SVR %#x TPR %#x ISR %#x LVT error %#x", r.Cells[regSVR], r.Cells[regTPR], r.Cells[regISR+16*2], r.Cells[regLVTError])
	}
	if l.ID() != 3 {
		t.Errorf("ID = %d", l.ID())
	}
	l.UnmaskNMI(1)
	if r.Cells[regLVTLINT1] != 0x400 || r.Cells[regLVTLINT0]&lvtMasked == 0 {
		t.Errorf("LINT1 %#x LINT0 %#x", r.Cells[regLVTLINT1], r.Cells[regLVTLINT0])
	}
}

// An in-service bit that never goes must not hang the boot; nobody home is an error.
func TestEnableBroken(t *testing.T) {
	r := localAPIC()
	r.OnStore[regEOI] = func(uint32) {}
	if err := NewLocal(mmio.Fake(r)).Enable(); err != nil {
		t.Error(err)
	}
	for _, v := range []uint32{0, 0xffffffff} {
		r.Cells[regVersion] = v
		if err := NewLocal(mmio.Fake(r)).Enable(); err == nil {
			t.Errorf("version %#x was taken", v)
		}
	}
}

func TestTimer(t *testing.T) {
	for _, c := range []struct {
		hz, ns uint64
		count  uint32
	}{
		{1_000_000_000, 0, 1},
		{1_000_000_000, 1000, 1001},
		{62_500_000, 1000, 63},
		{24_000_000, 1_000_000_000, 24_000_000},      // 24e6*2^32/1e9 is rounded down, so is the product; then one is added
		{1_000_000_000, 4_294_967_293, 0xffff_fffe},  // just fits
		{1_000_000_000, 4_294_967_294, 0xffff_ffff},  // the longest
		{1_000_000_000, 4_294_967_295, 0xffff_ffff},  // cut
		{1_000_000_000, 10_000_000_000, 0xffff_ffff}, // cut
		{5_000_000_000, ^uint64(0), 0xffff_ffff},     // cut: the product has 97 bits
	} {
		r := localAPIC()
		l := NewLocal(mmio.Fake(r))
		l.SetTimer(c.hz)
		if r.Cells[regDivide] != divideBy1 || r.Cells[regLVTTimer] != TimerVector || r.Cells[regInitial] != 0 {
			t.Fatalf("divide %#x LVT %#x initial %d", r.Cells[regDivide], r.Cells[regLVTTimer], r.Cells[regInitial])
		}
		l.Arm(c.ns)
		if got := r.Cells[regInitial]; got != c.count {
			t.Errorf("%d Hz, %d ns: count %d, want %d", c.hz, c.ns, got, c.count)
		}
		l.Disarm()
		if r.Cells[regInitial] != 0 {
			t.Error("Disarm left the timer on")
		}
	}
}

func TestCount(t *testing.T) {
	r := localAPIC()
	l := NewLocal(mmio.Fake(r))
	l.StartCount()
	if r.Cells[regInitial] != 0xffff_ffff || r.Cells[regLVTTimer]&lvtMasked == 0 || r.Cells[regDivide] != divideBy1 {
		t.Errorf("initial %#x LVT %#x", r.Cells[regInitial], r.Cells[regLVTTimer])
	}
	r.Cells[regCurrent] = 0xffff_ffff - 1234
	if l.Counted() != 1234 {
		t.Errorf("Counted = %d", l.Counted())
	}
}

func TestErrors(t *testing.T) {
	r := localAPIC()
	latched := uint32(0)
	r.OnStore[regESR] = func(uint32) { latched = 0x40 }
	r.OnLoad[regESR] = func() uint32 { return latched }
	if e := NewLocal(mmio.Fake(r)).Errors(); e != 0x40 {
		t.Errorf("Errors = %#x: read without a write before it", e)
	}
}

func TestCheckBase(t *testing.T) {
	for _, c := range []struct {
		msr, want uint64
		bad       string
	}{
		{0xfee00900, 0xfee00900, ""},
		{0xfee00100, 0xfee00900, ""}, // disabled
		{0xfee00d00, 0, "x2APIC"},
		{0xfed00900, 0, "not where"},
	} {
		got, err := CheckBase(c.msr, 0xfee00000)
		if got != c.want || (err != nil) != (c.bad != "") || err != nil && !strings.Contains(err.Error(), c.bad) {
			t.Errorf("%#x: %#x, %v", c.msr, got, err)
		}
	}
}

// What the kernel does at each interrupt allocates nothing and reads no device.
func TestHotPath(t *testing.T) {
	l, local, _ := setup(t, qemu())
	line, _ := l.Resolve(4)
	l.SetTimer(1_000_000_000)
	local.Log = make([]fake.Access, 0, 1000)
	n := testing.AllocsPerRun(100, func() {
		l.Mask(line)
		l.EOI()
		l.Unmask(line)
		l.Arm(1000)
		l.Disarm()
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
	for _, a := range local.Log {
		if !a.Store {
			t.Errorf("register %#x was read", a.Off)
		}
	}
}

func TestDisablePIC(t *testing.T) {
	p := ports.New()
	DisablePIC(p)
	// The controllers as they take the bytes: after ICW1, three go to the data port.
	state := map[uint16]*struct {
		icw  []uint32
		mask uint32
	}{picData1: {}, picData2: {}}
	for _, a := range p.Outs() {
		switch a.Port {
		case picCommand1, picCommand2:
			if a.Value != 0x11 {
				t.Errorf("ICW1 %#x", a.Value)
			}
			state[a.Port+1].icw = []uint32{}
		case picData1, picData2:
			s := state[a.Port]
			if s.icw != nil && len(s.icw) < 3 {
				s.icw = append(s.icw, a.Value)
			} else {
				s.mask = a.Value
			}
		case postPort:
		default:
			t.Errorf("port %#x written", a.Port)
		}
	}
	for port, want := range map[uint16][3]uint32{picData1: {PICVector, 4, 1}, picData2: {PICVector + 8, 2, 1}} {
		s := state[port]
		if len(s.icw) != 3 || [3]uint32(s.icw) != want || s.mask != 0xff {
			t.Errorf("port %#x: ICW2–4 %v mask %#x, want %v 0xff", port, s.icw, s.mask, want)
		}
	}
}

// Vectors must not meet.
func TestVectors(t *testing.T) {
	if FirstVector+MaxLines > PICVector || PICVector+16 > TimerVector || TimerVector >= ErrorVector || SpuriousVector&0xf != 0xf {
		t.Error("vectors overlap")
	}
	if FirstVector < 32 {
		t.Error("a line could look like an exception")
	}
}

func qemu() *acpi.MADT {
	return &acpi.MADT{
		LocalAPIC: 0xfee00000, PIC: true, CPUs: []acpi.CPU{{ID: 0, APIC: 0, Enabled: true}},
		IOAPICs: []acpi.IOAPIC{{ID: 0, Addr: 0xfec00000}},
		Overrides: []acpi.Override{{ISA: 0, GSI: 2}, {ISA: 5, GSI: 5, Polarity: acpi.ActiveHigh, Trigger: acpi.Level},
			{ISA: 9, GSI: 9, Polarity: acpi.ActiveHigh, Trigger: acpi.Level}},
	}
}

// What was sent is told from what the APIC raises itself: it is ended, found where it waits, and has the address of this processor.
func TestSent(t *testing.T) {
	r := localAPIC()
	l := NewLocal(mmio.Fake(r))
	r.Cells[regISR+16*2] = 1 << 5
	ended := false
	r.OnStore[regEOI] = func(uint32) { ended = true }
	r.Cells[regISR+16*7] = 0
	if l.EndSpurious() || ended {
		t.Error("what another interrupt needs was done for a spurious one")
	}
	r.Cells[regISR+16*7] = 1 << 31
	if !l.EndSpurious() || !ended {
		t.Error("a vector that was sent keeps all others back")
	}
	r.Cells[regIRR], r.Cells[regIRR+16*2] = 1<<17, 1<<5
	if l.Withheld() != 1<<17 || !l.Pending(64+5) || l.Pending(64+6) {
		t.Errorf("withheld %#x, 45h pending: %v", l.Withheld(), l.Pending(64+5))
	}
	if a, d := l.Message(0x45); a != 0xfee00000|uint64(l.ID())<<12 || l.ID() == 0 || d != 0x45 {
		t.Errorf("%#x to %#x of APIC %d", d, a, l.ID())
	}
}
