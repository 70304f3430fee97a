#include "textflag.h"

// func ReadMSR(msr uint32) uint64
//
// In:  CX register.  Out: DX:AX.  Clobbers: AX, CX, DX.
TEXT ·ReadMSR(SB),NOSPLIT,$0-16
	MOVL	msr+0(FP), CX
	RDMSR
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	AX, ret+8(FP)
	RET

// func WriteMSR(msr uint32, v uint64)
//
// In:  CX register, DX:AX value.  Clobbers: AX, CX, DX.
TEXT ·WriteMSR(SB),NOSPLIT,$0-16
	MOVL	msr+0(FP), CX
	MOVQ	v+8(FP), AX
	MOVQ	AX, DX
	SHRQ	$32, DX
	WRMSR
	RET
