package cpu

// ID executes CPUID. It is serialising, and traps (microseconds) under a hypervisor: ask at boot.
// defined in id_amd64.s
//
// Source: Intel SDM Vol. 2A, "CPUID—CPU Identification".
func ID(leaf, sub uint32) Leaf {
	a, b, c, d := cpuid(leaf, sub)
	return Leaf{a, b, c, d}
}

//go:noescape
func cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32)

// TSC reads the time-stamp counter. Loads before it may still be under way (SDM Vol. 2B,
// "RDTSC—Read Time-Stamp Counter"): for the kernel's clock that does not matter.
//
//go:nosplit
func TSC() uint64

// OrderedTSC reads the time-stamp counter when all earlier loads are done, and before
// any later instruction begins: for measurements.
//
//go:nosplit
func OrderedTSC() uint64

// Pause tells the processor that this is a spin loop.
//
// Source: Intel SDM Vol. 2B, "PAUSE—Spin Loop Hint".
//
//go:nosplit
func Pause()
