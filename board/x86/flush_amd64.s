#include "textflag.h"

// func FlushLine(va uintptr)
//
// In: address.  Clobbers: AX.
TEXT ·FlushLine(SB),NOSPLIT,$0-8
	MOVQ	va+0(FP), AX
	CLFLUSH	(AX)
	RET
