// Package arch is the CPU in ring 0: entry to and exit from ring 3, descriptor tables, the
// shape of a saved context.
package arch

import "bennu/board/x86"

// Frame is what entering ring 0 leaves of ring 3, in the order in which it is pushed. The last
// five words are the CPU's own.
//
// Source: Intel SDM Vol. 3A, "64-Bit Mode Stack Frame".
type Frame struct {
	R15, R14, R13, R12, R11, R10, R9, R8 uint64
	DI, SI, BP, BX, DX, CX, AX           uint64
	Vector                               uint64
	Err                                  uint64
	IP, CS, Flags, SP, SS                uint64
}

// Context is everything that the CPU knows of a task. It fills one frame of memory, so that its
// end, where the CPU begins to push, is aligned.
type Context struct {
	FPU      [fpuSize]byte // XSAVE area
	FSBase   uint64
	GSBase   uint64 // while the processor has c, it is in the processor (CPU.Switch)
	FPUSaved uint64 // 0: the vector state is the initial one
	Slot     uint64 // of the task
	Frame    Frame
}

const (
	contextSize = 4096
	fpuSize     = contextSize - 4*8 - 22*8
)

// Vectors beside the exceptions (0–31).
const (
	VectorIRQ      = 32    // interrupt line n comes as VectorIRQ+n
	VectorTimer    = 0xf0  // local APIC timer (board/pc/apic.TimerVector)
	VectorSpurious = 0xff  // LAPIC, nothing to do
	VectorSyscall  = 0x100 // SYSCALL, not a vector of the IDT
	VectorNone     = 0x101 // of Poll: nothing came
)

// Exceptions that the kernel tells apart.
const (
	VectorDebug        = 1
	VectorNMI          = 2
	VectorBreakpoint   = 3
	VectorDoubleFault  = 8
	VectorPageFault    = 14
	VectorMachineCheck = 18
)

// Selectors. SYSRET wants user data and user code in this order.
const (
	SelKernelCode = 0x08
	SelKernelData = 0x10
	SelUserData   = 0x20 | 3
	SelUserCode   = 0x28 | 3
	SelTSS        = 0x30
)

// Start prepares c, of the task in a slot, for a first entry at ip: all registers zero, interrupts on. Preconditions: c is zero.
func (c *Context) Start(slot int, ip uint64) {
	c.Slot = uint64(slot)
	c.Frame = Frame{IP: ip, CS: SelUserCode, SS: SelUserData, Flags: x86.FlagR1 | x86.FlagIF}
}
