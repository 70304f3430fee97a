package abi

// InfoKind is the first argument of CallGetInfo; the second is an index.
type InfoKind uint64

const (
	InfoMachine InfoKind = 1 // Machine
	InfoCounts  InfoKind = 2 // Counts
	InfoTask    InfoKind = 3 // index: slot → TaskInfo; ESRCH: free; EDOM: past the last
	InfoDeath   InfoKind = 4 // takes the oldest DeathRecord; EAGAIN: none. Index 1: its slot stays taken until KeepConsume. Root task only
	InfoAsync   InfoKind = 5 // takes the oldest AsyncResult of the caller; EAGAIN
	InfoLog     InfoKind = 6 // index: LogIndex → LogHeader and lines; EDOM: past the last source
	InfoImage   InfoKind = 7 // index: image → ImageInfo; ESRCH, EDOM
	InfoLatency InfoKind = 8 // Latency; index 1 resets it after reading (root task only)
	InfoCheck   InfoKind = 9 // Check: the kernel looks at all of itself, however long that takes. Root task only

	InfoAccount InfoKind = 10 // index: account → AccountInfo; ESRCH: free; EDOM: past the last
	InfoHeap    InfoKind = 11 // Heap: the kernel's own
	InfoWindow  InfoKind = 12 // index: row → WindowInfo; ESRCH: free; EDOM: past the last
	InfoLives   InfoKind = 13 // Life rows of all tasks that live or are ending; the value is their bytes. Root task only
	InfoPCI     InfoKind = 14 // index: n-th function → FunctionInfo; ESRCH: not shown to the caller, or past the last. The root task sees all; EDOM: past the last
	InfoBuses   InfoKind = 15 // index: n-th bridge → BridgeInfo; EDOM: past the last. Root task only
	InfoDMA     InfoKind = 16 // index: row → DMAFaults; EDOM: past the last. Root task only
)

// Counts is how many of each kind of resource are free. Equal before a start and after
// the death: tests compare whole structs.
type Counts struct {
	Frames    uint64 // pages of physical memory
	Tasks     uint64
	Images    uint64
	Hooks     uint64
	Ports     uint64 // I/O ports that no task has, of 65536
	Alarms    uint64
	Async     uint64 // senda slots
	Deaths    uint64 // free places for death records
	Accounts  uint64
	HookRows  uint64 // hooks that no privilege has a line for
	ImageRows uint64 // images that no account has a row for
	Reserved  uint64 // frames that accounts have not taken of their reserves
	Windows   uint64
	Holders   uint64 // places for tasks that windows are let to
	Views     uint64 // places for windows in tasks' memory
	Functions uint64 // PCI functions that nobody has reserved
	Domains   uint64 // of the IOMMU, that nobody has
	Waiting   uint64 // frames that a device has reached, and that are nobody else's until the IOMMU has forgotten them: for a moment

	// What nobody has and is there all the same: 0 at any time, whatever has ended.
	Open    uint64 // interrupt lines that nobody has a hook on, and are not masked
	Orphans uint64 // hooks, ports, alarms, and permits to send, of tasks that are gone
}

// Check is the first invariant of the kernel that does not hold.
type Check struct {
	A, B uint64    // which: What says of what kind
	What [112]byte // in words; empty: all hold
}

// Heap is the kernel's Go heap.
type Heap struct {
	InUse  uint64 // bytes
	Allocs uint64 // allocations since boot: none after boot
}

// Machine is the kernel's knowledge of the machine.
type Machine struct {
	TSCHz       uint64
	RAMBytes    uint64 // all usable RAM
	PoolFrames  uint64 // frames for tasks, when none is used
	KernelBytes uint64 // kernel image in memory
	HeapBytes   uint64 // the kernel's heap window
	ModuleBytes uint64 // boot archive
	EntryTSC    uint64 // RDTSC at the kernel's first instruction, and the phases after it
	RuntimeTSC  uint64 // main.main of the kernel
	HardwareTSC uint64 // hardware ready
	RootTSC     uint64 // first entry to ring 3
	NowTSC      uint64
	IdleNS      uint64 // time in which nothing ran; with all accounts' CPUNS it is the time since EntryTSC
	CPU         [48]byte
	Version     [32]byte
	CMOSCentury uint64 // register of the CMOS clock that holds the century, by the firmware's tables; 0: none
	ClockTSC    uint64 // how much of the way to HardwareTSC is waiting for reference clocks, by which the rates are measured
	Handover    uint64 // bit n: call n may hand the processor over by a short way; 0: this processor clears something between two tasks
	Confined    uint64 // 1: an IOMMU confines devices; 0: their DMA reaches all memory
}

// TaskState is why a task does not run.
type TaskState uint32

const (
	StateReady     TaskState = 1
	StateSending   TaskState = 2
	StateReceiving TaskState = 3
	StateNoPriv    TaskState = 4 // not yet allowed, or disallowed
	StateStopped   TaskState = 5 // for its tracer (TraceAttach)
)

// TaskInfo is a row of the task table.
type TaskInfo struct {
	Endpoint    Endpoint
	State       TaskState
	Label       Label
	Incarnation uint32
	Priority    uint32 // its account's
	Account     AccountID
	Image       uint32
	Peer        Endpoint // the task that it sends to or receives from
	Windows     uint32   // that it sees, its own included
	Frames      uint64   // pages it has, page tables included, shared text not
	FramesPeak  uint64
	SharedPages uint64 // pages of its image's read-only part that are mapped
	CPUNS       uint64 // in ring 3
	StartedNS   uint64 // when it was allowed to run
	Calls       uint64 // kernel calls and IPC
	Faults      uint64 // pages given on demand
	Preempted   uint64
	WorstWaitNS uint64 // longest time that it was ready and did not run
	FirstRunNS  uint64 // when ring 0 was left for its first instruction; 0: not yet
}

// ImageInfo is a row of the image table.
type ImageInfo struct {
	Image   uint32
	Tasks   uint32 // tasks made from it that live
	Sealed  uint32
	Account AccountID // that it is charged to
	Size    uint64
	Frames  uint64
	Entry   uint64
	CRC32C  uint64 // of the sealed bytes
	Maker   Endpoint
	_       uint32
}

// AsyncResult tells how a senda that could not be delivered ended.
type AsyncResult struct {
	To     Endpoint
	Errno  Errno
	Tag    uint64
	Result uint64
}

// Latency is the longest times that others had to wait. Nanoseconds.
type Latency struct {
	MaxKernelNS   uint64 // longest stay in ring 0 with interrupts off
	MaxKernelCall uint64 // the CallNr it was for, or 1000+vector
	MaxReadyNS    uint64 // longest time that a task was ready and did not run
	MaxReadyTask  Endpoint
	_             uint32
	Entries       uint64 // stays in ring 0
	Handed        uint64 // of which so many gave the processor by a short way: to who was asked, answered, or waited for an interrupt
}

// Cause is why the kernel ended a task.
type Cause uint32

const (
	CauseNone      Cause = 0
	CauseExit      Cause = 1 // CallExit; Status
	CausePanic     Cause = 2 // CallExit with ExitPanic
	CauseException Cause = 3 // Vector, ErrorCode, CR2
	CauseKilled    Cause = 4 // CallTaskKill; RS knows the reason
	CauseMemory    Cause = 5 // over its account's ceiling, or the machine is out of frames
	CauseBadCall   Cause = 6 // misuse of the ABI; Status is the call's number
	CauseHang      Cause = 7 // of the root task: work for it was not taken for too long; Status is how old it was, in ns
	CauseDiffers   Cause = 8 // of the root task, whose program runs twice: the two did not do the same; Status is what differs (Differs)
)

func (c Cause) String() string {
	switch c {
	case CauseExit:
		return "exit"
	case CausePanic:
		return "panic"
	case CauseException:
		return "exception"
	case CauseKilled:
		return "killed"
	case CauseMemory:
		return "memory"
	case CauseBadCall:
		return "bad-call"
	case CauseHang:
		return "hang"
	case CauseDiffers:
		return "differs"
	}
	return "none"
}

// Differs is what the two bodies of a task that runs twice did not have alike when the kernel compared them.
type Differs uint64

const (
	DiffersState  Differs = 1 // registers: another call, or another exception, or at another place
	DiffersPage   Differs = 2 // the call page
	DiffersMemory Differs = 3 // memory that a call was to take in
	DiffersTime   Differs = 4 // one has made a call, and the other one has run on for longer than it could take
)

// Registers are a task's general registers. Order: the hardware numbers (RAX, RCX, RDX,
// RBX, RSP, RBP, RSI, RDI, R8–R15).
type Registers struct {
	GPR    [16]uint64
	RIP    uint64
	RFLAGS uint64
	FSBase uint64
	GSBase uint64
}

// DeathRecord is everything that is left of a task.
type DeathRecord struct {
	Endpoint    Endpoint
	Cause       Cause
	Label       Label
	Incarnation uint32
	Vector      uint32
	ErrorCode   uint64
	CR2         uint64
	Status      uint64 // exit status; number of the bad call; with CauseMemory, pages that its account had
	StartedNS   uint64 // when it was allowed to run
	DiedNS      uint64 // when the kernel stopped it
	CleanNS     uint64 // when nothing of it was left
	CPUNS       uint64
	FramesPeak  uint64
	Regs        Registers
	CodeLen     uint64
	Code        [16]byte // at RIP, as far as it could be read
	StackLen    uint64
	Stack       [8]uint64 // at RSP
	Account     AccountID // that paid for it
	Waiting     uint32    // records that waited behind this one when it was taken
}

// VectorName is the mnemonic of an exception ("#PF"), "" for other vectors.
// Source: Intel SDM Vol. 3A, "Protected-Mode Exceptions and Interrupts".
func VectorName(v uint32) string {
	names := [...]string{"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "", "#TS", "#NP", "#SS", "#GP", "#PF", "", "#MF", "#AC", "#MC", "#XM", "#VE", "#CP"}
	if int(v) < len(names) {
		return names[v]
	}
	return ""
}
