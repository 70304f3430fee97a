//go:build tamago

package main

import "unsafe"

// storeAt writes where the root task may not: its end.
func storeAt(at uintptr) { *(*byte)(pointerTo(at)) = 1 }

// nowhere is a buffer that is not the root task's memory.
func nowhere() []byte { return unsafe.Slice((*byte)(pointerTo(0x1000)), 8) }

// allMemory touches RAM until there is no more: the root task's end.
func allMemory() {
	for at := uintptr(ramEnd - page); ; at -= page {
		*(*byte)(pointerTo(at)) = 1
	}
}

//go:noinline
func pointerTo(at uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&at)) }
