//go:build tamago

package main

import (
	"unsafe"

	"bennu/kernel/arch"
	"bennu/kernel/mem"
)

// defined in probe_amd64.s

func loadGDT(base, limit uint64)
func swapGS()
func astraySwapped(sp uint64)
func load(a uint64) uint64
func store(a uint64)
func jump(a uint64)
func step()
func overflow(sp uint64)
func astray(sp uint64)

// contextAt is the frame at a as a context.
func contextAt(phys mem.Physical, a mem.Addr) *arch.Context { return (*arch.Context)(phys.Pointer(a)) }

// at is the word at a linear address.
func at(a uint64) *uint64 { return *(**uint64)(unsafe.Pointer(&a)) }
