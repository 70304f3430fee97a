package x86

// CPUID asks the processor what it is. It is serialising, and traps (microseconds) under a hypervisor: ask at boot.
// defined in cpuid_amd64.s
//
// Source: Intel SDM Vol. 2A, "CPUID—CPU Identification".
func CPUID(leaf, sub uint32) (eax, ebx, ecx, edx uint32)
