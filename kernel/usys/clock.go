//go:build tamago

package usys

import "math/bits"

// TSC is the time-stamp counter. defined in raw_amd64.s
func TSC() uint64

// Now is the time since boot in ns: the system clock, read without a kernel call.
//
//go:nosplit
func Now() uint64 {
	s := Start()
	hi, lo := bits.Mul64(TSC()-s.TSCBase, s.TSCMult)
	return hi<<32 | lo>>32
}
