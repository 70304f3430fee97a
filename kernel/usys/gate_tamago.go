//go:build tamago

package usys

import (
	"math/bits"

	"bennu/board/x86"
	"bennu/kernel/abi"
)

// NewGate is for the host. On metal there is one kernel, and it is every gate's.
func NewGate(Kernel) Gate { return Gate{} }

// The lowest part of the gate: call0 to call5 trap into the kernel with so many arguments; those that are left are 0.

//go:nosplit
func (Gate) call0(nr abi.CallNr) (abi.Errno, uint64) {
	e, v := raw0(uint64(nr))
	return abi.Errno(e), v
}

//go:nosplit
func (Gate) call1(nr abi.CallNr, a1 uint64) (abi.Errno, uint64) {
	e, v := raw1(uint64(nr), a1)
	return abi.Errno(e), v
}

//go:nosplit
func (Gate) call2(nr abi.CallNr, a1, a2 uint64) (abi.Errno, uint64) {
	e, v := raw2(uint64(nr), a1, a2)
	return abi.Errno(e), v
}

//go:nosplit
func (Gate) call3(nr abi.CallNr, a1, a2, a3 uint64) (abi.Errno, uint64) {
	e, v := raw3(uint64(nr), a1, a2, a3)
	return abi.Errno(e), v
}

//go:nosplit
func (Gate) call4(nr abi.CallNr, a1, a2, a3, a4 uint64) (abi.Errno, uint64) {
	e, v := raw4(uint64(nr), a1, a2, a3, a4)
	return abi.Errno(e), v
}

//go:nosplit
func (Gate) call5(nr abi.CallNr, a1, a2, a3, a4, a5 uint64) (abi.Errno, uint64) {
	e, v := raw5(uint64(nr), a1, a2, a3, a4, a5)
	return abi.Errno(e), v
}

// Now is the time since boot in ns: the system clock, read without a kernel call.
//
//go:nosplit
func (g Gate) Now() uint64 {
	s, tsc := g.Start(), x86.TSC()
	if g.area().Stamp != 0 {
		tsc = g.stamp()
	}
	hi, lo := bits.Mul64(tsc-s.TSCBase, s.TSCMult)
	return hi<<32 | lo>>32
}

// TSC is the processor's time-stamp counter, or what a task that runs twice has instead.
func (g Gate) TSC() uint64 {
	if g.area().Stamp != 0 {
		return g.stamp()
	}
	return x86.TSC()
}

// stamp is the time for a task that runs twice: that of its last call's return, and one more with each reading. Both read the same then, and who waits
// for a time in a loop sees it come.
//
//go:nosplit
//go:noinline
func (g Gate) stamp() uint64 {
	g.area().Stamp++
	return g.area().Stamp
}

// The I/O address space, where IN and OUT run in ring 3: a port that the privilege does not list is a general-protection
// exception, and the end of the task.

func (Gate) In8(port uint16) uint8       { return x86.In8(port) }
func (Gate) In16(port uint16) uint16     { return x86.In16(port) }
func (Gate) In32(port uint16) uint32     { return x86.In32(port) }
func (Gate) Out8(port uint16, v uint8)   { x86.Out8(port, v) }
func (Gate) Out8s(port uint16, b []byte) { x86.Out8s(port, b) }
func (Gate) Out16(port uint16, v uint16) { x86.Out16(port, v) }
func (Gate) Out32(port uint16, v uint32) { x86.Out32(port, v) }
