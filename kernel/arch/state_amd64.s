//go:build tamago

#include "go_asm.h"
#include "textflag.h"

// Readers of what the CPU holds, for State, beside those of board/x86. None of them changes anything.
//
// Source: Intel SDM Vol. 2A and 2B, "SGDT", "SIDT", "SLDT", "STR".

// func readSelectors(s *State)
//
// In:  s.  Clobbers: AX, BX.
TEXT ·readSelectors(SB),NOSPLIT,$0-8
	MOVQ	s+0(FP), BX
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
	LEAQ	·boot(SB), AX
	MOVQ	AX, State_CPU(BX)
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
