//go:build tamago

package main

import (
	"bennu/board/x86"
	"bennu/kernel/abi"
)

// COM1, which the kernel has set up. The line status register says when a byte is taken.
// Source: National Semiconductor PC16550D data sheet, "Line Status Register".
const (
	com1Data, com1Status = 0x3f8, 0x3fd
	transmitterEmpty     = 1 << 5
)

func console() {
	var m abi.Msg
	for {
		sys.Receive(abi.Any, abi.NoTimeout, &m)
		b := make([]byte, min(m.Arg[1], abi.PageSize))
		e := sys.CopyFrom(m.Source, abi.GrantID(m.Arg[0]), 0, b)
		for _, c := range b {
			for x86.In8(com1Status)&transmitterEmpty == 0 {
			}
			x86.Out8(com1Data, c)
		}
		sys.SendNB(m.Source, &abi.Msg{Type: abi.MsgReply, Arg: [7]uint64{uint64(e)}, Seq: m.Seq})
	}
}
