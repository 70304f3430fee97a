//go:build tamago

#include "textflag.h"

// func copyFrame(to, from *Words)
//
// In:  to, from, pages.  Clobbers: AX, CX, DX, SI, DI, Y0–Y3 (ring 3's vector state is saved, or lost by the ABI).
//
// With AVX, 32 bytes at a time, for the reasons of zero. Preconditions: CR4.OSXSAVE.
// Source: Intel SDM Vol. 1, "Detection of AVX Instructions"; Vol. 2B, "MOVS", "REP".
TEXT ·copyFrame(SB),NOSPLIT,$0-16
	XORL	CX, CX
	BYTE	$0x0f; BYTE $0x01; BYTE $0xd0	// XGETBV
	MOVQ	to+0(FP), DI
	MOVQ	from+8(FP), SI
	TESTL	$4, AX
	JEQ	strings
	MOVL	$16, CX
next:
	VMOVDQU	0(SI), Y0
	VMOVDQU	32(SI), Y1
	VMOVDQU	64(SI), Y2
	VMOVDQU	96(SI), Y3
	VMOVDQU	Y0, 0(DI)
	VMOVDQU	Y1, 32(DI)
	VMOVDQU	Y2, 64(DI)
	VMOVDQU	Y3, 96(DI)
	VMOVDQU	128(SI), Y0
	VMOVDQU	160(SI), Y1
	VMOVDQU	192(SI), Y2
	VMOVDQU	224(SI), Y3
	VMOVDQU	Y0, 128(DI)
	VMOVDQU	Y1, 160(DI)
	VMOVDQU	Y2, 192(DI)
	VMOVDQU	Y3, 224(DI)
	ADDQ	$256, SI
	ADDQ	$256, DI
	DECL	CX
	JNZ	next
	VZEROUPPER
	RET
strings:
	MOVL	$512, CX
	CLD
	REP; MOVSQ
	RET
