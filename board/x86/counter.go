package x86

// TSC reads the time-stamp counter. Loads before it may still be under way: for a clock that does not matter. With
// QEMU's -icount shift=0 it counts the guest's instructions. defined in counter_amd64.s
//
// Source: Intel SDM Vol. 2B, "RDTSC—Read Time-Stamp Counter".
//
//go:nosplit
func TSC() uint64

// OrderedTSC reads the time-stamp counter when all earlier loads are done, and before any later instruction begins: for
// measurements. defined in counter_amd64.s
//
//go:nosplit
func OrderedTSC() uint64

// Pause tells the processor that this is a spin loop. defined in counter_amd64.s
//
// Source: Intel SDM Vol. 2B, "PAUSE—Spin Loop Hint".
//
//go:nosplit
func Pause()
