//go:build !amd64 || tamago

package kernel

import "bennu/kernel/arch"

// handOver is machine code of a processor that this is not, or runs in ring 0.
func handOver(*Kernel, *arch.Context, uint64, uint64) *arch.Context { return nil }
