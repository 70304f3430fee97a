package main

import (
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

// Ports and registers. Source: [1] "Address Map"; the PC's I/O map.
const (
	portIndex = 0x70
	portData  = 0x71

	regSecond  = 0x00
	regMinute  = 0x02
	regHour    = 0x04
	regWeekday = 0x06
	regDay     = 0x07
	regMonth   = 0x08
	regYear    = 0x09
	regA       = 0x0a
	regB       = 0x0b
	regC       = 0x0c
	regD       = 0x0d
	regCentury = 0x32 // of PCs whose CENTURY [2] is not 0
)

// Bits. Source: [1] "Registers".
const (
	aUpdating = 0x80 // UIP
	aDivider  = 0x70 // DV
	aRunning  = 0x20 // DV for 32768 Hz: the clock runs
	bSet      = 0x80 // updates are held
	bAlarm    = 0x20
	bPeriodic = 0x40
	bUpdate   = 0x10 // an interrupt at the end of each update
	cAny      = 0x80 // IRQF
	cUpdate   = 0x10 // UF
	dValid    = 0x80 // the battery has not failed
)

const (
	// updatePolls bounds the wait for the end of an update: 2.3 ms [1], a read takes about
	// 1 µs on an ISA bus, and somewhat more on a machine that is emulated.
	updatePolls = 20000
	// readTries bounds how often a reading is repeated because the time went on in the middle.
	readTries = 8
)

// chip is the clock.
type chip struct {
	p       sdk.Ports
	mode    uint8 // register B's modeBinary and mode24
	century bool
}

func (k *chip) read(reg uint8) uint8 {
	k.p.Out8(portIndex, reg)
	return k.p.In8(portData)
}

func (k *chip) write(reg, v uint8) {
	k.p.Out8(portIndex, reg)
	k.p.Out8(portData, v)
}

// init brings the chip from any state into service, its interrupt off. wasSet tells that the
// last life died while it set the clock: the time may be half the old one.
//
// Errors: ENODEV (nothing there).
func (k *chip) init(p sdk.Ports) (wasSet bool, e abi.Errno) {
	k.p = p
	b := k.read(regB)
	if b == 0xff && k.read(regA) == 0xff {
		return false, abi.ENODEV
	}
	k.mode = b & (modeBinary | mode24)
	k.write(regB, b&^(bSet|bPeriodic|bAlarm|bUpdate))
	if a := k.read(regA); a&aDivider != aRunning {
		k.write(regA, a&^(aUpdating|aDivider)|aRunning)
	}
	c := k.read(regCentury)
	k.century = c == 0x19 || c == 0x20 || k.mode&modeBinary != 0 && (c == 19 || c == 20)
	return b&bSet != 0, abi.OK
}

// enable turns the update interrupt on, and forgets those of the past: one that the last life
// did not acknowledge would keep the line up, and no edge would ever come.
func (k *chip) enable() {
	k.write(regB, k.read(regB)|bUpdate)
	k.read(regC)
}

// acknowledge reads the causes of the interrupt, which clears them.
func (k *chip) acknowledge() (updated bool) {
	return k.read(regC)&cUpdate != 0
}

// settled waits until no update is in progress. Source: [1] "Update Cycle".
func (k *chip) settled() bool {
	for range updatePolls {
		if k.read(regA)&aUpdating == 0 {
			return true
		}
	}
	return false
}

func (k *chip) registers() registers {
	r := registers{k.read(regSecond), k.read(regMinute), k.read(regHour), 0, k.read(regDay), k.read(regMonth), k.read(regYear), 0}
	if k.century {
		r.century = k.read(regCentury)
	}
	return r
}

// get reads the time. A task may be preempted between any two reads, so that "no update for
// 244 µs" is no promise: two equal readings are.
//
// Errors: EIO (an update that never ends, or registers that are no time).
func (k *chip) get() (unix uint64, e abi.Errno) {
	for range readTries {
		if !k.settled() {
			return 0, abi.EIO
		}
		first := k.registers()
		if !k.settled() || first != k.registers() {
			continue
		}
		if d, ok := first.date(k.mode, k.century); ok {
			return d.unix(), abi.OK
		}
		return 0, abi.EIO
	}
	return 0, abi.EIO
}

// set writes the time. Updates are held meanwhile; the chip turns its update interrupt off
// then, so it is turned on again.
//
// Errors: EDOM (a year that the clock cannot hold).
func (k *chip) set(unix uint64) abi.Errno {
	d, ok := fromUnix(unix)
	if !ok || !k.century && (d.year < 1970 || d.year > 2069) {
		return abi.EDOM
	}
	r := encode(d, k.mode)
	b := k.read(regB) &^ bSet
	k.write(regB, b|bSet)
	for _, w := range [...]struct{ reg, v uint8 }{{regSecond, r.second}, {regMinute, r.minute}, {regHour, r.hour},
		{regWeekday, r.weekday}, {regDay, r.day}, {regMonth, r.month}, {regYear, r.year}} {
		k.write(w.reg, w.v)
	}
	if k.century {
		k.write(regCentury, r.century)
	}
	k.write(regB, b)
	return abi.OK
}
