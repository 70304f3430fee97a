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

// Mapped is registers that lie in the task's memory, uncached.
type Mapped []byte

// Load is Region's: one access of that width. A place outside reads as all ones, as where there is no device.
//
//go:noinline
func (m Mapped) Load(offset, width uint32) uint32 {
	if uint64(offset)+uint64(width) > uint64(len(m)) || offset%width != 0 {
		return 0xffff_ffff >> (32 - 8*width)
	}
	p := unsafe.Pointer(&m[offset])
	switch width {
	case 1:
		return uint32(*(*uint8)(p))
	case 2:
		return uint32(*(*uint16)(p))
	}
	return atomic.LoadUint32((*uint32)(p))
}

// Store is Region's. A place outside is none.
//
//go:noinline
func (m Mapped) Store(offset, width, v uint32) {
	if uint64(offset)+uint64(width) > uint64(len(m)) || offset%width != 0 {
		return
	}
	p := unsafe.Pointer(&m[offset])
	switch width {
	case 1:
		*(*uint8)(p) = uint8(v)
	case 2:
		*(*uint16)(p) = uint16(v)
	default:
		atomic.StoreUint32((*uint32)(p), v)
	}
}
