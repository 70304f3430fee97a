//go:build tamago

package main

import (
	"bennu/board/pc"
	"bennu/board/pc/acpi"
	"bennu/board/pc/apic"
	"bennu/board/pc/cpu"
	"bennu/boot/ring0"
	"bennu/kernel"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/mem"
)

// processor takes the CPU over: tables, stacks, protections. Then it reads all of them back; a difference from
// what isolation rests on is the end of the boot.
func (m *machine) processor(pool *mem.Pool, tss, template mem.Addr) {
	m.cpu = ring0.Init(pool.Physical(), tss, m.frame(pool))
	m.cpu.Clear = m.clear
	arch.OnFault = m.report.Fault
	faults := ring0.Check(pool.Physical(), template)
	for _, f := range faults {
		m.note("bennu: cpu state: " + f)
	}
	if len(faults) > 0 {
		m.refuse("the processor is not as it must be: " + faults[0])
	}
	for _, f := range cpu.Check(cpu.ID, cpu.Optional) {
		m.note("bennu: cpu lacks " + f + ": goes on without")
	}
}

// speaks makes what ends ring 0 say so on the console.
func (m *machine) speaks() {
	m.report = ring0.Reporter{Put: m.putc, Task: m.running, End: func() { m.power.Fail(kernel.StatusPanic) }}
	pc.Putc = m.report.Runtime
	pc.OnExit = m.report.Exit
}

func (m *machine) running() *abi.Label {
	if m.k == nil {
		return nil
	}
	return m.k.Running()
}

// nonmaskable lets the pins raise NMI that the board has wired for it. What comes is told, and is the end: the
// hardware says that something is wrong which software cannot mend.
func (m *machine) nonmaskable(local *apic.Local, madt *acpi.MADT) {
	for _, n := range madt.LocalNMIs {
		if n.CPU == acpi.AllCPUs {
			local.UnmaskNMI(n.Pin)
			continue
		}
		for _, c := range madt.CPUs {
			if c.ID == n.CPU && c.APIC == uint32(local.ID()) {
				local.UnmaskNMI(n.Pin)
			}
		}
	}
}

// Masked tells what the I/O APIC keeps to itself: for the kernel's check of itself.
func (m *machine) Masked(line uint32) (masked, known bool) {
	const mask = 1 << 16
	e := m.lines.Entry(apic.Line(line))
	return e&mask != 0, e != 0
}
