package x86

// Random is 64 random bits of RDRAND; ok is false when the generator ran dry, or there is none behind the instruction.
// Preconditions: CPUID tells of RDRAND. defined in random_amd64.s
//
// Source: Intel SDM Vol. 1, "RDRAND".
//
//go:nosplit
func Random() (v uint64, ok bool)

// Entropy is 64 bits of RDSEED, the source that RDRAND's generator is seeded from: for keys. ok is false when it had
// none ready; it is slower than RDRAND, and runs dry when many ask. Preconditions: CPUID tells of RDSEED. defined in
// random_amd64.s
//
// Source: Intel SDM Vol. 1, "RDSEED".
//
//go:nosplit
func Entropy() (v uint64, ok bool)
