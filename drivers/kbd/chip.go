package main

import (
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
	cmdOn          = 0xae

	configIRQ       = 0x01
	configAuxIRQ    = 0x02
	configSystem    = 0x04
	configOff       = 0x10
	configAuxOff    = 0x20
	configTranslate = 0x40 // what the keyboard sends (set 2) arrives as set 1

	selfTestPassed = 0x55
)

// Commands and answers of the keyboard. Source: [2] "Commands from the System".
const (
	keyboardLEDs   = 0xed
	keyboardEnable = 0xf4
	keyboardAck    = 0xfa
	keyboardResend = 0xfe

	ledCaps = 0x04
)

const (
	// polls bounds each wait for the controller; a poll is about 1 µs.
	polls = 50000
	// maxBytes bounds what one interrupt takes. The controller holds one byte, a keyboard
	// sixteen.
	maxBytes = 64
)

// chip is the controller.
type chip struct{ p sdk.Ports }

// wait polls the status until the bits of mask are want.
func (k *chip) wait(mask, want uint8) bool {
	for range polls {
		if k.p.In8(portStatus)&mask == want {
			return true
		}
	}
	return false
}

func (k *chip) command(b uint8) bool {
	ok := k.wait(statusBusy, 0)
	if ok {
		k.p.Out8(portCommand, b)
	}
	return ok
}

func (k *chip) send(b uint8) bool {
	ok := k.wait(statusBusy, 0)
	if ok {
		k.p.Out8(portData, b)
	}
	return ok
}

// flush throws away what waits.
func (k *chip) flush() {
	for range maxBytes {
		if k.p.In8(portStatus)&statusFull == 0 {
			return
		}
		k.p.In8(portData)
	}
}

// ask gives a command that has an answer.
func (k *chip) ask(b uint8) (answer uint8, ok bool) {
	if !k.command(b) || !k.wait(statusFull, statusFull) {
		return 0, false
	}
	return k.p.In8(portData), true
}

// init brings the controller from any state to one where the keyboard interrupts and nothing
// else does. tested is false when the self test did not pass: some controllers that work
// do not know it.
//
// Errors: ENODEV (no controller), EIO (it takes no commands).
func (k *chip) init(p sdk.Ports) (tested bool, e abi.Errno) {
	k.p = p
	if p.In8(portStatus) == 0xff {
		return false, abi.ENODEV
	}
	// Devices off first: what they send would be taken for answers.
	if !k.command(cmdOff) || !k.command(cmdAuxOff) {
		return false, abi.EIO
	}
	k.flush()
	answer, ok := k.ask(cmdSelfTest)
	tested = ok && answer == selfTestPassed
	config, ok := k.ask(cmdReadConfig)
	if !ok {
		return tested, abi.EIO
	}
	config = config&^(configOff|configAuxIRQ) | configIRQ | configTranslate | configSystem | configAuxOff
	if !k.command(cmdWriteConfig) || !k.send(config) || !k.command(cmdOn) {
		return tested, abi.EIO
	}
	return tested, abi.OK
}

// take gives what the controller has. key is false for what is no byte of the keyboard.
func (k *chip) take() (b uint8, key, ok bool) {
	status := k.p.In8(portStatus)
	if status&statusFull == 0 {
		return 0, false, false
	}
	return k.p.In8(portData), status&(statusAux|statusDamaged) == 0, true
}

// off ends the keyboard's interrupts.
func (k *chip) off() { k.command(cmdOff) }
