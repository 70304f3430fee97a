package abi

import "unsafe"

// Bytes is the memory of *p. T must hold no pointers.
func Bytes[T any](p *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), unsafe.Sizeof(*p))
}
