// Package swifi is the protocol between the workload and the injector where the injector is the victim's device: the other end of its wire.
package swifi

import "bennu/kernel/abi"

const (
	// Type has bytes arrive at the victim, as its device has room for them: Arg[0] read grant, Arg[1] length. → Arg[1]: bytes taken. EAGAIN: none,
	// the ones before wait still; ENODEV: the victim has no device that the injector plays
	Type abi.MsgType = 0xe00
	// Seen takes what the victim has sent: Arg[0] write grant, Arg[1] length, Arg[2] a limit in ns. → Arg[1]: bytes. Answered when there is a line feed
	// among them, when the buffer is full, or when the limit is over, with what there is. ENODEV. One asker at a time: EBUSY
	Seen abi.MsgType = 0xe01
)
