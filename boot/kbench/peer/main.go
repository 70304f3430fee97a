//go:build tamago

// peer is the other task of the kernel's benchmark: it plays one role (package role).
package main

import (
	_ "bennu/board/ring3"
	"bennu/board/x86"
	"bennu/boot/kbench/role"
	"bennu/kernel/abi"
	"bennu/kernel/usys"
)

// sys is the kernel.
var sys usys.Gate

func main() {
	began := x86.TSC()
	s := sys.Start()
	tell(role.Hello, began)
	switch string(s.Args[:s.ArgsLen]) {
	case role.Echo:
		echo()
	case role.Sink:
		sink()
	case role.Stamp:
		stamp()
	case role.Grant:
		grant()
	case role.Clock:
		clock()
	case role.Console:
		console()
	}
}

func tell(t abi.MsgType, arg uint64) abi.Errno {
	return sys.Send(sys.Start().Root, &abi.Msg{Type: t, Arg: [7]uint64{arg}})
}

func echo() {
	var m abi.Msg
	for {
		sys.Receive(abi.Any, abi.NoTimeout, &m)
		for e := abi.OK; e == abi.OK; {
			to := m.Source
			m.Type = abi.MsgReply
			_, e = sys.ReplyReceive(to, &m)
		}
	}
}

func sink() {
	var m abi.Msg
	for {
		sys.Receive(abi.Any, abi.NoTimeout, &m)
	}
}

func stamp() {
	var m abi.Msg
	for {
		sys.Receive(abi.Any, abi.NoTimeout, &m)
		tell(role.Stamped, x86.TSC())
	}
}

func grant() {
	b := make([]byte, role.GrantBytes)
	clear(b) // touched: the copy is measured, not the first touch
	id, ok := sys.Grant(sys.Start().Root, b, abi.GrantRead|abi.GrantWrite)
	if !ok {
		return
	}
	tell(role.Granted, uint64(id))
	sink()
}
