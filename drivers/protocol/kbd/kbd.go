// Package kbd is the protocol of the 8042 keyboard's driver, drivers/kbd.
package kbd

import "bennu/kernel/abi"

const (
	Read  abi.MsgType = 0xb00 // → Arg[1]: next character; EPERM: kbd's `reads=` does not name the reader, EAGAIN: none typed
	State abi.MsgType = 0xb01 // → Arg[1]: interrupts, Arg[2]: scan codes, Arg[3]: characters, Arg[4]: characters dropped
)
