#include "textflag.h"

// func cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32)
//
// In:  AX leaf, CX sub-leaf.  Out: AX BX CX DX.
// Source: Intel SDM Vol. 2A, "CPUID—CPU Identification".
TEXT ·cpuid(SB),NOSPLIT,$0-24
	MOVL	leaf+0(FP), AX
	MOVL	sub+4(FP), CX
	CPUID
	MOVL	AX, eax+8(FP)
	MOVL	BX, ebx+12(FP)
	MOVL	CX, ecx+16(FP)
	MOVL	DX, edx+20(FP)
	RET

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
