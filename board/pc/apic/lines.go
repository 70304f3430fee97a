package apic

import (
	"bennu/board/pc/acpi"
	"bennu/board/pc/mmio"
)

// Line is an interrupt line: a global system interrupt that an I/O APIC of the machine
// has.
type Line uint8

// MaxLines is how many lines are used; GSIs from there on do not exist for us. Their
// vectors end where PICVector begins.
const MaxLines = PICVector - FirstVector

const isaLines = 16

// The ISA line that no device can have: the second 8259 is there.
const (
	isaCascade = 2
)

// Lines is all lines of the machine, and the local APIC that they interrupt.
//
// Mask, Unmask, Level and Vector take a line that Resolve gave.
//
// An edge that comes while its line is masked is lost for good (82093AA, "Interrupt Mask"):
// mask an edge line when its driver is gone, not while it handles an interrupt. A level line must
// be masked before EOI until the driver has made its device let go, else it comes again at once.
type Lines struct {
	*Local
	slots [MaxLines]slot
	isa   [isaLines]int16 // GSI of each ISA line; noLine: none
	count int
	dest  uint32
}

// slot is everything that masking and unmasking a line needs, side by side.
type slot struct {
	regs  mmio.Regs
	index uint32 // of its entry's low word; 0: no such line
	low   uint32 // that word, unmasked
	high  uint32 // the other one
}

const noLine = -1

// Setup makes the machine's lines of its MADT: all routed to the processor that runs this, each
// with its own vector, all masked. ISA lines are edge and active high, others level
// and active low, unless the table says otherwise. at gives the registers at a physical
// address: mmio.At on the machine.
//
// Preconditions: interrupts off, local enabled.
//
// Errors: Error: an I/O APIC does not answer, two share a GSI, an override goes nowhere.
func Setup(m *acpi.MADT, local *Local, at func(addr uint64) mmio.Regs) (*Lines, error) {
	l := &Lines{Local: local, dest: uint32(local.ID()) << 24}
	for _, a := range m.IOAPICs {
		io, err := NewIO(at(a.Addr), a.GSIBase)
		if err != nil {
			return nil, err
		}
		if err := l.add(io); err != nil {
			return nil, err
		}
	}
	if err := l.mapISA(m.Overrides); err != nil {
		return nil, err
	}
	for i := range l.slots {
		if l.slots[i].index != 0 {
			trigger, polarity := l.bus(Line(i), m.Overrides)
			l.Route(Line(i), trigger, polarity)
		}
	}
	return l, nil
}

// add takes an I/O APIC's pins.
func (l *Lines) add(io *IO) error {
	for pin := range io.pins {
		gsi := io.gsi + pin
		if gsi >= MaxLines || gsi < io.gsi {
			break
		}
		if l.slots[gsi].index != 0 {
			return Error("two I/O APICs have the same interrupt numbers")
		}
		l.slots[gsi] = slot{regs: io.regs, index: indexTable + 2*pin, high: l.dest}
		l.count++
	}
	return nil
}

// mapISA gives each ISA line its GSI: its own number, unless it was moved, or its place taken.
func (l *Lines) mapISA(overrides []acpi.Override) error {
	for i := range l.isa {
		l.isa[i] = int16(i)
		if l.slots[i].index == 0 {
			l.isa[i] = noLine
		}
	}
	for _, o := range overrides {
		if o.GSI >= MaxLines || l.slots[o.GSI].index == 0 {
			return Error("an ISA line is routed to an interrupt that no I/O APIC has")
		}
		if o.GSI < isaLines && o.GSI != uint32(o.ISA) {
			l.isa[o.GSI] = noLine
		}
	}
	l.isa[isaCascade] = noLine
	for _, o := range overrides {
		l.isa[o.ISA] = int16(o.GSI)
	}
	return nil
}

// bus is how a line signals by the bus it belongs to and the overrides.
func (l *Lines) bus(line Line, overrides []acpi.Override) (acpi.Trigger, acpi.Polarity) {
	trigger, polarity := acpi.Level, acpi.ActiveLow
	if line < isaLines {
		trigger, polarity = acpi.Edge, acpi.ActiveHigh
	}
	for _, o := range overrides {
		if o.GSI != uint32(line) {
			continue
		}
		trigger, polarity = acpi.Edge, acpi.ActiveHigh // it is an ISA line after all
		if o.Trigger != acpi.TriggerBus {
			trigger = o.Trigger
		}
		if o.Polarity != acpi.PolarityBus {
			polarity = o.Polarity
		} else if trigger == acpi.Level {
			polarity = acpi.ActiveLow
		}
	}
	return trigger, polarity
}

// Route says how a line signals, and leaves it masked. The bus's way is ISA's below 16 and
// PCI's from 16 on. A line that does not exist is left alone.
func (l *Lines) Route(line Line, trigger acpi.Trigger, polarity acpi.Polarity) {
	s := l.slot(line)
	if s == nil {
		return
	}
	low := uint32(l.Vector(line)) // fixed delivery, physical destination
	if trigger == acpi.Level || trigger == acpi.TriggerBus && line >= isaLines {
		low |= entryLevel
	}
	if polarity == acpi.ActiveLow || polarity == acpi.PolarityBus && line >= isaLines {
		low |= entryActiveLow
	}
	s.low = low
	l.Mask(line)
	s.write()
}

// write gives the entry its upper word.
func (s *slot) write() {
	s.regs.Store(regSelect, s.index+1)
	s.regs.Store(regWindow, s.high)
}

// Remap has all lines interrupt by way of a table of interrupts, in which entry gives each line a place: the same vector, processor and way to signal. They
// are masked afterwards.
//
// Source: Intel Virtualization Technology for Directed I/O, "I/OxAPIC Programming".
func (l *Lines) Remap(entry func(line Line, vector uint8, level bool) (index uint16)) {
	for i := range l.slots {
		s := l.slot(Line(i))
		if s == nil {
			continue
		}
		index := uint32(entry(Line(i), l.Vector(Line(i)), s.low&entryLevel != 0))
		s.low = s.low&^entryIndex15 | index>>15*entryIndex15
		s.high = index<<17 | entryRemap
		l.Mask(Line(i))
		s.write()
	}
}

// slot is a line's entry; nil when there is none.
func (l *Lines) slot(line Line) *slot {
	if int(line) >= len(l.slots) || l.slots[line].index == 0 {
		return nil
	}
	return &l.slots[line]
}

// Resolve gives the line for a number as privileges have it: below 16 an ISA line, wherever the board routes
// it, from 16 on a GSI. ok is false when there is none: ISA line 2 is the 8259s' cascade, and an ISA line
// that lost its place to another one is nowhere.
func (l *Lines) Resolve(n uint32) (line Line, ok bool) {
	if n < isaLines {
		if l.isa[n] == noLine {
			return 0, false
		}
		return Line(l.isa[n]), true
	}
	if n >= MaxLines || l.slots[n].index == 0 {
		return 0, false
	}
	return Line(n), true
}

// Count is how many lines there are.
func (l *Lines) Count() int { return l.count }

// Vector is the interrupt vector that a line raises.
func (l *Lines) Vector(line Line) uint8 { return FirstVector + uint8(line) }

// ByVector is the line that raises a vector; ok is false for a vector that is no
// line's.
func (l *Lines) ByVector(vector uint8) (line Line, ok bool) {
	line = Line(vector - FirstVector)
	return line, l.slot(line) != nil
}

// Level tells whether a line is level-triggered: may be shared, and must be masked until
// it was handled.
func (l *Lines) Level(line Line) bool {
	s := l.slot(line)
	return s != nil && s.low&entryLevel != 0
}

// Mask stops a line's interrupts. One that the local APIC has already still comes.
func (l *Lines) Mask(line Line) {
	if s := l.slot(line); s != nil {
		s.regs.Store(regSelect, s.index)
		s.regs.Store(regWindow, s.low|entryMasked)
	}
}

// Unmask lets a line's interrupts through.
func (l *Lines) Unmask(line Line) {
	if s := l.slot(line); s != nil {
		s.regs.Store(regSelect, s.index)
		s.regs.Store(regWindow, s.low)
	}
}

// Entry reads a line's entry back from its I/O APIC, for tests and checks: it is too slow for interrupts. Bit
// 16 is the mask, bit 14 "sent and not yet ended", bit 12 "pending".
func (l *Lines) Entry(line Line) uint64 {
	s := l.slot(line)
	if s == nil {
		return 0
	}
	io := IO{regs: s.regs}
	return uint64(io.load(s.index+1))<<32 | uint64(io.load(s.index))
}
