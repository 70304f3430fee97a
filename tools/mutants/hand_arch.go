package main

const (
	entryFile = "kernel/arch/entry_amd64.s"
	cpuFile   = "kernel/arch/cpu_unsafe.go"
)

// handArch is mistakes in what only the processor sees.
var handArch = []mutation{
	{id: "arch-fmask-ac", file: cpuFile, before: "flagTF|flagIF|flagDF|flagNT|flagAC)", after: "flagTF|flagIF|flagDF|flagNT)", why: "SYSCALL leaves AC set: SMAP is lifted"},
	{id: "arch-fmask-df", file: cpuFile, before: "flagTF|flagIF|flagDF|flagNT|flagAC)", after: "flagTF|flagIF|flagNT|flagAC)", why: "SYSCALL leaves DF set: string instructions go down"},
	{id: "arch-fmask-tf", file: cpuFile, before: "flagTF|flagIF|flagDF|flagNT|flagAC)", after: "flagIF|flagDF|flagNT|flagAC)", why: "SYSCALL leaves TF set: a #DB in ring 0"},
	{id: "arch-fmask-if", file: cpuFile, before: "flagTF|flagIF|flagDF|flagNT|flagAC)", after: "flagTF|flagDF|flagNT|flagAC)", why: "ring 0 with interrupts on"},
	{id: "arch-fmask-nt", file: cpuFile, before: "flagTF|flagIF|flagDF|flagNT|flagAC)", after: "flagTF|flagIF|flagDF|flagAC)", why: "IRET with NT set is a #GP in ring 0"},
	{id: "arch-trap-clac", file: entryFile, before: "TEXT ·trap(SB),NOSPLIT|NOFRAME,$0\n\tPUSH_REGS\n\tCLD\n\tCLAC\n", after: "TEXT ·trap(SB),NOSPLIT|NOFRAME,$0\n\tPUSH_REGS\n\tCLD\n", why: "exceptions leave AC set"},
	{id: "arch-trap-cld", file: entryFile, before: "TEXT ·trap(SB),NOSPLIT|NOFRAME,$0\n\tPUSH_REGS\n\tCLD\n\tCLAC\n", after: "TEXT ·trap(SB),NOSPLIT|NOFRAME,$0\n\tPUSH_REGS\n\tCLAC\n", why: "exceptions leave DF set"},
	{id: "arch-special-clac", file: entryFile, before: "TEXT ·special(SB),NOSPLIT|NOFRAME,$0\n\tPUSH_REGS\n\tCLD\n\tCLAC\n", after: "TEXT ·special(SB),NOSPLIT|NOFRAME,$0\n\tPUSH_REGS\n\tCLD\n", why: "#DB leaves AC set"},
	{id: "arch-special-cld", file: entryFile, before: "TEXT ·special(SB),NOSPLIT|NOFRAME,$0\n\tPUSH_REGS\n\tCLD\n\tCLAC\n", after: "TEXT ·special(SB),NOSPLIT|NOFRAME,$0\n\tPUSH_REGS\n\tCLAC\n", why: "#DB leaves DF set, and the frame is copied downwards"},
	{id: "arch-fpusaved", file: entryFile, before: "\tMOVQ\t$0, Context_FPUSaved(DI)\t// the ABI says that it is lost\n", after: "", why: "a SYSCALL brings back the vector state of an old interrupt"},
	{id: "arch-ldmxcsr", file: entryFile, before: "\tLDMXCSR\t·mxcsr(SB)\n", after: "", why: "ring 0 computes with ring 3's rounding and masks"},
	{id: "arch-smep", file: cpuFile, before: "cr4OSXSAVE | cr4SMEP | cr4SMAP)", after: "cr4OSXSAVE | cr4SMAP)", why: "SMEP off"},
	{id: "arch-smap", file: cpuFile, before: "cr4OSXSAVE | cr4SMEP | cr4SMAP)", after: "cr4OSXSAVE | cr4SMEP)", why: "SMAP off"},
	{id: "arch-mce", file: cpuFile, before: "cr4PAE | cr4MCE | cr4PGE", after: "cr4PAE | cr4PGE", why: "machine checks shut the processor down"},
	{id: "arch-umip", file: cpuFile, before: "\t\tcr4 |= cr4UMIP\n", after: "", why: "SGDT and the like tell ring 3 where the kernel is"},
	{id: "arch-wp", file: cpuFile, before: "cr0NE|cr0WP|cr0AM", after: "cr0NE|cr0AM", why: "ring 0 writes to pages that are read-only"},
	{id: "arch-breakpoint-dpl", file: cpuFile, before: "\t\t\tdpl = 3 << 45 // INT3 is anybody's\n", after: "\t\t\tdpl = 0\n", why: "INT3 is a #GP"},
	{id: "arch-gate-dpl", file: cpuFile, before: "a, ist, dpl := stub+8*v, uint64(0), uint64(0)", after: "a, ist, dpl := stub+8*v, uint64(0), uint64(3<<45)", why: "INT n of ring 3 makes any interrupt"},
	{id: "arch-double-fault-ist", file: cpuFile, before: "\t\t\tist = istDoubleFault\n", after: "\t\t\tist = 0\n", why: "a double fault on the stack that made it"},
	{id: "arch-nmi-ist", file: cpuFile, before: "\t\t\tist = istNMI\n", after: "\t\t\tist = 0\n", why: "an NMI on ring 3's stack between SYSCALL and the change of stacks"},
	{id: "arch-debug-ist", file: cpuFile, before: "\t\t\tist = istDebug\n", after: "\t\t\tist = 0\n", why: "a #DB on ring 3's stack"},
	{id: "arch-cstar", file: cpuFile, before: "\twriteMSR(msrCSTAR, 0) // no segment is of 32 bits\n", after: "\twriteMSR(msrCSTAR, syscallAddress())\n", why: "a second way in"},
	{id: "arch-fsbase-saved", file: entryFile, before: "\tRDFSBASEQ\tAX\n\tMOVQ\tAX, Context_FSBase(DI)\n", after: "", why: "a task's FS base is another's after a switch"},
	{id: "arch-gsbase-loaded", file: entryFile, before: "\tMOVQ\tContext_GSBase(DI), AX\n\tWRGSBASEQ\tAX\n", after: "", why: "a task sees another's GS base"},
	{id: "arch-tss-rsp0", file: cpuFile, before: "\tcontextTop = uint64(uintptr(unsafe.Pointer(c))) + contextSize\n\tsetTSS(tssRSP0, contextTop)\n", after: "\tcontextTop = uint64(uintptr(unsafe.Pointer(c))) + contextSize\n", why: "exceptions save into another task's context"},
	{id: "arch-selectors", file: cpuFile, before: "func SetTask(c *Context) {\n\tclearSelectors()\n", after: "func SetTask(c *Context) {\n", why: "a task sees what another loaded into DS, ES, FS or GS"},
}
