//go:build tamago

#include "textflag.h"

// func zero(frame *Words)
//
// In:  frame, a page.  Clobbers: AX, CX, DX, DI, Y0 (ring 3's vector state is saved, or lost by the ABI).
//
// With AVX, 128 stores of 32 bytes: as fast as REP STOSQ on a CPU that has fast strings, and a quarter
// of the count where iterations are counted as instructions. XCR0 tells whether AVX may be used.
// Preconditions: CR4.OSXSAVE.
// Source: Intel SDM Vol. 1, "Detection of AVX Instructions"; Vol. 2B, "REP STOS".
TEXT ·zero(SB),NOSPLIT,$0-8
	XORL	CX, CX
	BYTE	$0x0f; BYTE $0x01; BYTE $0xd0	// XGETBV
	MOVQ	frame+0(FP), DI
	TESTL	$4, AX
	JEQ	strings
	MOVL	$8, CX
	VPXOR	Y0, Y0, Y0
next:
	VMOVDQU	Y0, 0(DI)
	VMOVDQU	Y0, 32(DI)
	VMOVDQU	Y0, 64(DI)
	VMOVDQU	Y0, 96(DI)
	VMOVDQU	Y0, 128(DI)
	VMOVDQU	Y0, 160(DI)
	VMOVDQU	Y0, 192(DI)
	VMOVDQU	Y0, 224(DI)
	VMOVDQU	Y0, 256(DI)
	VMOVDQU	Y0, 288(DI)
	VMOVDQU	Y0, 320(DI)
	VMOVDQU	Y0, 352(DI)
	VMOVDQU	Y0, 384(DI)
	VMOVDQU	Y0, 416(DI)
	VMOVDQU	Y0, 448(DI)
	VMOVDQU	Y0, 480(DI)
	ADDQ	$512, DI
	DECL	CX
	JNZ	next
	VZEROUPPER
	RET
strings:
	MOVL	$512, CX
	XORL	AX, AX
	CLD
	REP; STOSQ
	RET
