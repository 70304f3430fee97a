#include "textflag.h"

#define EIGHT(o) \
	CRC32Q	(o+0)(SI), AX; \
	CRC32Q	(o+8)(SI), AX; \
	CRC32Q	(o+16)(SI), AX; \
	CRC32Q	(o+24)(SI), AX; \
	CRC32Q	(o+32)(SI), AX; \
	CRC32Q	(o+40)(SI), AX; \
	CRC32Q	(o+48)(SI), AX; \
	CRC32Q	(o+56)(SI), AX

// func instructions(sum uint32, b []byte) uint32
//
// In:  sum, b.  Out: the sum.  Clobbers: AX, CX, SI.
//
// One stream, 8 bytes an instruction, 67 instructions for 512 bytes. A processor takes three cycles for each, and could work
// on three streams at a time; what they give would have to be put together by tables or carry-less products, which a boot of
// ten MiB does not earn: that is a millisecond.
//
// Source: Intel SDM Vol. 2A, "CRC32—Accumulate CRC32 Value".
TEXT ·instructions(SB),NOSPLIT,$0-36
	MOVL	sum+0(FP), AX
	MOVQ	b_base+8(FP), SI
	MOVQ	b_len+16(FP), CX
	NOTL	AX
	SUBQ	$512, CX
	JCS	words
blocks:
	EIGHT(0)
	EIGHT(64)
	EIGHT(128)
	EIGHT(192)
	EIGHT(256)
	EIGHT(320)
	EIGHT(384)
	EIGHT(448)
	ADDQ	$512, SI
	SUBQ	$512, CX
	JCC	blocks
words:
	ADDQ	$(512-8), CX
	JCC	bytes	// fewer than 8 are left
word:
	CRC32Q	(SI), AX
	ADDQ	$8, SI
	SUBQ	$8, CX
	JCC	word
bytes:
	ADDQ	$8, CX
	JEQ	done
byte:
	CRC32B	(SI), AX
	INCQ	SI
	DECQ	CX
	JNE	byte
done:
	NOTL	AX
	MOVL	AX, ret+32(FP)
	RET
