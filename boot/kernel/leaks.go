//go:build tamago

package main

import (
	"bennu/board/pc/cpu"
	"bennu/kernel/arch"
)

// mitigate decides what is cleared when another task gets the processor, and refuses a wish that this one cannot meet.
func (m *machine) mitigate(wish cpu.Mitigation) {
	p := cpu.FindLeaks(cpu.ID, cpu.ReadMSR)
	clear, open, fault := p.Plan(wish)
	if fault != "" {
		m.refuse(fault)
	}
	m.clear = clear
	m.leaks = leakLine(&p, wish, clear, open)
}

// SetTask is where one task's turn ends and another's begins: kernel.Kernel calls it for no other reason.
func (m *machine) SetTask(c *arch.Context) {
	if m.clear != 0 {
		m.clear.Do()
	}
	arch.SetTask(c)
}
