//go:build amd64 && !tamago

package kernel

import "bennu/kernel/arch"

// handOver is what SYSCALL's entry does on metal first. nil: it has done nothing.
func handOver(k *Kernel, c *arch.Context, left, back uint64) (to *arch.Context)
