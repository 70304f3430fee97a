#include "textflag.h"

// func In8(port uint16) uint8
//
// In:  DX port.  Out: AL.  Clobbers: AX, DX.
// Source: Intel SDM Vol. 2A, "IN—Input from Port".
TEXT ·In8(SB),NOSPLIT,$0-9
	MOVWLZX	port+0(FP), DX
	INB
	MOVB	AL, ret+8(FP)
	RET

// func In16(port uint16) uint16
//
// In:  DX port.  Out: AX.  Clobbers: AX, DX.
TEXT ·In16(SB),NOSPLIT,$0-10
	MOVWLZX	port+0(FP), DX
	INW
	MOVW	AX, ret+8(FP)
	RET

// func In32(port uint16) uint32
//
// In:  DX port.  Out: EAX.  Clobbers: AX, DX.
TEXT ·In32(SB),NOSPLIT,$0-12
	MOVWLZX	port+0(FP), DX
	INL
	MOVL	AX, ret+8(FP)
	RET

// func Out8(port uint16, v uint8)
//
// In:  DX port, AL value.  Clobbers: AX, DX.
// Source: Intel SDM Vol. 2B, "OUT—Output to Port".
TEXT ·Out8(SB),NOSPLIT,$0-3
	MOVWLZX	port+0(FP), DX
	MOVBLZX	v+2(FP), AX
	OUTB
	RET

// func Out8s(port uint16, b []byte)
//
// In:  DX port, SI address, CX length; DF is 0, as always in Go.  Clobbers: CX, DX, SI.
// Source: Intel SDM Vol. 2B, "OUTS/OUTSB/OUTSW/OUTSD—Output String to Port".
TEXT ·Out8s(SB),NOSPLIT,$0-32
	MOVWLZX	port+0(FP), DX
	MOVQ	b_base+8(FP), SI
	MOVQ	b_len+16(FP), CX
	REP; OUTSB
	RET

// func Out16(port uint16, v uint16)
//
// In:  DX port, AX value.  Clobbers: AX, DX.
TEXT ·Out16(SB),NOSPLIT,$0-4
	MOVWLZX	port+0(FP), DX
	MOVWLZX	v+2(FP), AX
	OUTW
	RET

// func Out32(port uint16, v uint32)
//
// In:  DX port, EAX value.  Clobbers: AX, DX.
TEXT ·Out32(SB),NOSPLIT,$0-8
	MOVWLZX	port+0(FP), DX
	MOVL	v+4(FP), AX
	OUTL
	RET
