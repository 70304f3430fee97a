package main

import (
	"time"

	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

// Ports, commands and bits of the controller. Source: [1].
const (
	portData    = 0x60
	portStatus  = 0x64 // in
	portCommand = 0x64 // out

	statusFull    = 0x01 // a byte for us waits
	statusBusy    = 0x02 // the last byte of ours waits
	statusAux     = 0x20 // the byte is the mouse's
	statusDamaged = 0xc0 // time-out or parity: the byte is nothing

	cmdReadConfig  = 0x20
	cmdWriteConfig = 0x60
	cmdAuxOff      = 0xa7
	cmdSelfTest    = 0xaa
	cmdOff         = 0xad

	configIRQ       = 0x01
	configSystem    = 0x04
	configOff       = 0x10
	configAuxOff    = 0x20
	configTranslate = 0x40 // what the keyboard sends (set 2) arrives as set 1

	selfTestPassed = 0x55
)

const (
	// controllerLimit bounds each wait for the controller, whose own time for a byte is below 1 ms,
	// selfTestLimit that for its self test.
	controllerLimit = 50 * time.Millisecond
	selfTestLimit   = 500 * time.Millisecond
	// pollTime is less than any poll takes, so that a wait is bounded even if the clock stands still.
	pollTime = 500 * time.Nanosecond
	// pollsPerLook is how many polls go between two looks at the time.
	pollsPerLook = 64
	// maxBytes bounds the bytes that one interrupt takes, and that are thrown away at once. The controller
	// holds one byte, a keyboard sixteen.
	maxBytes = 64
	// configTries is how often the command byte is written until it reads back.
	configTries = 3
)

// chip is the controller.
type chip struct {
	p          sdk.Ports
	now        func() time.Duration
	log        func(event, why string)
	translates bool // it can turn scan code set 2 into set 1
}

// wait polls the status until the bits of mask are want, or limit is over.
func (k *chip) wait(mask, want uint8, limit time.Duration) bool {
	end := k.now() + limit
	for i := range int(limit / pollTime) {
		if k.p.In8(portStatus)&mask == want {
			return true
		}
		if i%pollsPerLook == 0 && k.now() > end {
			// The processor may have been another's since the last poll.
			return k.p.In8(portStatus)&mask == want
		}
	}
	return false
}

func (k *chip) command(b uint8) bool {
	ok := k.wait(statusBusy, 0, controllerLimit)
	if ok {
		k.p.Out8(portCommand, b)
	}
	return ok
}

func (k *chip) send(b uint8) bool {
	ok := k.wait(statusBusy, 0, controllerLimit)
	if ok {
		k.p.Out8(portData, b)
	}
	return ok
}

// flush throws waiting bytes away. A controller that always has a byte is left alone after maxBytes.
func (k *chip) flush() {
	for range maxBytes {
		if k.p.In8(portStatus)&statusFull == 0 {
			return
		}
		k.p.In8(portData)
	}
}

// ask gives a command that has an answer.
func (k *chip) ask(b uint8, limit time.Duration) (answer uint8, ok bool) {
	if !k.command(b) || !k.wait(statusFull, statusFull, limit) {
		return 0, false
	}
	return k.p.In8(portData), true
}

// writeConfig writes the command byte. A controller that still waits for the data byte of another command
// takes this command, or its data, for that one: nothing must be sent to the keyboard before.
func (k *chip) writeConfig(v uint8) bool { return k.command(cmdWriteConfig) && k.send(v) }

// configure writes the command byte until it reads back, apart from bits that some controllers lack.
// Precondition: interrupts and ports are off, or the answer could be a key's.
func (k *chip) configure(v uint8) (got uint8, why string, e abi.Errno) {
	answered := false
	for range configTries {
		if !k.writeConfig(v) {
			return 0, "the keyboard controller takes no commands", abi.EIO
		}
		k.flush()
		var ok bool
		if got, ok = k.ask(cmdReadConfig, controllerLimit); ok && (got^v)&(configIRQ|configOff) == 0 {
			return got, "", abi.OK
		}
		answered = answered || ok
	}
	if !answered {
		return 0, "no keyboard controller answers", abi.ENODEV
	}
	return 0, "the keyboard controller does not keep its command byte", abi.EIO
}

// init brings the controller from any state to a known one: the self test done, the auxiliary port off,
// the keyboard's port off, no interrupts, nothing in its buffer. translates is found out.
//
// Errors, each with words: ENODEV (no controller), EIO (it takes no commands, or forgets them).
func (k *chip) init() (why string, e abi.Errno) {
	if k.p.In8(portStatus) == 0xff {
		return "no keyboard controller", abi.ENODEV
	}
	// Devices off first: their bytes would be taken for answers.
	if !k.devicesOff() {
		return "the keyboard controller takes no commands", abi.EIO
	}
	// Some controllers that work do not know the test.
	if answer, ok := k.ask(cmdSelfTest, selfTestLimit); !ok || answer != selfTestPassed {
		k.log("self-test", "the controller did not pass it, going on")
	}
	// The test leaves the state of power-on behind, or its own idea of it.
	if !k.devicesOff() {
		return "the keyboard controller takes no commands after its self test", abi.EIO
	}
	got, why, e := k.configure(configSystem | configOff | configAuxOff | configTranslate)
	k.translates = got&configTranslate != 0
	k.flush()
	return why, e
}

func (k *chip) devicesOff() bool {
	ok := k.command(cmdOff) && k.command(cmdAuxOff)
	k.flush()
	return ok
}

// config is the command byte of a keyboard's port that is on, without its interrupt.
func (k *chip) config() uint8 {
	v := uint8(configSystem | configAuxOff)
	if k.translates {
		v |= configTranslate
	}
	return v
}

// take gives the controller's byte. key is false for a byte that is not the keyboard's.
func (k *chip) take() (b uint8, key, ok bool) {
	status := k.p.In8(portStatus)
	if status&statusFull == 0 {
		return 0, false, false
	}
	return k.p.In8(portData), status&(statusAux|statusDamaged) == 0, true
}

// off ends the keyboard's interrupts.
func (k *chip) off() { k.command(cmdOff) }
