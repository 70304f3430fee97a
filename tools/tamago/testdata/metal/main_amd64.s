//go:build tamago

#include "textflag.h"

TEXT cpuinit(SB),NOSPLIT|NOFRAME,$0
	JMP	_rt0_tamago_start(SB)
