//go:build tamago

package cpu

// Model-specific registers.
//
// Source: Intel SDM Vol. 4, "IA-32 Architectural MSRs".
const (
	MSRAPICBase     = 0x1b
	MSRPAT          = 0x277
	MSREFER         = 0xc000_0080
	MSRSTAR         = 0xc000_0081
	MSRLSTAR        = 0xc000_0082
	MSRFMASK        = 0xc000_0084
	MSRFSBase       = 0xc000_0100
	MSRGSBase       = 0xc000_0101
	MSRKernelGSBase = 0xc000_0102
)

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

// XGETBV reads an extended control register (0: XCR0). Precondition: CR4.OSXSAVE.
//
//go:nosplit
func XGETBV(xcr uint32) uint64

// XSETBV writes an extended control register. Precondition: CR4.OSXSAVE.
//
//go:nosplit
func XSETBV(xcr uint32, v uint64)

// Random is 64 random bits of RDRAND; ok is false when the generator ran dry, or there is none
// behind the instruction. Precondition: Has(ID, RDRAND).
//
// Source: Intel SDM Vol. 1, "RDRAND".
//
//go:nosplit
func Random() (v uint64, ok bool)

// WaitInterrupt sleeps until an interrupt is taken, with interrupts on from the HLT only, so that
// none falls between the check for work and the sleep. It comes back with interrupts off.
//
// Precondition: an IDT whose handlers return.
//
// Source: Intel SDM Vol. 2B, "STI—Set Interrupt Flag" (the instruction after it runs first).
//
//go:nosplit
func WaitInterrupt()

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
