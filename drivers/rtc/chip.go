package main

import (
	"time"

	"bennu/drivers/protocol/rtc"
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

	// The range of [2] CENTURY: neither a register of the clock's own, nor the firmware's notes of a reset
	// behind them, nor one past the index.
	firstCentury = 0x10
	lastCentury  = 0x7f
)

// Bits. Source: [1] "Registers".
const (
	aUpdating = 0x80 // UIP
	aDivider  = 0x70 // DV
	aRunning  = 0x20 // DV for 32768 Hz: the clock runs
	aKnown    = 0x26 // that, and the usual rate of the periodic interrupt, which is off
	bSet      = 0x80 // updates are held
	bUpdate   = 0x10 // an interrupt at the end of each update
	cUpdate   = 0x10 // UF
	dValid    = 0x80 // VRT: the battery has not failed
)

const (
	// settleLimit and settlePolls bound the wait for the end of an update, 2.3 ms [1]; the polls do if the
	// time stands still. A poll takes about 1 µs.
	settleLimit = 10 * time.Millisecond
	settlePolls = 20000
	// pollsPerLook is how many polls go between two looks at the time.
	pollsPerLook = 64
	// readTries bounds how often a reading is repeated because the time went on in the middle.
	readTries = 8
)

// chip is the clock.
type chip struct {
	p       sdk.Ports
	now     func() time.Duration
	mode    uint8 // register B's modeBinary and mode24
	century uint8 // index of the century register; 0: there is none
}

func (k *chip) read(reg uint8) uint8 {
	k.p.Out8(portIndex, reg)
	return k.p.In8(portData)
}

func (k *chip) write(reg, v uint8) {
	k.p.Out8(portIndex, reg)
	k.p.Out8(portData, v)
}

// init brings the chip from any state into service: it runs, interrupts and summer time are off, the mode is
// as it was found. found is the reasons to doubt the time: rtc.Battery, rtc.HalfSet, rtc.Stopped.
//
// Errors: ENODEV (nothing there).
func (k *chip) init() (found rtc.Doubt, e abi.Errno) {
	powered := k.powered() // first: any access may park the index at register D and read that
	a, b := k.read(regA), k.read(regB)
	if a == 0xff && b == 0xff {
		return 0, abi.ENODEV
	}
	k.mode = b & (modeBinary | mode24)
	if !powered {
		found |= rtc.Battery
	}
	if b&bSet != 0 {
		found |= rtc.HalfSet
	}
	if a&aDivider != aRunning {
		found |= rtc.Stopped
	}
	if a&^aUpdating != aKnown {
		k.write(regA, aKnown)
	}
	k.write(regB, k.mode)
	return found, abi.OK
}

// powered tells whether the battery has held. Reading the register may set the bit [1], so the caller keeps the
// answer.
func (k *chip) powered() bool { return k.read(regD)&dValid != 0 }

// enable turns the update interrupt on, and forgets those of the past: one that the last life
// did not acknowledge would keep the line up, and no edge would ever come.
func (k *chip) enable() {
	k.write(regB, k.mode|bUpdate)
	k.read(regC)
}

// disable turns the update interrupt off, and forgets a pending one.
func (k *chip) disable() {
	k.write(regB, k.mode)
	k.read(regC)
}

// acknowledge reads the causes of the interrupt, which clears them.
func (k *chip) acknowledge() (updated bool) {
	return k.read(regC)&cUpdate != 0
}

// settled waits until no update is in progress. Source: [1] "Update Cycle".
func (k *chip) settled() bool {
	end := k.now() + settleLimit
	for i := range settlePolls {
		if k.read(regA)&aUpdating == 0 {
			return true
		}
		if i%pollsPerLook == pollsPerLook-1 && k.now() > end {
			break
		}
	}
	// The processor may have been another's since the last poll.
	return k.read(regA)&aUpdating == 0
}

func (k *chip) registers() registers {
	r := registers{k.read(regSecond), k.read(regMinute), k.read(regHour), 0, k.read(regDay), k.read(regMonth), k.read(regYear), 0}
	if k.century != 0 {
		r.century = k.read(k.century)
	}
	return r
}

// get reads the time. A task may be preempted between any two reads, so that "no update for
// 244 µs" is no promise: two equal readings are.
//
// Errors, each with its reason: EIO (rtc.Update, rtc.Garbage), EDOM (rtc.Range).
func (k *chip) get() (unix uint64, why rtc.Doubt, e abi.Errno) {
	for range readTries {
		if !k.settled() {
			break
		}
		first := k.registers()
		if !k.settled() || first != k.registers() {
			continue
		}
		d, ok := first.date(k.mode, k.century != 0)
		switch {
		case !ok:
			return 0, rtc.Garbage, abi.EIO
		case !d.inRange():
			return 0, rtc.Range, abi.EDOM
		}
		return d.unix(), 0, abi.OK
	}
	return 0, rtc.Update, abi.EIO
}

// last is the last second that the clock keeps: without a century its years have two digits.
func (k *chip) last() uint64 {
	if k.century != 0 {
		return rtc.Last
	}
	return date{lastShortYear, 12, 31, 23, 59, 59}.unix()
}

// set writes the time. Updates are held meanwhile; the chip turns its update interrupt off then, so it is turned on
// again. ok tells whether the clock took it, by reading it back. Precondition: unix ≤ last().
func (k *chip) set(unix uint64) (ok bool) {
	d := fromUnix(unix)
	r := encode(d, k.mode)
	k.write(regB, k.mode|bSet)
	for _, w := range [...]struct{ reg, v uint8 }{{regSecond, r.second}, {regMinute, r.minute}, {regHour, r.hour},
		{regWeekday, r.weekday}, {regDay, r.day}, {regMonth, r.month}, {regYear, r.year}} {
		k.write(w.reg, w.v)
	}
	if k.century != 0 {
		k.write(k.century, r.century)
	}
	k.write(regB, k.mode|bUpdate)
	got, why, e := k.get()
	if why == rtc.Range { // set to the last seconds of the range, and past it by now
		return unix+setSlack > rtc.Last
	}
	return e == abi.OK && got >= unix && got <= unix+setSlack
}

// setSlack is how many seconds may pass between the setting of the clock and the reading.
const setSlack = 3
