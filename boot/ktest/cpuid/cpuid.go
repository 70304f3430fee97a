//go:build tamago

// Package cpuid asks the processor what it is, from ring 3.
package cpuid

import "bennu/board/x86"

// TCG tells whether the processor is QEMU's emulator. Under KVM, in Bochs and on silicon it is not.
//
// Source: QEMU, target/i386/cpu.c, leaf 0x40000000.
func TCG() bool {
	if _, _, c, _ := x86.CPUID(1, 0); c>>31 == 0 {
		return false
	}
	_, b, c, d := x86.CPUID(0x4000_0000, 0)
	return text(b, c, d) == "TCGTCGTCGTCG"
}

// UMIP tells whether the processor can keep the descriptor tables' addresses from ring 3.
func UMIP() bool {
	if most, _, _, _ := x86.CPUID(0, 0); most < 7 {
		return false
	}
	_, _, c, _ := x86.CPUID(7, 0)
	return c>>2&1 != 0
}

func text(words ...uint32) string {
	var b []byte
	for _, w := range words {
		b = append(b, byte(w), byte(w>>8), byte(w>>16), byte(w>>24))
	}
	return string(b)
}
