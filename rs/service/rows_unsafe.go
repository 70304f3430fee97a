package service

import "unsafe"

// memory is the memory of a slice. T must hold no pointers.
func memory[T any](rows []T) []byte {
	var v T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(rows))), uintptr(len(rows))*unsafe.Sizeof(v))
}
