//go:build tamago

package main

import (
	"encoding/binary"
	"math/bits"

	"bennu/board/x86"
	"bennu/boot/kbench/role"
	"bennu/kernel/abi"
)

// The CMOS real-time clock.
// Source: Motorola MC146818A data sheet, "Register A", "Register B", "Register C".
const (
	rtcIndex, rtcData = 0x70, 0x71
	rtcLine           = 8
	regA, regB, regC  = 0x0a, 0x0b, 0x0c
	rate8192          = 0x23 // 32768 Hz time base, 8192 interrupts a second
	periodic          = 1 << 6
)

// clock measures how long it takes from the kernel's taking an interrupt (Arg[1] of the notification) to the
// driver's first instruction after its receive.
func clock() {
	hook, e := sys.IRQSetPolicy(rtcLine, 0)
	if e != abi.OK {
		return
	}
	samples := make([]byte, 0, 8*role.Interrupts)
	oldA, oldB := read(regA), read(regB)
	write(regA, rate8192)
	write(regB, oldB|periodic)
	read(regC) // an old interrupt would hold the line
	var m abi.Msg
	for range role.Interrupts {
		sys.Receive(abi.Hardware, abi.NoTimeout, &m)
		samples = binary.LittleEndian.AppendUint64(samples, now()-m.Arg[1])
		read(regC)
		sys.IRQEnable(hook)
	}
	write(regA, oldA)
	write(regB, oldB)
	read(regC)
	sys.IRQRmPolicy(hook)
	id, _ := sys.Grant(sys.Start().Root, samples, abi.GrantRead)
	tell(role.Finished, uint64(id))
	sink()
}

// now is the system clock in ns.
func now() uint64 {
	s := sys.Start()
	hi, lo := bits.Mul64(x86.TSC()-s.TSCBase, s.TSCMult)
	return hi<<32 | lo>>32
}

func read(reg uint8) uint8 {
	sys.PortOut(rtcIndex, reg)
	v, _ := sys.PortIn(rtcData)
	return v
}

func write(reg, v uint8) {
	sys.PortOut(rtcIndex, reg)
	sys.PortOut(rtcData, v)
}
