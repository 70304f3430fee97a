// Package bochs boots a kernel in the Bochs emulator, which checks what QEMU's TCG leaves unchecked: alignment,
// floating-point exceptions, canonical bases, what far returns read, MXCSR's reserved bits, what MOV SS defers.
//
// Bochs has no loader for PVH kernels: GRUB loads the shim, which makes what a PVH loader gives and enters the
// kernel. Nothing listens anywhere.
package bochs
