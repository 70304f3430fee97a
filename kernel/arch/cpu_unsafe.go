//go:build tamago

package arch

import (
	"unsafe"

	"bennu/board/x86"
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

//
//go:noescape
func switchTo(p *CPU, c *Context, root uint64)

// boot is the processor that boots. It is no object of the Go heap, which knows nothing of a GDT register.
var boot CPU

var idt [512]uint64 // of all processors

type pointer struct {
	_     [6]byte
	limit uint16
	base  uint64
}

// What the entry code has by other names: its constants are the package's own.
const (
	dr6Clear       = x86.DR6Clear
	flagTF, flagRF = x86.FlagTF, x86.FlagRF
)

const (
	pat        = 0x0007040600070106 // WB WC UC- UC, and WB WT UC- UC as at reset: what the page tables' bits count on
	mxcsrReset = 0x1f80             // all exceptions masked, to nearest
	x87SSEAVX  = 7                  // bits of XCR0
)

// handMost is the last call number that HandOver may name.
const handMost = 31

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
func Init(c *Config) *CPU {
	p := &boot
	p.kernelFS, p.xcr0, p.mxcsr = x86.ReadFSBase(), x87SSEAVX, mxcsrReset
	p.self = p
	p.cleanFPU = uint64(uintptr(c.Phys.Pointer(c.Clean)))
	*(*uint32)(unsafe.Add(c.Phys.Pointer(c.Clean), 24)) = p.mxcsr // XSAVE area, MXCSR
	p.tss = (*byte)(c.Phys.Pointer(c.TSS))
	p.idleTop, p.faultTop, p.faultEnd = c.IdleStack, c.FaultStack, c.FaultStackEnd

	const code, data, user, present, long, write = 1<<43 | 1<<44, 1 << 44, 3 << 45, 1 << 47, 1 << 53, 1 << 41
	p.gdt[SelKernelCode/8] = code | present | long
	p.gdt[SelKernelData/8] = data | present | write
	p.gdt[SelUserData/8] = data | present | write | user
	p.gdt[SelUserCode/8] = code | present | long | user
	const base, limit = uint64(paging.TSSLinear), uint64(3 * 4096)
	const available = 9
	p.gdt[SelTSS/8] = limit&0xffff | base&0xffffff<<16 | available<<40 | present | limit>>16&15<<48 | base>>24&0xff<<56
	p.gdt[SelTSS/8+1] = base >> 32

	p.contextTop = c.FaultStack // until Switch: no entry from ring 3 may write to address 0
	p.setTSS(tssRSP0, c.FaultStack)
	p.setTSS(tssIST+8*istNMI, c.NMIStack)
	p.setTSS(tssIST+8*istDoubleFault, c.DoubleFaultStack)
	p.setTSS(tssIST+8*istMachine, c.MachineStack)
	p.setTSS(tssIST+8*istDebug, c.DebugStack)
	*(*uint16)(unsafe.Add(unsafe.Pointer(p.tss), 102)) = paging.BitmapBase
	gates()
	g := pointer{limit: uint16(unsafe.Sizeof(p.gdt) - 1), base: uint64(uintptr(unsafe.Pointer(p)))}
	i := pointer{limit: uint16(unsafe.Sizeof(idt) - 1), base: uint64(uintptr(unsafe.Pointer(&idt)))}
	loadTables(g.load(), i.load(), SelTSS)
	p.registers(c)
	return p
}

// Offsets into the task-state segment. Source: Intel SDM Vol. 3A, "64-Bit TSS Format".
const (
	tssRSP0 = 4
	tssIST  = 28 // IST n is at tssIST+8n
)

func (p *CPU) setTSS(offset int, v uint64) { *(*uint64)(unsafe.Add(unsafe.Pointer(p.tss), offset)) = v }

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
func (p *CPU) registers(c *Config) {
	// The SS that SYSRET loads keeps these bits on AMD's processors: 3 is ring 3's.
	x86.WriteMSR(x86.MSRSTAR, SelKernelCode<<32|(0x18|3)<<48)
	x86.WriteMSR(x86.MSRLSTAR, syscallAddress())
	x86.WriteMSR(x86.MSRCSTAR, 0) // no segment is of 32 bits
	x86.WriteMSR(x86.MSRFMASK, x86.FlagTF|x86.FlagIF|x86.FlagDF|x86.FlagNT|x86.FlagAC)
	x86.WriteMSR(x86.MSRPAT, pat)
	x86.WriteMSR(x86.MSRGSBase, uint64(uintptr(unsafe.Pointer(p))))
	x86.WriteMSR(x86.MSRKernelGSBase, 0) // the first task's
	if c.SYSENTER {
		x86.WriteMSR(x86.MSRSysenterCS, 0) // #GP
	}
	x86.WriteDR(0, 0, 0, 0, x86.DR6Clear, x86.DR7Clear) // ring 3 cannot reach them; the kernel sets them for the time that a task runs with a watch (Watch)
	cr4 := uint64(x86.CR4PAE | x86.CR4MCE | x86.CR4PGE | x86.CR4OSFXSR | x86.CR4OSXMMEXCPT | x86.CR4FSGSBASE | x86.CR4OSXSAVE | x86.CR4SMEP | x86.CR4SMAP)
	if c.UMIP {
		cr4 |= x86.CR4UMIP
	}
	x86.WriteCR0(x86.CR0PE | x86.CR0MP | x86.CR0ET | x86.CR0NE | x86.CR0WP | x86.CR0AM | x86.CR0PG)
	x86.WriteCR4(cr4)
}

// load is where LGDT and LIDT begin to read: the limit, then the base.
func (p *pointer) load() *pointer { return (*pointer)(unsafe.Add(unsafe.Pointer(p), 6)) }

// player is nothing: the processor is real.
type player struct{}

// Switch makes the page tables at root those in force, makes entries to ring 0 save their registers in c, and gives the
// processor c's GS base, which ring 3 may change at will; the last task's is kept in its context. c nil: nobody's, until the
// next Switch. What another task has loaded into DS, ES, FS and GS is not for c's to see; nobody needs these, so they
// are not kept either.
func (p *CPU) Switch(c *Context, root mem.Addr) {
	if p.Clear != nil {
		p.Clear()
	}
	switchTo(p, c, uint64(root))
}

// Enter runs the task of the last Switch, whose context is c, until something ends its stay in
// ring 3, and returns the vector, and TSC when ring 0 was left and when it was entered again. The page
// tables in force must be the task's. The task that came back is that of Current: the processor may have been handed over
// meanwhile (HandOver), any number of times.
func (p *CPU) Enter(c *Context) (vector, left, back uint64) { return enter(c) }

// HandOver has code called at each SYSCALL up to handMost whose bit is set in calls: it may let another task than the one that called go on, without a
// return of Enter. It is machine code for ring 0, without Go's stack or registers, that keeps the contract of kernel/handover_amd64.h; with is its
// R8. A processor that must clear something between two tasks (Clear) does not call it.
func (p *CPU) HandOver(code uintptr, with unsafe.Pointer, calls uint64) {
	p.handOver, p.handWith, p.handCalls = uint64(code), uint64(uintptr(with)), p.offers(calls)
}

// Idle waits for an interrupt and returns its vector.
func (p *CPU) Idle() (vector uint64) { return idle(nil) }

// Poll takes an interrupt that is pending and returns its vector; came is false when there is none.
func (p *CPU) Poll() (vector uint64, came bool) {
	vector = poll(nil)
	return vector, vector != VectorNone
}

// Watch has ring 3's accesses to at cause #DB, as control says (DR7); WatchNothing ends that.
func (p *CPU) Watch(at, control uint64) { x86.WriteDR(at, 0, 0, 0, x86.DR6Clear, control) }

// FaultAddress is where the last page fault was.
func (p *CPU) FaultAddress() uint64 { return x86.ReadCR2() }

// Invalidate makes the CPU forget what it remembers of the page of va in the page tables in force.
func (p *CPU) Invalidate(va uint64) { x86.InvalidatePage(va) }

// TSC is the time-stamp counter.
func (p *CPU) TSC() uint64 { return x86.TSC() }

// LoadSpace makes the page tables at root those in force: before there is a CPU, and under the same task.
func LoadSpace(root mem.Addr) { x86.WriteCR3(uint64(root)) }

// OnFault is told when the kernel itself faults, or the machine (NMI, #MC), and on which processor. nth is 1, and more
// when the report of a fault faults. It must not return, allocate, or rely on a stack of more than a few KiB.
var OnFault func(p *CPU, f *Frame, cr2, nth uint64)

func kernelFault(p *CPU, f *Frame) {
	if OnFault != nil {
		OnFault(p, f, x86.ReadCR2(), p.faults)
	}
}
