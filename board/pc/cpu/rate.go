package cpu

// Rates is what the processor or its hypervisor tells of its clocks. Zero: not told.
type Rates struct {
	TSCHz    uint64 // counts of RDTSC in a second
	TimerHz  uint64 // counts of the local APIC's timer in a second, divide 1
	Source   string // who told TSCHz: "cpuid 0x15", "hypervisor", "cpuid 0x16"
	Estimate bool   // TSCHz is a nominal one, rounded to whole MHz
}

// ToldRates reads the clocks' rates from CPUID: leaf 0x15, else the hypervisor's
// timing leaf, else leaf 0x16.
//
// The hypervisor goes first where there is one that has the leaf: it knows whether it scales
// the guest's counter, while leaf 0x15 may be the host's passed through.
//
// Source: Intel SDM Vol. 3B, "Determining the Processor Base Frequency"; VMware, "Mechanisms
// to determine if software is running in a VMware virtual machine" (timing leaf); Linux,
// arch/x86/kernel/tsc.c, native_calibrate_tsc.
func ToldRates(id IDFunc) Rates {
	switch Hypervisor(id) {
	case "KVMKVMKVM", "VMwareVMware": // others use this leaf's number for other things
		if l := id.read(leafHVTiming, 0); l.EAX != 0 {
			return Rates{TSCHz: uint64(l.EAX) * 1000, TimerHz: uint64(l.EBX) * 1000, Source: "hypervisor"}
		}
	}
	return nativeRates(id, Hypervisor(id) != "")
}

// nativeRates are those of leaves 0x15 and 0x16. A hypervisor that passes them on gives the
// timer a rate of its own all the same.
func nativeRates(id IDFunc, guest bool) Rates {
	l := id.read(leafCrystal, 0)
	base := uint64(id.read(leafFrequency, 0).EAX&0xffff) * 1_000_000
	var r Rates
	switch {
	case l.EAX == 0 || l.EBX == 0:
		return r
	case l.ECX != 0:
		// 32 bits by 32 bits fit 64.
		r = Rates{TSCHz: uint64(l.ECX) * uint64(l.EBX) / uint64(l.EAX), TimerHz: uint64(l.ECX), Source: "cpuid 0x15"}
	case base != 0:
		r = Rates{TSCHz: base, TimerHz: base * uint64(l.EAX) / uint64(l.EBX), Source: "cpuid 0x16", Estimate: true}
	}
	if guest {
		r.TimerHz = 0
	}
	return r
}
