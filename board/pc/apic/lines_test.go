//go:build !tamago

package apic

import (
	"strings"
	"testing"

	"bennu/board/pc/acpi"
	"bennu/board/pc/mmio"
	"bennu/board/pc/mmio/fake"
)

// ioapic is a fake I/O APIC behind its two windows.
type ioapic struct {
	pins  uint32
	index uint32
	table map[uint32]uint32
}

func newIOAPIC(pins uint32) *ioapic { return &ioapic{pins: pins, table: map[uint32]uint32{}} }

func (a *ioapic) Load(off uint32) uint32 {
	if off == regWindow {
		if a.index == indexVersion {
			return (a.pins-1)<<16 | 0x11
		}
		return a.table[a.index]
	}
	return a.index
}

func (a *ioapic) Store(off, v uint32) {
	switch off {
	case regSelect:
		a.index = v
	case regWindow:
		a.table[a.index] = v
	}
}

// entry is a pin's two words.
func (a *ioapic) entry(pin uint32) uint64 {
	return uint64(a.table[indexTable+2*pin+1])<<32 | uint64(a.table[indexTable+2*pin])
}

func setup(t *testing.T, m *acpi.MADT) (*Lines, *fake.Registers, []*ioapic) {
	t.Helper()
	r := localAPIC()
	local := NewLocal(mmio.Fake(r))
	var ios []*ioapic
	l, err := Setup(m, local, func(addr uint64) mmio.Regs {
		for i, a := range m.IOAPICs {
			if a.Addr == addr {
				for len(ios) <= i {
					ios = append(ios, newIOAPIC(24))
				}
				return mmio.Fake(ios[i])
			}
		}
		t.Fatalf("registers at %#x", addr)
		return mmio.Regs{}
	})
	if err != nil {
		t.Fatal(err)
	}
	return l, r, ios
}

func TestSetup(t *testing.T) {
	l, _, ios := setup(t, qemu())
	if l.Count() != 24 {
		t.Errorf("Count = %d", l.Count())
	}
	for pin := range uint32(24) {
		want := uint64(3)<<56 | entryMasked | uint64(FirstVector+pin)
		switch {
		case pin == 5 || pin == 9:
			want |= entryLevel
		case pin >= 16:
			want |= entryLevel | entryActiveLow
		}
		if got := ios[0].entry(pin); got != want {
			t.Errorf("pin %d: entry %#x, want %#x", pin, got, want)
		}
		if got := l.Entry(Line(pin)); got != want {
			t.Errorf("pin %d: Entry reads %#x, want %#x", pin, got, want)
		}
		if l.Level(Line(pin)) != (want&entryLevel != 0) {
			t.Errorf("pin %d: Level is wrong", pin)
		}
	}
}

func TestResolve(t *testing.T) {
	m := qemu()
	m.Overrides = append(m.Overrides, acpi.Override{ISA: 11, GSI: 20, Trigger: acpi.Level}, acpi.Override{ISA: 12, GSI: 13})
	l, _, _ := setup(t, m)
	for n, want := range map[uint32]int{
		0: 2, 1: 1, 2: -1, 4: 4, 5: 5, 8: 8, 9: 9, 11: 20, 12: 13, 13: -1, 15: 15,
		16: 16, 20: 20, 23: 23, 24: -1, 191: -1, 192: -1, 255: -1, 256: -1, 260: -1, ^uint32(0): -1,
	} {
		line, ok := l.Resolve(n)
		if ok != (want >= 0) || ok && int(line) != want {
			t.Errorf("Resolve(%d) = %d, %v, want %d", n, line, ok, want)
		}
	}
	// An override with "as the bus does" polarity and level trigger is active low, as EISA's.
	if e := l.Entry(20); e&entryLevel == 0 || e&entryActiveLow == 0 {
		t.Errorf("line 20: %#x", e)
	}
}

func TestMask(t *testing.T) {
	l, _, ios := setup(t, qemu())
	line, _ := l.Resolve(17)
	before := ios[0].entry(17)
	l.Unmask(line)
	if got := ios[0].entry(17); got != before&^entryMasked {
		t.Errorf("unmasked: %#x, was %#x", got, before)
	}
	l.Mask(line)
	if got := ios[0].entry(17); got != before {
		t.Errorf("masked again: %#x, was %#x", got, before)
	}
	for pin := range uint32(24) {
		if ios[0].entry(pin)&entryMasked == 0 {
			t.Errorf("pin %d was unmasked", pin)
		}
	}
	l.Unmask(24) // no such line: nothing may happen
	l.Mask(255)
	if len(ios[0].table) != 48 {
		t.Errorf("%d words written", len(ios[0].table))
	}
	l.Route(line, acpi.Edge, acpi.ActiveHigh)
	if l.Level(line) || ios[0].entry(17) != 3<<56|entryMasked|FirstVector+17 {
		t.Errorf("routed anew: %#x", ios[0].entry(17))
	}
}

func TestVectorOfLine(t *testing.T) {
	l, _, _ := setup(t, qemu())
	for v := range 256 {
		line, ok := l.ByVector(uint8(v))
		if ok != (v >= 32 && v < 56) || ok && l.Vector(line) != uint8(v) {
			t.Errorf("vector %d: line %d, %v", v, line, ok)
		}
	}
}

func TestTwoIOAPICs(t *testing.T) {
	m := qemu()
	m.IOAPICs = append(m.IOAPICs, acpi.IOAPIC{ID: 1, Addr: 0xfec10000, GSIBase: 180})
	l, _, ios := setup(t, m)
	if l.Count() != 24+12 { // 180..191; the rest is past MaxLines
		t.Errorf("Count = %d", l.Count())
	}
	line, ok := l.Resolve(191)
	if !ok || l.Vector(line) != 223 {
		t.Fatalf("line %d, %v", line, ok)
	}
	l.Unmask(line)
	if got := ios[1].entry(11); got != 3<<56|entryLevel|entryActiveLow|223 {
		t.Errorf("pin 11 of the second: %#x", got)
	}
	// Pins that no line stands for stay masked.
	if got := ios[1].entry(12); got != entryMasked {
		t.Errorf("pin 12 of the second: %#x", got)
	}
}

func TestSetupBroken(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(m *acpi.MADT)
		pins  uint32
		want  string
	}{
		{"same numbers", func(m *acpi.MADT) { m.IOAPICs = append(m.IOAPICs, acpi.IOAPIC{Addr: 2, GSIBase: 23}) }, 24, "two I/O APICs have the same"},
		{"override to nowhere", func(m *acpi.MADT) { m.Overrides[0].GSI = 24 }, 24, "that no I/O APIC has"},
		{"override past all lines", func(m *acpi.MADT) { m.Overrides[0].GSI = 1 << 31 }, 24, "that no I/O APIC has"},
		{"too many pins", func(*acpi.MADT) {}, 256, "no I/O APIC answers"},
	} {
		m := qemu()
		c.spoil(m)
		_, err := Setup(m, NewLocal(mmio.Fake(localAPIC())), func(uint64) mmio.Regs { return mmio.Fake(newIOAPIC(c.pins)) })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	dead := fake.NewRegisters()
	dead.OnLoad[regWindow] = func() uint32 { return ^uint32(0) }
	if _, err := NewIO(mmio.Fake(dead), 0); err == nil {
		t.Error("a dead I/O APIC was taken")
	}
}
