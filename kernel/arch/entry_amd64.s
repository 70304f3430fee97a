//go:build tamago

#include "go_asm.h"
#include "textflag.h"

// Everything that entering and leaving ring 3 does. No Go code runs in trap context: enter
// looks like a function that returns the vector that ended the stay in ring 3.
//
// In ring 0 the GS base is the processor's CPU, and the other base, which SWAPGS exchanges with it, is the task's; in
// ring 3 it is the other way round. Each way in from ring 3 exchanges them before it looks at anything of CPU, and the way
// out does it last (docs/decisions/016-one-struct-a-processor.md). What comes at any instruction, also between those, does
// not look at GS but at the GDT register (fault).
//
// RDTSC is here inline: a call would come between what is measured and the measure.
//
// Source: Intel SDM Vol. 3A, "Interrupt and Exception Handling"; Vol. 2B, "SWAPGS", "SYSCALL", "SYSRET".

// PUSH_REGS saves the general registers below the CPU's frame, as Frame lists them.
#define PUSH_REGS \
	PUSHQ	AX; \
	PUSHQ	CX; \
	PUSHQ	DX; \
	PUSHQ	BX; \
	PUSHQ	BP; \
	PUSHQ	SI; \
	PUSHQ	DI; \
	PUSHQ	R8; \
	PUSHQ	R9; \
	PUSHQ	R10; \
	PUSHQ	R11; \
	PUSHQ	R12; \
	PUSHQ	R13; \
	PUSHQ	R14; \
	PUSHQ	R15

#define POP_REGS \
	POPQ	R15; \
	POPQ	R14; \
	POPQ	R13; \
	POPQ	R12; \
	POPQ	R11; \
	POPQ	R10; \
	POPQ	R9; \
	POPQ	R8; \
	POPQ	DI; \
	POPQ	SI; \
	POPQ	BP; \
	POPQ	BX; \
	POPQ	DX; \
	POPQ	CX; \
	POPQ	AX

#define READ_TSC \
	RDTSC; \
	SHLQ	$32, DX; \
	ORQ	DX, AX

// RESUME leaves ring 0 for the task of the Context DI, whose page tables and GS base are in force. SP is CPU.kernelSP: TSC goes where
// enter's caller finds it.
#define RESUME \
	MOVL	CPU_xcr0(GS), AX; \
	XORL	DX, DX; \
	CMPQ	Context_FPUSaved(DI), $0; \
	JEQ	clean; \
	XRSTOR64	(DI); \
	JMP	loaded; \
clean: \
	MOVQ	CPU_cleanFPU(GS), SI; \
	XRSTOR64	(SI); \
loaded: \
	MOVQ	Context_FSBase(DI), AX; \
	WRFSBASEQ	AX; \
	READ_TSC; \
	MOVQ	AX, 32(SP); \
	/* POPQ, LEAQ and SWAPGS do not change the flags that this leaves */ \
	CMPQ	(Context_Frame+Frame_Vector)(DI), $const_VectorSyscall; \
	LEAQ	Context_Frame(DI), SP; \
	POP_REGS; \
	LEAQ	16(SP), SP; \
	SWAPGS; \
	JEQ	sysret; \
	IRETQ; \
sysret: \
	MOVQ	0(SP), CX; \
	MOVQ	16(SP), R11; \
	MOVQ	24(SP), SP; \
	BYTE	$0x48; BYTE $0x0f; BYTE $0x07

// TAKE gives the processor to the Context SI: its GS base and the root AX of its page tables. DI is the Context that had it, DX the CPU.
//
// Loading a selector changes the base on some CPUs: FS's is written by whoever uses it next, GS's here. The
// task's GS base is reached by exchanging the two: RDMSR and WRMSR of the other one would take hundreds of cycles. What comes
// in between is an NMI, #MC or #DF: none of them looks at GS.
#define TAKE \
	MOVQ	AX, CR3; \
	XORL	AX, AX; \
	MOVW	AX, DS; \
	MOVW	AX, ES; \
	MOVW	AX, FS; \
	MOVW	AX, GS; \
	SWAPGS; \
	RDGSBASEQ	BX; \
	MOVQ	BX, Context_GSBase(DI); \
	MOVQ	Context_GSBase(SI), BX; \
	WRGSBASEQ	BX; \
	SWAPGS; \
	WRGSBASEQ	DX; \
	MOVQ	SI, CPU_Current(DX); \
	LEAQ	Context__size(SI), BX; \
	MOVQ	BX, CPU_contextTop(DX); \
	MOVQ	CPU_tss(DX), CX; \
	MOVQ	BX, const_tssRSP0(CX)

// func enter(c *Context) (vector, left, back uint64)
//
// Stack: 0(SP) return address, 8(SP) c, 16(SP) vector, 24(SP) left, 32(SP) back; 8 more from CPU.kernelSP, which
// is below the saved BP. Clobbers: everything.
TEXT ·enter(SB),NOSPLIT|NOFRAME,$0-32
	MOVQ	8(SP), DI
	PUSHQ	BP
	MOVQ	SP, CPU_kernelSP(GS)
	RESUME

// LEAVE returns from enter at TSC AX. DI: the Context. SP is CPU.kernelSP.
#define LEAVE \
	MOVQ	AX, 40(SP); \
	RDFSBASEQ	AX; \
	MOVQ	AX, Context_FSBase(DI); \
	MOVQ	CPU_kernelFS(GS), AX; \
	WRFSBASEQ	AX; \
	LDMXCSR	CPU_mxcsr(GS); \
	MOVQ	(Context_Frame+Frame_Vector)(DI), AX; \
	BACK

// BACK returns AX from enter or idle, whose BP is on the stack that they left. SP is CPU.kernelSP.
#define BACK \
	MOVQ	BP, CX; /* ring 3's, saved already; vet wants it read before it is written */ \
	MOVQ	0(SP), BP; \
	ADDQ	$8, SP; \
	MOVQ	AX, 16(SP); \
	BYTE	$0xc3	// RET: the assembler wants it to balance pushes

// leave returns from enter now.
TEXT ·leave(SB),NOSPLIT|NOFRAME,$0
	READ_TSC
	MOVQ	CPU_kernelSP(GS), SP
	LEAVE

// back returns AX from enter or idle.
TEXT ·back(SB),NOSPLIT|NOFRAME,$0
	MOVQ	CPU_kernelSP(GS), SP
	BACK

// syscallEntry is where SYSCALL goes: interrupts off, user stack, RIP in CX, RFLAGS in R11.
TEXT ·syscallEntry(SB),NOSPLIT|NOFRAME,$0
	SWAPGS
	MOVQ	SP, CPU_userSP(GS)
	MOVQ	CPU_contextTop(GS), SP
	PUSHQ	$const_SelUserData
	PUSHQ	CPU_userSP(GS)
	PUSHQ	R11
	PUSHQ	$const_SelUserCode
	PUSHQ	CX
	PUSHQ	$0
	PUSHQ	$const_VectorSyscall
	PUSH_REGS
	LEAQ	-Context_Frame(SP), DI
	MOVQ	$0, Context_FPUSaved(DI)	// the ABI says that it is lost
	MOVQ	AX, BX
	READ_TSC
	MOVQ	CPU_kernelSP(GS), SP
	CMPQ	BX, $const_handMost
	JLS	short
	LEAVE

	// Another task may go on.
short:
	MOVQ	CPU_handCalls(GS), CX
	MOVQ	AX, R14
	BTQ	BX, CX
	JCC	refused
	MOVQ	32(SP), R13
	MOVQ	CPU_handWith(GS), R8
	MOVQ	CPU_handOver(GS), CX
	CALL	CX
	TESTQ	SI, SI
	JEQ	refused
	RDFSBASEQ	BX
	MOVQ	BX, Context_FSBase(DI)
	MOVQ	CPU_self(GS), DX
	TAKE
	MOVQ	SI, DI
	RESUME
refused:
	MOVQ	R14, AX
	LEAVE

// NAME_VECTOR turns the address in the place of Frame.Vector, that after the stub's CALL, into the vector, and
// leaves it in AX: stubs are 8 bytes long.
#define NAME_VECTOR \
	LEAQ	·stubs(SB), BX; \
	MOVQ	Frame_Vector(SP), AX; \
	SUBQ	BX, AX; \
	SHRQ	$3, AX; \
	MOVQ	AX, Frame_Vector(SP)

// KEEP_STATE saves the vector state of ring 3, whose frame is at SP, the end of its Context, and returns from enter.
#define KEEP_STATE \
	LEAQ	-Context_Frame(SP), DI; \
	MOVL	CPU_xcr0(GS), AX; \
	XORL	DX, DX; \
	XSAVE64	(DI); \
	MOVQ	$1, Context_FPUSaved(DI); \
	JMP	·leave(SB)

// trap is where the stubs of vectors without a stack of their own call. CLD: the CPU keeps ring 3's DF, and Go's
// string instructions go up. CLAC: it keeps AC, which would lift SMAP.
TEXT ·trap(SB),NOSPLIT|NOFRAME,$0
	PUSH_REGS
	CLD
	CLAC
	NAME_VECTOR
	TESTB	$3, Frame_CS(SP)
	JEQ	kernel
	SWAPGS
	LFENCE	// a processor that guessed the branch wrong must not load by the other base
	KEEP_STATE
kernel:
	LFENCE
	CMPQ	AX, $32
	JLT	broken
	// An interrupt in ring 0: they are on in idle and poll only, where the GS base is ring 0's.
	CMPQ	CPU_idling(GS), $0
	JEQ	broken
	MOVQ	$0, CPU_idling(GS)
	JMP	·back(SB)
broken:
	JMP	·fault(SB)

// special is where the stubs of #DB, NMI, #DF and #MC call, each on the stack of its IST entry. They come at any
// instruction, also where RSP is not ring 0's. Only #DB and NMI go on, and no NMI comes before the IRETQ of the one before; so no frame on
// the other stacks is needed again when the same comes once more.
TEXT ·special(SB),NOSPLIT|NOFRAME,$0
	PUSH_REGS
	CLD
	CLAC
	NAME_VECTOR
	CMPQ	AX, $const_VectorNMI
	JEQ	nmi
	CMPQ	AX, $const_VectorDebug
	JNE	broken
	MOVQ	DR6, R8
	MOVQ	$const_dr6Clear, BX	// the CPU only ever sets its bits
	MOVQ	BX, DR6
	TESTB	$3, Frame_CS(SP)
	JEQ	ring0
	// Of ring 3: on to the task's context, as if the CPU had pushed the frame there.
	SWAPGS
	LFENCE
	MOVQ	R8, CPU_DebugStatus(GS)
	MOVQ	SP, SI
	MOVQ	CPU_contextTop(GS), DI
	SUBQ	$Frame__size, DI
	MOVQ	DI, SP
	MOVL	$(Frame__size/8), CX
	REP; MOVSQ
	KEEP_STATE
ring0:
	// Ring 0 has no breakpoints and never TF. But what ring 3 did just before it came here may be reported
	// only now, at the first instruction: MOV SS puts a watchpoint's #DB off until the next instruction, SYSCALL
	// or INT n, is done; and some processors look at TF before SYSCALL clears it. RSP is still ring 3's after
	// SYSCALL, so nothing was pushed there; the GS base is the task's, and is not touched. The task has its own RFLAGS in R11 or in its frame. Any other #DB here
	// is the kernel's own fault. No #DB can come in here: watchpoints are on addresses of ring 3, if on any.
	MOVQ	Frame_IP(SP), AX
	LEAQ	·syscallEntry(SB), BX
	CMPQ	AX, BX
	JEQ	resume
	LEAQ	·stubs(SB), BX
	SUBQ	BX, AX
	CMPQ	AX, $(256*8)
	JCC	broken
resume:
	ANDQ	$~const_flagTF, Frame_Flags(SP)
	ORQ	$const_flagRF, Frame_Flags(SP)	// past a breakpoint on the instruction itself
	JMP	return
nmi:
	// One for which the board has no error was sent by a device or a person: it is counted, and all goes on. GS is not looked at (fault).
	MOVL	$const_nmiStatus, DX
	INB
	TESTB	$const_nmiErrors, AX
	JNE	broken
	SUBQ	$16, SP
	BYTE	$0x0f; BYTE $0x01; BYTE $0x04; BYTE $0x24	// SGDT [RSP]: the limit, then the base
	MOVQ	2(SP), BX
	ADDQ	$16, SP
	INCQ	CPU_nmis(BX)
return:
	POP_REGS
	ADDQ	$16, SP
	IRETQ
broken:
	JMP	·fault(SB)

// fault is the end: the kernel itself faulted, or the machine. The frame is at SP. A stack and a g of its own, then
// say so. A fault in here counts; its frame lies on that stack already, and must not be written over.
//
// Which base GS has nobody knows here: what comes between SYSCALL and SWAPGS, or between SWAPGS and IRETQ, finds the task's in
// ring 0, and that may be any address, CPU's too. The processor's own GDT is the beginning of its CPU, and only ring 0
// can load another.
TEXT ·fault(SB),NOSPLIT|NOFRAME,$0
	MOVQ	SP, DI
	SUBQ	$16, SP
	BYTE	$0x0f; BYTE $0x01; BYTE $0x04; BYTE $0x24	// SGDT [RSP]: the limit, then the base
	MOVQ	2(SP), BX
	WRGSBASEQ	BX
	MOVQ	DI, SP
	INCQ	CPU_faults(BX)
	CMPQ	SP, CPU_faultTop(BX)
	JHI	change
	CMPQ	SP, CPU_faultEnd(BX)
	JHI	there
change:
	MOVQ	CPU_faultTop(BX), SP
there:
	ANDQ	$~15, SP
	LEAQ	CPU_faultG(BX), R14
	LEAQ	CPU_faultTLS(BX), AX
	MOVQ	R14, (AX)
	ADDQ	$8, AX
	WRFSBASEQ	AX
	XORPS	X15, X15
	SUBQ	$16, SP
	MOVQ	BX, 0(SP)
	MOVQ	DI, 8(SP)
	CALL	·kernelFault(SB)
	CLI
stop:
	HLT
	JMP	stop

// func idle(*Context) (vector uint64)
//
// Waits, interrupts on, until one comes. Interrupts land on a stack of their own: Go's has no
// room for their frames.
TEXT ·idle(SB),NOSPLIT|NOFRAME,$0-16
	PUSHQ	BP
	MOVQ	SP, CPU_kernelSP(GS)
	MOVQ	$1, CPU_idling(GS)
	MOVQ	CPU_idleTop(GS), SP
	STI
wait:
	HLT
	JMP	wait

// func poll(*Context) (vector uint64)
//
// Lets an interrupt that is pending in, and returns its vector, VectorNone if there is none. An interrupt comes after
// the instruction that follows STI.
TEXT ·poll(SB),NOSPLIT|NOFRAME,$0-16
	PUSHQ	BP
	MOVQ	SP, CPU_kernelSP(GS)
	MOVQ	$1, CPU_idling(GS)
	MOVQ	CPU_idleTop(GS), SP
	STI
	NOP
	NOP
	CLI
	MOVQ	$0, CPU_idling(GS)
	MOVQ	$const_VectorNone, AX
	JMP	·back(SB)

// Stubs: 8 bytes each. The CPU pushes an error code for some exceptions; the others push a zero (6A 00,
// which the assembler must not add up into a stack of 2 KiB).
#define STUB \
	BYTE	$0x6a; BYTE $0x00; \
	CALL	·trap(SB); \
	BYTE	$0x90
#define STUB_ERR \
	BYTE	$0x90; \
	BYTE	$0x90; \
	CALL	·trap(SB); \
	BYTE	$0x90
#define STUB_IST \
	BYTE	$0x6a; BYTE $0x00; \
	CALL	·special(SB); \
	BYTE	$0x90
#define STUB_IST_ERR \
	BYTE	$0x90; \
	BYTE	$0x90; \
	CALL	·special(SB); \
	BYTE	$0x90
#define STUB8 STUB; STUB; STUB; STUB; STUB; STUB; STUB; STUB
#define STUB32 STUB8; STUB8; STUB8; STUB8

TEXT ·stubs(SB),NOSPLIT|NOFRAME,$0
	STUB
	STUB_IST	// 1 #DB
	STUB_IST	// 2 NMI
	STUB
	STUB
	STUB
	STUB
	STUB
	STUB_IST_ERR	// 8 #DF
	STUB
	STUB_ERR	// 10 #TS
	STUB_ERR	// 11 #NP
	STUB_ERR	// 12 #SS
	STUB_ERR	// 13 #GP
	STUB_ERR	// 14 #PF
	STUB
	STUB	// 16
	STUB_ERR	// 17 #AC
	STUB_IST	// 18 #MC
	STUB
	STUB
	STUB_ERR	// 21 #CP
	STUB
	STUB
	STUB8	// 24–31
	STUB32
	STUB32
	STUB32
	STUB32
	STUB32
	STUB32
	STUB32

// func stubBase() uint64
TEXT ·stubBase(SB),NOSPLIT,$0-8
	LEAQ	·stubs(SB), AX
	MOVQ	AX, ret+0(FP)
	RET

// func syscallAddress() uint64
TEXT ·syscallAddress(SB),NOSPLIT,$0-8
	LEAQ	·syscallEntry(SB), AX
	MOVQ	AX, ret+0(FP)
	RET

// func loadTables(gdt, idt *pointer, tss uint64)
TEXT ·loadTables(SB),NOSPLIT,$0-24
	MOVQ	gdt+0(FP), AX
	LGDT	(AX)
	MOVQ	idt+8(FP), AX
	LIDT	(AX)
	MOVQ	tss+16(FP), AX
	LTR	AX
	XORL	AX, AX
	BYTE	$0x0f; BYTE $0x00; BYTE $0xd0	// LLDT AX: at reset it is 64 KiB from address 0 on
	MOVW	$const_SelKernelData, AX
	MOVW	AX, SS
	XORL	AX, AX
	MOVW	AX, DS
	MOVW	AX, ES
	RET

// func switchTo(p *CPU, c *Context, root uint64)
//
// Loading a selector changes the base on some CPUs: those of FS and GS are ring 0's, the thread pointer and the CPU. The
// task's GS base is reached by exchanging the two: RDMSR and WRMSR of the other one would take hundreds of cycles. What comes
// in between is an NMI, #MC or #DF: none of them looks at GS. A switch to the same task finds its base in its context, too.
//
// Clobbers: AX, BX, CX, DX, DI, SI.
TEXT ·switchTo(SB),NOSPLIT,$0-24
	MOVQ	p+0(FP), DI
	MOVQ	c+8(FP), SI
	MOVQ	root+16(FP), AX
	MOVQ	AX, CR3
	XORL	AX, AX
	MOVW	AX, DS
	MOVW	AX, ES
	MOVW	AX, FS
	MOVW	AX, GS
	MOVQ	CPU_kernelFS(DI), BX
	WRFSBASEQ	BX
	SWAPGS
	RDGSBASEQ	BX
	MOVQ	CPU_Current(DI), CX
	TESTQ	CX, CX
	JEQ	kept
	MOVQ	BX, Context_GSBase(CX)
kept:
	MOVQ	CPU_faultTop(DI), DX
	TESTQ	SI, SI
	JEQ	nobody
	MOVQ	Context_GSBase(SI), AX
	LEAQ	Context__size(SI), DX
nobody:
	WRGSBASEQ	AX
	SWAPGS
	WRGSBASEQ	DI
	MOVQ	SI, CPU_Current(DI)	// no write barrier: contexts are not of the Go heap
	MOVQ	DX, CPU_contextTop(DI)
	MOVQ	CPU_tss(DI), CX
	MOVQ	DX, const_tssRSP0(CX)
	RET
