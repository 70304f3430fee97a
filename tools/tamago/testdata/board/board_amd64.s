//go:build tamago

#include "textflag.h"

#define SYS_write		1
#define SYS_mmap		9
#define SYS_madvise		28
#define SYS_nanosleep		35
#define SYS_exit		60
#define SYS_clock_gettime	228
#define SYS_getrandom		318

// cpuinit maps the RAM, in pages of 4 KiB so that a test can count those in use,
// and sets the stack.
TEXT cpuinit(SB),NOSPLIT|NOFRAME,$0
	MOVQ	runtime∕goos·RamStart(SB), DI
	MOVQ	runtime∕goos·RamSize(SB), SI
	MOVL	$0x3, DX	// PROT_READ | PROT_WRITE
	MOVL	$0x100022, R10	// MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE
	MOVQ	$-1, R8
	MOVL	$0, R9
	MOVL	$SYS_mmap, AX
	SYSCALL
	MOVQ	runtime∕goos·RamStart(SB), DI
	MOVQ	runtime∕goos·RamSize(SB), SI
	MOVL	$15, DX		// MADV_NOHUGEPAGE
	MOVL	$SYS_madvise, AX
	SYSCALL
	MOVQ	runtime∕goos·RamStart(SB), SP
	ADDQ	runtime∕goos·RamSize(SB), SP
	SUBQ	runtime∕goos·RamStackOffset(SB), SP
	JMP	_rt0_tamago_start(SB)

// func sysExit(code int32)
TEXT ·sysExit(SB),NOSPLIT,$0-4
	MOVL	code+0(FP), DI
	MOVL	$SYS_exit, AX
	SYSCALL
	RET

// func sysWrite(c *byte)
TEXT ·sysWrite(SB),NOSPLIT,$0-8
	MOVL	$1, DI
	MOVQ	c+0(FP), SI
	MOVL	$1, DX
	MOVL	$SYS_write, AX
	SYSCALL
	RET

// func sysNanotime() int64
TEXT ·sysNanotime(SB),NOSPLIT,$16-8
	MOVL	$0, DI	// CLOCK_REALTIME
	MOVQ	SP, SI
	MOVL	$SYS_clock_gettime, AX
	SYSCALL
	MOVQ	0(SP), AX
	IMULQ	$1000000000, AX
	ADDQ	8(SP), AX
	MOVQ	AX, ret+0(FP)
	RET

// func sysSleep(ns int64)
TEXT ·sysSleep(SB),NOSPLIT,$16-8
	MOVQ	$0, 0(SP)
	MOVQ	ns+0(FP), AX
	MOVQ	AX, 8(SP)
	MOVQ	SP, DI
	MOVL	$0, SI
	MOVL	$SYS_nanosleep, AX
	SYSCALL
	RET

// func sysRandom(p *byte, n int)
TEXT ·sysRandom(SB),NOSPLIT,$0-16
	MOVQ	p+0(FP), DI
	MOVQ	n+8(FP), SI
	MOVL	$0, DX
	MOVL	$SYS_getrandom, AX
	SYSCALL
	RET
