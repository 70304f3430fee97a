package abi

// CallNr is the number that a task puts into RAX before SYSCALL. Arguments are in RDI, RSI, RDX, R10, R8; the
// Errno comes back in RAX, a value in RDX. RCX and R11 are destroyed and the vector, x87 and MXCSR state is
// reset to its initial values; all other registers are kept. Numbers are append-only; 0 is invalid.
//
// A call that only a broken caller makes (an unknown number, a buffer outside its own
// memory) ends the caller: CauseBadCall, and the record says which.
type CallNr uint64

// IPC primitives. The privilege's TrapMask has bit n for number n.
const (
	CallInvalid CallNr = 0
	CallSend    CallNr = 1 // (to): blocks until received
	CallReceive CallNr = 2 // (from, timeout ns or NoTimeout) kind
	CallSendRec CallNr = 3 // (to, timeout ns or NoTimeout): send, then receive the answer from the same. ETIMEDOUT: value 1 if it was sent
	CallNotify  CallNr = 4 // (to): never blocks, never lost, coalesces
	CallSendNB  CallNr = 5 // (to): ENOTREADY if the target is not waiting
	CallSendA   CallNr = 6 // (to, tag): the kernel keeps the message until it is received

	// CallReplyReceive is CallSendNB, and, if that succeeds, CallReceive from Any without a limit, in one entry: a server's answer and its
	// wait for the next request. It needs the rights of both, and has no bit of its own. Its errors are the send's: nothing was
	// received then.
	CallReplyReceive CallNr = 7 // (to) kind
)

// Kernel calls. The privilege's CallMask has bit n-CallBase for number n.
const (
	CallBase CallNr = 32

	CallExit        CallNr = 32 // (status, ExitKind): does not return
	CallPrivCtl     CallNr = 33 // (PrivOp, endpoint); Buf: Privilege for PrivSet, PrivQuery
	CallTaskCreate  CallNr = 34 // Buf: TaskSpec → endpoint
	CallTaskKill    CallNr = 35 // (endpoint, why)
	CallImageCreate CallNr = 36 // (size) → image
	CallImageWrite  CallNr = 37 // (image, offset, address, length ≤ MaxCopy)
	CallImageSeal   CallNr = 38 // (image) → CRC-32C of its bytes: no more writes; the ELF headers are checked
	CallImageFree   CallNr = 39 // (image): gone when its last task is
	CallIRQCtl      CallNr = 40 // (IRQOp, line or hook, notify bit) → hook
	CallSetAlarm    CallNr = 41 // (ns from now; 0 cancels) → ns that the old one had left
	CallTimes       CallNr = 42 // (endpoint) → ns in ring 3
	CallGetInfo     CallNr = 43 // (InfoKind, index) → bytes put into Buf
	CallDiag        CallNr = 44 // (length, AccountID): Buf is a line for the kernel's log
	CallTrace       CallNr = 45 // (TraceOp, endpoint, address, value)
	CallShutdown    CallNr = 46 // (ShutdownHow, status)
	CallCopyFrom    CallNr = 47 // (granter, GrantID, offset, address, length)
	CallCopyTo      CallNr = 48 // (granter, GrantID, offset, address, length)
	CallAccount     CallNr = 49 // (AccountOp, account); Buf: AccountSpec for AccountSet → account
	CallPortIO      CallNr = 50 // (PortOp, port, value) → value: a guarded port of the caller's
	CallSnapshot    CallNr = 51 // → 0, or 1 in a life that begins with the snapshot
	CallEntropy     CallNr = 52 // (length ≤ MaxEntropy): random bytes for keys into Buf
	CallSetClock    CallNr = 53 // (Unix time in ns of the system clock's time 0): for all tasks' ClockInfo
	CallWindow      CallNr = 54 // (WindowOp, …): memory that tasks share
	CallImageModule CallNr = 55 // (offset, size) → image: a file of the boot archive, where it lies
	CallKeep        CallNr = 56 // (KeepOp, …): memory that outlives the caller's life
	CallPCI         CallNr = 57 // (PCIOp, Function, …): the functions that the privilege shows
	CallDMA         CallNr = 58 // (DMAOp, Function, …): memory that a device reaches
	CallMax         CallNr = 58

	// KillHung is the second argument of CallTaskKill: the life is ended because it hangs. If it has not settled, that is noted (KeptBlame).
	KillHung = 1

	// CallArchPrctl is Linux's number, kept free: the official TamaGo runtime sets
	// its FS base in ring 3 by arch_prctl(ARCH_SET_FS, address).
	CallArchPrctl CallNr = 158
	ArchSetFS            = 0x1002
)

// NoTimeout makes a receive wait for ever. 0 makes it a poll (EAGAIN).
const NoTimeout = ^uint64(0)

// ExitKind says how a task ended itself.
type ExitKind uint64

const (
	ExitNormal ExitKind = 0
	ExitPanic  ExitKind = 1 // the language's run-time gave up
)

// PrivOp is the first argument of CallPrivCtl. All but PrivQuery need a target that is
// not yet allowed to run (EPERM).
type PrivOp uint64

const (
	PrivSet      PrivOp = 1 // Buf: Privilege. EBUSY: a port is another's; ENOSPC: too many lines
	PrivAllow    PrivOp = 2 // lets it run; EPERM when PrivSet was not done
	PrivDisallow PrivOp = 3 // stops it where it is
	PrivQuery    PrivOp = 4 // Buf: the Privilege as the kernel has it
)

// IRQOp is the first argument of CallIRQCtl.
type IRQOp uint64

const (
	IRQSetPolicy IRQOp = 1 // (line, notify bit 0..63) → hook. EPERM, EBUSY, ENOSPC, EINVAL
	IRQRmPolicy  IRQOp = 2 // (hook)
	IRQEnable    IRQOp = 3 // (hook): handled; may come again
	IRQDisable   IRQOp = 4 // (hook)
)

// PortOp is the first argument of CallPortIO. No guarded register is wider than a byte.
type PortOp uint64

const (
	PortIn  PortOp = 1 // (port) → byte
	PortOut PortOp = 2 // (port, byte)
)

// ShutdownHow is the first argument of CallShutdown.
type ShutdownHow uint64

const (
	PowerOff ShutdownHow = 1 // QEMU ends with the status given
	Reset    ShutdownHow = 2
)

// ReceiveKind is the value of a receive: how the message was sent.
type ReceiveKind uint64

const (
	KindSend    ReceiveKind = 1
	KindSendRec ReceiveKind = 3 // the sender waits for an answer
	KindNotify  ReceiveKind = 4
	KindSendNB  ReceiveKind = 5
	KindSendA   ReceiveKind = 6
)
