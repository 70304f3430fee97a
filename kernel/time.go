package kernel

import "math/bits"

// ns converts a difference of the TSC.
func (k *Kernel) ns(tsc uint64) uint64 {
	hi, lo := bits.Mul64(tsc, k.cfg.TSCMult)
	return hi<<32 | lo>>32
}
