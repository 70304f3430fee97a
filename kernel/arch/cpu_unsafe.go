//go:build tamago

package arch

import (
	"unsafe"

	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// defined in entry_amd64.s
func enter(c *Context) (vector, left, back uint64)
func idle(*Context) (vector uint64)
func poll(*Context) (vector uint64)
func stubBase() uint64
func syscallAddress() uint64
func loadTables(gdt, idt *pointer, tss uint64)
func kernelFSBase() uint64
func loadCR3(root uint64)
func readCR2() uint64
func invalidate(va uint64)
func clearSelectors()
func writeControl(cr0, cr4 uint64)
func writeDR(d0, d1, d2, d3, d6, d7 uint64)
func writeMSR(msr uint32, value uint64)
func tsc() uint64

// What the entry code finds by fixed addresses: one CPU.
var (
	kernelSP, kernelFS uint64
	userSP, contextTop uint64
	idling             uint64
	cleanFPU           uint64     // XRSTOR of it gives the initial state
	xcr0               uint32 = 7 // x87, SSE, AVX
	mxcsr              uint32 = 0x1f80

	idleTop            uint64
	faultTop, faultEnd uint64     // of the stack for reports
	faults             uint64     // of ring 0, begun to be reported
	faultG             [1024]byte // a g whose stack guard is 0: no stack is too small for it
	faultTLS           [2]uint64
)

type pointer struct {
	_     [6]byte
	limit uint16
	base  uint64
}

var (
	gdt [8]uint64
	idt [512]uint64
	tss *byte // by the direct map
)

// Control-register bits and MSRs.
// Source: Intel SDM Vol. 3A, "Control Registers", "Debug Registers"; Vol. 4, "Architectural MSRs".
const (
	cr0PE, cr0MP, cr0ET, cr0NE, cr0WP, cr0AM, cr0PG = 1 << 0, 1 << 1, 1 << 4, 1 << 5, 1 << 16, 1 << 18, 1 << 31

	cr4PAE, cr4MCE, cr4PGE, cr4OSFXSR, cr4OSXMMEXCPT, cr4UMIP = 1 << 5, 1 << 6, 1 << 7, 1 << 9, 1 << 10, 1 << 11
	cr4FSGSBASE, cr4OSXSAVE, cr4SMEP, cr4SMAP                 = 1 << 16, 1 << 18, 1 << 20, 1 << 21

	dr6Clear, dr7Clear = 0xffff0ff0, 0x400

	msrSysenterCS, msrPAT                 = 0x174, 0x277
	msrSTAR, msrLSTAR, msrCSTAR, msrFMASK = 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084

	flagTF, flagIF, flagDF, flagNT, flagRF, flagAC = 1 << 8, 1 << 9, 1 << 10, 1 << 14, 1 << 16, 1 << 18

	patAtReset = 0x0007040600070406 // WB WT UC- UC, twice: what the page tables' bits count on
)

// Interrupt-stack-table numbers: a stack for each exception that may come when RSP is nobody's stack, or a
// stack's end.
const (
	istNMI         = 1
	istDoubleFault = 2
	istMachine     = 3
	istDebug       = 4
)

// Config is what Init is told: the tops of the stacks, aligned to 16, and what the CPU may lack.
type Config struct {
	Phys mem.Physical
	// TSS is the frame that the page tables in force map at paging.TSSLinear (ClosedIO); Clean is a zeroed frame.
	TSS, Clean mem.Addr

	IdleStack, FaultStack, DebugStack, NMIStack, DoubleFaultStack, MachineStack uint64
	FaultStackEnd                                                               uint64 // its lowest address

	UMIP     bool
	SYSENTER bool // the CPU has that instruction: it must lead nowhere
}

// Init loads the descriptor tables, points SYSCALL at the kernel and turns on the protections
// that paging alone does not give: WP, SMEP, SMAP, UMIP, alignment checks in ring 3. Registers are set to whole
// values: what a boot loader left in them has no say.
//
// Preconditions: interrupts off; the CPU has the features.
func Init(c *Config) {
	kernelFS = kernelFSBase()
	cleanFPU = uint64(uintptr(c.Phys.Pointer(c.Clean)))
	*(*uint32)(unsafe.Add(c.Phys.Pointer(c.Clean), 24)) = mxcsr // XSAVE area, MXCSR
	tss = (*byte)(c.Phys.Pointer(c.TSS))
	idleTop, faultTop, faultEnd = c.IdleStack, c.FaultStack, c.FaultStackEnd

	const code, data, user, present, long, write = 1<<43 | 1<<44, 1 << 44, 3 << 45, 1 << 47, 1 << 53, 1 << 41
	gdt[SelKernelCode/8] = code | present | long
	gdt[SelKernelData/8] = data | present | write
	gdt[SelUserData/8] = data | present | write | user
	gdt[SelUserCode/8] = code | present | long | user
	const base, limit = uint64(paging.TSSLinear), uint64(3 * 4096)
	const available = 9
	gdt[SelTSS/8] = limit&0xffff | base&0xffffff<<16 | available<<40 | present | limit>>16&15<<48 | base>>24&0xff<<56
	gdt[SelTSS/8+1] = base >> 32

	contextTop = c.FaultStack // until SetTask: no entry from ring 3 may write to address 0
	setTSS(tssRSP0, contextTop)
	setTSS(tssIST+8*istNMI, c.NMIStack)
	setTSS(tssIST+8*istDoubleFault, c.DoubleFaultStack)
	setTSS(tssIST+8*istMachine, c.MachineStack)
	setTSS(tssIST+8*istDebug, c.DebugStack)
	*(*uint16)(unsafe.Add(unsafe.Pointer(tss), 102)) = paging.BitmapBase
	gates()
	g := pointer{limit: uint16(unsafe.Sizeof(gdt) - 1), base: uint64(uintptr(unsafe.Pointer(&gdt)))}
	i := pointer{limit: uint16(unsafe.Sizeof(idt) - 1), base: uint64(uintptr(unsafe.Pointer(&idt)))}
	loadTables(g.load(), i.load(), SelTSS)
	registers(c)
}

// Offsets into the task-state segment. Source: Intel SDM Vol. 3A, "64-Bit TSS Format".
const (
	tssRSP0 = 4
	tssIST  = 28 // IST n is at tssIST+8n
)

func setTSS(offset int, v uint64) { *(*uint64)(unsafe.Add(unsafe.Pointer(tss), offset)) = v }

// gates fills the interrupt descriptor table.
func gates() {
	stub := stubBase()
	for v := uint64(0); v < 256; v++ {
		a, ist, dpl := stub+8*v, uint64(0), uint64(0)
		switch v {
		case VectorDebug:
			ist = istDebug
		case VectorBreakpoint:
			dpl = 3 << 45 // INT3 is anybody's
		case VectorNMI:
			ist = istNMI
		case VectorDoubleFault:
			ist = istDoubleFault
		case VectorMachineCheck:
			ist = istMachine
		}
		const gate, present = 0xe << 40, 1 << 47
		idt[2*v] = a&0xffff | SelKernelCode<<16 | ist<<32 | gate | dpl | present | a>>16&0xffff<<48
		idt[2*v+1] = a >> 32
	}
}

// registers sets control and debug registers and MSRs.
func registers(c *Config) {
	// The SS that SYSRET loads keeps these bits on AMD's processors: 3 is ring 3's.
	writeMSR(msrSTAR, SelKernelCode<<32|(0x18|3)<<48)
	writeMSR(msrLSTAR, syscallAddress())
	writeMSR(msrCSTAR, 0) // no segment is of 32 bits
	writeMSR(msrFMASK, flagTF|flagIF|flagDF|flagNT|flagAC)
	writeMSR(msrPAT, patAtReset)
	if c.SYSENTER {
		writeMSR(msrSysenterCS, 0) // #GP
	}
	writeDR(0, 0, 0, 0, dr6Clear, dr7Clear) // ring 3 cannot reach them, so nothing has to be switched with tasks
	cr4 := uint64(cr4PAE | cr4MCE | cr4PGE | cr4OSFXSR | cr4OSXMMEXCPT | cr4FSGSBASE | cr4OSXSAVE | cr4SMEP | cr4SMAP)
	if c.UMIP {
		cr4 |= cr4UMIP
	}
	writeControl(cr0PE|cr0MP|cr0ET|cr0NE|cr0WP|cr0AM|cr0PG, cr4)
}

// load is where LGDT and LIDT begin to read: the limit, then the base.
func (p *pointer) load() *pointer { return (*pointer)(unsafe.Add(unsafe.Pointer(p), 6)) }

// SetTask makes entries to ring 0 save their registers in c. What another task has loaded into DS, ES, FS
// and GS is not for c's to see; nobody needs these, so they are not kept either.
func SetTask(c *Context) {
	clearSelectors()
	contextTop = uint64(uintptr(unsafe.Pointer(c))) + contextSize
	setTSS(tssRSP0, contextTop)
}

// Enter runs the task of the last SetTask, whose context is c, until something ends its stay in
// ring 3, and returns the vector, and TSC when ring 0 was left and when it was entered again. The page
// tables in force must be the task's.
func Enter(c *Context) (vector, left, back uint64) { return enter(c) }

// Idle waits for an interrupt and returns its vector.
func Idle() (vector uint64) { return idle(nil) }

// Idling tells whether Idle waits: for the report of what ended it.
func Idling() bool { return idling != 0 }

// Poll takes an interrupt that is pending and returns its vector; came is false when there is none.
func Poll() (vector uint64, came bool) {
	vector = poll(nil)
	return vector, vector != VectorNone
}

// LoadSpace makes the page tables at root those in force.
func LoadSpace(root mem.Addr) { loadCR3(uint64(root)) }

// Invalidate makes the CPU forget what it remembers of the page of va in the page tables in force.
//
// Source: Intel SDM Vol. 2A, "INVLPG".
func Invalidate(va uint64) { invalidate(va) }

// FaultAddress is CR2: where the last page fault was.
func FaultAddress() uint64 { return readCR2() }

// TSC is the time-stamp counter.
func TSC() uint64 { return tsc() }

// OnFault is told when the kernel itself faults, or the machine (NMI, #MC). nth is 1, and more when the report
// of a fault faults. It must not return, allocate, or rely on a stack of more than a few KiB.
var OnFault func(f *Frame, cr2, nth uint64)

func kernelFault(f *Frame) {
	if OnFault != nil {
		OnFault(f, readCR2(), faults)
	}
}
