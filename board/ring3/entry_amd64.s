//go:build tamago

#include "textflag.h"

// cpuinit is a task's first instruction: all registers are zero, its RAM is zero and given as it is
// touched. The stack is at the top of it.
TEXT cpuinit(SB),NOSPLIT|NOFRAME,$0
	MOVQ	runtime∕goos·RamStart(SB), SP
	ADDQ	runtime∕goos·RamSize(SB), SP
	SUBQ	runtime∕goos·RamStackOffset(SB), SP
	JMP	_rt0_tamago_start(SB)

// func imageData() uint64
TEXT ·imageData(SB),NOSPLIT,$0-8
	LEAQ	runtime·noptrdata(SB), AX
	LEAQ	runtime·enoptrbss(SB), CX
	SUBQ	AX, CX
	MOVQ	CX, ret+0(FP)
	RET
