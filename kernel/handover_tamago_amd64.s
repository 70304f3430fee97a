//go:build tamago

#include "go_asm.h"
#include "textflag.h"

#define NOW \
	RDTSC; \
	SHLQ	$32, DX; \
	ORQ	DX, AX

// What SYSCALL's entry calls (arch.CPU.HandOver).
TEXT ·handOverCore(SB),NOSPLIT|NOFRAME,$0
#include "handover_amd64.h"

// func handOverCode() uintptr
TEXT ·handOverCode(SB),NOSPLIT,$0-8
	LEAQ	·handOverCore(SB), AX
	MOVQ	AX, ret+0(FP)
	RET
