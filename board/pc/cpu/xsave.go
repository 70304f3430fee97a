package cpu

// XCR0 bits: the state components that XSAVE keeps.
//
// Source: Intel SDM Vol. 1, "XSAVE-Supported Features and State-Component Bitmaps".
const (
	StateX87    = 1 << 0
	StateSSE    = 1 << 1
	StateAVX    = 1 << 2
	StateOpmask = 1 << 5
	StateZMMHi  = 1 << 6
	StateHiZMM  = 1 << 7

	stateAVX512 = StateOpmask | StateZMMHi | StateHiZMM
)

// FXSaveSize is the bytes of the area's legacy region and header: what x87 and SSE need.
const FXSaveSize = 512 + 64

// XSave is the XCR0 mask that tasks get and the bytes of the area that holds that state in
// XSAVE's standard format.
//
// Only x87, SSE, AVX and AVX-512 are given: MPX is dead, PKRU needs CR4.PKE, which stays off,
// and AMX would cost each task 8 KiB. A component outside the mask faults when used.
//
// A processor without XSAVE has mask 0 and size 0.
//
// Source: Intel SDM Vol. 1, "Enumeration of CPU Support for XSAVE Instructions and
// XSAVE-Supported Features".
func XSave(id IDFunc) (mask uint64, size uint32) {
	if !Has(id, XSAVE) {
		return 0, 0
	}
	l := id.read(leafXSave, 0)
	supported := uint64(l.EDX)<<32 | uint64(l.EAX)
	mask = supported & (StateX87 | StateSSE | StateAVX)
	// XSETBV faults on half of AVX-512, and on AVX-512 without AVX.
	if mask&StateAVX != 0 && supported&stateAVX512 == stateAVX512 {
		mask |= stateAVX512
	}
	return mask, XSaveSize(id, mask)
}

// XSaveSize is the bytes of the XSAVE area, in standard format, for the components of a mask.
func XSaveSize(id IDFunc, mask uint64) uint32 {
	size := uint32(FXSaveSize)
	for i := uint32(2); i < 63; i++ {
		if mask>>i&1 == 0 {
			continue
		}
		l := id.read(leafXSave, i)
		size = max(size, l.EBX+l.EAX)
	}
	return size
}
