//go:build tamago

package main

import (
	"runtime"
	"unsafe"

	"bennu/board/pc/memmap"
	"bennu/kernel/layout"
)

//go:linkname setGCPercent runtime/debug.setGCPercent
func setGCPercent(percent int32) int32

// noCollector keeps the collector from running, ever. The boot's garbage is less than its heap has room for, and after boot the kernel allocates nothing
// (abi.Heap shows it): a collection would give memory back that nobody asks for.
func noCollector() { setGCPercent(-1) }

var stats runtime.MemStats

// HeapAllocs implements kernel.Machine.
func (m *machine) HeapAllocs() (inUse, allocs uint64) {
	runtime.ReadMemStats(&stats)
	return stats.HeapInuse, stats.Mallocs
}

func moduleBytes(r memmap.Range) []byte {
	a := uintptr(layout.Direct + r.Start)
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&a)), r.Size())
}
