//go:build tamago

package main

import (
	"bennu/board/pc/acpi"
	"bennu/kernel/ioport"
)

// keepPorts notes the ports that no task may get because ACPI's hardware is there.
func (m *machine) keepPorts(t *acpi.Tables, fadt *acpi.FADT) {
	m.century = fadt.Century
	blocks, err := t.Ports()
	m.must(err)
	for _, b := range blocks {
		m.never = append(m.never, ioport.Block{First: b.First, Last: b.Last, Class: ioport.Never, Name: b.Name})
	}
}

// keptPorts is the list for the boot's lines.
func (m *machine) keptPorts() (s string) {
	for _, b := range m.never {
		s += " " + b.String()
	}
	return s
}
