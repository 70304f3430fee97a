// Package edu is the protocol of the driver of QEMU's edu device.
package edu

import "bennu/kernel/abi"

const (
	Factorial abi.MsgType = 0x1300 // Arg[0]: n → Arg[1]: n! modulo 2^32. EBUSY: a request is being worked on
	Carry     abi.MsgType = 0x1301 // Arg[0]: read and write grant, Arg[1]: length ≤ MaxLength: the bytes go into the device and back, by DMA. EBUSY, E2BIG, and those of the copy
)

// MaxLength is the device's memory in bytes.
const MaxLength = 4096
