#include "go_asm.h"
#include "textflag.h"

// func Halt()
//
// The loop is for what wakes a halted processor all the same: NMI and SMI.
TEXT ·Halt(SB),NOSPLIT,$0-0
	CLI
stop:
	HLT
	JMP	stop

// func TripleFault()
//
// Stack: 10 bytes of zeros, the IDT register's new limit and base.
// Clobbers: AX.
TEXT ·TripleFault(SB),NOSPLIT,$16-0
	CLI
	XORL	AX, AX
	MOVQ	AX, idt-16(SP)
	MOVQ	AX, idt-8(SP)
	LIDT	idt-16(SP)
	INT	$3
stop:
	HLT
	JMP	stop

// func ClearBuffers()
//
// Stack: 2 bytes, a selector: only the form with a memory operand clears.  Clobbers: AX, ZF.
TEXT ·ClearBuffers(SB),NOSPLIT,$8-0
	MOVW	$const_dataSelector, AX
	MOVW	AX, selector-8(SP)
	VERW	selector-8(SP)
	RET
