package cpu

// Register names the CPUID output that has a feature's bit.
type Register uint8

// The outputs of CPUID.
const (
	EAX Register = iota
	EBX
	ECX
	EDX
)

func (l Leaf) register(r Register) uint32 { return [...]uint32{l.EAX, l.EBX, l.ECX, l.EDX}[r&3] }

// Feature is something that a processor has or has not.
type Feature struct {
	Name string // as QEMU's -cpu spells it
	Leaf uint32
	Sub  uint32
	Reg  Register
	Bit  uint8
}

// Features that bennu asks for, or uses where there are.
//
// Source: Intel SDM Vol. 2A, "CPUID—CPU Identification", tables of leaves 1, 7, 0x80000001.
var (
	FPU      = Feature{"fpu", leafFeatures, 0, EDX, 0}
	TSCPart  = Feature{"tsc", leafFeatures, 0, EDX, 4}
	MSRPart  = Feature{"msr", leafFeatures, 0, EDX, 5}
	MCE      = Feature{"mce", leafFeatures, 0, EDX, 7}
	APIC     = Feature{"apic", leafFeatures, 0, EDX, 9}
	SEP      = Feature{"sep", leafFeatures, 0, EDX, 11}
	PGE      = Feature{"pge", leafFeatures, 0, EDX, 13}
	MCA      = Feature{"mca", leafFeatures, 0, EDX, 14}
	PAT      = Feature{"pat", leafFeatures, 0, EDX, 16}
	FXSR     = Feature{"fxsr", leafFeatures, 0, EDX, 24}
	SSE      = Feature{"sse", leafFeatures, 0, EDX, 25}
	SSE2     = Feature{"sse2", leafFeatures, 0, EDX, 26}
	SSE42    = Feature{"sse4.2", leafFeatures, 0, ECX, 20} // CRC32
	XSAVE    = Feature{"xsave", leafFeatures, 0, ECX, 26}
	AVX      = Feature{"avx", leafFeatures, 0, ECX, 28}
	RDRAND   = Feature{"rdrand", leafFeatures, 0, ECX, 30}
	RDSEED   = Feature{"rdseed", leafExtended, 0, EBX, 18} // asked for secrets first
	FSGSBASE = Feature{"fsgsbase", leafExtended, 0, EBX, 0}
	SMEP     = Feature{"smep", leafExtended, 0, EBX, 7}
	SMAP     = Feature{"smap", leafExtended, 0, EBX, 20}
	UMIP     = Feature{"umip", leafExtended, 0, ECX, 2}
	SYSCALL  = Feature{"syscall", leafExtFeature, 0, EDX, 11}
	NX       = Feature{"nx", leafExtFeature, 0, EDX, 20}
	LongMode = Feature{"lm", leafExtFeature, 0, EDX, 29}
)

// Required is what isolation and the kernel's own code rest on: without one of these bennu
// refuses to boot.
var Required = []Feature{
	LongMode, NX, SYSCALL, FPU, FXSR, SSE, SSE2, SSE42, XSAVE, TSCPart, MSRPart, MCE, APIC, PGE, PAT,
	FSGSBASE, SMEP, SMAP,
}

// Optional is what protects a little more where there is, and is told where there is not. UMIP keeps the addresses
// of the descriptor tables from tasks.
var Optional = []Feature{UMIP}

// Has tells whether the processor has a feature.
func Has(id IDFunc, f Feature) bool {
	return id.read(f.Leaf, f.Sub).register(f.Reg)>>(f.Bit&31)&1 != 0
}

// Check names the features of need that the processor lacks, in need's order.
func Check(id IDFunc, need []Feature) (missing []string) {
	for _, f := range need {
		if !Has(id, f) {
			missing = append(missing, f.Name)
		}
	}
	return missing
}
