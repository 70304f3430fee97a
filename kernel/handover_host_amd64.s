//go:build !tamago

#include "go_asm.h"
#include "textflag.h"

// The handover as the tests of the host do it: ring 0 takes no time there.
#define NOW MOVQ R14, AX

// The handover by its registers.
TEXT ·handOverCore(SB),NOSPLIT|NOFRAME,$0
#include "handover_amd64.h"

// func handOver(k *Kernel, c *arch.Context, left, back uint64) (to *arch.Context)
TEXT ·handOver(SB),NOSPLIT,$8-40
	MOVQ	k+0(FP), R8
	MOVQ	c+8(FP), DI
	MOVQ	left+16(FP), R13
	MOVQ	back+24(FP), R14
	CALL	·handOverCore(SB)
	MOVQ	SI, to+32(FP)
	RET
