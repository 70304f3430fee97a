//go:build tamago

package usys

import (
	"unsafe"

	"bennu/kernel/abi"
)

// Gate is the kernel as a task has it. On metal it has no size, and a call is that of the stub.
type Gate struct{}

// pointer makes a pointer of an address outside Go's memory.
//
//go:nosplit
func pointer(a uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&a)) }

// area is the task's call page.
//
//go:nosplit
func (Gate) area() *abi.CallArea { return (*abi.CallArea)(pointer(abi.CallPage)) }

// Start is what the kernel told the task at its start.
//
//go:nosplit
func (Gate) Start() *abi.StartInfo { return (*abi.StartInfo)(pointer(abi.StartPage)) }

// Clock is what all tasks see of the date.
//
//go:nosplit
func (Gate) Clock() *abi.ClockInfo { return (*abi.ClockInfo)(pointer(abi.ClockPage)) }

// Module is the boot archive; empty but in the root task.
func (g Gate) Module() []byte {
	return unsafe.Slice((*byte)(pointer(abi.ModuleBase)), g.Start().ModuleSize)
}

// Memory is what the task sees of a window. Another access than the view's rights allow, and any once the window was taken away,
// is a page fault, and the end of the task.
func (Gate) Memory(v *abi.WindowView) []byte {
	return unsafe.Slice((*byte)(pointer(uintptr(v.Address))), v.Size)
}

// Kept is the task's kept memory as it is now, from its header on; empty when its account has none. The kernel changes it under CallKeep.
// The compiler does not see the address: Go 1.26 cannot load from a constant one that has more than 32 bits.
//
//go:noinline
func (g Gate) Kept() []byte {
	return unsafe.Slice((*byte)(pointer(abi.KeptBase)), g.Start().KeptSize)
}

// address is where the kernel finds b. Memory on a stack stays there while the stub runs, which is nosplit: the address
// is to be taken last.
//
//go:nosplit
func (Gate) address(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }
