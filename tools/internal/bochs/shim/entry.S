# Multiboot2 header and entry of the shim: 32-bit protected mode, flat segments, EBX = the tags.
# Source: Multiboot2 Specification, "OS image format", "I386 machine state".
	.section .header, "a"
	.balign 8
header:
	.long 0xe85250d6, 0, end - header, -(0xe85250d6 + (end - header))
	.short 6, 0	# modules begin on pages
	.long 8
	.short 0, 0	# no more tags
	.long 8
end:
	.text
	.code32
	.globl start
start:
	cli
	cld
	mov $top, %esp
	push %ebx
	call prepare	# EAX = the kernel's entry
	mov startInfo, %ebx
	jmp *%eax
	.bss
	.balign 16
	.skip 4096
top:
