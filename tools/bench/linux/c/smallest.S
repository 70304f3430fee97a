/* A child without a library: what the kernel does for any process is left. */
#include <asm/unistd_64.h>

#include "child.h"

	.globl	_start
_start:
	pushq	$CHILD_READY		/* the byte, at (%rsp) */
	movl	$1, %edx
answer:
	movl	$__NR_write, %eax
	movl	$CHILD_OUT, %edi
	movq	%rsp, %rsi
	syscall
	cmpl	$1, %eax
	jne	end
	movl	$__NR_read, %eax
	movl	$CHILD_IN, %edi
	syscall
	cmpl	$1, %eax
	jne	end
	cmpb	$CHILD_FAULT, (%rsp)
	jne	answer
	movl	$__NR_mmap, %eax
	xorl	%edi, %edi
	movl	$4096, %esi
	movl	$3, %edx		/* PROT_READ | PROT_WRITE */
	movl	$1, %r10d		/* MAP_SHARED */
	movl	$CHILD_STAMP, %r8d
	xorl	%r9d, %r9d
	syscall
	movq	%rax, %rbx
	movq	$0, (%rbx)		/* the page is there before the counter is read */
	rdtsc
	shlq	$32, %rdx
	orq	%rdx, %rax
	movq	%rax, (%rbx)
	movl	0, %eax
end:
	movl	$__NR_exit, %eax
	xorl	%edi, %edi
	syscall
	.section .note.GNU-stack,"",@progbits
