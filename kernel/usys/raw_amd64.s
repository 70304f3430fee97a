//go:build tamago

#include "textflag.h"

// func raw(nr, a1, a2, a3, a4, a5 uint64) (errno, value uint64)
//
// In:  AX call number, DI SI DX R10 R8 arguments.  Out: AX errno, DX value.
// Clobbers: CX, R11 (SYSCALL), vector state.
// Source: docs/ABI.md, "Entering the kernel".
TEXT ·raw(SB),NOSPLIT,$0-64
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

// func TSC() uint64
//
// Out: DX:AX counter.  Clobbers: AX, DX.  Source: Intel SDM Vol. 2B, "RDTSC".
TEXT ·TSC(SB),NOSPLIT,$0-8
	RDTSC
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	AX, ret+0(FP)
	RET
