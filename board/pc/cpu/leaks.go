package cpu

import "bennu/board/x86"

// Leak is a set of ways in which speculation shows a program what is another's.
type Leak uint16

// Leaks that bennu knows.
const (
	Meltdown  Leak = 1 << iota // ring 3 reads what its page tables map for ring 0
	L1TF                       // ring 3 reads the L1 cache by page-table entries that are not present
	MDS                        // fill, store and load buffers of the core
	TAA                        // the same by an aborted transaction
	MMIO                       // stale data of device accesses in the fill buffers
	RFDS                       // registers that the core used last (Atom)
	SpectreV2                  // branches where another program trained them to go
	SSB                        // loads that overtake stores

	allLeaks = SSB<<1 - 1
)

// Clear is a set of what a processor can clear between two tasks.
type Clear uint8

// Means to clear.
const (
	ClearBuffers    Clear = 1 << iota // VERW: fill, store and load buffers
	ClearPredictors                   // IBPB
	ClearL1                           // L1D_FLUSH
)

func (l Leak) String() string {
	return join(uint(l), []string{"meltdown", "l1tf", "mds", "taa", "mmio-stale-data", "rfds", "spectre-v2", "ssb"})
}

func (c Clear) String() string { return join(uint(c), []string{"buffers", "predictors", "l1d"}) }

// join names the bits of a set.
func join(bits uint, names []string) (s string) {
	for i, n := range names {
		if bits>>i&1 == 0 {
			continue
		}
		if s != "" {
			s += " "
		}
		s += n
	}
	return s
}

// Features that tell of leaks and of what clears them. AMD has leaf 0x80000008.
//
// Source: Intel, "Affected Processors: Guidance for Security Issues on Intel Processors", "CPUID Enumeration and
// Architectural MSRs"; AMD, "Indirect Branch Control Extension", "Speculative Store Bypass Disable".
var (
	rtm          = Feature{"rtm", leafExtended, 0, EBX, 11}
	mdClear      = Feature{"md-clear", leafExtended, 0, EDX, 10}
	specCtrl     = Feature{"spec-ctrl", leafExtended, 0, EDX, 26}
	flushL1D     = Feature{"flush-l1d", leafExtended, 0, EDX, 28}
	capabilities = Feature{"arch-capabilities", leafExtended, 0, EDX, 29}
	ibpbAMD      = Feature{"ibpb", leafExtSize, 0, EBX, 12}
	ssbNoAMD     = Feature{"amd-no-ssb", leafExtSize, 0, EBX, 26}
)

const leafExtSize = 0x8000_0008

// IA32_ARCH_CAPABILITIES: what a processor says that it has not, and what its VERW clears.
//
// Source: Intel SDM Vol. 4, "IA32_ARCH_CAPABILITIES".
const (
	rdclNo    = 1 << 0
	ssbNo     = 1 << 4
	mdsNo     = 1 << 5
	taaNo     = 1 << 8
	sbdrNo    = 1 << 13
	fbsdpNo   = 1 << 14
	psdpNo    = 1 << 15
	fbClear   = 1 << 17
	rfdsNo    = 1 << 27
	rfdsClear = 1 << 28
)

// Processor is what a processor tells of its leaks.
type Processor struct {
	Leaks   Leak
	Assumed bool  // it tells nothing: every leak of its maker's processors is assumed
	Means   Clear // what it can clear
	cured   Leak  // leaks that clearing with all Means covers
}

// FindLeaks asks a processor. msr reads a model-specific register that CPUID says exists.
func FindLeaks(id IDFunc, msr func(uint32) uint64) (p Processor) {
	switch Vendor(id) {
	case "AuthenticAMD", "HygonGenuine":
		p.Leaks = SpectreV2 | SSB
		if Has(id, ssbNoAMD) {
			p.Leaks &^= SSB
		}
		if Has(id, ibpbAMD) {
			p.Means, p.cured = ClearPredictors, SpectreV2
		}
		return p
	}
	caps := uint64(0)
	if Has(id, capabilities) {
		caps = msr(x86.MSRArch)
	} else {
		p.Assumed = true
	}
	p.Leaks = allLeaks
	for _, no := range [...]struct {
		bits uint64
		l    Leak
	}{{rdclNo, Meltdown | L1TF}, {ssbNo, SSB}, {mdsNo, MDS}, {taaNo, TAA}, {sbdrNo | fbsdpNo | psdpNo, MMIO}, {rfdsNo, RFDS}} {
		if caps&no.bits == no.bits {
			p.Leaks &^= no.l
		}
	}
	if !Has(id, rtm) {
		p.Leaks &^= TAA
	}
	if Has(id, mdClear) {
		p.Means |= ClearBuffers
		p.cured |= MDS | TAA
		if caps&fbClear != 0 || p.Leaks&MDS != 0 {
			p.cured |= MMIO
		}
		if caps&rfdsClear != 0 {
			p.cured |= RFDS
		}
	}
	if Has(id, specCtrl) || Has(id, ibpbAMD) {
		p.Means |= ClearPredictors
		p.cured |= SpectreV2
	}
	if Has(id, flushL1D) {
		p.Means |= ClearL1
		p.cured |= L1TF
	}
	return p
}

// needs are what clears a leak. Meltdown and SSB are nobody's data in a buffer: nothing clears them.
var needs = [...]struct {
	l Leak
	c Clear
}{{MDS | TAA | MMIO | RFDS, ClearBuffers}, {SpectreV2, ClearPredictors}, {L1TF, ClearL1}}

// Mitigation is the operator's wish: mitigate= of the kernel's command line.
type Mitigation uint8

// Mitigations.
const (
	MitigateAuto Mitigation = iota // what the processor's leaks need, as far as it can
	MitigateOff                    // nothing
	MitigateOn                     // all that the processor can, needed or not; a processor that can nothing is refused
)

func (m Mitigation) String() string { return [...]string{"auto", "off", "on", "?"}[m&3] }

// Plan is what is cleared on a switch from one task to another, and which leaks stay as they are.
//
// Errors: fault says why a wish cannot be met; "" otherwise.
func (p *Processor) Plan(m Mitigation) (clear Clear, open Leak, fault string) {
	switch m {
	case MitigateAuto:
		for _, n := range needs {
			if p.Leaks&p.cured&n.l != 0 {
				clear |= n.c
			}
		}
	case MitigateOn:
		if clear = p.Means; clear == 0 {
			return 0, p.Leaks, "mitigate=on: the processor can clear nothing, expected one with md-clear, spec-ctrl, ibpb or flush-l1d"
		}
	}
	open = p.Leaks
	for _, n := range needs {
		if clear&n.c != 0 {
			open &^= n.l & p.cured
		}
	}
	return clear, open, ""
}
