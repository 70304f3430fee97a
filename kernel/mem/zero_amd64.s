//go:build tamago

#include "textflag.h"

#define CLEAR(at) VMOVDQU Y0, at(DI)
#define CLEAR256(at) CLEAR(at); CLEAR((at+32)); CLEAR((at+64)); CLEAR((at+96)); CLEAR((at+128)); CLEAR((at+160)); CLEAR((at+192)); CLEAR((at+224))
#define CLEAR1K(at) CLEAR256(at); CLEAR256((at+256)); CLEAR256((at+512)); CLEAR256((at+768))

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
	VPXOR	Y0, Y0, Y0
	CLEAR1K(0)
	CLEAR1K(1024)
	CLEAR1K(2048)
	CLEAR1K(3072)
	VZEROUPPER
	RET
strings:
	MOVL	$512, CX
	XORL	AX, AX
	CLD
	REP; STOSQ
	RET
