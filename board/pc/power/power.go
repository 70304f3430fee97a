// Package power ends the machine: off, or with a status that QEMU's caller sees, or a reset, or still with
// words on the console. It tries one way after the other, waits a bounded time for each, and comes back from none.
package power

import (
	"bennu/board/pc/acpi"
	"bennu/board/pc/port"
)

// Machine is everything that power-off needs. Only Ports and Halt must be there: a way that needs a missing
// part is left out. Nothing here allocates, so that a kernel panic may use it.
type Machine struct {
	Ports port.Space
	FADT  *acpi.FADT     // nil: no ACPI
	S5    acpi.SleepType // acpi.Tables.S5
	HasS5 bool
	// Store8 writes a byte to physical memory, for registers that lie there (mmio.Store8); nil: those
	// are left out.
	Store8 func(addr uint64, v uint8)
	// TripleFault resets the processor (x86.TripleFault); nil: left out.
	TripleFault func()
	// Say puts words on the console, a line at a time, even if a task has it; nil: nobody hears.
	Say func(line string)
	// ResetOnFailure has Fail reset the machine if nobody takes its status.
	ResetOnFailure bool
	// Halt stops with interrupts off and does not return (x86.Halt).
	Halt func()
}

// The last words before the machine stands still.
const (
	TextStillOn  = "power: this machine cannot be powered off by software: it is halted and may be turned off now"
	TextFailed   = "power: halted: it takes a reset by hand (panic=reset on the kernel's command line resets by itself)"
	TextNoReset  = "power: no way to reset this machine works: it is halted"
	TextResetNow = "power: resetting, as panic=reset asks"
)

// PM1 control register.
//
// Source: ACPI, "PM1 Control Registers", "PM1 Control Registers Fixed Hardware Feature Control Bits".
const (
	pm1SCIEnable  = 1 << 0
	pm1SleepShift = 10
	pm1SleepMask  = 7 << pm1SleepShift
	pm1Sleep      = 1 << 13

	sleepShift  = 2 // sleep control register of reduced hardware
	sleepEnable = 1 << 5
)

// Ports that end a PC.
const (
	portDebugExit = 0xf4 // QEMU: -device isa-debug-exit,iobase=0xf4,iosize=4
	portReset     = 0xcf9
	portKeyboard  = 0x64
	portPost      = 0x80 // read to let time pass

	resetRequest = 0x02 // hard reset
	resetNow     = 0x06 // its edge
	pulseReset   = 0xfe // pulse output line 0 of the 8042
	keyboardFull = 0x02
)

// pauses are reads of port 0x80, about 1 µs each.
const (
	pauseShort = 50
	pauseLong  = 200_000 // longer than a chip set takes for a reset
	// pauseOff is longer than a chip set takes to cut the power, and than an emulator on a busy host takes to
	// come to it while these very reads keep it from its other work.
	pauseOff = 2_000_000
	pauseSMI = 300_000 // ACPI mode must come within this; Linux gives it 3 s
)

// Off powers the machine off on request: by ACPI's soft-off for status 0. For any other status QEMU's debug exit
// goes first: its process ends with status (status<<1)|1; where there is none the status is lost and the machine
// goes off all the same. A machine that has no soft-off tries the debug exit for status 0 too. If none of this
// works it halts, and says so: a machine that was told to be off must not start again. It does not return.
func (m *Machine) Off(status uint8) {
	if status != 0 {
		m.Ports.Out8(portDebugExit, status)
	}
	if !m.softOff() && status == 0 {
		m.Ports.Out8(portDebugExit, status)
	}
	m.stop(TextStillOn)
}

// Fail ends a machine that must not go on, after a kernel panic or a refused boot: by QEMU's debug exit as
// Off; without one it halts, so that the reason stays on the console. It resets only when ResetOnFailure says
// so: the next boot may well end the same way, for ever. It does not return.
func (m *Machine) Fail(status uint8) {
	m.Ports.Out8(portDebugExit, status)
	if m.ResetOnFailure {
		m.say(TextResetNow)
		m.Reset()
	}
	m.stop(TextFailed)
}

// Reset restarts the machine: by the FADT's reset register, the chip set's reset control,
// the keyboard controller, a triple fault. It does not return.
func (m *Machine) Reset() {
	m.resetRegister()
	m.resetControl()
	m.resetKeyboard()
	if m.TripleFault != nil {
		m.TripleFault()
	}
	m.stop(TextNoReset)
}

// stop halts with words.
func (m *Machine) stop(why string) {
	m.say(why)
	m.Halt()
}

func (m *Machine) say(line string) {
	if m.Say != nil {
		m.Say(line)
	}
}

// softOff enters S5. tried is false when this machine tells no way to do that.
//
// Source: ACPI, "Transitioning from the Working to the Soft Off State".
func (m *Machine) softOff() (tried bool) {
	f := m.FADT
	if f == nil || !m.HasS5 {
		return false
	}
	if f.Reduced {
		tried = m.write(f.SleepCtl, m.S5.A<<sleepShift|sleepEnable)
		if tried {
			m.pause(pauseOff)
		}
		return tried
	}
	a, b := f.PM1aControl, f.PM1bControl
	if a.Addr == 0 || a.Space != acpi.SystemIO {
		return false
	}
	m.enableACPI(uint16(a.Addr))
	// The types go first and SLP_EN with a second write: some chip sets want it so.
	for _, enable := range [...]uint16{0, pm1Sleep} {
		m.sleep(a, m.S5.A, enable)
		m.sleep(b, m.S5.B, enable)
	}
	m.pause(pauseOff)
	return true
}

// sleep writes a sleep type, and perhaps SLP_EN, to one of the control registers.
func (m *Machine) sleep(r acpi.Register, kind uint8, enable uint16) {
	if r.Addr == 0 || r.Space != acpi.SystemIO {
		return
	}
	p := uint16(r.Addr)
	m.Ports.Out16(p, m.Ports.In16(p)&^(pm1SleepMask|pm1Sleep)|uint16(kind)<<pm1SleepShift|enable)
}

// enableACPI takes the machine out of legacy mode, in which it ignores PM1 control.
//
// Source: ACPI, "Legacy/ACPI Select and the SCI Interrupt".
func (m *Machine) enableACPI(pm1 uint16) {
	if m.FADT.SMICommand == 0 || m.FADT.ACPIEnable == 0 || m.Ports.In16(pm1)&pm1SCIEnable != 0 {
		return
	}
	m.Ports.Out8(m.FADT.SMICommand, m.FADT.ACPIEnable)
	for range pauseSMI {
		if m.Ports.In16(pm1)&pm1SCIEnable != 0 {
			return
		}
		m.Ports.In8(portPost)
	}
}

// resetRegister uses the FADT's reset register.
//
// Source: ACPI, "Reset Register".
func (m *Machine) resetRegister() {
	if m.FADT == nil || m.FADT.ResetReg.Addr == 0 {
		return
	}
	m.write(m.FADT.ResetReg, m.FADT.ResetValue)
	m.pause(pauseLong)
}

// resetControl uses port 0xcf9: the kind of reset first, then the edge that starts it.
//
// Source: Intel ICH9 Datasheet, "RST_CNT—Reset Control Register".
func (m *Machine) resetControl() {
	m.Ports.Out8(portReset, resetRequest)
	m.pause(pauseShort)
	m.Ports.Out8(portReset, resetNow)
	m.pause(pauseLong)
}

// resetKeyboard lets the 8042 pulse the processor's reset line.
//
// Source: IBM, "Personal System/2 Hardware Interface Technical Reference", "Keyboard and
// Auxiliary Device Controller".
func (m *Machine) resetKeyboard() {
	if m.FADT != nil && m.FADT.No8042 {
		return
	}
	for range pauseShort * 100 {
		if m.Ports.In8(portKeyboard)&keyboardFull == 0 {
			break
		}
		m.Ports.In8(portPost)
	}
	m.Ports.Out8(portKeyboard, pulseReset)
	m.pause(pauseLong)
}

// write puts a byte into a register; ok is false if it cannot be reached.
func (m *Machine) write(r acpi.Register, v uint8) (ok bool) {
	switch {
	case r.Addr == 0:
		return false
	case r.Space == acpi.SystemIO:
		m.Ports.Out8(uint16(r.Addr), v)
	case m.Store8 != nil:
		m.Store8(r.Addr, v)
	default:
		return false
	}
	return true
}

// pause lets about n microseconds pass. No clock is needed, or trusted, here.
func (m *Machine) pause(n int) {
	for range n {
		m.Ports.In8(portPost)
	}
}
