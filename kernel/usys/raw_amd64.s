//go:build tamago

#include "textflag.h"

// The gate, by how many arguments a call has.
//
// In:  AX call number, DI SI DX R10 R8 arguments.  Out: AX errno, DX value.
// Clobbers: CX, R11 (SYSCALL), vector state.
// Source: docs/ABI.md, "Entering the kernel".

// func raw0(nr uint64) (errno, value uint64)
TEXT ·raw0(SB),NOSPLIT,$0-24
	MOVQ	nr+0(FP), AX
	XORL	DI, DI
	XORL	SI, SI
	XORL	DX, DX
	XORL	R10, R10
	XORL	R8, R8
	SYSCALL
	MOVQ	AX, errno+8(FP)
	MOVQ	DX, value+16(FP)
	RET

// func raw1(nr, a1 uint64) (errno, value uint64)
TEXT ·raw1(SB),NOSPLIT,$0-32
	MOVQ	nr+0(FP), AX
	MOVQ	a1+8(FP), DI
	XORL	SI, SI
	XORL	DX, DX
	XORL	R10, R10
	XORL	R8, R8
	SYSCALL
	MOVQ	AX, errno+16(FP)
	MOVQ	DX, value+24(FP)
	RET

// func raw2(nr, a1, a2 uint64) (errno, value uint64)
TEXT ·raw2(SB),NOSPLIT,$0-40
	MOVQ	nr+0(FP), AX
	MOVQ	a1+8(FP), DI
	MOVQ	a2+16(FP), SI
	XORL	DX, DX
	XORL	R10, R10
	XORL	R8, R8
	SYSCALL
	MOVQ	AX, errno+24(FP)
	MOVQ	DX, value+32(FP)
	RET

// func raw3(nr, a1, a2, a3 uint64) (errno, value uint64)
TEXT ·raw3(SB),NOSPLIT,$0-48
	MOVQ	nr+0(FP), AX
	MOVQ	a1+8(FP), DI
	MOVQ	a2+16(FP), SI
	MOVQ	a3+24(FP), DX
	XORL	R10, R10
	XORL	R8, R8
	SYSCALL
	MOVQ	AX, errno+32(FP)
	MOVQ	DX, value+40(FP)
	RET

// func raw4(nr, a1, a2, a3, a4 uint64) (errno, value uint64)
TEXT ·raw4(SB),NOSPLIT,$0-56
	MOVQ	nr+0(FP), AX
	MOVQ	a1+8(FP), DI
	MOVQ	a2+16(FP), SI
	MOVQ	a3+24(FP), DX
	MOVQ	a4+32(FP), R10
	XORL	R8, R8
	SYSCALL
	MOVQ	AX, errno+40(FP)
	MOVQ	DX, value+48(FP)
	RET

// func raw5(nr, a1, a2, a3, a4, a5 uint64) (errno, value uint64)
TEXT ·raw5(SB),NOSPLIT,$0-64
	MOVQ	nr+0(FP), AX
	MOVQ	a1+8(FP), DI
	MOVQ	a2+16(FP), SI
	MOVQ	a3+24(FP), DX
	MOVQ	a4+32(FP), R10
	MOVQ	a5+40(FP), R8
	SYSCALL
	MOVQ	AX, errno+48(FP)
	MOVQ	DX, value+56(FP)
	RET
