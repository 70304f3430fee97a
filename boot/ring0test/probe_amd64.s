//go:build tamago

#include "textflag.h"

// What Go has no words for: registers, and accesses that are meant to fault.

// func loadGDT(base, limit uint64)
//
// Stack: 16 bytes for what LGDT reads: the limit, then the base.
TEXT ·loadGDT(SB),NOSPLIT,$16-16
	MOVQ	base+0(FP), AX
	MOVQ	limit+8(FP), CX
	MOVW	CX, p-16(SP)
	MOVQ	AX, p-14(SP)
	LGDT	p-16(SP)
	RET

// func swapGS()
TEXT ·swapGS(SB),NOSPLIT,$0-0
	SWAPGS
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

// func astraySwapped(sp uint64)
//
// The same with the task's GS base: between SWAPGS and SYSRET, and, but for one instruction, between SYSCALL and SWAPGS.
TEXT ·astraySwapped(SB),NOSPLIT|NOFRAME,$0-8
	MOVQ	8(SP), SP
	SWAPGS
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
