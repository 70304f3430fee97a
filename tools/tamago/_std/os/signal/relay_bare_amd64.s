#include "textflag.h"

// Relay is called by the interrupt handler of tamago's amd64 package with the
// signal to raise. Interrupts are not signals here, so it does nothing.
TEXT ·Relay(SB),NOSPLIT|NOFRAME,$0-0
	RET
