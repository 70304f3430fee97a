//go:build tamago

#include "go_asm.h"
#include "textflag.h"

// cpuinit is the kernel's first instruction. A PVH loader enters it in 32-bit protected mode: flat
// segments, paging off, EBX = the physical address of hvm_start_info.
//
// Until ·long64 this is 32-bit code. Go's assembler knows only 64-bit code, so every instruction here is
// one that both modes encode alike: no REX prefix, no RIP-relative operand. Nothing can be called yet, so the instructions of
// board/x86 are here inline.
//
// Source: Xen, "x86/HVM direct boot ABI"; Intel SDM Vol. 3A, "Initializing IA-32e Mode".
TEXT cpuinit(SB),NOSPLIT|NOFRAME,$0
	CLI
	CLD
	MOVL	$const_bootStack, SP
	MOVL	$const_bootInfo, DI
	MOVL	BX, 0(DI)
	MOVL	$0, 4(DI)
	RDTSC
	MOVL	AX, 8(DI)
	MOVL	DX, 12(DI)

	// What paging and the Go runtime cannot do without. The rest of the list is checked in Go.
	MOVL	$0x80000000, AX
	CPUID
	CMPL	AX, $0x80000001
	JCS	nolong
	MOVL	$0x80000001, AX
	CPUID
	MOVL	DX, SI
	MOVL	$0x206d6c20, AX	// " lm "
	ANDL	$(1<<29), DX
	JEQ	refuse
	MOVL	$0x20786e20, AX	// " nx "
	ANDL	$(1<<20), SI
	JEQ	refuse
	MOVL	$1, AX
	CPUID
	MOVL	$0x76617378, AX	// "xsav"
	ANDL	$(1<<26), CX
	JEQ	refuse
	XORL	CX, CX
	MOVL	$7, AX
	CPUID
	MOVL	$0x73677366, AX	// "fsgs"
	ANDL	$1, BX
	JEQ	refuse
	JMP	tables
nolong:
	MOVL	$0x206d6c20, AX
refuse:
	MOVL	AX, BP
	MOVL	$0x6e6e6562, AX	// "benn"
	CALL	·put4(SB)
	MOVL	$0x63203a75, AX	// "u: c"
	CALL	·put4(SB)
	MOVL	$0x6c207570, AX	// "pu l"
	CALL	·put4(SB)
	MOVL	$0x736b6361, AX	// "acks"
	CALL	·put4(SB)
	MOVL	$0x2020203a, AX	// ":   "
	CALL	·put4(SB)
	MOVL	BP, AX
	CALL	·put4(SB)
	JMP	·giveup(SB)

tables:
	// Identity map of the first 4 GiB in 2 MiB pages.
	XORL	AX, AX
	MOVL	$const_bootTables, DI
	MOVL	$0x1800, CX
	REP; STOSL
	MOVL	$const_bootTables, DI
	MOVL	$(const_bootTables+0x1003), 0(DI)
	MOVL	$(const_bootTables+0x2003), 0x1000(DI)
	MOVL	$(const_bootTables+0x3003), 0x1008(DI)
	MOVL	$(const_bootTables+0x4003), 0x1010(DI)
	MOVL	$(const_bootTables+0x5003), 0x1018(DI)
	ADDL	$0x2000, DI
	MOVL	$0x83, AX
	MOVL	$2048, CX
fill:
	MOVL	AX, (DI)
	ADDL	$0x200000, AX
	ADDL	$8, DI
	SUBL	$1, CX
	JNE	fill

	// CR4, EFER and CR0 are set and not added to: what a loader left in them has no say. kernel/arch adds what
	// needs its tables.
	MOVL	$(1<<5|1<<7|1<<9|1<<10|1<<16|1<<18), AX	// PAE PGE OSFXSR OSXMMEXCPT FSGSBASE OSXSAVE
	MOVL	AX, CR4
	MOVL	$const_bootTables, AX
	MOVL	AX, CR3
	MOVL	$0xc0000080, CX	// EFER
	MOVL	$(1<<0|1<<8|1<<11), AX	// SCE LME NXE
	XORL	DX, DX
	WRMSR
	MOVL	$(1<<0|1<<1|1<<4|1<<5|1<<16|1<<31), AX	// PE MP ET NE WP PG: caches on
	MOVL	AX, CR0

	MOVL	$const_bootGDT, DI
	MOVL	$0, 0(DI)
	MOVL	$0, 4(DI)
	MOVL	$0x0000ffff, 8(DI)
	MOVL	$0x00af9a00, 12(DI)	// 64-bit code, ring 0
	MOVL	$const_bootGDTR, DI
	MOVL	$((const_bootGDT&0xffff)<<16|15), 0(DI)
	MOVL	$(const_bootGDT>>16), 4(DI)
	LGDT	(DI)
	CALL	·far(SB)	// comes back here in 64-bit mode

	MOVL	$const_bootStack, SP
	MOVL	$1, AX
	CPUID
	MOVL	$3, AX	// XCR0: x87, SSE
	BTL	$28, CX
	JCC	noavx
	MOVL	$7, AX	// and AVX
noavx:
	XORL	CX, CX
	XORL	DX, DX
	BYTE	$0x0f; BYTE $0x01; BYTE $0xd1	// XSETBV
	JMP	·long64(SB)

// far returns to its caller in 64-bit mode: the code segment of bootGDT.
TEXT ·far(SB),NOSPLIT|NOFRAME,$0
	BYTE	$0x58	// POP EAX
	BYTE	$0x6a; BYTE $0x08	// PUSH 8
	BYTE	$0x50	// PUSH EAX
	BYTE	$0xcb	// RETF

// put4 writes the four characters in AX to COM1, in either mode. Clobbers AX, BX, CX, DX, SI. A port that
// is never ready is given up.
TEXT ·put4(SB),NOSPLIT|NOFRAME,$0
	MOVL	AX, BX
	MOVL	$4, CX
next:
	MOVL	$100000, SI
ready:
	MOVL	$0x3fd, DX
	INB
	ANDL	$0x20, AX
	JNE	send
	SUBL	$1, SI
	JNE	ready
send:
	MOVL	BX, AX
	MOVL	$0x3f8, DX
	OUTB
	SHRL	$8, BX
	SUBL	$1, CX
	JNE	next
	RET

// giveup ends the machine with a failure: QEMU's debug exit, else a stop.
TEXT ·giveup(SB),NOSPLIT|NOFRAME,$0
	MOVL	$0x0a0d, AX	// "\r\n"
	CALL	·put4(SB)
	MOVL	$0xf4, DX
	MOVL	$3, AX	// kernel.StatusRefused
	OUTB
	CLI
stop:
	HLT
	JMP	stop

// long64 checks that there is memory for the kernel's window, clears it, and goes to the runtime.
//
// hvm_start_info: modules' count at 12, their list at 16, memory map at 40, its entries at 48. A map
// entry: address, size, type (1 is RAM). A module: address first.
TEXT ·long64(SB),NOSPLIT|NOFRAME,$0
	MOVQ	$const_bootInfo, DI
	MOVQ	0(DI), BX
	CMPL	0(BX), $0x336ec578
	JNE	notpvh
	MOVQ	40(BX), SI
	MOVL	48(BX), CX
region:
	TESTL	CX, CX
	JEQ	little
	SUBL	$1, CX
	MOVQ	0(SI), AX
	MOVQ	8(SI), DX
	MOVL	16(SI), R8
	ADDQ	$24, SI
	CMPL	R8, $1
	JNE	region
	CMPQ	AX, $const_KernelBase
	JHI	region
	ADDQ	AX, DX
	CMPQ	DX, $const_WindowEnd
	JCS	region
	// the module must not lie in the window
	MOVL	12(BX), CX
	TESTL	CX, CX
	JEQ	clear
	MOVQ	16(BX), SI
	CMPQ	0(SI), $const_WindowEnd
	JCS	little
clear:
	LEAQ	runtime·end(SB), DI
	MOVQ	$const_WindowEnd, CX
	SUBQ	DI, CX
	SHRQ	$3, CX
	XORL	AX, AX
	REP; STOSQ
	MOVQ	$(const_g0Top-16), SP
	JMP	_rt0_tamago_start(SB)

little:
	MOVL	$0x6e6e6562, AX	// "benn"
	CALL	·put4(SB)
	MOVL	$0x74203a75, AX	// "u: t"
	CALL	·put4(SB)
	MOVL	$0x6c206f6f, AX	// "oo l"
	CALL	·put4(SB)
	MOVL	$0x6c747469, AX	// "ittl"
	CALL	·put4(SB)
	MOVL	$0x656d2065, AX	// "e me"
	CALL	·put4(SB)
	MOVL	$0x79726f6d, AX	// "mory"
	CALL	·put4(SB)
	MOVL	$0x3231203a, AX	// ": 12"
	CALL	·put4(SB)
	MOVL	$0x694d2038, AX	// "8 Mi"
	CALL	·put4(SB)
	MOVL	$0x73692042, AX	// "B is"
	CALL	·put4(SB)
	MOVL	$0x6f6e6520, AX	// " eno"
	CALL	·put4(SB)
	MOVL	$0x20686775, AX	// "ugh "
	CALL	·put4(SB)
	JMP	·giveup(SB)
notpvh:
	MOVL	$0x6e6e6562, AX	// "benn"
	CALL	·put4(SB)
	MOVL	$0x6e203a75, AX	// "u: n"
	CALL	·put4(SB)
	MOVL	$0x6220746f, AX	// "ot b"
	CALL	·put4(SB)
	MOVL	$0x65746f6f, AX	// "oote"
	CALL	·put4(SB)
	MOVL	$0x79622064, AX	// "d by"
	CALL	·put4(SB)
	MOVL	$0x48565020, AX	// " PVH"
	CALL	·put4(SB)
	JMP	·giveup(SB)

// func putc(c uint64)
TEXT ·putc(SB),NOSPLIT,$0-8
	MOVQ	c+0(FP), BX
	MOVL	$100000, CX
	MOVL	$0x3fd, DX
ready:
	INB
	ANDL	$0x20, AX
	JNE	send
	SUBL	$1, CX
	JNE	ready
send:
	MOVL	BX, AX
	MOVL	$0x3f8, DX
	OUTB
	RET

// func stop()
TEXT ·stop(SB),NOSPLIT,$0-0
	CLI
again:
	HLT
	JMP	again
