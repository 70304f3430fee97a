//go:build tamago

package usys

import (
	"unsafe"

	"bennu/kernel/abi"
)

// area is the task's call page.
//
//go:nosplit
func area() *abi.CallArea { return (*abi.CallArea)(unsafe.Pointer(uintptr(abi.CallPage))) }

// Start is what the kernel told the task at its start.
func Start() *abi.StartInfo { return (*abi.StartInfo)(unsafe.Pointer(uintptr(abi.StartPage))) }

// Module is the boot archive; empty but in the root task.
func Module() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(uintptr(abi.ModuleBase))), Start().ModuleSize)
}

//go:nosplit
func address(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }
