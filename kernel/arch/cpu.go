package arch

// CPU is all that ring 0 has of one processor. Code in Go has a pointer to it; the entry code finds it as the GS base, and
// where that may be a task's, by the GDT register. A second processor gets a second one. What several processors share is
// not here: the code, the IDT.
//
// It stays where it is: the processor itself has addresses in it.
//
// It is a type and not an interface, though tests play it (Played): the kernel's loop calls it several times each time round,
// and the compiler puts its small methods where they are called.
type CPU struct {
	gdt [8]uint64 // first: fault counts on it

	// Current is whose registers the next entry from ring 3 saves, and whose GS base the processor has; nil: nobody's.
	Current    *Context
	contextTop uint64 // its end, where pushing begins

	kernelSP uint64 // of who called enter, idle or poll
	kernelFS uint64 // the thread pointer of ring 0's Go
	userSP   uint64 // for a moment at SYSCALL
	idling   uint64 // 1: interrupts come to ring 0

	// Where SYSCALL goes before it goes to who called enter, for the calls whose bits are set (HandOver).
	handOver, handWith, handCalls uint64

	self        *CPU   // for code that changes the GS base
	cleanFPU    uint64 // XRSTOR of it gives the initial state
	xcr0, mxcsr uint32

	idleTop            uint64
	faultTop, faultEnd uint64     // of the stack for reports
	faults             uint64     // of ring 0, begun to be reported
	faultG             [1024]byte // a g whose stack guard is 0: no stack is too small for it
	faultTLS           [2]uint64

	nmis        uint64 // that the board knows nothing of
	DebugStatus uint64 // DR6 at the last #DB of ring 3

	tss *byte // the processor's own, by the direct map

	// Clear is called when the task that runs changes: what of the last one's a processor that leaks would show; nil: nothing.
	Clear func()

	player
}

// offers is the calls at which p may be handed over: none where something must be cleared between two tasks.
func (p *CPU) offers(calls uint64) uint64 {
	if p.Clear != nil {
		return 0
	}
	return calls
}

// Offered is the calls at which p may be handed over.
func (p *CPU) Offered() uint64 { return p.handCalls }

// NMIs is how many NMIs have come that the board knows nothing of: a device can send one, as any message, or somebody presses a
// button. They change nothing. One that the board has an error for is the end.
func (p *CPU) NMIs() uint64 { return p.nmis }

// Where a PC's board tells why it raised NMI, and the bits for errors of memory or PCI, and of an I/O channel.
//
// Source: Intel I/O Controller Hub datasheets, "NMI_SC—NMI Status and Control Register".
const (
	nmiStatus = 0x61
	nmiErrors = 0xc0
)

// Idling tells whether p waits for an interrupt: for the report of what ended that.
func (p *CPU) Idling() bool { return p.idling != 0 }
