#include "textflag.h"
#include "funcdata.h"

#define SYS_getpid	39
#define SYS_gettid	186
#define ENOSYS		38

// func rawVforkSyscall(trap, a1, a2, a3 uintptr) (r1, err uintptr)
TEXT ·rawVforkSyscall(SB),NOSPLIT|NOFRAME,$0-48
	MOVQ	$-1, r1+32(FP)
	MOVQ	$ENOSYS, err+40(FP)
	RET

// func rawSyscallNoError(trap, a1, a2, a3 uintptr) (r1, r2 uintptr)
//
// Process and thread are number 1, user and group are 0 (root).
TEXT ·rawSyscallNoError(SB),NOSPLIT,$0-48
	MOVQ	trap+0(FP), AX
	MOVQ	$0, r1+32(FP)
	MOVQ	$0, r2+40(FP)
	CMPQ	AX, $SYS_getpid
	JEQ	one
	CMPQ	AX, $SYS_gettid
	JNE	done
one:
	MOVQ	$1, r1+32(FP)
done:
	RET

// func gettimeofday(tv *Timeval) (err uintptr)
//
// bareTimeofday takes its argument in AX, g in R14 and zero in X15.
TEXT ·gettimeofday(SB),NOSPLIT,$8-16
	NO_LOCAL_POINTERS
	MOVQ	tv+0(FP), AX
	MOVQ	(TLS), R14
	XORPS	X15, X15
	CALL	runtime·bareTimeofday<ABIInternal>(SB)
	MOVQ	$0, err+8(FP)
	RET
