package clock

import (
	"bennu/board/pc/mmio"
	"bennu/board/pc/port"
)

// Reference is a clock whose rate is known, if it is there.
type Reference interface {
	// Name is how the log calls it.
	Name() string
	// Hz is counts in a second.
	Hz() uint64
	// Start begins a measurement.
	Start()
	// Read is the counter as it is now; it counts up and wraps after Mask.
	Read() uint32
	// Mask is the counter's highest value, all ones.
	Mask() uint32
}

// PMTimer is ACPI's power management timer, at an I/O port.
//
// Source: ACPI, "Power Management Timer".
type PMTimer struct {
	Ports port.Space
	Port  uint16 // FADT's PM timer block
	Wide  bool   // 32 bits, not 24
}

const pmTimerHz = 3_579_545

func (PMTimer) Name() string { return "acpi-pm" }
func (PMTimer) Hz() uint64   { return pmTimerHz }
func (PMTimer) Start()       {}

func (p PMTimer) Read() uint32 { return p.Ports.In32(p.Port) & p.Mask() }

func (p PMTimer) Mask() uint32 {
	if p.Wide {
		return 1<<32 - 1
	}
	return 1<<24 - 1
}

// PIT is channel 2 of the 8254, whose gate is software's: no interrupt is involved.
//
// Source: Intel, "82C54 CHMOS Programmable Interval Timer", "Mode 0: Interrupt on Terminal
// Count", "Counter Latch Command"; Intel ICH9 Datasheet, "NMI_SC—NMI Status and Control
// Register" (port 0x61).
type PIT struct {
	Ports port.Space
}

const (
	pitHz       = 1_193_182
	pitChannel2 = 0x42
	pitCommand  = 0x43
	pitGatePort = 0x61
	pitGate     = 1 << 0
	pitSpeaker  = 1 << 1
	pitStatus   = 0xf0 // bits that are read only: written as 0
	pitMode0    = 0xb0 // channel 2, low then high byte, mode 0, binary
	pitLatch    = 0x80 // channel 2
)

func (PIT) Name() string { return "pit" }
func (PIT) Hz() uint64   { return pitHz }
func (PIT) Mask() uint32 { return 0xffff }

func (p PIT) Start() {
	p.Ports.Out8(pitGatePort, p.Ports.In8(pitGatePort)&^(pitSpeaker|pitStatus)|pitGate)
	p.Ports.Out8(pitCommand, pitMode0)
	p.Ports.Out8(pitChannel2, 0xff)
	p.Ports.Out8(pitChannel2, 0xff)
}

// Read turns the counter, which counts down, round.
func (p PIT) Read() uint32 {
	p.Ports.Out8(pitCommand, pitLatch)
	low := uint32(p.Ports.In8(pitChannel2))
	return 0xffff - (uint32(p.Ports.In8(pitChannel2))<<8 | low)
}

// HPET is the main counter of the high precision event timer. NewHPET finds its rate.
//
// Source: Intel, IA-PC HPET Specification, "General Capabilities and ID Register", "General
// Configuration Register", "Main Counter Register".
type HPET struct {
	regs mmio.Regs
	hz   uint64
}

const (
	hpetPeriod  = 0x04 // femtoseconds a count
	hpetConfig  = 0x10
	hpetCounter = 0xf0
	hpetEnable  = 1 << 0

	hpetMaxPeriod = 100_000_000 // the specification's, 10 MHz
	femtoseconds  = 1_000_000_000_000_000
)

// NewHPET is the timer whose registers are at regs; ok is false when they tell no rate.
func NewHPET(regs mmio.Regs) (h HPET, ok bool) {
	period := uint64(regs.Load(hpetPeriod))
	if period == 0 || period > hpetMaxPeriod {
		return h, false
	}
	return HPET{regs, (femtoseconds + period/2) / period}, true
}

func (HPET) Name() string { return "hpet" }
func (h HPET) Hz() uint64 { return h.hz }

// Start lets the counter count. It is left on: nothing here sets a comparator.
func (h HPET) Start() { h.regs.Store(hpetConfig, h.regs.Load(hpetConfig)|hpetEnable) }

func (h HPET) Read() uint32 { return h.regs.Load(hpetCounter) }
func (HPET) Mask() uint32   { return 1<<32 - 1 }
