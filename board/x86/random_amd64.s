#include "textflag.h"

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

// func Entropy() (v uint64, ok bool)
//
// Out: AX value, CF valid.  Clobbers: AX, CX, flags.
// More tries than Random's: an empty source fills again in some hundred cycles, and that is no fault of it.
// Source: Intel SDM Vol. 1, "RDSEED".
TEXT ·Entropy(SB),NOSPLIT,$0-9
	MOVL	$100, CX
again:
	RDSEEDQ	AX
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
