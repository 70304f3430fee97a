package cpu

import (
	"bennu/board/x86"
	"testing"
)

// processor makes CPUID of a maker, with features of leaf 7 and 0x80000008.
func processor(maker string, ebx7, edx7, ebx8 uint32) IDFunc {
	w := words(maker, 3)
	return table{
		{0, 0}: {0x1f, w[0], w[2], w[1]}, {7, 0}: {EBX: ebx7, EDX: edx7},
		{0x80000000, 0}: {EAX: 0x80000008}, {0x80000008, 0}: {EBX: ebx8},
	}.id
}

const (
	bitRTM, bitMDClear, bitSpecCtrl, bitFlush, bitCaps = 1 << 11, 1 << 10, 1 << 26, 1 << 28, 1 << 29
	bitIBPB, bitNoSSB                                  = 1 << 12, 1 << 26
)

const allClears = ClearBuffers | ClearPredictors | ClearL1

// TestLeaks: processors by what they tell, as the makers' lists have them.
func TestLeaks(t *testing.T) {
	const all = Meltdown | L1TF | MDS | MMIO | RFDS | SpectreV2 | SSB
	for _, c := range []struct {
		name    string
		id      IDFunc
		caps    uint64
		leaks   Leak
		assumed bool
		means   Clear
		auto    Clear
		open    Leak // with auto
	}{
		{"Skylake without microcode", processor("GenuineIntel", bitRTM, 0, 0), 0, all | TAA, true, 0, 0, all | TAA},
		{"Skylake with microcode", processor("GenuineIntel", bitRTM, bitMDClear|bitSpecCtrl|bitFlush, 0), 0, all | TAA, true,
			allClears, allClears, Meltdown | RFDS | SSB},
		{"Haswell without TSX", processor("GenuineIntel", 0, bitMDClear|bitSpecCtrl|bitFlush, 0), 0, all, true, allClears, allClears, Meltdown | RFDS | SSB},
		{"Cascade Lake", processor("GenuineIntel", bitRTM, bitMDClear|bitSpecCtrl|bitFlush|bitCaps, 0), rdclNo | mdsNo | rfdsNo | 1<<1 | 1<<3,
			TAA | MMIO | SpectreV2 | SSB, false, allClears, ClearBuffers | ClearPredictors, MMIO | SSB},
		{"Cascade Lake whose VERW clears fill buffers", processor("GenuineIntel", 0, bitMDClear|bitSpecCtrl|bitFlush|bitCaps, 0),
			rdclNo | mdsNo | rfdsNo | taaNo | fbClear, MMIO | SpectreV2 | SSB, false, allClears, ClearBuffers | ClearPredictors, SSB},
		{"two of the three that stale device data needs", processor("GenuineIntel", 0, bitCaps, 0), rdclNo | mdsNo | taaNo | rfdsNo | ssbNo | sbdrNo | psdpNo,
			MMIO | SpectreV2, false, 0, 0, MMIO | SpectreV2},
		{"Gracemont", processor("GenuineIntel", 0, bitMDClear|bitSpecCtrl|bitCaps, 0), rdclNo | mdsNo | taaNo | sbdrNo | fbsdpNo | psdpNo | rfdsClear,
			RFDS | SpectreV2 | SSB, false, ClearBuffers | ClearPredictors, ClearBuffers | ClearPredictors, SSB},
		{"one that has none of them", processor("GenuineIntel", 0, bitMDClear|bitSpecCtrl|bitFlush|bitCaps, 0),
			rdclNo | ssbNo | mdsNo | taaNo | sbdrNo | fbsdpNo | psdpNo | rfdsNo, SpectreV2, false, allClears, ClearPredictors, 0},
		{"capabilities in the register of one that has no register", processor("GenuineIntel", 0, 0, 0), ^uint64(0), all, true, 0, 0, all},
		{"Zen", processor("AuthenticAMD", bitRTM, bitMDClear, bitIBPB), 0, SpectreV2 | SSB, false, ClearPredictors, ClearPredictors, SSB},
		{"a new Zen", processor("AuthenticAMD", 0, 0, bitIBPB|bitNoSSB), 0, SpectreV2, false, ClearPredictors, ClearPredictors, 0},
		{"AMD without IBPB", processor("AuthenticAMD", 0, 0, 0), 0, SpectreV2 | SSB, false, 0, 0, SpectreV2 | SSB},
		{"Hygon", processor("HygonGenuine", 0, 0, bitIBPB), 0, SpectreV2 | SSB, false, ClearPredictors, ClearPredictors, SSB},
		{"a maker that nobody knows", processor("SomebodyElse", 0, 0, 0), 0, all, true, 0, 0, all},
	} {
		p := FindLeaks(c.id, func(msr uint32) uint64 {
			if msr != x86.MSRArch || !Has(c.id, capabilities) {
				t.Errorf("%s: MSR %#x is read", c.name, msr)
			}
			return c.caps
		})
		if p.Leaks != c.leaks || p.Assumed != c.assumed || p.Means != c.means {
			t.Errorf("%s: leaks %s, assumed %v, means %s; want %s, %v, %s", c.name, p.Leaks, p.Assumed, p.Means, c.leaks, c.assumed, c.means)
		}
		for _, w := range []struct {
			m     Mitigation
			clear Clear
			open  Leak
			fault bool
		}{{MitigateOff, 0, c.leaks, false}, {MitigateAuto, c.auto, c.open, false}, {MitigateOn, c.means, c.open, c.means == 0}} {
			clear, open, fault := p.Plan(w.m)
			if clear != w.clear || open != w.open || (fault != "") != w.fault {
				t.Errorf("%s, mitigate=%s: clears %s, leaves %s, %q; want %s, %s, fault %v", c.name, w.m, clear, open, fault, w.clear, w.open, w.fault)
			}
		}
	}
}

func TestLeakNames(t *testing.T) {
	if got := Leak(allLeaks).String(); got != "meltdown l1tf mds taa mmio-stale-data rfds spectre-v2 ssb" {
		t.Error(got)
	}
	if got := allClears.String(); got != "buffers predictors l1d" || Clear(0).String() != "" {
		t.Error(got)
	}
}
