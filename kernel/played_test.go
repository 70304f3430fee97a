//go:build !tamago

package kernel

import "bennu/kernel/arch"

// played is the processor that m plays.
func played(m *machine) *arch.CPU { return arch.Played(m) }

// watch is DR0 and DR7.
func watch(p *arch.CPU) (at, control uint64) { return p.WatchAt, p.WatchControl }
