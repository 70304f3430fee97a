package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/mem"
)

// Frames, as pointers to their contents.

func contextAt(p mem.Physical, a mem.Addr) *arch.Context { return (*arch.Context)(p.Pointer(a)) }
func callAt(p mem.Physical, a mem.Addr) *abi.CallArea    { return (*abi.CallArea)(p.Pointer(a)) }
func clockAt(p mem.Physical, a mem.Addr) *abi.ClockInfo  { return (*abi.ClockInfo)(p.Pointer(a)) }
func startAt(p mem.Physical, a mem.Addr) *abi.StartInfo  { return (*abi.StartInfo)(p.Pointer(a)) }
