#include "go_asm.h"
#include "go_tls.h"
#include "textflag.h"

// _rt0_tamago_start is where the board's cpuinit jumps to when the processor is
// ready: long mode, SSE on, CR4.FSGSBASE on, RSP at the top of a stack of at
// least 64 KiB, goos.RamStart, RamSize and RamStackOffset set.
//
// FS is set before anything else, because every call from assembly to Go loads g
// from it, and Hwinit0 is such a call.
TEXT _rt0_tamago_start(SB),NOSPLIT|NOFRAME,$0
	ANDQ	$~15, SP
	LEAQ	runtime·m0+m_tls(SB), DI
	CALL	runtime·settls(SB)
	MOVL	$1, DI
	LEAQ	bareArgv<>(SB), SI
	JMP	runtime·rt0_go(SB)

// bareArgv is argv (one argument) and an empty environment, as a Linux kernel
// lays them out. Nothing reads an auxiliary vector after it.
DATA bareArg0<>+0(SB)/8, $"bennu\x00\x00\x00"
GLOBL bareArg0<>(SB), RODATA, $8
DATA bareArgv<>+0(SB)/8, $bareArg0<>(SB)
DATA bareArgv<>+8(SB)/8, $0
DATA bareArgv<>+16(SB)/8, $0
GLOBL bareArgv<>(SB), RODATA, $24

// settls makes DI, the address of m.tls, the thread-local storage. The ELF
// convention finds g at -8(FS). WRFSBASE works in both rings.
//
// In: DI m.tls.  Clobbers: DI.
TEXT runtime·settls(SB),NOSPLIT|NOFRAME,$0
	ADDQ	$8, DI
	WRFSBASEQ	DI
	RET

// func bareFault()
TEXT runtime·bareFault(SB),NOSPLIT|NOFRAME,$0-0
again:
	UNDEF
	JMP	again
