//go:build tamago

#include "textflag.h"

// func ReadMSR(msr uint32) uint64
//
// In:  CX register.  Out: DX:AX.  Clobbers: AX, CX, DX.
TEXT ·ReadMSR(SB),NOSPLIT,$0-16
	MOVL	msr+0(FP), CX
	RDMSR
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	AX, ret+8(FP)
	RET

// func WriteMSR(msr uint32, v uint64)
//
// In:  CX register, DX:AX value.  Clobbers: AX, CX, DX.
TEXT ·WriteMSR(SB),NOSPLIT,$0-16
	MOVL	msr+0(FP), CX
	MOVQ	v+8(FP), AX
	MOVQ	AX, DX
	SHRQ	$32, DX
	WRMSR
	RET

// func Random() (v uint64, ok bool)
//
// Out: AX value, CF valid.  Clobbers: AX, CX, flags.
// The manual's advice: ten tries, then the generator is broken.
// Source: Intel SDM Vol. 1, "RDRAND".
TEXT ·Random(SB),NOSPLIT,$0-9
	MOVL	$10, CX
again:
	RDRANDQ	AX
	JCS	done
	PAUSE
	DECL	CX
	JNZ	again
	MOVQ	$0, v+0(FP)
	MOVB	$0, ok+8(FP)
	RET
done:
	MOVQ	AX, v+0(FP)
	MOVB	$1, ok+8(FP)
	RET

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
