//go:build tamago

package main

import (
	"runtime"

	"bennu/board/pc/apic"
	"bennu/board/pc/mmio"
	"bennu/board/x86"
)

const timeLimit = 2_000_000_000 // ns, for an interrupt that must come

func testLines(b *board) string {
	lines, err := apic.Setup(b.madt, b.local, mmio.At)
	if err != nil {
		return err.Error()
	}
	b.lines = lines
	for n := range uint32(16) {
		line, ok := lines.Resolve(n)
		if ok == (n == 2) {
			return "ISA line " + decimal(uint64(n)) + " is wrong"
		}
		const masked = 1 << 16
		if ok && lines.Entry(line)&(masked|0xff) != masked|uint64(lines.Vector(line)) {
			return "line " + decimal(uint64(line)) + " reads back " + decimal(lines.Entry(line))
		}
	}
	b.print("# lines ", decimal(uint64(lines.Count())))
	return ""
}

// wait is the next interrupt's vector, or TimerVector after limit nanoseconds. It ends neither.
func (b *board) wait(limit uint64) uint64 {
	b.lines.Arm(limit)
	v := b.cpu.Idle()
	b.lines.Disarm()
	return v
}

// testPIT: ISA line 0, which the board routes elsewhere, edge-triggered.
func testPIT(b *board) string {
	line, _ := b.lines.Resolve(0)
	b.ports.Out8(0x43, 0x30) // channel 0, mode 0: one edge, after 1193 counts
	b.ports.Out8(0x40, 0xa9)
	b.lines.Unmask(line)
	b.ports.Out8(0x40, 0x04)
	v := b.wait(timeLimit)
	b.lines.EOI()
	b.print("# isa 0 is line ", decimal(uint64(line)), ", came as vector ", decimal(v))
	if got, ok := b.lines.ByVector(uint8(v)); !ok || got != line {
		return "vector " + decimal(v)
	}
	b.lines.Mask(line)
	b.ports.Out8(0x43, 0x30)
	b.ports.Out8(0x40, 0xa9)
	b.ports.Out8(0x40, 0x04)
	v = b.wait(5_000_000)
	b.lines.EOI()
	if v != apic.TimerVector {
		return "masked, and vector " + decimal(v) + " came"
	}
	return ""
}

// testRTC: ISA line 8, three periodic interrupts.
func testRTC(b *board) string {
	cmos := func(reg uint8) uint8 { b.ports.Out8(0x70, reg); return b.ports.In8(0x71) }
	set := func(reg, v uint8) { b.ports.Out8(0x70, reg); b.ports.Out8(0x71, v) }
	line, _ := b.lines.Resolve(8)
	was := cmos(0xb)
	set(0xb, was|0x40)
	cmos(0xc)
	b.lines.Unmask(line)
	what := ""
	for range 3 {
		v := b.wait(timeLimit)
		cmos(0xc)
		b.lines.EOI()
		if v != uint64(b.lines.Vector(line)) {
			what = "vector " + decimal(v)
			break
		}
	}
	set(0xb, was)
	b.lines.Mask(line)
	cmos(0xc)
	// One may be on its way: take it.
	for range 2 {
		if v := b.wait(1_000_000); v == apic.TimerVector {
			b.lines.EOI()
			break
		}
		b.lines.EOI()
	}
	return what
}

// Registers of QEMU's educational device. Source: QEMU, docs/specs/edu.txt.
const (
	eduID    = 0x11e8_1234
	eduIdent = 0x00
	eduRaise = 0x60
	eduAck   = 0x64
)

// testLevel: a PCI device's line. Masked before EOI it stays silent though the device
// still asks; unmasked it comes again at once; when the device lets go it stops.
func testLevel(b *board) string {
	edu, found := b.findEdu()
	if !found {
		b.print("# skipped: no -device edu")
		return ""
	}
	// On q35 it comes twice: at its I/O APIC line, and at the ISA line of the PCI router.
	heard := 0
	for n := range uint32(b.lines.Count()) {
		if line, ok := b.lines.Resolve(n); ok && b.lines.Level(line) {
			if what := b.level(edu, line); what != "" {
				return "line " + decimal(uint64(line)) + ": " + what
			}
			heard += b.heard
		}
	}
	if heard == 0 {
		return "no line is edu's"
	}
	return ""
}

// level tries one line; b.heard is 1 if the device is there.
func (b *board) level(edu mmio.Regs, line apic.Line) string {
	b.heard = 0
	edu.Store(eduRaise, 1)
	b.lines.Unmask(line)
	v := b.wait(5_000_000)
	b.lines.Mask(line)
	b.lines.EOI()
	if v == apic.TimerVector {
		return ""
	}
	if v != uint64(b.lines.Vector(line)) {
		return "vector " + decimal(v) + " came"
	}
	b.heard = 1
	b.print("# edu is line ", decimal(uint64(line)))
	v = b.wait(5_000_000)
	b.lines.EOI()
	if v != apic.TimerVector {
		return "masked, and vector " + decimal(v) + " came"
	}
	b.lines.Unmask(line)
	v = b.wait(timeLimit)
	b.lines.Mask(line)
	b.lines.EOI()
	if v != uint64(b.lines.Vector(line)) {
		return "unmasked, and vector " + decimal(v) + " came"
	}
	edu.Store(eduAck, 1)
	b.lines.Unmask(line)
	v = b.wait(5_000_000)
	b.lines.Mask(line)
	b.lines.EOI()
	if v != apic.TimerVector {
		return "the device let go, and vector " + decimal(v) + " came"
	}
	if e := b.lines.Errors(); e != 0 {
		return "local APIC error status " + decimal(uint64(e))
	}
	return ""
}

// findEdu looks for the device on bus 0.
func (b *board) findEdu() (regs mmio.Regs, found bool) {
	read := func(device, reg uint32) uint32 {
		b.ports.Out32(0xcf8, 1<<31|device<<11|reg)
		return b.ports.In32(0xcfc)
	}
	for device := range uint32(32) {
		if read(device, 0) != eduID {
			continue
		}
		regs = mmio.At(uint64(read(device, 0x10) &^ 0xf))
		return regs, regs.Load(eduIdent)&0xff == 0xed
	}
	return regs, false
}

// testHotPath measures what the kernel does at each interrupt, and that it allocates nothing.
func testHotPath(b *board) string {
	const rounds = 1000
	line, _ := b.lines.Resolve(4)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, t := range []struct {
		name string
		run  func()
	}{
		{"nothing", func() {}},
		{"mask", func() { b.lines.Mask(line) }},
		{"unmask", func() { b.lines.Unmask(line) }},
		{"eoi", func() { b.lines.EOI() }},
		{"arm", func() { b.lines.Arm(1_000_000_000) }},
	} {
		begin := x86.OrderedTSC()
		for range rounds {
			t.run()
		}
		b.print("# ", t.name, ": ", decimal((x86.OrderedTSC()-begin)/rounds), " counts")
	}
	b.lines.Disarm()
	b.lines.Mask(line)
	runtime.ReadMemStats(&after)
	// The slice above, and print's strings: tens, not thousands.
	if after.Mallocs-before.Mallocs > rounds/10 {
		return decimal(after.Mallocs-before.Mallocs) + " allocations"
	}
	return ""
}
