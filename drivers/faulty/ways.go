package main

import (
	"bennu/drivers/protocol/faulty"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

const (
	// foreignPort is the keyboard controller's: in no grant of this driver's.
	foreignPort = 0x64
	// kernelAddress lies in the first GiB, which is the kernel's.
	kernelAddress = 0x100000
	// noCall is the number of no call.
	noCall = 1000
)

// ways is how to misbehave, by faulty.Way.
var ways = [faulty.Ways]func(c *sdk.Context, param uint64){
	faulty.Exit: func(c *sdk.Context, param uint64) {
		c.Exit(max(param, 1))
	},
	faulty.Panic: func(*sdk.Context, uint64) {
		panic("as asked")
	},
	faulty.Nil: func(*sdk.Context, uint64) {
		sink = *nothing
	},
	faulty.Divide:     func(*sdk.Context, uint64) { divide() },
	faulty.Illegal:    func(*sdk.Context, uint64) { illegal() },
	faulty.Privileged: func(*sdk.Context, uint64) { halt() },
	faulty.Port: func(c *sdk.Context, _ uint64) {
		sink = uint64(c.Ports().In8(foreignPort))
	},
	faulty.TextWrite: func(*sdk.Context, uint64) { writeText() },
	faulty.JumpData:  func(*sdk.Context, uint64) { jumpData() },
	faulty.Stack: func(*sdk.Context, uint64) {
		sink = uint64(recurse(1))
	},
	faulty.Loop: func(*sdk.Context, uint64) { loop() },
	faulty.LoopCalls: func(c *sdk.Context, _ uint64) {
		for {
			c.Alarm(0)
		}
	},
	faulty.Alloc: func(*sdk.Context, uint64) {
		for {
			allocate()
		}
	},
	faulty.NoHeartbeat: func(c *sdk.Context, _ uint64) { c.IgnorePings(true) },
	faulty.BadCall:     func(*sdk.Context, uint64) { call(noCall) },
	faulty.KernelRead:  func(*sdk.Context, uint64) { sink = load(kernelAddress) },
}

var (
	sink    uint64
	nothing *uint64
	landing uint64 = 0xc3 // RET: were data executable, the jump would come back
	hoard   *block
)

// block is what allocate keeps.
type block struct {
	next *block
	b    [64 << 10]byte
}

// allocate takes memory, touches it and never lets it go.
func allocate() {
	n := &block{next: hoard}
	for i := 0; i < len(n.b); i += abi.PageSize {
		n.b[i] = 1
	}
	hoard = n
}

// recurse goes deeper for ever, on a stack of its own making.
//
//go:noinline
func recurse(depth byte) byte {
	var frame [1 << 10]byte
	for i := range frame {
		frame[i] = depth
	}
	return recurse(depth+1) + frame[int(depth)*4]
}
