package main

import (
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

const (
	// foreignPort is the keyboard controller's: in no grant of this driver's.
	foreignPort = 0x64
	// kernelAddress is where the kernel's image is, in the half that is the kernel's.
	kernelAddress = 0x100000
	// noCall is the number of no call.
	noCall = 1000
)

// ways is how to misbehave, by abi.FaultyWay.
var ways = [abi.FaultyWays]func(c *sdk.Context, param uint64){
	abi.FaultyExit: func(c *sdk.Context, param uint64) {
		c.Exit(max(param, 1))
	},
	abi.FaultyPanic: func(*sdk.Context, uint64) {
		panic("as asked")
	},
	abi.FaultyNil: func(*sdk.Context, uint64) {
		sink = *nothing
	},
	abi.FaultyDivide:     func(*sdk.Context, uint64) { divide() },
	abi.FaultyIllegal:    func(*sdk.Context, uint64) { illegal() },
	abi.FaultyPrivileged: func(*sdk.Context, uint64) { halt() },
	abi.FaultyPort: func(c *sdk.Context, _ uint64) {
		sink = uint64(c.Ports().In8(foreignPort))
	},
	abi.FaultyTextWrite: func(*sdk.Context, uint64) { writeText() },
	abi.FaultyJumpData:  func(*sdk.Context, uint64) { jumpData() },
	abi.FaultyStack: func(*sdk.Context, uint64) {
		sink = uint64(recurse(1))
	},
	abi.FaultyLoop: func(*sdk.Context, uint64) { loop() },
	abi.FaultyLoopCalls: func(c *sdk.Context, _ uint64) {
		for {
			c.Alarm(0)
		}
	},
	abi.FaultyAlloc: func(*sdk.Context, uint64) {
		for {
			allocate()
		}
	},
	abi.FaultyNoHeartbeat: func(c *sdk.Context, _ uint64) { c.IgnorePings(true) },
	abi.FaultyBadCall:     func(*sdk.Context, uint64) { call(noCall) },
	abi.FaultyKernelRead:  func(*sdk.Context, uint64) { sink = load(kernelAddress) },
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
