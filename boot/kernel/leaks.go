//go:build tamago

package main

import (
	"bennu/board/pc/cpu"
	"bennu/board/x86"
)

// mitigate decides what is cleared when another task gets the processor, and refuses a wish that this one cannot meet.
func (m *machine) mitigate(wish cpu.Mitigation) {
	p := cpu.FindLeaks(cpu.ID, x86.ReadMSR)
	clear, open, fault := p.Plan(wish)
	if fault != "" {
		m.refuse(fault)
	}
	if clear != 0 {
		m.clear = clear.Do
	}
	m.leaks = leakLine(&p, wish, clear, open)
}
