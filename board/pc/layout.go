package pc

import (
	"bennu/board/pc/loader"
	"bennu/kernel/layout"
)

// Linear memory that the kernel is linked into. From its image's end on is its Go heap; its stacks are at the top, but for
// what the first instructions work with. All of it lies within the ELF's memory size (tools/mkimage), so that a loader keeps
// away from it, and is zero at the start.
const (
	kernelBase = layout.KernelBase
	kernelSize = layout.KernelEnd - layout.KernelBase
	kernelText = layout.KernelBase + page // runtime·text, by tools/tamago
	loadAlign  = layout.LoadAlign
	maxModules = loader.MaxModules
	direct     = layout.Direct

	// lowStack is for the words with which a loader is refused that is not known.
	lowStack = 0x7000

	// earlyStack is in the first page, after the ELF's headers (layout.HeadersEnd): the stack before it is known what else is
	// memory. Above it is what the first instructions remember.
	earlyStack    = layout.HeadersEnd + 0xc0
	earlyTSC      = earlyStack        // 64 bits
	earlyMap      = earlyStack + 0x08 // the loader's memory map: physical address of its first entry
	earlyMapEnd   = earlyStack + 0x0c // where it ends
	earlyEntry    = earlyStack + 0x10 // size of an entry
	earlyInfo     = earlyStack + 0x14 // physical address of what the loader handed over
	earlyProtocol = earlyStack + 0x18 // the loader's
	earlyOver     = earlyStack + 0x20 // address and size, 64 bits each, of a range to be printed

	bootArea   = layout.KernelEnd - 9*page
	bootTables = bootArea          // PML4, PDPT, four PDs: the first 4 GiB; PDPT, PD: the kernel where it is linked
	bootInfo   = bootArea + 8*page // what cpuinit found: bootRecord
	bootGDT    = bootInfo + 0x100
	bootGDTR   = bootInfo + 0x80

	directEntry = layout.DirectSlot * 8                // offset in bootTables of the direct map's entry
	kernelEntry = 0x7000 + layout.KernelBase>>21&511*8 // and of the kernel's first 2 MiB
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

// Sizes and tops of the stacks, from the boot area down. The Go runtime counts its stack (g0's, 64 KiB) from a
// few words below the top; what it holds to be the lowest words is the top of the guard page.
const (
	faultSize  = 4 * page
	usualSize  = page
	g0Size     = 16 * page
	faultTop   = bootArea
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

// Protocol is how a loader talks to the kernel.
type Protocol uint64

// Protocols.
const (
	PVH        Protocol = 1
	Multiboot2 Protocol = 2
)

// bootRecord lies at bootInfo.
type bootRecord struct {
	info     uint64 // physical address of what the loader handed over
	entryTSC uint64 // RDTSC at the first instructions
	moved    uint64 // physical less linear address of the kernel, modulo 4 GiB
	protocol Protocol
}
