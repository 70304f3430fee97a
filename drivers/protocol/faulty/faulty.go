// Package faulty is the protocol of drivers/faulty, the driver that misbehaves on command.
package faulty

import "bennu/kernel/abi"

const (
	Do   abi.MsgType = 0xc00 // Arg[0]: Way. Answered only by the ways that live on
	Echo abi.MsgType = 0xc01 // Arg[1:7] come back
)

// Way is a way to misbehave: Arg[0] of Do, or of abi.DriverFault.
type Way uint64

const (
	Exit        Way = 1
	Panic       Way = 2
	Nil         Way = 3
	Divide      Way = 4
	Illegal     Way = 5  // UD2
	Privileged  Way = 6  // HLT
	Port        Way = 7  // IN from a port it has not
	TextWrite   Way = 8  // a store into its own code
	JumpData    Way = 9  // a jump into its data
	Stack       Way = 10 // endless recursion
	Loop        Way = 11 // endless loop without calls
	LoopCalls   Way = 12 // endless loop that makes kernel calls
	Alloc       Way = 13 // endless allocation
	NoHeartbeat Way = 14 // answers requests, but no pings
	BadCall     Way = 15 // a call number that does not exist
	KernelRead  Way = 16 // a load from the kernel's part
	Ways        Way = 17
)

var names = [...]string{"", "exit", "panic", "nil", "divide", "illegal", "privileged", "port", "text-write", "jump-data",
	"stack", "loop", "loop-calls", "alloc", "no-heartbeat", "bad-call", "kernel-read"}

func (w Way) String() string {
	if int(w) < len(names) {
		return names[w]
	}
	return "?"
}

// WayByName is the inverse of String; ok is false for an unknown name.
func WayByName(s string) (w Way, ok bool) {
	for i := 1; i < len(names); i++ {
		if names[i] == s {
			return Way(i), true
		}
	}
	return 0, false
}
