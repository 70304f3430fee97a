#include "textflag.h"

// func divide()
//
// Source: Intel SDM Vol. 2A, "DIV".
TEXT ·divide(SB),NOSPLIT,$0-0
	MOVL	$1, AX
	XORL	DX, DX
	XORL	CX, CX
	DIVL	CX
	RET

// func illegal()
TEXT ·illegal(SB),NOSPLIT,$0-0
	UD2
	RET

// func halt()
TEXT ·halt(SB),NOSPLIT,$0-0
	HLT
	RET

// func writeText()
//
// It writes what is there, so that nothing changes should the store succeed.
TEXT ·writeText(SB),NOSPLIT,$0-0
	LEAQ	·writeText(SB), AX
	MOVB	(AX), CX
	MOVB	CX, (AX)
	RET

// func jumpData()
//
// A call, so that a landing that is executed comes back.
TEXT ·jumpData(SB),NOSPLIT,$8-0
	LEAQ	·landing(SB), AX
	CALL	AX
	RET

// func loop()
TEXT ·loop(SB),NOSPLIT,$0-0
again:
	JMP	again

// func load(address uint64) uint64
TEXT ·load(SB),NOSPLIT,$0-16
	MOVQ	address+0(FP), AX
	MOVQ	(AX), AX
	MOVQ	AX, ret+8(FP)
	RET

// func call(nr uint64)
//
// Clobbers: AX, DX, CX, R11 (SYSCALL).
TEXT ·call(SB),NOSPLIT,$0-8
	MOVQ	nr+0(FP), AX
	SYSCALL
	RET
