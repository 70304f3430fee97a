package abi

// PortRange is inclusive.
type PortRange struct{ First, Last uint16 }

// Privilege is everything a task may ever do. Its zero value allows nothing: an empty
// list is empty, not "all".
type Privilege struct {
	TrapMask   uint32 // bit n: IPC primitive n
	Priority   uint32 // 0..Priorities-1, 0 runs first
	CallMask   uint64 // bit n: kernel call CallBase+n
	SendTo     uint64 // bit n: the task in slot n. The kernel keeps it symmetric
	QuantumNS  uint64 // turn among equals, and what it may use of four of them at its priority; 0 means DefaultQuantumNS
	FrameQuota uint32 // pages of memory it may have, its page tables included
	NPorts     uint32
	NIRQs      uint32
	Unguarded  uint32 // bit n: Ports[n] may hold ports that are in no list of the kernel's
	Ports      [MaxPorts]PortRange
	IRQs       [MaxIRQs]uint32 // interrupt lines: ISA number, or GSI from 16 up
}

// DefaultPriority is that of a service whose entry says nothing else.
const DefaultPriority = 4

// DefaultQuantumNS is 10 ms.
const DefaultQuantumNS = 10_000_000

// TrapBit is the TrapMask bit of an IPC primitive.
func TrapBit(n CallNr) uint32 { return 1 << n }

// CallBit is the CallMask bit of a kernel call.
func CallBit(n CallNr) uint64 { return 1 << (n - CallBase) }

// AllTraps is every IPC primitive.
const AllTraps = 1<<CallSend | 1<<CallReceive | 1<<CallSendRec | 1<<CallNotify | 1<<CallSendNB | 1<<CallSendA

// TaskSpec is Buf of CallTaskCreate. The task exists after it, without rights, and does
// not run before PrivAllow.
type TaskSpec struct {
	Label       Label
	Image       uint32
	Incarnation uint32
	Init        InitKind
	ArgsLen     uint32
	Args        [ArgsSize]byte
}
