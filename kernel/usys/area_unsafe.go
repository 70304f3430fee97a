//go:build tamago

package usys

import (
	"unsafe"

	"bennu/kernel/abi"
)

// pointer makes a pointer of an address outside Go's memory.
//
//go:nosplit
func pointer(a uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&a)) }

// area is the task's call page.
//
//go:nosplit
func area() *abi.CallArea { return (*abi.CallArea)(pointer(abi.CallPage)) }

// Pending is the word that the kernel sets when something is left for the task (abi.CallArea).
func Pending() *uint32 { return &area().Pending }

// Start is what the kernel told the task at its start.
//
//go:nosplit
func Start() *abi.StartInfo { return (*abi.StartInfo)(pointer(abi.StartPage)) }

// Clock is what all tasks see of the date.
//
//go:nosplit
func Clock() *abi.ClockInfo { return (*abi.ClockInfo)(pointer(abi.ClockPage)) }

// Module is the boot archive; empty but in the root task.
func Module() []byte {
	return unsafe.Slice((*byte)(pointer(abi.ModuleBase)), Start().ModuleSize)
}

//go:nosplit
func address(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }
