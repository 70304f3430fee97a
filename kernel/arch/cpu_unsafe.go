//go:build tamago

package arch

import (
	"unsafe"

	"bennu/kernel/mem"
	"bennu/kernel/paging"
)

// defined in entry_amd64.s
func enter(c *Context) (vector uint64)
func idle(*Context) (vector uint64)
func stubBase() uint64
func syscallAddress() uint64
func loadTables(gdt, idt *pointer, tss uint64)
func kernelFSBase() uint64
func loadCR3(root uint64)
func readCR2() uint64
func invalidate(va uint64)
func clearSelectors()
func setControl(cr0, cr4 uint64)
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

	idleStack  [idleStackSize]byte
	faultStack [faultStackSize]byte
	istStacks  [3][istStackSize]byte
	faultG     [1024]byte // a g whose stack guard is 0: no stack is too small for it
	faultTLS   [2]uint64
)

const (
	idleStackSize  = 1024
	faultStackSize = 16384
	istStackSize   = 4096

	vectorBreakpoint   = 3
	vectorDoubleFault  = 8
	vectorMachineCheck = 18
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
// Source: Intel SDM Vol. 3A, "Control Registers"; Vol. 4, "Architectural MSRs".
const (
	cr0MP, cr0NE, cr0WP, cr0AM = 1 << 1, 1 << 5, 1 << 16, 1 << 18
	cr4UMIP, cr4SMEP, cr4SMAP  = 1 << 11, 1 << 20, 1 << 21

	msrSTAR, msrLSTAR, msrFMASK = 0xc0000081, 0xc0000082, 0xc0000084
)

// Init loads the descriptor tables, points SYSCALL at the kernel and turns on the protections
// that paging alone does not give: WP, SMEP, SMAP, UMIP, alignment checks in ring 3.
//
// Preconditions: the page tables in force map tssFrame at paging.TSSLinear (ClosedIO); clean is
// a zeroed frame; interrupts off; the CPU has the features.
func Init(phys mem.Physical, tssFrame, clean mem.Addr) {
	kernelFS = kernelFSBase()
	cleanFPU = uint64(uintptr(phys.Pointer(clean)))
	*(*uint32)(unsafe.Add(phys.Pointer(clean), 24)) = mxcsr // XSAVE area, MXCSR
	tss = (*byte)(phys.Pointer(tssFrame))

	const code, data, user, present, long, write = 1<<43 | 1<<44, 1 << 44, 3 << 45, 1 << 47, 1 << 53, 1 << 41
	gdt[SelKernelCode/8] = code | present | long
	gdt[SelKernelData/8] = data | present | write
	gdt[SelUserData/8] = data | present | write | user
	gdt[SelUserCode/8] = code | present | long | user
	const base, limit = uint64(paging.TSSLinear), uint64(3 * 4096)
	const available = 9
	gdt[SelTSS/8] = limit&0xffff | base&0xffffff<<16 | available<<40 | present | limit>>16&15<<48 | base>>24&0xff<<56
	gdt[SelTSS/8+1] = base >> 32

	for i := range istStacks {
		top := uint64(uintptr(unsafe.Pointer(&istStacks[i]))) + istStackSize
		*(*uint64)(unsafe.Add(unsafe.Pointer(tss), 36+8*i)) = top &^ 15
	}
	*(*uint16)(unsafe.Add(unsafe.Pointer(tss), 102)) = paging.BitmapBase
	stub := stubBase()
	for v := uint64(0); v < 256; v++ {
		a, ist, dpl := stub+8*v, uint64(0), uint64(0)
		switch v {
		case vectorBreakpoint:
			dpl = user // INT3 is anybody's
		case VectorNMI:
			ist = 1
		case vectorDoubleFault:
			ist = 2
		case vectorMachineCheck:
			ist = 3
		}
		const gate = 0xe
		idt[2*v] = a&0xffff | SelKernelCode<<16 | ist<<32 | gate<<40 | dpl | present | a>>16&0xffff<<48
		idt[2*v+1] = a >> 32
	}
	g := pointer{limit: uint16(unsafe.Sizeof(gdt) - 1), base: uint64(uintptr(unsafe.Pointer(&gdt)))}
	i := pointer{limit: uint16(unsafe.Sizeof(idt) - 1), base: uint64(uintptr(unsafe.Pointer(&idt)))}
	loadTables(g.load(), i.load(), SelTSS)

	writeMSR(msrSTAR, SelKernelCode<<32|0x18<<48)
	writeMSR(msrLSTAR, syscallAddress())
	const tf, fi, df, nt, ac = 1 << 8, 1 << 9, 1 << 10, 1 << 14, 1 << 18
	writeMSR(msrFMASK, tf|fi|df|nt|ac)
	setControl(cr0MP|cr0NE|cr0WP|cr0AM, cr4UMIP|cr4SMEP|cr4SMAP)
}

// load is where LGDT and LIDT begin to read: the limit, then the base.
func (p *pointer) load() *pointer { return (*pointer)(unsafe.Add(unsafe.Pointer(p), 6)) }

// SetTask makes entries to ring 0 save their registers in c. What another task has loaded into DS, ES, FS
// and GS is not for c's to see; nobody needs these, so they are not kept either.
func SetTask(c *Context) {
	clearSelectors()
	contextTop = uint64(uintptr(unsafe.Pointer(c))) + contextSize
	*(*uint64)(unsafe.Add(unsafe.Pointer(tss), 4)) = contextTop // RSP0
}

// Enter runs the task of the last SetTask, whose context is c, until something ends its stay in
// ring 3, and returns the vector. The page tables in force must be the task's.
func Enter(c *Context) (vector uint64) { return enter(c) }

// Idle waits for an interrupt and returns its vector.
func Idle() (vector uint64) { return idle(nil) }

// LoadSpace makes the page tables at root those in force.
func LoadSpace(root mem.Addr) { loadCR3(uint64(root)) }

// FaultAddress is CR2: where the last page fault was.
func FaultAddress() uint64 { return readCR2() }

// Invalidate forgets the translation of va.
func Invalidate(va uint64) { invalidate(va) }

// TSC is the time-stamp counter.
func TSC() uint64 { return tsc() }

// OnFault is told when the kernel itself faults. It must not return, allocate, or rely on a stack
// of more than a few KiB.
var OnFault func(f *Frame, cr2 uint64)

func kernelFault(f *Frame) {
	if OnFault != nil {
		OnFault(f, readCR2())
	}
}
