//go:build tamago

package main

import (
	"bennu/board/pc/cpu"
	"bennu/board/x86"
	"bennu/kernel/arch"
)

// mitigate decides what is cleared when another task gets the processor, and refuses a wish that this one cannot meet.
func (m *machine) mitigate(wish cpu.Mitigation) {
	p := cpu.FindLeaks(cpu.ID, x86.ReadMSR)
	clear, open, fault := p.Plan(wish)
	if fault != "" {
		m.refuse(fault)
	}
	m.clear = clear
	m.leaks = leakLine(&p, wish, clear, open)
}

// SetTask is where one task's turn begins, after another's: kernel.Kernel calls it for no other reason. Or a task's ends for
// ever, and c is nil: then the next comes through here before ring 3 runs.
func (m *machine) SetTask(c *arch.Context) {
	if m.clear != 0 && c != nil {
		m.clear.Do()
	}
	m.cpu.SetTask(c)
}
