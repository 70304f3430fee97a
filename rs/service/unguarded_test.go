package service

import (
	"strings"
	"testing"

	"bennu/kernel/abi"
)

// TestStatusUnguarded: who has unguarded ports is seen at once.
func TestStatusUnguarded(t *testing.T) {
	a, _ := abi.MakeLabel("a")
	b, _ := abi.MakeLabel("b")
	text := StatusTable([]abi.ServiceStatus{{Label: a, State: abi.ServiceRunning, Unguarded: 16}, {Label: b, State: abi.ServiceRunning}}, 0)
	both := StatusTable([]abi.ServiceStatus{{Label: a, State: abi.ServiceRunning, Unguarded: 16, PCI: 1, Unconfined: 1}, {Label: b, State: abi.ServiceRunning, PCI: 3}}, 0)
	if rows := strings.Split(both, "\n"); !strings.Contains(rows[1], "running unguarded pci unconfined") || !strings.Contains(rows[2], "running pci") || strings.Contains(rows[2], "unconfined") {
		t.Errorf("got\n%s", both)
	}
	lines := strings.Split(text, "\n")
	if !strings.Contains(lines[1], "running unguarded") || strings.Contains(lines[2], "unguarded") {
		t.Errorf("got\n%s", text)
	}
}
