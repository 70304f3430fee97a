//go:build !tamago

package kernel

import "bennu/kernel/arch"

// played is the processor that m plays.
func played(m *machine) *arch.CPU { return arch.Played(m) }
