//go:build tamago

#include "textflag.h"

// func Read() uint64
//
// Out: DX:AX counter.  Clobbers: AX, DX.  Source: Intel SDM Vol. 2B, "RDTSC".
TEXT ·Read(SB),NOSPLIT,$0-8
	RDTSC
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	AX, ret+0(FP)
	RET
