#include "textflag.h"

// Source: Intel SDM Vol. 2A, "MOV—Move to/from Control Registers", "MOV—Move to/from Debug Registers". Those of DR1 to DR3
// are not the assembler's.

// func ReadCR0() uint64
TEXT ·ReadCR0(SB),NOSPLIT,$0-8
	MOVQ	CR0, AX
	MOVQ	AX, ret+0(FP)
	RET

// func WriteCR0(v uint64)
TEXT ·WriteCR0(SB),NOSPLIT,$0-8
	MOVQ	v+0(FP), AX
	MOVQ	AX, CR0
	RET

// func ReadCR2() uint64
TEXT ·ReadCR2(SB),NOSPLIT,$0-8
	MOVQ	CR2, AX
	MOVQ	AX, ret+0(FP)
	RET

// func WriteCR3(root uint64)
TEXT ·WriteCR3(SB),NOSPLIT,$0-8
	MOVQ	root+0(FP), AX
	MOVQ	AX, CR3
	RET

// func InvalidatePage(va uint64)
TEXT ·InvalidatePage(SB),NOSPLIT,$0-8
	MOVQ	va+0(FP), AX
	INVLPG	(AX)
	RET

// func ReadCR4() uint64
TEXT ·ReadCR4(SB),NOSPLIT,$0-8
	MOVQ	CR4, AX
	MOVQ	AX, ret+0(FP)
	RET

// func WriteCR4(v uint64)
TEXT ·WriteCR4(SB),NOSPLIT,$0-8
	MOVQ	v+0(FP), AX
	MOVQ	AX, CR4
	RET

// func ReadXCR0() uint64
//
// In:  CX 0.  Out: DX:AX.  Clobbers: AX, CX, DX.
TEXT ·ReadXCR0(SB),NOSPLIT,$0-8
	XORL	CX, CX
	BYTE	$0x0f; BYTE $0x01; BYTE $0xd0	// XGETBV
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	AX, ret+0(FP)
	RET

// func ReadDR() (d0, d1, d2, d3, d6, d7 uint64)
TEXT ·ReadDR(SB),NOSPLIT,$0-48
	MOVQ	DR0, AX
	MOVQ	AX, d0+0(FP)
	BYTE	$0x0f; BYTE $0x21; BYTE $0xc8	// MOV RAX, DR1
	MOVQ	AX, d1+8(FP)
	BYTE	$0x0f; BYTE $0x21; BYTE $0xd0	// MOV RAX, DR2
	MOVQ	AX, d2+16(FP)
	BYTE	$0x0f; BYTE $0x21; BYTE $0xd8	// MOV RAX, DR3
	MOVQ	AX, d3+24(FP)
	MOVQ	DR6, AX
	MOVQ	AX, d6+32(FP)
	MOVQ	DR7, AX
	MOVQ	AX, d7+40(FP)
	RET

// func WriteDR(d0, d1, d2, d3, d6, d7 uint64)
//
// DR7 comes first and last: nothing may match while the addresses change.
TEXT ·WriteDR(SB),NOSPLIT,$0-48
	XORL	AX, AX
	MOVQ	AX, DR7
	MOVQ	d0+0(FP), AX
	MOVQ	AX, DR0
	MOVQ	d1+8(FP), AX
	BYTE	$0x0f; BYTE $0x23; BYTE $0xc8	// MOV DR1, RAX
	MOVQ	d2+16(FP), AX
	BYTE	$0x0f; BYTE $0x23; BYTE $0xd0	// MOV DR2, RAX
	MOVQ	d3+24(FP), AX
	BYTE	$0x0f; BYTE $0x23; BYTE $0xd8	// MOV DR3, RAX
	MOVQ	d6+32(FP), AX
	MOVQ	AX, DR6
	MOVQ	d7+40(FP), AX
	MOVQ	AX, DR7
	RET

// func ReadFSBase() uint64
TEXT ·ReadFSBase(SB),NOSPLIT,$0-8
	RDFSBASEQ	AX
	MOVQ	AX, ret+0(FP)
	RET

// func ReadGSBase() uint64
TEXT ·ReadGSBase(SB),NOSPLIT,$0-8
	RDGSBASEQ	AX
	MOVQ	AX, ret+0(FP)
	RET

// func Flags() uint64
TEXT ·Flags(SB),NOSPLIT,$0-8
	PUSHFQ
	POPQ	AX
	MOVQ	AX, ret+0(FP)
	RET

// func MXCSR() uint32
TEXT ·MXCSR(SB),NOSPLIT,$0-4
	STMXCSR	ret+0(FP)
	RET
