//go:build tamago

#include "go_asm.h"
#include "textflag.h"

// func verw()
//
// Stack: 2 bytes, a selector: only the form with a memory operand clears.  Clobbers: AX, ZF.
TEXT ·verw(SB),NOSPLIT,$8-0
	MOVW	$const_dataSelector, AX
	MOVW	AX, selector-8(SP)
	VERW	selector-8(SP)
	RET
