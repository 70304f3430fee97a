//go:build tamago

package main

import (
	"bennu/kernel/abi"
)

// The roles that are a burden by themselves and by the kernel's calls.

// many is how often a step makes a call that takes a microsecond or so.
const many = 64

// spin keeps the CPU without any call, as long as it gets it.
func spin() {
	const long = 5e6 // ns
	for began := sys.Now(); sys.Now()-began < long; {
	}
}

var (
	row   [1024]byte
	kind  = abi.InfoMachine
	index uint64
)

// info reads every table of the kernel's, row after row, those that it may not read too; a reset of the latency
// record is one of them.
func info() {
	for range many {
		if _, e := sys.GetInfo(kind, index, row[:]); e == abi.OK || e == abi.ESRCH {
			if index++; index < abi.MaxAccounts {
				continue
			}
		}
		index = 0
		if kind++; kind > abi.InfoWindow+1 {
			kind = abi.InfoMachine
		}
	}
}

func times() {
	for range many {
		sys.Times(abi.Self)
		sys.Times(root())
	}
}

var (
	shared [abi.MaxCopy]byte
	taken  [abi.MaxCopy]byte
	own    abi.GrantID
)

func shareOwn() {
	clear(shared[:]) // touched
	clear(taken[:])
	id, ok := sys.Grant(sys.Start().Endpoint, shared[:], abi.GrantRead|abi.GrantWrite)
	if !ok {
		sys.Exit(exitRights, abi.ExitNormal)
	}
	own = id
}

// copyOwn copies as much as one call may, from and to a grant of its own.
func copyOwn() {
	self := sys.Start().Endpoint
	if sys.CopyFrom(self, own, 0, taken[:]) != abi.OK || sys.CopyTo(self, own, 0, taken[:]) != abi.OK {
		sys.Diag("copy of an own grant failed")
		sys.Exit(exitRights, abi.ExitNormal)
	}
}

// alarm has its alarm come as soon as it can, again and again.
func alarm() {
	var m abi.Msg
	for range many {
		sys.SetAlarm(1000)
		if k, e := sys.Receive(abi.Any, 0, &m); e == abi.OK {
			took(&m, k)
		}
	}
}

// diag writes log as fast as it can.
func diag() {
	for range 8 {
		sys.Diag("a hog writes a line of log, as long as it is sensible, and then the same line again, as fast as it gets the CPU for it")
	}
}

// The CMOS clock's periodic interrupt.
// Source: Motorola MC146818A data sheet, "Register A", "Register B", "Register C".
const (
	rtcIndex, rtcData = 0x70, 0x71
	rtcLine           = 8
	regA, regB, regC  = 0x0a, 0x0b, 0x0c
	rate8192          = 0x23 // 32768 Hz time base, 8192 interrupts a second
	periodic          = 1 << 6
)

var hook uint32

func tick() {
	h, e := sys.IRQSetPolicy(rtcLine, 0)
	if e != abi.OK {
		sys.Diag("no interrupt line")
		sys.Exit(exitRights, abi.ExitNormal)
	}
	hook = h
	write(regA, rate8192)
	write(regB, read(regB)|periodic)
	read(regC) // an old interrupt would hold the line
	sys.IRQEnable(hook)
}

// ticked lets the next interrupt come.
func ticked() {
	read(regC)
	sys.IRQEnable(hook)
}

func read(reg uint8) uint8 {
	sys.PortOut(rtcIndex, reg)
	v, _ := sys.PortIn(rtcData)
	return v
}

func write(reg, v uint8) {
	sys.PortOut(rtcIndex, reg)
	sys.PortOut(rtcData, v)
}

var (
	memory []byte
	page   int
)

// reserve takes addresses for three quarters of its ceiling, and touches none.
func reserve() {
	memory = make([]byte, sys.Start().MemoryLimit/4*3)
}

// hoard takes every frame that is promised to nobody, and keeps it: not the last few, without which it would end at the
// next page that it needs itself.
func hoard() {
	const few = 8
	var c abi.Counts
	for range many {
		if _, e := sys.GetInfo(abi.InfoCounts, 0, abi.Bytes(&c)); e != abi.OK || c.Frames < c.Reserved+few || page >= len(memory) {
			return
		}
		memory[page]++
		page += abi.PageSize
	}
}

// touch takes a page for each fault until its memory is all there, and then touches it again.
func touch() {
	for range many {
		memory[page]++
		if page += abi.PageSize; page >= len(memory) {
			page = 0
		}
	}
}
