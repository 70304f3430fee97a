//go:build tamago

package main

import (
	"unsafe"

	"bennu/kernel/arch"
	"bennu/kernel/mem"
)

// defined in probe_amd64.s

func flags() uint64
func mxcsr() uint32
func fsBase() uint64
func readCR0() uint64
func readCR4() uint64
func writeCR0(v uint64)
func writeCR4(v uint64)
func readDR6() uint64
func writeDR(d0, d1, d2, d3, d6, d7 uint64)
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
