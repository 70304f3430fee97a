//go:build tamago

package main

import (
	"strconv"

	"bennu/kernel/abi"
)

func itoa(v uint64) string { return strconv.FormatUint(v, 10) }

var specials = []abi.Endpoint{abi.Hardware, abi.Clock, abi.System, abi.Self, abi.Any, abi.None, 0, 0x7000, 1<<32 - 1}

// tick is a time limit that no case's own work comes near to, however busy the machine is on which an
// emulator runs.
const tick = 30_000_000

// now is the time in ns.
func now() uint64 { return sys.Now() }
