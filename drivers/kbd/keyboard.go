package main

import (
	"time"

	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

// Commands and answers of the keyboard. Source: [2] "Commands from the System", "Commands to the System".
const (
	keyboardLEDs    = 0xed // and which
	keyboardEcho    = 0xee // answered by the same
	keyboardSet     = 0xf0 // and the scan code set, or 0 to ask for it
	keyboardRate    = 0xf3 // and delay and rate
	keyboardEnable  = 0xf4
	keyboardDisable = 0xf5 // and defaults
	keyboardAck     = 0xfa
	keyboardResend  = 0xfe

	ledCaps = 0x04

	// defaultRate is 10.9 characters a second after half a second, as after power-on.
	defaultRate = 0x2b
)

const (
	// ackLimit is how long the keyboard may take to answer a command, ackTries how often it is
	// asked. Source: [2] "Commands from the System": 20 ms.
	ackLimit = 100 * time.Millisecond
	ackTries = 3
	// echoTries is how many bytes the keyboard is sent until one comes back: more than it keeps.
	echoTries = 20
	// setTries is how often a scan code set is chosen until it reads back.
	setTries = 3
)

// start brings the keyboard from any state to a known one: default keys and rate, lights off, the scan
// code set of the tables here, scanning. The controller's interrupt is off meanwhile and on afterwards.
//
// Errors, each with words: ENODEV (no keyboard), EIO (it does not obey).
func (k *chip) start() (why string, e abi.Errno) {
	if !k.writeConfig(k.config()) {
		return "the keyboard controller takes no commands", abi.EIO
	}
	if !k.disable() {
		return "no keyboard answers", abi.ENODEV
	}
	if why, e := k.chooseSet(); e != abi.OK {
		return why, e
	}
	if !k.tell(keyboardLEDs, 0) {
		k.log("lights", "the keyboard refuses to turn them off, going on")
	}
	if !k.tell(keyboardRate, defaultRate) {
		k.log("rate", "the keyboard refuses to set it, going on")
	}
	if !k.tell(keyboardEnable) {
		return "the keyboard refuses to scan", abi.EIO
	}
	if !k.writeConfig(k.config() | configIRQ) {
		return "the keyboard controller takes no commands", abi.EIO
	}
	return "", abi.OK
}

// synchronise sends echoes until one comes back. All bytes before it are of the past, answers to the last
// life included, and a command that lacked its parameter has had one. A keyboard that does not know the echo
// is left as it is. silence tells that no answer came.
func (k *chip) synchronise() (silence bool) {
	silent := 0
	for try := 0; try < echoTries && silent < ackTries; try++ {
		if !k.send(keyboardEcho) {
			return true
		}
		switch k.answer(keyboardEcho) {
		case keyboardEcho:
			return false
		case 0:
			silent++
		}
	}
	return silent == ackTries
}

// disable stops the keyboard's scanning. The supposed echo may have been an old code of an unknown set: then
// the keyboard still sends other bytes, and is asked anew.
func (k *chip) disable() bool {
	for range setTries {
		silence := k.synchronise()
		if k.tell(keyboardDisable) {
			return true
		}
		if silence {
			return false
		}
	}
	return false
}

// chooseSet selects the scan code set whose codes arrive as set 1, and reads it back. A keyboard that does not
// know the command has set 2 only.
func (k *chip) chooseSet() (why string, e abi.Errno) {
	set := uint8(2)
	if !k.translates {
		set = 1
	}
	got := uint8(0)
	for range setTries {
		if !k.tell(keyboardSet, set) {
			if set == 2 {
				k.log("scan-codes", "the keyboard refuses to choose a set, going on with 2")
				return "", abi.OK
			}
			return "the controller does not translate, and the keyboard refuses scan code set 1", abi.EIO
		}
		if !k.tell(keyboardSet, 0) {
			k.log("scan-codes", "the keyboard does not tell its set, going on")
			return "", abi.OK
		}
		if b, ok := k.next(); ok {
			if got = untranslated(b); got == set {
				return "", abi.OK
			}
		}
		k.disable()
	}
	return "the keyboard stays in scan code set " + sdk.Dec(uint64(got)), abi.EIO
}

// untranslated is the number of a scan code set, which a controller may have translated as if it were
// a code. Source: [1] "Scan Code Translation".
func untranslated(b uint8) uint8 {
	switch b {
	case 0x43:
		return 1
	case 0x41:
		return 2
	case 0x3f:
		return 3
	}
	return b
}

// tell sends the bytes of a command, each of which the keyboard acknowledges, and repeats those that it asks
// for again.
func (k *chip) tell(bytes ...uint8) bool {
	for _, b := range bytes {
		acknowledged := false
		for try := 0; try < ackTries && !acknowledged; try++ {
			if !k.send(b) {
				return false
			}
			acknowledged = k.answer() == keyboardAck
		}
		if !acknowledged {
			return false
		}
	}
	return true
}

// answer is the keyboard's next answer to a command, 0 if none comes; codes of keys that were on their
// way, and echoes, are passed over.
func (k *chip) answer(also ...uint8) uint8 {
	for range maxBytes {
		b, ok := k.next()
		switch {
		case !ok:
			return 0
		case b == keyboardAck || b == keyboardResend || len(also) > 0 && b == also[0]:
			return b
		}
	}
	return 0
}

// next is the keyboard's next byte; ok is false if none comes in time.
func (k *chip) next() (b uint8, ok bool) {
	for range maxBytes {
		if !k.wait(statusFull, statusFull, ackLimit) {
			return 0, false
		}
		if b, key, _ := k.take(); key {
			return b, true
		}
	}
	return 0, false
}
