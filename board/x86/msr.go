package x86

// Model-specific registers.
//
// Source: Intel SDM Vol. 4, "IA-32 Architectural MSRs".
const (
	MSRAPICBase      = 0x1b  // where the local APIC is
	MSRPredictors    = 0x49  // IA32_PRED_CMD
	MSRArch          = 0x10a // IA32_ARCH_CAPABILITIES
	MSRFlush         = 0x10b // IA32_FLUSH_CMD
	MSRSysenterCS    = 0x174
	MSRMachineCap    = 0x179 // IA32_MCG_CAP
	MSRMachineStatus = 0x17a // IA32_MCG_STATUS
	MSRPAT           = 0x277
	MSRBank0Status   = 0x401 // IA32_MC0_STATUS; a bank has four registers, and the next is its address

	MSRSTAR         = 0xc0000081
	MSRLSTAR        = 0xc0000082
	MSRCSTAR        = 0xc0000083
	MSRFMASK        = 0xc0000084
	MSRGSBase       = 0xc0000101
	MSRKernelGSBase = 0xc0000102 // what SWAPGS exchanges with the GS base
)

// ReadMSR reads a model-specific register; #GP if there is none. Ring 0 only. defined in msr_amd64.s
//
// Source: Intel SDM Vol. 2B, "RDMSR—Read from Model Specific Register".
//
//go:nosplit
func ReadMSR(msr uint32) uint64

// WriteMSR writes a model-specific register; #GP if there is none, or reserved bits are set. Ring 0 only. defined in
// msr_amd64.s
//
// Source: Intel SDM Vol. 2D, "WRMSR—Write to Model Specific Register".
//
//go:nosplit
func WriteMSR(msr uint32, v uint64)
