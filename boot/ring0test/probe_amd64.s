//go:build tamago

#include "textflag.h"

// What Go has no words for: registers, and accesses that are meant to fault.

// func flags() uint64
TEXT ·flags(SB),NOSPLIT,$0-8
	PUSHFQ
	POPQ	AX
	MOVQ	AX, ret+0(FP)
	RET

// func mxcsr() uint32
TEXT ·mxcsr(SB),NOSPLIT,$0-4
	STMXCSR	ret+0(FP)
	RET

// func fsBase() uint64
TEXT ·fsBase(SB),NOSPLIT,$0-8
	RDFSBASEQ	AX
	MOVQ	AX, ret+0(FP)
	RET

// func readCR0() uint64
TEXT ·readCR0(SB),NOSPLIT,$0-8
	MOVQ	CR0, AX
	MOVQ	AX, ret+0(FP)
	RET

// func readCR4() uint64
TEXT ·readCR4(SB),NOSPLIT,$0-8
	MOVQ	CR4, AX
	MOVQ	AX, ret+0(FP)
	RET

// func writeCR0(v uint64)
TEXT ·writeCR0(SB),NOSPLIT,$0-8
	MOVQ	v+0(FP), AX
	MOVQ	AX, CR0
	RET

// func writeCR4(v uint64)
TEXT ·writeCR4(SB),NOSPLIT,$0-8
	MOVQ	v+0(FP), AX
	MOVQ	AX, CR4
	RET

// func readDR6() uint64
TEXT ·readDR6(SB),NOSPLIT,$0-8
	MOVQ	DR6, AX
	MOVQ	AX, ret+0(FP)
	RET

// func writeDR(d0, d1, d2, d3, d6, d7 uint64)
TEXT ·writeDR(SB),NOSPLIT,$0-48
	MOVQ	d0+0(FP), AX
	MOVQ	AX, DR0
	MOVQ	d1+8(FP), AX
	BYTE	$0x0f; BYTE $0x23; BYTE $0xc8	// MOV DR1, RAX
	MOVQ	d2+16(FP), AX
	BYTE	$0x0f; BYTE $0x23; BYTE $0xd0	// MOV DR2, RAX
	MOVQ	d3+24(FP), AX
	BYTE	$0x0f; BYTE $0x23; BYTE $0xd8	// MOV DR3, RAX
	MOVQ	d6+32(FP), AX
	MOVQ	AX, DR6
	MOVQ	d7+40(FP), AX
	MOVQ	AX, DR7
	RET

// func load(a uint64) uint64
TEXT ·load(SB),NOSPLIT,$0-16
	MOVQ	a+0(FP), AX
	MOVQ	(AX), AX
	MOVQ	AX, ret+8(FP)
	RET

// func store(a uint64)
TEXT ·store(SB),NOSPLIT,$0-8
	MOVQ	a+0(FP), AX
	MOVB	$0xc3, (AX)	// RET, in case that it is run
	RET

// func jump(a uint64)
TEXT ·jump(SB),NOSPLIT,$0-8
	MOVQ	a+0(FP), AX
	CALL	AX
	RET

// func step()
//
// Sets TF in ring 0.
TEXT ·step(SB),NOSPLIT,$0-0
	PUSHFQ
	ORQ	$0x100, 0(SP)
	POPFQ
	NOP
	NOP
	RET

// func astray(sp uint64)
//
// Stays where the stack pointer is not ring 0's, as it is between SYSCALL and the change of stacks.
TEXT ·astray(SB),NOSPLIT|NOFRAME,$0-8
	MOVQ	8(SP), SP
stay:
	PAUSE
	JMP	stay

// func overflow(sp uint64)
//
// Pushes on the stack that ends at sp until something stops it.
TEXT ·overflow(SB),NOSPLIT|NOFRAME,$0-8
	MOVQ	8(SP), AX
	MOVQ	AX, SP
again:
	BYTE	$0x50	// PUSH RAX, which the assembler does not count
	JMP	again
