#include "textflag.h"

// func TSC() uint64
//
// Out: DX:AX counter.  Clobbers: AX, DX.
// Source: Intel SDM Vol. 2B, "RDTSC—Read Time-Stamp Counter".
TEXT ·TSC(SB),NOSPLIT,$0-8
	RDTSC
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	AX, ret+0(FP)
	RET

// func OrderedTSC() uint64
//
// Out: DX:AX counter.  Clobbers: AX, DX.
// Source: Intel SDM Vol. 2B, "RDTSC—Read Time-Stamp Counter" (LFENCE around it).
TEXT ·OrderedTSC(SB),NOSPLIT,$0-8
	LFENCE
	RDTSC
	LFENCE
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	AX, ret+0(FP)
	RET

// func Pause()
TEXT ·Pause(SB),NOSPLIT,$0-0
	PAUSE
	RET
