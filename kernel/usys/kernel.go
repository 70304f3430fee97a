package usys

import "bennu/kernel/abi"

// Kernel is what lies below a gate on the host: a kernel that is simulated for one task (kernel/fake).
type Kernel interface {
	// Syscall is what SYSCALL does: it returns when the call is over.
	Syscall(nr abi.CallNr, a1, a2, a3, a4, a5 uint64) (e abi.Errno, value uint64)

	CallArea() *abi.CallArea   // the call page
	StartInfo() *abi.StartInfo // the start page
	ClockInfo() *abi.ClockInfo // the clock page
	Module() []byte            // the boot archive
	// Address is where b lies in the task's memory: during the next call, and as long as a grant names it.
	Address(b []byte) uint64
	// Window is the memory of the window that the task sees at an address.
	Window(at uint64) []byte
	Now() uint64 // ns since boot

	// In and Out are the instructions; size is 1, 2 or 4 bytes.
	In(port uint16, size int) uint32
	Out(port uint16, size int, v uint32)

	// Load and Store access memory of a device; size is 1, 2, 4 or 8 bytes.
	Load(at uint64, size int) uint64
	Store(at uint64, size int, v uint64)
}
