package abi

// A task's addresses: [TaskBase, TaskEnd), and windows in [WindowBase, WindowEnd). The GiB below TaskBase and the upper
// half are the kernel's, supervisor-only (kernel/layout).
const (
	PageSize = 4096

	TaskBase = 0x4000_0000   // 1 GiB
	TaskEnd  = 0x1_0000_0000 // 4 GiB: the heap of the official TamaGo runtime ends there

	// StartPage holds a StartInfo. Read-only.
	StartPage = TaskBase + 0x1000
	// CallPage holds a CallArea: messages, bulk arguments, copy grants.
	// Read and write. The kernel reaches it by its direct map, so that no
	// message and no call argument can fault.
	CallPage = TaskBase + 0x2000

	// ClockPage holds a ClockInfo, the same page in every task. Read-only.
	ClockPage = TaskBase + 0x3000

	// ImageBase is where executables are linked: the ELF header's page. Segments
	// lie within [ImageBase, ImageEnd), below 2 GiB: the C compilers' default code model wants that.
	ImageBase = TaskBase + 0x20_0000
	ImageEnd  = 0x8000_0000

	// RAMBase is where a task's demand-zero memory begins. Its size is in
	// StartInfo; how much of it may be touched is the account's ceiling.
	RAMBase = 0x8000_0000
	RAMSize = 0x1000_0000 // 256 MiB

	// WindowBase is where windows begin.
	WindowBase = 0x80_0000_0000  // 512 GiB
	WindowEnd  = 0x100_0000_0000 // 1 TiB

	// ModuleBase is where the root task finds the boot archive, read-only.
	// StartInfo.ModuleSize is its length in bytes, 0 in every other task.
	ModuleBase = WindowBase
)

// TaskAddress tells whether va is one that a task may have something at.
func TaskAddress(va uint64) bool {
	return va-TaskBase < TaskEnd-TaskBase || va-WindowBase < WindowEnd-WindowBase
}

// Limits.
const (
	MaxTasks  = 64 // slots; a slot has 6 bits of an endpoint
	MaxImages = 96
	MaxHooks  = 64 // IRQ hooks in the machine: a privilege holds one for each of its lines

	LabelSize  = 16 // bytes, zero-padded; a label of 16 bytes has no terminator
	ArgsSize   = 256
	MaxPorts   = 16 // port ranges of a privilege
	MaxGuarded = 4  // ranges of guarded ports that a task may have: there are no more of them
	MaxIRQs    = 8  // interrupt lines of a privilege
	MaxPCI     = 8  // rows of PCI functions of a privilege
	MaxAsync   = 16 // undelivered senda messages of one task
	MaxCopy    = 64 << 10
	MaxEntropy = 64 // bytes of one CallEntropy
	Priorities = 8  // 0 runs first
)

// StartMagic marks a StartInfo ("BENNUTSK").
const StartMagic = 0x4b5354554e4e4542

// StartInfo is what a task finds at StartPage when it begins. The kernel fills
// it before the first instruction and changes nothing of it but MemoryLimit, in CallSnapshot.
type StartInfo struct {
	Magic       uint64
	Version     uint32 // Version of this ABI
	Endpoint    Endpoint
	Root        Endpoint // the reincarnation server
	Incarnation uint32
	Init        InitKind
	Priority    uint32
	Label       Label
	RAMStart    uint64 // bytes; demand-zero
	RAMSize     uint64
	ModuleSize  uint64 // bytes of the boot archive at ModuleBase; 0 but in the root task
	TSCHz       uint64 // counts of RDTSC in a second
	TSCBase     uint64 // RDTSC at time 0 of the system clock
	TSCMult     uint64 // nanoseconds = (RDTSC-TSCBase) * TSCMult >> 32, in 128 bits
	Seed        [4]uint64
	ArgsLen     uint32
	_           uint32
	Args        [ArgsSize]byte
	NGuarded    uint32
	Guarded     [MaxGuarded]PortRange // the task's ports that CallPortIO reads and writes: IN and OUT fault
	MemoryLimit uint64                // bytes that its account may have in all: page tables and copies included, but not the snapshot
	KeptSize    uint64                // bytes of kept memory at KeptBase; 0: its account has none
}

// Version is the ABI's. It grows by one with each change that breaks a task.
const Version = 4

// ClockInfo is what all tasks see at ClockPage: the date. Unix time in ns is UnixNS and the system clock's time. It
// changes for all at once, by CallSetClock, in one store.
type ClockInfo struct {
	UnixNS uint64 // at time 0 of the system clock; 0: nobody has set it in this boot
}

// MaxUnixNS is where UnixNS ends: int64's Unix time in ns, less what the machine may still run (73 years).
const MaxUnixNS = 1<<63 - 1<<61

// InitKind tells a task why it starts.
type InitKind uint32

const (
	InitFresh   InitKind = 0 // first life since up
	InitRestart InitKind = 1 // after a death or a refresh
	InitUpdate  InitKind = 2 // after a live update
)

// CallArea is the layout of CallPage.
type CallArea struct {
	Msg Msg // in: what send sends; out: what receive received
	// Pending is set to 1 when something is left for the task that a receive from Any would take. The kernel never clears
	// it: a task that does so before it receives, until there is nothing, need not ask in vain.
	Pending uint32
	// Reading is where the task is with what it has kept, in the task's own words but for the way (WayShift). When its life ends before it has settled, this is
	// what the end is noted with (KeptBlame). 0: it reads nothing.
	Reading uint64
	// Stamp is the time, in counts of the TSC, for a task whose program runs twice: both read the same. Each reading adds one. 0: the task reads the TSC.
	Stamp  uint64
	_      [0x100 - 96]byte
	Buf    [0x700]byte // bulk arguments and results; each call says which
	Grants [64]CopyGrant
}

// CopyGrant lets one other task copy to or from a range of the granter's memory.
// It stays in the granter's own CallArea: writing zero flags revokes it. The id
// that a grantee names is index | Seq<<8, so that a stale id fails.
type CopyGrant struct {
	Flags uint32 // GrantValid and the accesses allowed
	Seq   uint32 // 24 bits
	To    Endpoint
	_     uint32
	Start uint64
	Len   uint64
}

// Flags of a CopyGrant.
const (
	GrantValid = 1 << 0
	GrantRead  = 1 << 1 // the grantee may copy from it
	GrantWrite = 1 << 2 // the grantee may copy to it
)

// GrantID names a CopyGrant of another task.
type GrantID uint32
