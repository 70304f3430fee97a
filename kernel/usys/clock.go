//go:build tamago

package usys

import (
	"math/bits"

	"bennu/board/x86"
)

// Now is the time since boot in ns: the system clock, read without a kernel call.
//
//go:nosplit
func Now() uint64 {
	s := Start()
	hi, lo := bits.Mul64(x86.TSC()-s.TSCBase, s.TSCMult)
	return hi<<32 | lo>>32
}
