//go:build tamago

package cpu

// Commands that clear, each a write of bit 0.
//
// Source: Intel SDM Vol. 4, "IA32_PRED_CMD", "IA32_FLUSH_CMD".
const (
	msrPredictors = 0x49
	msrFlush      = 0x10b
)

// dataSelector is the kernel's data segment (kernel/arch.SelKernelData). Any selector will do; one of a segment that may
// be written is the fastest.
const dataSelector = 0x10

// Do clears. The processor must have told (FindLeaks) that it can: #GP otherwise.
func (c Clear) Do() {
	if c&ClearPredictors != 0 {
		WriteMSR(msrPredictors, 1)
	}
	if c&ClearL1 != 0 {
		WriteMSR(msrFlush, 1)
	}
	if c&ClearBuffers != 0 {
		verw()
	}
}

// verw clears the buffers of the core where microcode made that of VERW; elsewhere it does nothing. defined in
// clear_amd64.s
//
// Source: Intel, "Intel Analysis of Microarchitectural Data Sampling", "Overwriting Buffers".
//
//go:nosplit
func verw()
