package main

import (
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

// wireBase is COM3.
const wireBase = 0x3e8

// Registers of a 16550, from its base on, and bits of them. Source: National Semiconductor, PC16550D, section 8 "Registers".
const (
	regData    = 0
	regEnable  = 1
	regFIFO    = 2
	regLine    = 3
	regModem   = 4
	regStatus  = 5
	regScratch = 7

	divisorAccess = 0x80
	eightBits     = 0x03
	fifoOn        = 0x07
	ready         = 0x03 // DTR, RTS
	empty         = 0x20
	depth         = 16
)

// patience is how often the status is read before a wire that takes nothing is given up: the time of some characters on a real one.
const patience = 1_000_000

// wire sends bytes, and waits while the chip has no room: nothing is lost on it, and nothing else is to be done.
type wire struct {
	p    sdk.Ports
	dead bool // it takes nothing, or is not there
}

// init makes the port ready. Errors: ENODEV.
func (w *wire) init(p sdk.Ports) abi.Errno {
	w.p = p
	p.Out8(wireBase+regScratch, 0x5a)
	if w.dead = p.In8(wireBase+regScratch) != 0x5a; w.dead {
		return abi.ENODEV
	}
	p.Out8(wireBase+regEnable, 0)
	p.Out8(wireBase+regLine, divisorAccess)
	p.Out8(wireBase+regData, 1)
	p.Out8(wireBase+regEnable, 0)
	p.Out8(wireBase+regLine, eightBits)
	p.Out8(wireBase+regFIFO, fifoOn)
	p.Out8(wireBase+regModem, ready)
	return abi.OK
}

// write sends b. Errors: EIO, once and for all: the wire takes nothing.
func (w *wire) write(b []byte) abi.Errno {
	for len(b) > 0 && !w.dead {
		n := 0
		for w.p.In8(wireBase+regStatus)&empty == 0 {
			if n++; n == patience {
				w.dead = true
				return abi.EIO
			}
		}
		n = min(len(b), depth)
		w.p.Out8s(wireBase+regData, b[:n])
		b = b[n:]
	}
	if w.dead {
		return abi.EIO
	}
	return abi.OK
}
