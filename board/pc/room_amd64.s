//go:build tamago

#include "go_asm.h"
#include "textflag.h"
#include "say_amd64.h"

// What the first instructions check of the memory, and the words with which they end. All of it is 32-bit code, as in
// entry_amd64.s; what writes to COM1 runs in either mode.

// room returns when all of the kernel's memory is RAM by the loader's map; else it says so, with the map, and ends the machine. The
// stack may be the only memory that there is. Clobbers AX, CX, DX, DI.
//
// An entry of the map, in both protocols: address, size, type (1 is RAM).
TEXT ·room(SB),NOSPLIT|NOFRAME,$0
	LEAL	const_kernelBase(SI), CX	// there is RAM from the kernel's first byte up to CX
	LEAL	const_kernelSize(CX), DX
	CMPL	DX, CX
	JCS	none	// past 4 GiB
again:
	MOVL	const_earlyMap(SI), DI
region:
	MOVL	const_earlyEntry(SI), AX
	ADDL	DI, AX
	CMPL	const_earlyMapEnd(SI), AX
	JCS	none	// it was the last whole one
	CMPL	16(DI), $1
	JNE	next
	CMPL	4(DI), $0
	JNE	next	// from 4 GiB on
	MOVL	0(DI), AX
	CMPL	CX, AX
	JCS	next	// it begins above
	ADDL	8(DI), AX
	MOVL	12(DI), DX
	ADCL	$0, DX
	JNE	done	// up to 4 GiB and more
	CMPL	CX, AX
	JCC	next	// it ends below
	MOVL	AX, CX
	LEAL	(const_kernelBase+const_kernelSize)(SI), DX
	CMPL	CX, DX
	JCS	again
done:
	RET
next:
	ADDL	const_earlyEntry(SI), DI
	JMP	region
none:
	PUSHQ	SI
	// "bennu: no room in memory for the kernel: its place is not all RAM.  \r\n"
	SAY(0x6e6e6562); SAY(0x6e203a75); SAY(0x6f72206f); SAY(0x69206d6f); SAY(0x656d206e); SAY(0x79726f6d)
	SAY(0x726f6620); SAY(0x65687420); SAY(0x72656b20); SAY(0x3a6c656e); SAY(0x73746920); SAY(0x616c7020)
	SAY(0x69206563); SAY(0x6f6e2073); SAY(0x6c612074); SAY(0x4152206c); SAY(0x20202e4d); SAY(0x0a0d2020)
	POPQ	SI
	JMP	·noroom(SB)

// apart returns when nothing in [AX, DX) is the kernel's memory; else it says so, and ends the machine.
TEXT ·apart(SB),NOSPLIT|NOFRAME,$0
	PUSHQ	BX
	LEAL	const_kernelBase(SI), BX
	CMPL	BX, DX
	JCC	done
	ADDL	$const_kernelSize, BX
	CMPL	AX, BX
	JCC	done
	LEAL	const_earlyStack(SI), SP
	MOVL	AX, const_earlyOver(SI)
	SUBL	AX, DX
	MOVL	DX, (const_earlyOver+8)(SI)
	PUSHQ	SI
	// "bennu: no room in memory for the kernel: what is at "
	SAY(0x6e6e6562); SAY(0x6e203a75); SAY(0x6f72206f); SAY(0x69206d6f); SAY(0x656d206e); SAY(0x79726f6d)
	SAY(0x726f6620); SAY(0x65687420); SAY(0x72656b20); SAY(0x3a6c656e); SAY(0x61687720); SAY(0x73692074)
	SAY(0x20746120)
	MOVL	$const_earlyOver, DI
	ADDL	0(SP), DI
	CALL	·hex48(SB)
	// ", size: "
	SAY(0x6973202c); SAY(0x203a657a)
	CALL	·hex48(SB)
	// " is put over it. \r\n"
	SAY(0x20736920); SAY(0x20747570); SAY(0x7265766f); SAY(0x2e746920); SAY(0x0a0d2020)
	POPQ	SI
	JMP	·noroom(SB)
done:
	POPQ	BX
	RET

// noroom says where the kernel lies and what the memory map is, and ends the machine.
TEXT ·noroom(SB),NOSPLIT|NOFRAME,$0
	LEAL	const_earlyStack(SI), SP
	LEAL	const_kernelBase(SI), AX
	MOVL	AX, const_earlyOver(SI)
	MOVL	$const_kernelSize, (const_earlyOver+8)(SI)
	PUSHQ	SI
	// "The kernel: "
	SAY(0x20656854); SAY(0x6e72656b); SAY(0x203a6c65)
	MOVL	$const_earlyOver, DI
	ADDL	0(SP), DI
	CALL	·hex48(SB)
	// ", size: "
	SAY(0x6973202c); SAY(0x203a657a)
	CALL	·hex48(SB)
	// ". Memory: \r\n"
	SAY(0x654d202e); SAY(0x79726f6d); SAY(0x0a0d203a)
	POPQ	SI
	MOVL	const_earlyMap(SI), DI
line:
	MOVL	const_earlyEntry(SI), AX
	ADDL	DI, AX
	CMPL	const_earlyMapEnd(SI), AX
	JCS	end
	PUSHQ	SI
	PUSHQ	DI
	// "    "
	SAY(0x20202020)
	CALL	·hex48(SB)
	// ", size: "
	SAY(0x6973202c); SAY(0x203a657a)
	CALL	·hex48(SB)
	// ", type: "
	SAY(0x7974202c); SAY(0x203a6570)
	MOVL	0(DI), AX
	CALL	·hex4(SB)
	// "  \r\n"
	SAY(0x0a0d2020)
	POPQ	DI
	POPQ	SI
	ADDL	const_earlyEntry(SI), DI
	JMP	line
end:
	// "Type 1 is RAM. A machine of 128 MiB is large enough."
	SAY(0x65707954); SAY(0x69203120); SAY(0x41522073); SAY(0x41202e4d); SAY(0x63616d20); SAY(0x656e6968)
	SAY(0x20666f20); SAY(0x20383231); SAY(0x2042694d); SAY(0x6c207369); SAY(0x65677261); SAY(0x6f6e6520)
	SAY(0x2e686775)
	JMP	·giveup(SB)

// put4 writes the four characters in AX to COM1, in either mode. Clobbers AX, BX, CX, DX, SI. A port that
// is never ready is given up.
TEXT ·put4(SB),NOSPLIT|NOFRAME,$0
	MOVL	AX, BX
	MOVL	$4, CX
next:
	MOVL	$100000, SI
ready:
	MOVL	$0x3fd, DX
	INB
	ANDL	$0x20, AX
	JNE	send
	SUBL	$1, SI
	JNE	ready
send:
	MOVL	BX, AX
	MOVL	$0x3f8, DX
	OUTB
	SHRL	$8, BX
	SUBL	$1, CX
	JNE	next
	RET

// hex48 writes the number at DI in twelve hexadecimal digits to COM1, in either mode, and moves DI past its 64 bits.
// Clobbers AX, BX, CX, DX, SI.
TEXT ·hex48(SB),NOSPLIT|NOFRAME,$0
	MOVL	4(DI), AX
	CALL	·hex4(SB)
	MOVL	0(DI), AX
	SHRL	$16, AX
	CALL	·hex4(SB)
	MOVL	0(DI), AX
	ADDL	$8, DI
	JMP	·hex4(SB)

// hex4 writes the lower half of AX in four hexadecimal digits to COM1, in either mode. Clobbers AX, BX, CX, DX, SI.
TEXT ·hex4(SB),NOSPLIT|NOFRAME,$0
	MOVL	AX, BX
	MOVL	$4, CX
digit:
	MOVL	BX, AX
	SHRL	$12, AX
	ANDL	$15, AX
	ADDL	$0x30, AX	// "0"
	CMPL	AX, $0x3a
	JCS	decimal
	ADDL	$0x27, AX	// "a"
decimal:
	SHLL	$24, AX
	SHRL	$8, DX
	ORL	AX, DX
	SHLL	$4, BX
	SUBL	$1, CX
	JNE	digit
	MOVL	DX, AX
	JMP	·put4(SB)

// giveup ends the machine with a failure: QEMU's debug exit, else a stop.
TEXT ·giveup(SB),NOSPLIT|NOFRAME,$0
	MOVL	$0x0a0d, AX	// "\r\n"
	CALL	·put4(SB)
	MOVL	$0xf4, DX
	MOVL	$3, AX	// kernel.StatusRefused
	OUTB
	CLI
stop:
	HLT
	JMP	stop
