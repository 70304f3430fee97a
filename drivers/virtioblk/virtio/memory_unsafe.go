package virtio

import (
	"sync/atomic"
	"unsafe"
)

// load32 reads a word that a device may write at the same time. Precondition: at is a multiple of 4 in memory that begins with one.
func load32(b []byte, at int) uint32 {
	return atomic.LoadUint32((*uint32)(unsafe.Pointer(&b[at : at+4][0])))
}

// store32 writes a word that a device reads: what was written before is seen before, and loads that follow are made after it.
func store32(b []byte, at int, v uint32) {
	atomic.StoreUint32((*uint32)(unsafe.Pointer(&b[at : at+4][0])), v)
}
