package abi

// TraceOp is the first argument of CallTrace: fault injection and post-mortem. The second is the task that is traced, but where an op
// says otherwise. Who may trace whom stands in Privilege.Traces; the root task may trace everybody.
type TraceOp uint64

const (
	TracePeek  TraceOp = 1 // (address) → 8 bytes of the target's memory
	TracePoke  TraceOp = 2 // (address, value): 8 bytes, into a private copy even of text
	TraceRegs  TraceOp = 3 // Buf: Registers
	TraceSetPC TraceOp = 4 // (address): where it goes on
	TracePoke1 TraceOp = 5 // (address, value): one byte

	TracePokeSnapshot TraceOp = 6 // (address, value): one byte of the snapshot that the target began with, for all later lives

	// TraceAttach makes the caller the tracer of all lives of an account, the one that runs and those to come. What the classes name
	// stops a life and is told to the tracer (SystemTrace, TraceNext); so do, always, breakpoints and single steps. It ends with
	// TraceDetach or with the tracer: a life that is stopped then goes on, and what it was stopped for takes its course.
	TraceAttach   TraceOp = 7  // (account, TraceClass bits). EBUSY: another's. Again: new classes
	TraceDetach   TraceOp = 8  // (account)
	TraceNext     TraceOp = 9  // the second argument is 0. Buf: TraceStop, of the life that was stopped longest and is untold. EAGAIN: none
	TraceContinue TraceOp = 10 // (TraceHow): a life that is stopped goes on. EINVAL: it is not stopped

	TraceSetRegs TraceOp = 11 // Buf: Registers; flags of the system stay as they are. EFAULT: RIP, FSBase or GSBase can be no task's. EBUSY: it runs, and is not stopped
	TraceRead    TraceOp = 12 // (address, buffer, length ≤ MaxCopy) → bytes copied, up to the first page that is not there
	TraceWrite   TraceOp = 13 // (address, buffer, length ≤ MaxCopy), into private copies even of text. EFAULT: nothing was written past the page that is not there
	TraceRegion  TraceOp = 14 // (address) Buf: TraceArea, the first that ends above the address. EDOM: there is none

	TracePortIn  TraceOp = 15 // (port, width in bytes) → value, by the target's rights: open or guarded. EPERM: the port is not its own
	TracePortOut TraceOp = 16 // (port, width, value)
	TraceRaise   TraceOp = 17 // (line): the target is told of an interrupt that did not come. EPERM: it has no hook on the line
	TraceLose    TraceOp = 18 // (line, n): the target is not told of the next n interrupts, which are taken for told

	TraceWatch   TraceOp = 19 // (address, TraceWatchWrite or TraceWatchAccess, bytes 1, 2, 4, 8; 0: off): a data breakpoint of this life, by a debug register. EINVAL
	TraceCeiling TraceOp = 20 // the second argument is an account; (pages): the most that it may have, until 0 restores what AccountSpec says
	TraceVerify  TraceOp = 21 // the second argument is an account; compares the sealed image of its lives and its snapshot with their sums, in steps. EIO: damaged; ESRCH: no life

	// TraceEnd (ticks): the life ends as if it were killed after so many further counts of the TSC of its own time in ring 3 (CallTimes), by the
	// first interrupt, call or fault then, and a timer that is set for it; 0: it does not. Where a count is an instruction (-icount), one more is the next one.
	TraceEnd TraceOp = 22
)

// TraceClass is what stops the lives of an account that is traced.
type TraceClass uint64

const (
	TraceExceptions TraceClass = 1 << 0 // that would end it, before they do; pages that it is given are none
	TraceCalls      TraceClass = 1 << 1 // IPC primitives: before each is made, and when it returns
	TraceBirth      TraceClass = 1 << 2 // before the first instruction of a life
	TracePorts      TraceClass = 1 << 3 // its ports are closed: IN and OUT are #GP, CallPortIO stops as TraceCalls do: the tracer is the device
)

// TraceWhy is why a life is stopped.
type TraceWhy uint32

const (
	StopBreak  TraceWhy = 1 // #BP: RIP is after the INT3
	StopStep   TraceWhy = 2 // #DB by TraceStep
	StopWatch  TraceWhy = 3 // #DB by TraceWatch: the access is done
	StopFault  TraceWhy = 4 // any other exception: RIP is the instruction's
	StopCall   TraceWhy = 5 // RIP is after the SYSCALL, RAX the number
	StopReturn TraceWhy = 6 // the call is done; the result is in RAX and RDX, a message in its call page
	StopBirth  TraceWhy = 7
)

// TraceHow is how a life goes on.
type TraceHow uint64

const (
	TraceGo   TraceHow = 0 // as its registers say. StopCall: the call is made
	TracePass TraceHow = 1 // what it was stopped for takes its course: the exception ends it
	TraceStep TraceHow = 2 // as TraceGo, for one instruction
	TraceSkip TraceHow = 3 // StopCall: the call is not made; RAX and RDX are what it returned
)

// TraceStop is a life that is stopped.
type TraceStop struct {
	Endpoint  Endpoint
	Account   AccountID
	Why       TraceWhy
	Vector    uint32
	ErrorCode uint64
	CR2       uint64
	TimeNS    uint64
	Stops     uint64 // of this life, this one included
	Regs      Registers
}

// TraceArea is a piece of a task's memory.
type TraceArea struct {
	Start, End uint64
	Rights     uint32 // AreaRead and so on
	Kind       uint32 // AreaImage and so on
}

// Rights and kinds of a TraceArea.
const (
	AreaRead    = 1
	AreaWrite   = 2
	AreaExecute = 4

	AreaImage  = 1 // the executable
	AreaRAM    = 2
	AreaStart  = 3 // start page
	AreaCall   = 4 // call page
	AreaClock  = 5 // clock page
	AreaWindow = 6
	AreaModule = 7 // boot archive
	AreaKept   = 8 // kept memory: nobody's to change but the kernel's
)

// Kinds of TraceWatch.
const (
	TraceWatchWrite  = 1
	TraceWatchAccess = 3
)
