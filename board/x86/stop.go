package x86

// Halt turns interrupts off and stops for ever. It does not return. Ring 0 only. defined in stop_amd64.s
//
//go:nosplit
func Halt()

// TripleFault resets the processor: it empties the IDT and traps. It does not return. Ring 0 only. defined in stop_amd64.s
//
// Source: Intel SDM Vol. 3A, "Interrupt 8—Double Fault Exception (#DF)".
//
//go:nosplit
func TripleFault()

// dataSelector is the kernel's data segment (kernel/arch.SelKernelData). Any selector will do; one of a segment that may
// be written is the fastest.
const dataSelector = 0x10

// ClearBuffers is VERW: it clears the buffers of the core where microcode made that of it; elsewhere it does nothing.
// defined in stop_amd64.s
//
// Source: Intel, "Intel Analysis of Microarchitectural Data Sampling", "Overwriting Buffers".
//
//go:nosplit
func ClearBuffers()
