package pc

// Physical memory that the kernel keeps for itself. The kernel is linked at KernelBase
// (tools/tamago build -ring 0); from its end on is its Go heap, and at the top of the window are its stacks.
// All other RAM is the frame pool.
const (
	KernelBase = 0x10_0000
	WindowEnd  = 0x180_0000 // 24 MiB

	// Below 1 MiB, used until the real page tables are loaded.
	bootTables = 0x10000 // PML4, PDPT, four PDs
	bootStack  = 0x18000 // top
	bootInfo   = 0x17000 // what cpuinit found: bootRecord
	bootGDT    = 0x17100
	bootGDTR   = 0x17080
)

const page = 4096

// Stack is one of ring 0's: Size bytes below Top. The page below it is its guard, which the kernel's page tables
// leave out: a stack that grows over its end faults there, and overwrites nothing.
type Stack struct {
	Name      string
	Top, Size uint64
}

// Guard is the address of the guard page.
func (s Stack) Guard() uint64 { return s.Top - s.Size - page }

// Sizes and tops of the stacks, from the window's end down. The Go runtime counts its stack (g0's, 64 KiB) from a
// few words below the top; what it holds to be the lowest words is the top of the guard page.
const (
	faultSize  = 4 * page
	usualSize  = page
	g0Size     = 16 * page
	faultTop   = WindowEnd
	idleTop    = faultTop - faultSize - page
	debugTop   = idleTop - usualSize - page
	nmiTop     = debugTop - usualSize - page
	doubleTop  = nmiTop - usualSize - page
	machineTop = doubleTop - usualSize - page
	g0Top      = machineTop - usualSize - page
)

// Numbers of Stacks.
const (
	FaultStack       = iota // reports of faults in ring 0
	IdleStack               // interrupts that end HLT
	DebugStack              // #DB
	NMIStack                // NMI
	DoubleFaultStack        // #DF
	MachineStack            // #MC
	BootStack               // the Go runtime's g0
	stackCount
)

// Stacks is all of them, by falling addresses.
var Stacks = [stackCount]Stack{
	FaultStack:       {"fault", faultTop, faultSize},
	IdleStack:        {"idle", idleTop, usualSize},
	DebugStack:       {"debug", debugTop, usualSize},
	NMIStack:         {"NMI", nmiTop, usualSize},
	DoubleFaultStack: {"double fault", doubleTop, usualSize},
	MachineStack:     {"machine check", machineTop, usualSize},
	BootStack:        {"boot", g0Top, g0Size},
}

// GuardOf is the stack whose guard page holds address a; ok is false when none does.
func GuardOf(a uint64) (s Stack, ok bool) {
	for _, s := range Stacks {
		if a-s.Guard() < page {
			return s, true
		}
	}
	return Stack{}, false
}

// bootRecord lies at bootInfo.
type bootRecord struct {
	startInfo uint64 // physical address of the PVH start info
	entryTSC  uint64 // RDTSC at the first instruction
}
