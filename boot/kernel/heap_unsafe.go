//go:build tamago

package main

import (
	"runtime"
	"unsafe"

	"bennu/board/pc/memmap"
	"bennu/boot/ring0"
	"bennu/kernel/layout"
)

//go:linkname setGCPercent runtime/debug.setGCPercent
func setGCPercent(percent int32) int32

// quiet is the end of boot: what was garbage is collected, and from now on the collector never runs. The
// kernel allocates nothing any more (abi.Heap shows it).
func quiet() {
	runtime.GC()
	setGCPercent(-1)
	ring0.SettleStack() // a collection would make it small again
}

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
