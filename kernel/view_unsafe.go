package kernel

import (
	"unsafe"

	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/mem"
)

// Frames, as pointers to their contents.

func contextAt(p mem.Physical, a mem.Addr) *arch.Context { return (*arch.Context)(p.Pointer(a)) }
func callAt(p mem.Physical, a mem.Addr) *abi.CallArea    { return (*abi.CallArea)(p.Pointer(a)) }
func clockAt(p mem.Physical, a mem.Addr) *abi.ClockInfo  { return (*abi.ClockInfo)(p.Pointer(a)) }
func startAt(p mem.Physical, a mem.Addr) *abi.StartInfo  { return (*abi.StartInfo)(p.Pointer(a)) }

// livesAt is Buf of a call page as the rows of InfoLives.
func livesAt(c *abi.CallArea) *[abi.MaxTasks]abi.Life {
	const _ = uint(unsafe.Sizeof(c.Buf) - unsafe.Sizeof([abi.MaxTasks]abi.Life{}))
	return (*[abi.MaxTasks]abi.Life)(unsafe.Pointer(&c.Buf))
}
