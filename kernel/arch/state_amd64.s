//go:build tamago

#include "go_asm.h"
#include "textflag.h"

// Readers of what the CPU holds, for State. None of them changes anything.
//
// Source: Intel SDM Vol. 2A and 2B, "MOV—Move to/from Control Registers", "MOV—Move to/from Debug Registers", "RDMSR",
// "XGETBV", "SGDT", "SIDT", "SLDT", "STR".

// func readControl(s *State)
//
// In:  s.  Clobbers: AX, BX, CX, DX.
TEXT ·readControl(SB),NOSPLIT,$0-8
	MOVQ	s+0(FP), BX
	MOVQ	CR0, AX
	MOVQ	AX, State_CR0(BX)
	MOVQ	CR4, AX
	MOVQ	AX, State_CR4(BX)
	MOVQ	DR0, AX
	MOVQ	AX, State_DR0(BX)
	BYTE	$0x0f; BYTE $0x21; BYTE $0xc8	// MOV RAX, DR1
	MOVQ	AX, State_DR1(BX)
	BYTE	$0x0f; BYTE $0x21; BYTE $0xd0	// MOV RAX, DR2
	MOVQ	AX, State_DR2(BX)
	BYTE	$0x0f; BYTE $0x21; BYTE $0xd8	// MOV RAX, DR3
	MOVQ	AX, State_DR3(BX)
	MOVQ	DR6, AX
	MOVQ	AX, State_DR6(BX)
	MOVQ	DR7, AX
	MOVQ	AX, State_DR7(BX)
	XORL	CX, CX
	BYTE	$0x0f; BYTE $0x01; BYTE $0xd0	// XGETBV
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	AX, State_XCR0(BX)
	XORL	AX, AX
	MOVW	CS, AX
	MOVQ	AX, State_CS(BX)
	MOVW	SS, AX
	MOVQ	AX, State_SS(BX)
	MOVW	DS, AX
	MOVQ	AX, State_DS(BX)
	MOVW	ES, AX
	MOVQ	AX, State_ES(BX)
	BYTE	$0x0f; BYTE $0x00; BYTE $0xc8	// STR EAX
	MOVQ	AX, State_TR(BX)
	BYTE	$0x0f; BYTE $0x00; BYTE $0xc0	// SLDT EAX
	MOVQ	AX, State_LDTR(BX)
	LEAQ	·syscallEntry(SB), AX
	MOVQ	AX, State_Syscall(BX)
	LEAQ	·stubs(SB), AX
	MOVQ	AX, State_Stubs(BX)
	LEAQ	·trap(SB), AX
	MOVQ	AX, State_Trap(BX)
	LEAQ	·special(SB), AX
	MOVQ	AX, State_Special(BX)
	RET

// func readTables(gdtBase, gdtLimit, idtBase, idtLimit *uint64)
//
// Stack: 16 bytes for what SGDT and SIDT store: the limit, then the base.
TEXT ·readTables(SB),NOSPLIT,$16-32
	MOVQ	$0, p-16(SP)
	MOVQ	$0, p-8(SP)
	LEAQ	p-16(SP), AX
	BYTE	$0x0f; BYTE $0x01; BYTE $0x00	// SGDT [RAX]
	MOVQ	2(AX), CX
	MOVQ	gdtBase+0(FP), DX
	MOVQ	CX, (DX)
	MOVWQZX	0(AX), CX
	MOVQ	gdtLimit+8(FP), DX
	MOVQ	CX, (DX)
	BYTE	$0x0f; BYTE $0x01; BYTE $0x08	// SIDT [RAX]
	MOVQ	2(AX), CX
	MOVQ	idtBase+16(FP), DX
	MOVQ	CX, (DX)
	MOVWQZX	0(AX), CX
	MOVQ	idtLimit+24(FP), DX
	MOVQ	CX, (DX)
	RET

// func readMSR(msr uint32) uint64
TEXT ·readMSR(SB),NOSPLIT,$0-16
	MOVL	msr+0(FP), CX
	RDMSR
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	AX, ret+8(FP)
	RET
