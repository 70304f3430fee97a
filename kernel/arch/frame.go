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
	VectorIRQ      = 32    // interrupt source n, a line or a message, comes as VectorIRQ+n
	VectorSystem   = 0xe0  // from here on they are no line's and no message's
	VectorTimer    = 0xf0  // local APIC timer (board/pc/apic.TimerVector)
	VectorDMAFault = 0xf1  // an IOMMU has recorded a fault
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

// userFlags are the flags that a program sets as it likes: the status flags, DF, AC and ID. POPF sets TF and NT, too, of which a task
// has no use.
const userFlags = 0x8d5 | x86.FlagDF | x86.FlagAC | x86.FlagID

// SetFlags changes of f's flags those that a program could.
func (f *Frame) SetFlags(v uint64) { f.Flags = f.Flags&^userFlags | v&userFlags }

// Whole has the next entry to ring 3 load all registers as they are in f: SYSRET, by which a call returns, has other uses for RCX and R11.
func (f *Frame) Whole() {
	if f.Vector == VectorSyscall {
		f.Vector = VectorNone
	}
}

// Step has #DB follow the next instruction of ring 3. Stepped undoes it, before anybody sees the flag.
func (f *Frame) Step() {
	f.Flags |= x86.FlagTF
	f.Whole() // SYSRET with TF is a #DB before the instruction
}

// Stepped takes the flag of Step back. SYSCALL has put it into R11.
func (f *Frame) Stepped() {
	f.Flags &^= x86.FlagTF
	if f.Vector == VectorSyscall {
		f.R11 &^= x86.FlagTF
	}
}

// SecondByteTF is the flag of Step in the second byte of the flags.
const SecondByteTF = x86.FlagTF >> 8

// Bits of CPU.DebugStatus.
//
// Source: Intel SDM Vol. 3B, "Debug Status Register (DR6)".
const (
	DebugWatched = 1 << 0  // the access that Watch names
	DebugStepped = 1 << 14 // Step
	DebugBits    = DebugWatched | DebugStepped | 0xe | 1<<13
)

// WatchNothing is the control of no watch.
const WatchNothing = x86.DR7Clear

// WatchControl is the control of a watch on size bytes, 1, 2, 4 or 8; kind 1: writes, 3: reads, too. 0: there is none of that size or kind.
//
// Source: Intel SDM Vol. 3B, "Debug Control Register (DR7)".
func WatchControl(kind, size uint64) uint64 {
	length, ok := watchLength(size)
	if !ok || kind != 1 && kind != 3 {
		return 0
	}
	return WatchNothing | 1 | kind<<16 | length<<18
}

// watchLength is the code of a length in DR7.
func watchLength(size uint64) (code uint64, ok bool) {
	switch size {
	case 1:
		return 0, true
	case 2:
		return 1, true
	case 4:
		return 3, true
	case 8:
		return 2, true
	}
	return 0, false
}
