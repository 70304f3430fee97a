package main

const (
	entryFile = "kernel/arch/entry_amd64.s"
	cpuFile   = "kernel/arch/cpu_unsafe.go"
)

// handArch is mistakes in what only the processor sees.
var handArch = []mutation{
	{id: "arch-fmask-ac", file: cpuFile, before: "x86.FlagTF|x86.FlagIF|x86.FlagDF|x86.FlagNT|x86.FlagAC)", after: "x86.FlagTF|x86.FlagIF|x86.FlagDF|x86.FlagNT)", why: "SYSCALL leaves AC set: SMAP is lifted"},
	{id: "arch-fmask-df", file: cpuFile, before: "x86.FlagTF|x86.FlagIF|x86.FlagDF|x86.FlagNT|x86.FlagAC)", after: "x86.FlagTF|x86.FlagIF|x86.FlagNT|x86.FlagAC)", why: "SYSCALL leaves DF set: string instructions go down"},
	{id: "arch-fmask-tf", file: cpuFile, before: "x86.FlagTF|x86.FlagIF|x86.FlagDF|x86.FlagNT|x86.FlagAC)", after: "x86.FlagIF|x86.FlagDF|x86.FlagNT|x86.FlagAC)", why: "SYSCALL leaves TF set: a #DB in ring 0"},
	{id: "arch-fmask-if", file: cpuFile, before: "x86.FlagTF|x86.FlagIF|x86.FlagDF|x86.FlagNT|x86.FlagAC)", after: "x86.FlagTF|x86.FlagDF|x86.FlagNT|x86.FlagAC)", why: "ring 0 with interrupts on"},
	{id: "arch-fmask-nt", file: cpuFile, before: "x86.FlagTF|x86.FlagIF|x86.FlagDF|x86.FlagNT|x86.FlagAC)", after: "x86.FlagTF|x86.FlagIF|x86.FlagDF|x86.FlagAC)", why: "IRET with NT set is a #GP in ring 0"},
	{id: "arch-trap-clac", file: entryFile, before: "TEXT ·trap(SB),NOSPLIT|NOFRAME,$0\n\tPUSH_REGS\n\tCLD\n\tCLAC\n", after: "TEXT ·trap(SB),NOSPLIT|NOFRAME,$0\n\tPUSH_REGS\n\tCLD\n", why: "exceptions leave AC set"},
	{id: "arch-trap-cld", file: entryFile, before: "TEXT ·trap(SB),NOSPLIT|NOFRAME,$0\n\tPUSH_REGS\n\tCLD\n\tCLAC\n", after: "TEXT ·trap(SB),NOSPLIT|NOFRAME,$0\n\tPUSH_REGS\n\tCLAC\n", why: "exceptions leave DF set"},
	{id: "arch-special-clac", file: entryFile, before: "TEXT ·special(SB),NOSPLIT|NOFRAME,$0\n\tPUSH_REGS\n\tCLD\n\tCLAC\n", after: "TEXT ·special(SB),NOSPLIT|NOFRAME,$0\n\tPUSH_REGS\n\tCLD\n", why: "#DB leaves AC set"},
	{id: "arch-special-cld", file: entryFile, before: "TEXT ·special(SB),NOSPLIT|NOFRAME,$0\n\tPUSH_REGS\n\tCLD\n\tCLAC\n", after: "TEXT ·special(SB),NOSPLIT|NOFRAME,$0\n\tPUSH_REGS\n\tCLAC\n", why: "#DB leaves DF set, and the frame is copied downwards"},
	{id: "arch-fpusaved", file: entryFile, before: "\tMOVQ\t$0, Context_FPUSaved(DI)\t// the ABI says that it is lost\n", after: "", why: "a SYSCALL brings back the vector state of an old interrupt"},
	{id: "arch-ldmxcsr", file: entryFile, before: "\tLDMXCSR\tCPU_mxcsr(GS); \\\n", after: "", why: "ring 0 computes with ring 3's rounding and masks"},
	{id: "arch-smep", file: cpuFile, before: "x86.CR4OSXSAVE | x86.CR4SMEP | x86.CR4SMAP)", after: "x86.CR4OSXSAVE | x86.CR4SMAP)", why: "SMEP off"},
	{id: "arch-smap", file: cpuFile, before: "x86.CR4OSXSAVE | x86.CR4SMEP | x86.CR4SMAP)", after: "x86.CR4OSXSAVE | x86.CR4SMEP)", why: "SMAP off"},
	{id: "arch-mce", file: cpuFile, before: "x86.CR4PAE | x86.CR4MCE | x86.CR4PGE", after: "x86.CR4PAE | x86.CR4PGE", why: "machine checks shut the processor down"},
	{id: "arch-umip", file: cpuFile, before: "\t\tcr4 |= x86.CR4UMIP\n", after: "", why: "SGDT and the like tell ring 3 where the kernel is"},
	{id: "arch-wp", file: cpuFile, before: "x86.CR0NE | x86.CR0WP | x86.CR0AM", after: "x86.CR0NE | x86.CR0AM", why: "ring 0 writes to pages that are read-only"},
	{id: "arch-breakpoint-dpl", file: cpuFile, before: "\t\t\tdpl = 3 << 45 // INT3 is anybody's\n", after: "\t\t\tdpl = 0\n", why: "INT3 is a #GP"},
	{id: "arch-gate-dpl", file: cpuFile, before: "a, ist, dpl := stub+8*v, uint64(0), uint64(0)", after: "a, ist, dpl := stub+8*v, uint64(0), uint64(3<<45)", why: "INT n of ring 3 makes any interrupt"},
	{id: "arch-double-fault-ist", file: cpuFile, before: "\t\t\tist = istDoubleFault\n", after: "\t\t\tist = 0\n", why: "a double fault on the stack that made it"},
	{id: "arch-nmi-ist", file: cpuFile, before: "\t\t\tist = istNMI\n", after: "\t\t\tist = 0\n", why: "an NMI on ring 3's stack between SYSCALL and the change of stacks"},
	{id: "arch-debug-ist", file: cpuFile, before: "\t\t\tist = istDebug\n", after: "\t\t\tist = 0\n", why: "a #DB on ring 3's stack"},
	{id: "arch-cstar", file: cpuFile, before: "\tx86.WriteMSR(x86.MSRCSTAR, 0) // no segment is of 32 bits\n", after: "\tx86.WriteMSR(x86.MSRCSTAR, syscallAddress())\n", why: "a second way in"},
	{id: "arch-fsbase-saved", file: entryFile, before: "\tRDFSBASEQ\tAX; \\\n\tMOVQ\tAX, Context_FSBase(DI); \\\n", after: "", why: "a task's FS base is another's after a switch"},
	{id: "arch-gsbase-loaded", file: entryFile, before: "\tMOVQ\tContext_GSBase(SI), AX\n", after: "", why: "a task has not the GS base that it loaded"},
	{id: "arch-gsbase-kept", file: entryFile, before: "\tMOVQ\tBX, Context_GSBase(CX)\n", after: "", why: "a task's GS base is lost when another runs"},
	{id: "arch-gsbase-selector", file: entryFile, before: "\tSWAPGS\n\tWRGSBASEQ\tDI\n", after: "\tSWAPGS\n", why: "loading GS takes ring 0's base with it on a switch"},
	{id: "kernel-death-gsbase", file: "kernel/death.go", before: "\tif k.current() == t {\n\t\tk.cpu.Switch(nil, k.template)\n\t}\n\tk.record(t, why)\n", after: "\tk.record(t, why)\n\tif k.current() == t {\n\t\tk.cpu.Switch(nil, k.template)\n\t}\n", why: "the record of a death has the GS base of the last switch"},
	{id: "arch-gsbase-nobody", file: entryFile, before: "kept:\n", after: "kept:\n\tMOVQ\tBX, AX\n", why: "with no task, the last one's GS base stays"},
	{id: "hand-gsbase-kept", file: entryFile, before: "\tRDGSBASEQ\tBX; \\\n", after: "", why: "who hands the processor over loses its GS base"},
	{id: "hand-gsbase-loaded", file: entryFile, before: "\tMOVQ\tContext_GSBase(SI), BX; \\\n", after: "", why: "who gets the processor by hand has another's GS base"},
	{id: "hand-selector", file: entryFile, before: "\tMOVW\tAX, ES; \\\n", after: "", why: "who gets the processor by hand sees what the other had loaded"},
	{id: "hand-fsbase-kept", file: entryFile, before: "\tRDFSBASEQ\tBX\n\tMOVQ\tBX, Context_FSBase(DI)\n", after: "", why: "who hands the processor over loses its FS base"},
	{id: "hand-clear", file: "kernel/arch/cpu.go", before: "\tif p.Clear != nil {\n\t\treturn 0\n\t}\n", after: "", why: "a processor that leaks shows the next task what is left of the last one"},
	{id: "arch-trap-swapgs", file: entryFile, before: "\tJEQ\tkernel\n\tSWAPGS\n", after: "\tJEQ\tkernel\n", why: "ring 0's data is where a task's GS base says"},
	{id: "arch-debug-swapgs", file: entryFile, before: "the CPU had pushed the frame there.\n\tSWAPGS\n", after: "the CPU had pushed the frame there.\n", why: "the same for a task that steps"},
	{id: "arch-fault-gdt", file: entryFile, before: "\tMOVQ\t2(SP), BX\n\tWRGSBASEQ\tBX\n", after: "\tRDGSBASEQ\tBX\n", why: "a fault between SWAPGS and SYSRET is reported by a task's GS base"},
	{id: "arch-gsbase-msr", file: cpuFile, before: "\tx86.WriteMSR(x86.MSRKernelGSBase, 0) // the first task's\n", after: "\tx86.WriteMSR(x86.MSRKernelGSBase, uint64(uintptr(unsafe.Pointer(p))))\n", why: "ring 0's address is in a register that is to be a task's"},
	{id: "arch-tss-rsp0", file: entryFile, before: "\tMOVQ\tDX, const_tssRSP0(CX)\n", after: "", why: "exceptions save into another task's context"},
	{id: "arch-selectors", file: entryFile, before: "\tMOVW\tAX, DS\n\tMOVW\tAX, ES\n\tMOVW\tAX, FS\n\tMOVW\tAX, GS\n", after: "", why: "a task sees what another loaded into DS, ES, FS or GS"},
}
