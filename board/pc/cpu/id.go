// Package cpu is the processor: CPUID and what bennu asks of it, model-specific
// registers, the time-stamp counter, and the instructions that stop it.
package cpu

// Leaf is the answer of one CPUID leaf.
type Leaf struct {
	EAX, EBX, ECX, EDX uint32
}

// IDFunc is CPUID: ID on the machine, a table in tests.
//
// Source: Intel SDM Vol. 2A, "CPUID—CPU Identification".
type IDFunc func(leaf, sub uint32) Leaf

// CPUID leaves.
const (
	leafMax        = 0x0
	leafFeatures   = 0x1
	leafExtended   = 0x7
	leafCrystal    = 0x15
	leafFrequency  = 0x16
	leafHypervisor = 0x4000_0000
	leafHVTiming   = 0x4000_0010
	leafExtFeature = 0x8000_0001
	leafBrand      = 0x8000_0002 // and the two after it
)

// read is a leaf that the processor has, zeros otherwise: past the highest basic leaf, Intel
// processors answer with the highest one's data.
func (id IDFunc) read(leaf, sub uint32) Leaf {
	top := leaf & 0xffff_0000
	if top == leafHypervisor && id(leafFeatures, 0).ECX>>31 == 0 {
		return Leaf{}
	}
	if highest := id(top, 0).EAX; leaf > highest || highest&0xffff_0000 != top {
		return Leaf{}
	}
	return id(leaf, sub)
}

// Vendor is the processor's maker: "GenuineIntel", "AuthenticAMD".
func Vendor(id IDFunc) string {
	l := id(leafMax, 0)
	return text(l.EBX, l.EDX, l.ECX)
}

// Brand is the processor's name, "" when it does not tell one.
//
// Source: Intel SDM Vol. 2A, "CPUID—CPU Identification", "The Processor Brand String Method".
func Brand(id IDFunc) string {
	var words [12]uint32
	for i := range uint32(3) {
		l := id.read(leafBrand+i, 0)
		copy(words[4*i:], []uint32{l.EAX, l.EBX, l.ECX, l.EDX})
	}
	return text(words[:]...)
}

// PhysicalBits is how many bits a physical address has; 36 where the processor does not tell.
//
// Source: Intel SDM Vol. 2A, "CPUID—CPU Identification", leaf 80000008H.
func PhysicalBits(id IDFunc) uint {
	if n := id.read(leafExtSize, 0).EAX & 0xff; n != 0 {
		return uint(n)
	}
	return 36
}

// Hypervisor is the signature of the hypervisor that runs us ("KVMKVMKVM",
// "TCGTCGTCGTCG"), "" on bare metal.
//
// Source: VMware, "Mechanisms to determine if software is running in a VMware virtual
// machine"; Linux, Documentation/virt/kvm/x86/cpuid.rst.
func Hypervisor(id IDFunc) string {
	if id(leafFeatures, 0).ECX>>31 == 0 {
		return ""
	}
	l := id(leafHypervisor, 0)
	return text(l.EBX, l.ECX, l.EDX)
}

// text is the bytes of the words, without blanks and zeros around them.
func text(words ...uint32) string {
	b := make([]byte, 0, 48)
	for _, w := range words {
		b = append(b, byte(w), byte(w>>8), byte(w>>16), byte(w>>24))
	}
	for i, c := range b {
		if c == 0 {
			b = b[:i]
			break
		}
	}
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return string(b)
}
