package mem

import (
	"unsafe"

	"bennu/kernel/abi"
	"bennu/kernel/layout"
)

// Physical reaches physical memory by a direct map: pointer = base + address. A host test's points into a buffer.
type Physical struct{ base uintptr }

// Direct is the kernel's direct map.
func Direct() Physical { return Physical{layout.Direct} }

// Simulated is a direct map onto b for host tests: address 0 is b's first aligned page. It returns
// how many bytes there are. b must be kept alive by the caller.
func Simulated(b []byte) (Physical, Addr) {
	base := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	aligned := (base + abi.PageSize - 1) &^ (abi.PageSize - 1)
	return Physical{aligned}, Addr(uintptr(len(b))-(aligned-base)) &^ (abi.PageSize - 1)
}

// Pointer is where address a is mapped.
func (p Physical) Pointer(a Addr) unsafe.Pointer {
	u := p.base + uintptr(a)
	return *(*unsafe.Pointer)(unsafe.Pointer(&u))
}

// Words is the frame at a.
func (p Physical) Words(a Addr) *Words { return (*Words)(p.Pointer(a)) }

// Halves is the frame at a as 32-bit words.
func (p Physical) Halves(a Addr) []uint32 { return (*[abi.PageSize / 4]uint32)(p.Pointer(a))[:] }

// Bytes is n bytes from a on.
func (p Physical) Bytes(a Addr, n uint64) []byte {
	return unsafe.Slice((*byte)(p.Pointer(a)), n)
}

// CopyBytes is copy; a whole page goes by as many bytes at a time as the processor moves, if both begin on a word.
func CopyBytes(to, from []byte) int {
	const mask = unsafe.Sizeof(Words{}[0]) - 1
	t, f := unsafe.Pointer(unsafe.SliceData(to)), unsafe.Pointer(unsafe.SliceData(from))
	if len(to) != abi.PageSize || len(from) < abi.PageSize || (uintptr(t)|uintptr(f))&mask != 0 {
		return copy(to, from)
	}
	copyFrame((*Words)(t), (*Words)(f))
	return abi.PageSize
}

// Zero clears the frame at a.
func Zero(p Physical, a Addr) { zero(p.Words(a)) }

// Copy copies the frame at from to the one at to.
func Copy(p Physical, to, from Addr) { copyFrame(p.Words(to), p.Words(from)) }
