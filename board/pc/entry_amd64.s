//go:build tamago

#include "go_asm.h"
#include "textflag.h"
#include "say_amd64.h"

// cpuinit is the kernel's first instruction. A PVH loader enters it in 32-bit protected mode: flat
// segments, paging off, EBX = the physical address of hvm_start_info.
//
// The kernel may lie elsewhere than it is linked. Until it runs at its linear addresses, SI is how far: every
// address here is an offset to it, or relative to the instruction.
//
// Until ·long64 this is 32-bit code. Go's assembler knows only 64-bit code, so every instruction here is
// one that both modes encode alike: no REX prefix, and a RIP-relative operand only where it says so. Nothing else can be called
// yet, so the instructions of board/x86 are here inline.
//
// hvm_start_info (BX): modules' count at 12, their list at 16, command line at 24, memory map at 40, its entries at 48. A module: address and
// size first.
//
// Source: Xen, "x86/HVM direct boot ABI"; Xen, public/arch-x86/hvm/start_info.h.
TEXT cpuinit(SB),NOSPLIT|NOFRAME,$0
	CLI
	CLD
	CMPL	0(BX), $0x336ec578
	JEQ	told
	JMP	mb2init(SB)
told:
	XORL	SI, SI	// PVH loaders put it where it is linked
	LEAL	const_earlyStack(SI), SP
	RDTSC
	MOVL	AX, const_earlyTSC(SI)
	MOVL	DX, (const_earlyTSC+4)(SI)
	MOVL	BX, const_earlyInfo(SI)
	MOVL	$const_PVH, const_earlyProtocol(SI)
	MOVL	$24, const_earlyEntry(SI)
	MOVL	40(BX), AX
	MOVL	AX, const_earlyMap(SI)
	MOVL	48(BX), CX
	LEAL	(CX)(CX*2), CX
	LEAL	(AX)(CX*8), CX
	MOVL	CX, const_earlyMapEnd(SI)
	CALL	·room(SB)

	MOVL	BX, AX
	LEAL	56(BX), DX
	CALL	·apart(SB)
	MOVL	const_earlyMap(SI), AX
	MOVL	const_earlyMapEnd(SI), DX
	CALL	·apart(SB)
	MOVL	24(BX), AX	// a text of unknown length
	LEAL	1(AX), DX
	CALL	·apart(SB)
	MOVL	16(BX), DI
	MOVL	12(BX), CX
	CMPL	CX, $const_maxModules
	JHI	apart	// garbage, which is refused later
	MOVL	DI, AX
	MOVL	CX, DX
	SHLL	$5, DX
	ADDL	DI, DX
	CALL	·apart(SB)
module:
	TESTL	CX, CX
	JEQ	apart
	SUBL	$1, CX
	CMPL	4(DI), $0
	JNE	next	// from 4 GiB on
	MOVL	0(DI), AX
	MOVL	AX, DX
	ADDL	8(DI), DX
	JCS	long
	CMPL	12(DI), $0
	JEQ	short
long:
	MOVL	$-1, DX
short:
	CALL	·apart(SB)
next:
	ADDL	$32, DI
	JMP	module
apart:
	JMP	·start(SB)

// mb2init is where a Multiboot2 loader enters the kernel: as above, EAX = its magic, EBX = the physical address of its
// information, ESP undefined.
//
// The information (BX): its size, a reserved word, tags. A tag, at a multiple of 8: type, size, then of the memory map (6) the
// size of an entry, its version and the entries; of a module (3) start and end.
//
// Source: Multiboot2 Specification, "I386 machine state", "Boot information format".
TEXT mb2init(SB),NOSPLIT|NOFRAME,$0
	CLI
	CLD
	CMPL	AX, $0x36d76289
	JNE	neither
	LEAL	8(BX), SP	// the reserved word is the first stack
	CALL	·caller(SB)
	LEAL	runtime·text(SB), SI	// in 32-bit mode this is how far runtime·text is from the instruction after it
	LEAL	(6-const_kernelText)(SI)(AX*1), SI	// and 6 bytes before that is AX
	TESTL	$(const_loadAlign-1), SI
	JNE	crooked
	LEAL	const_earlyStack(SI), SP
	RDTSC
	MOVL	AX, const_earlyTSC(SI)
	MOVL	DX, (const_earlyTSC+4)(SI)
	MOVL	BX, const_earlyInfo(SI)
	MOVL	$const_Multiboot2, const_earlyProtocol(SI)

	CALL	·tags(SB)
map:
	CMPL	DI, CX
	JCC	unmapped
	MOVL	0(DI), AX
	CMPL	AX, $6
	JEQ	mapped
	CALL	·tag(SB)
	JMP	map
mapped:
	LEAL	16(DI), AX
	MOVL	AX, const_earlyMap(SI)
	MOVL	8(DI), AX
	MOVL	AX, const_earlyEntry(SI)
	CMPL	AX, $24
	JCS	unmapped
	CMPL	AX, $const_page
	JCC	unmapped
	CALL	·tag(SB)
	MOVL	DI, const_earlyMapEnd(SI)
	CALL	·room(SB)

	MOVL	BX, AX
	MOVL	0(BX), DX
	ADDL	BX, DX
	CALL	·apart(SB)
	CALL	·tags(SB)
module:
	CMPL	DI, CX
	JCC	apart
	MOVL	0(DI), AX
	CMPL	AX, $3
	JNE	next
	MOVL	8(DI), AX
	MOVL	12(DI), DX
	CALL	·apart(SB)
next:
	CALL	·tag(SB)
	JMP	module
apart:
	JMP	·start(SB)
neither:
	MOVL	$const_lowStack, SP
	// "bennu: not booted by PVH or Multiboot2. "
	SAY(0x6e6e6562); SAY(0x6e203a75); SAY(0x6220746f); SAY(0x65746f6f); SAY(0x79622064); SAY(0x48565020)
	SAY(0x20726f20); SAY(0x746c754d); SAY(0x6f6f6269); SAY(0x202e3274)
	JMP	·giveup(SB)
crooked:
	// "bennu: loaded at no multiple of 2 MiB   "
	SAY(0x6e6e6562); SAY(0x6c203a75); SAY(0x6564616f); SAY(0x74612064); SAY(0x206f6e20); SAY(0x746c756d)
	SAY(0x656c7069); SAY(0x20666f20); SAY(0x694d2032); SAY(0x20202042)
	JMP	·giveup(SB)
unmapped:
	// "bennu: multiboot2: no sound memory map"
	SAY(0x6e6e6562); SAY(0x6d203a75); SAY(0x69746c75); SAY(0x746f6f62); SAY(0x6e203a32); SAY(0x6f73206f)
	SAY(0x20646e75); SAY(0x6f6d656d); SAY(0x6d207972); SAY(0x20207061)
	JMP	·giveup(SB)

// caller gives its return address in AX.
TEXT ·caller(SB),NOSPLIT|NOFRAME,$0
	MOVL	0(SP), AX
	RET

// tags gives Multiboot2's first tag in DI, and in CX where the last one must begin before: the information's end, less a tag's head.
TEXT ·tags(SB),NOSPLIT|NOFRAME,$0
	LEAL	8(BX), DI
	MOVL	0(BX), CX
	LEAL	-7(BX)(CX*1), CX
	CMPL	CX, BX
	JCC	done
	MOVL	BX, CX	// garbage: no tags
done:
	RET

// tag goes on to the next tag in DI; after the last one, and from one that is none, to CX. Clobbers DX.
TEXT ·tag(SB),NOSPLIT|NOFRAME,$0
	CMPL	0(DI), $0
	JEQ	last
	MOVL	4(DI), DX
	CMPL	DX, $8
	JCS	last
	LEAL	7(DI)(DX*1), DX
	ANDL	$~7, DX
	CMPL	DX, DI
	JCS	last
	MOVL	DX, DI
	RET
last:
	MOVL	CX, DI
	RET

// start goes on when it is known that the kernel's memory is RAM and its own.
TEXT ·start(SB),NOSPLIT|NOFRAME,$0
	LEAL	const_g0Top(SI), SP
	LEAL	const_bootInfo(SI), DI
	MOVL	const_earlyInfo(SI), AX
	MOVL	AX, bootRecord_info(DI)
	MOVL	const_earlyTSC(SI), AX
	MOVL	AX, bootRecord_entryTSC(DI)
	MOVL	(const_earlyTSC+4)(SI), AX
	MOVL	AX, (bootRecord_entryTSC+4)(DI)
	MOVL	SI, bootRecord_moved(DI)
	MOVL	const_earlyProtocol(SI), AX
	MOVL	AX, bootRecord_protocol(DI)

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
	// "bennu: cpu lacks:   "
	SAY(0x6e6e6562); SAY(0x63203a75); SAY(0x6c207570); SAY(0x736b6361); SAY(0x2020203a)
	MOVL	BP, AX
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

// far returns to its caller in 64-bit mode: the code segment of bootGDT.
TEXT ·far(SB),NOSPLIT|NOFRAME,$0
	BYTE	$0x58	// POP EAX
	BYTE	$0x6a; BYTE $0x08	// PUSH 8
	BYTE	$0x50	// PUSH EAX
	BYTE	$0xcb	// RETF

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
