package sdk

import "unsafe"

// sliceBytes is the memory of s. T must hold no pointers.
func sliceBytes[T any](s []T) []byte {
	var t T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), uintptr(len(s))*unsafe.Sizeof(t))
}
