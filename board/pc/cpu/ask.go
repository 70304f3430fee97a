package cpu

import "bennu/board/x86"

// ID asks the processor. It traps (microseconds) under a hypervisor: ask at boot.
func ID(leaf, sub uint32) Leaf {
	a, b, c, d := x86.CPUID(leaf, sub)
	return Leaf{a, b, c, d}
}
