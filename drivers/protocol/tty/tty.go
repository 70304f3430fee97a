// Package tty is the protocol of the console driver, drivers/tty.
package tty

import "bennu/kernel/abi"

// One reader at a time.
const (
	Write abi.MsgType = 0x900 // Arg[0]: read grant, Arg[1]: length → Arg[1]: bytes taken. Answered when they are queued. What a terminal would obey is shown as \xNN (kernel/abi/printable)
	Read  abi.MsgType = 0x901 // Arg[0]: write grant, Arg[1]: length → Arg[1]: bytes of one line with its '\n', never a part of one. Answered when a line is there; EPERM: tty's `reads=` does not name the reader; EBUSY: another one waits; E2BIG: Arg[1] bytes are needed
	State abi.MsgType = 0x902 // → Arg[1]: bytes in, Arg[2]: bytes out, Arg[3]: interrupts, Arg[4]: overruns, Arg[5]: how often its interrupt line was reset
	Input abi.MsgType = 0x903 // from kbd: Arg[0] is a byte typed on another device. Each sender types lines of its own. Only from whom tty's `types=` names. Send, no answer
)
