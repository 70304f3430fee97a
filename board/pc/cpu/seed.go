//go:build tamago

package cpu

// RDSEED is asked for secrets first.
//
// Source: Intel SDM Vol. 2A, "CPUID—CPU Identification", leaf 7.
var RDSEED = Feature{"rdseed", leafExtended, 0, EBX, 18}

// Entropy is 64 bits of RDSEED, the source that RDRAND's generator is seeded from; ok is false when it had none ready.
// Precondition: Has(ID, RDSEED). defined in seed_amd64.s
//
// Source: Intel SDM Vol. 1, "RDSEED".
//
//go:nosplit
func Entropy() (v uint64, ok bool)
