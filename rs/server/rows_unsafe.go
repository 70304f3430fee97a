package server

import (
	"unsafe"

	"bennu/kernel/abi"
)

// rowBytes is the memory of rows, which hold no pointers.
func rowBytes[T any](rows []T) []byte {
	var row T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(rows))), uintptr(len(rows))*unsafe.Sizeof(row))
}

// Sizes of the rows that askers get.
const (
	statusSize = uint64(unsafe.Sizeof(abi.ServiceStatus{}))
	eventSize  = uint64(unsafe.Sizeof(abi.Event{}))
	lifeSize   = uint64(unsafe.Sizeof(abi.Life{}))
)
