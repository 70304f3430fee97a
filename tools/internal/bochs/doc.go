// Package bochs boots a kernel in the Bochs emulator, which checks what QEMU's TCG leaves unchecked: alignment,
// floating-point exceptions, canonical bases, what far returns read, MXCSR's reserved bits, what MOV SS defers.
//
// Bochs has no loader for kernels: GRUB loads them, from a CD. Nothing listens anywhere.
package bochs
