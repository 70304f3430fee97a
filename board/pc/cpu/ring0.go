//go:build tamago

package cpu

// MSRAPICBase says where the local APIC is.
//
// Source: Intel SDM Vol. 4, "IA-32 Architectural MSRs".
const MSRAPICBase = 0x1b

// ReadMSR reads a model-specific register; #GP if there is none. defined in
// ring0_amd64.s
//
// Source: Intel SDM Vol. 2B, "RDMSR—Read from Model Specific Register".
//
//go:nosplit
func ReadMSR(msr uint32) uint64

// WriteMSR writes a model-specific register; #GP if there is none, or reserved bits are
// set.
//
//go:nosplit
func WriteMSR(msr uint32, v uint64)

// Random is 64 random bits of RDRAND; ok is false when the generator ran dry, or there is none
// behind the instruction. Precondition: Has(ID, RDRAND).
//
// Source: Intel SDM Vol. 1, "RDRAND".
//
//go:nosplit
func Random() (v uint64, ok bool)

// Halt turns interrupts off and stops for ever. It does not return.
//
//go:nosplit
func Halt()

// TripleFault resets the processor: it empties the IDT and traps. It does not return.
//
// Source: Intel SDM Vol. 3A, "Interrupt 8—Double Fault Exception (#DF)".
//
//go:nosplit
func TripleFault()
