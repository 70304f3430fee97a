//go:build tamago

#include "go_asm.h"
#include "textflag.h"

// cpuinit is the kernel's first instruction. A PVH loader enters it in 32-bit protected mode: flat
// segments, paging off, EBX = the physical address of hvm_start_info.
//
// The kernel may lie elsewhere than it is linked. Until it runs at its linear addresses, SI is how far: every
// address here is an offset to it, or relative to the instruction.
//
// Until ·long64 this is 32-bit code. Go's assembler knows only 64-bit code, so every instruction here is
// one that both modes encode alike: no REX prefix, no RIP-relative operand. Nothing can be called yet, so the instructions of
// board/x86 are here inline.
//
// Source: Xen, "x86/HVM direct boot ABI"; Intel SDM Vol. 3A, "Initializing IA-32e Mode".
TEXT cpuinit(SB),NOSPLIT|NOFRAME,$0
	CLI
	CLD
	XORL	SI, SI	// PVH loaders put it where it is linked
	LEAL	const_earlyStack(SI), SP
	RDTSC
	LEAL	const_earlyStack(SI), DI
	MOVL	AX, 0(DI)
	MOVL	DX, 4(DI)
	CMPL	0(BX), $0x336ec578
	JNE	notpvh
	CALL	·room(SB)
	MOVL	const_earlyStack(SI), AX
	MOVL	(const_earlyStack+4)(SI), DX
	LEAL	const_g0Top(SI), SP
	LEAL	const_bootInfo(SI), DI
	MOVL	BX, 0(DI)
	MOVL	AX, 8(DI)
	MOVL	DX, 12(DI)
	MOVL	SI, 16(DI)

	// What paging and the Go runtime cannot do without. The rest of the list is checked in Go.
	MOVL	$0x80000000, AX
	CPUID
	CMPL	AX, $0x80000001
	JCS	nolong
	MOVL	$0x80000001, AX
	CPUID
	MOVL	DX, DI
	MOVL	$0x206d6c20, AX	// " lm "
	ANDL	$(1<<29), DX
	JEQ	refuse
	MOVL	$0x20786e20, AX	// " nx "
	ANDL	$(1<<20), DI
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

tables:
	// The first 4 GiB in 2 MiB pages, twice: at the physical addresses themselves and in the direct map.
	LEAL	const_bootTables(SI), DI
	LEAL	0x1003(DI), AX
	MOVL	AX, 0(DI)
	MOVL	AX, const_directEntry(DI)
	ADDL	$0x1000, AX
	MOVL	AX, 0x1000(DI)
	ADDL	$0x1000, AX
	MOVL	AX, 0x1008(DI)
	ADDL	$0x1000, AX
	MOVL	AX, 0x1010(DI)
	ADDL	$0x1000, AX
	MOVL	AX, 0x1018(DI)
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
	LEAL	const_bootTables(SI), AX
	MOVL	AX, CR3
	MOVL	$0xc0000080, CX	// EFER
	MOVL	$(1<<0|1<<8|1<<11), AX	// SCE LME NXE
	XORL	DX, DX
	WRMSR
	MOVL	$(1<<0|1<<1|1<<4|1<<5|1<<16|1<<31), AX	// PE MP ET NE WP PG: caches on
	MOVL	AX, CR0

	LEAL	const_bootGDT(SI), DI
	MOVL	$0x0000ffff, 8(DI)
	MOVL	$0x00af9a00, 12(DI)	// 64-bit code, ring 0
	MOVL	DI, AX
	LEAL	const_bootGDTR(SI), DI
	MOVL	AX, 2(DI)
	MOVL	$15, CX
	MOVW	CX, 0(DI)
	LGDT	(DI)
	CALL	·far(SB)	// comes back here in 64-bit mode

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

// room returns when all of the kernel's memory is RAM and the archive lies elsewhere; else it says so, with the memory map,
// and ends the machine. The stack may be the only memory that there is. Clobbers AX, CX, DX, DI.
//
// hvm_start_info (BX): modules' count at 12, their list at 16, memory map at 40, its entries at 48. A map
// entry: address, size, type (1 is RAM). A module: address and size first. SI: how far the kernel was moved.
//
// Source: Xen, public/arch-x86/hvm/start_info.h.
TEXT ·room(SB),NOSPLIT|NOFRAME,$0
	MOVL	40(BX), DI
	MOVL	48(BX), CX
region:
	TESTL	CX, CX
	JEQ	none
	SUBL	$1, CX
	MOVL	16(DI), AX
	CMPL	AX, $1
	JNE	next
	CMPL	4(DI), $0	// from 4 GiB on
	JNE	next
	LEAL	const_kernelBase(SI), AX
	SUBL	0(DI), AX
	JCS	next	// it begins above
	CMPL	12(DI), $0
	JNE	modules	// it is of 4 GiB and more
	ADDL	$const_kernelSize, AX
	CMPL	8(DI), AX
	JCC	modules
next:
	ADDL	$24, DI
	JMP	region
modules:
	MOVL	12(BX), CX
	TESTL	CX, CX
	JEQ	done
	MOVL	16(BX), DI
	CMPL	4(DI), $0
	JNE	done
	LEAL	const_kernelBase(SI), AX
	ADDL	$const_kernelSize, AX
	CMPL	0(DI), AX
	JCC	done	// above
	SUBL	$const_kernelSize, AX
	MOVL	0(DI), DX
	ADDL	8(DI), DX
	JCS	none
	CMPL	AX, DX
	JCS	none
done:
	RET
none:
	MOVL	40(BX), DI
	MOVL	48(BX), AX
	LEAL	(AX)(AX*2), AX
	LEAL	(DI)(AX*8), AX
	PUSHQ	AX	// the map's end
	MOVL	$0x6e6e6562, AX	// "benn"
	CALL	·put4(SB)
	MOVL	$0x6e203a75, AX	// "u: n"
	CALL	·put4(SB)
	MOVL	$0x6f72206f, AX	// "o ro"
	CALL	·put4(SB)
	MOVL	$0x69206d6f, AX	// "om i"
	CALL	·put4(SB)
	MOVL	$0x656d206e, AX	// "n me"
	CALL	·put4(SB)
	MOVL	$0x79726f6d, AX	// "mory"
	CALL	·put4(SB)
	MOVL	$0x726f6620, AX	// " for"
	CALL	·put4(SB)
	MOVL	$0x65687420, AX	// " the"
	CALL	·put4(SB)
	MOVL	$0x72656b20, AX	// " ker"
	CALL	·put4(SB)
	MOVL	$0x2c6c656e, AX	// "nel,"
	CALL	·put4(SB)
	MOVL	$0x20363120, AX	// " 16 "
	CALL	·put4(SB)
	MOVL	$0x33206f74, AX	// "to 3"
	CALL	·put4(SB)
	MOVL	$0x694d2039, AX	// "9 Mi"
	CALL	·put4(SB)
	MOVL	$0x61202c42, AX	// "B, a"
	CALL	·put4(SB)
	MOVL	$0x6120646e, AX	// "nd a"
	CALL	·put4(SB)
	MOVL	$0x7261206e, AX	// "n ar"
	CALL	·put4(SB)
	MOVL	$0x76696863, AX	// "chiv"
	CALL	·put4(SB)
	MOVL	$0x65622065, AX	// "e be"
	CALL	·put4(SB)
	MOVL	$0x65646973, AX	// "side"
	CALL	·put4(SB)
	MOVL	$0x0a0d3a73, AX	// "s:\r\n"
	CALL	·put4(SB)
line:
	CMPL	DI, 0(SP)
	JCC	end
	MOVL	$0x20207461, AX	// "at  "
	CALL	·put4(SB)
	CALL	·hex48(SB)
	MOVL	$0x726f6620, AX	// " for"
	CALL	·put4(SB)
	CALL	·hex48(SB)
	MOVL	$0x20736920, AX	// " is "
	CALL	·put4(SB)
	MOVL	0(DI), AX
	CALL	·hex4(SB)
	MOVL	$0x0a0d2020, AX	// "  \r\n"
	CALL	·put4(SB)
	ADDL	$8, DI
	JMP	line
end:
	MOVL	$0x73692031, AX	// "1 is"
	CALL	·put4(SB)
	MOVL	$0x4d415220, AX	// " RAM"
	CALL	·put4(SB)
	MOVL	$0x2041202e, AX	// ". A "
	CALL	·put4(SB)
	MOVL	$0x6863616d, AX	// "mach"
	CALL	·put4(SB)
	MOVL	$0x20656e69, AX	// "ine "
	CALL	·put4(SB)
	MOVL	$0x3120666f, AX	// "of 1"
	CALL	·put4(SB)
	MOVL	$0x4d203832, AX	// "28 M"
	CALL	·put4(SB)
	MOVL	$0x69204269, AX	// "iB i"
	CALL	·put4(SB)
	MOVL	$0x616c2073, AX	// "s la"
	CALL	·put4(SB)
	MOVL	$0x20656772, AX	// "rge "
	CALL	·put4(SB)
	MOVL	$0x756f6e65, AX	// "enou"
	CALL	·put4(SB)
	MOVL	$0x202e6867, AX	// "gh. "
	CALL	·put4(SB)
	JMP	·giveup(SB)

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

// hex48 writes the number at DI in twelve hexadecimal digits to COM1, in either mode, and moves DI past its 64 bits.
// Clobbers AX, BX, CX, DX, SI.
TEXT ·hex48(SB),NOSPLIT|NOFRAME,$0
	MOVL	4(DI), AX
	CALL	·hex4(SB)
	MOVL	0(DI), AX
	SHRL	$16, AX
	CALL	·hex4(SB)
	MOVL	0(DI), AX
	ADDL	$8, DI
	JMP	·hex4(SB)

// hex4 writes the lower half of AX in four hexadecimal digits to COM1, in either mode. Clobbers AX, BX, CX, DX, SI.
TEXT ·hex4(SB),NOSPLIT|NOFRAME,$0
	MOVL	AX, BX
	MOVL	$4, CX
digit:
	MOVL	BX, AX
	SHRL	$12, AX
	ANDL	$15, AX
	ADDL	$0x30, AX	// "0"
	CMPL	AX, $0x3a
	JCS	decimal
	ADDL	$0x27, AX	// "a"
decimal:
	SHLL	$24, AX
	SHRL	$8, DX
	ORL	AX, DX
	SHLL	$4, BX
	SUBL	$1, CX
	JNE	digit
	MOVL	DX, AX
	JMP	·put4(SB)

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

// long64 goes on at addresses of the direct map, so that the low ones can change.
TEXT ·long64(SB),NOSPLIT|NOFRAME,$0
	MOVL	SI, R14	// its upper half is undefined after the change of mode
	MOVQ	$const_direct, R15
	LEAQ	·link(SB), AX
	ADDQ	R15, AX
	JMP	AX

// link maps the kernel where it is linked, and nothing else below 1 GiB, and goes there, to the runtime. R14: how far the
// kernel was moved; R15: the direct map.
TEXT ·link(SB),NOSPLIT|NOFRAME,$0
	LEAL	const_g0Top(R14), SP
	ADDQ	R15, SP
	LEAL	const_kernelBase(R14), R8
	LEAQ	const_kernelSize(R8), R9	// the kernel is in [R8, R9)
	LEAL	const_bootTables(R14), DI
	LEAL	0x6003(DI), AX	// PDPT
	LEAL	0x7003(DI), CX	// PD
	ADDQ	R15, DI
	MOVQ	CX, 0x6000(DI)
	LEAQ	const_kernelEntry(DI), DX
	LEAQ	0x83(R8), CX
entry:
	MOVQ	CX, (DX)
	ADDQ	$8, DX
	ADDQ	$0x200000, CX
	CMPQ	CX, R9
	JCS	entry
	MOVQ	AX, 0(DI)
	MOVQ	CR3, AX
	MOVQ	AX, CR3

	LEAQ	·linked(SB), AX
	SUBQ	R15, AX
	SUBL	R14, AX
	JMP	AX

// linked runs at the addresses that the kernel is linked for.
TEXT ·linked(SB),NOSPLIT|NOFRAME,$0
	MOVQ	$(const_g0Top-16), SP
	JMP	_rt0_tamago_start(SB)

// func imageEnd() uint64
TEXT ·imageEnd(SB),NOSPLIT,$0-8
	LEAQ	runtime·end(SB), AX
	MOVQ	AX, ret+0(FP)
	RET

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
