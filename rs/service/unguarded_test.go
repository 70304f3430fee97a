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
	lines := strings.Split(text, "\n")
	if !strings.Contains(lines[1], "running unguarded") || strings.Contains(lines[2], "unguarded") {
		t.Errorf("got\n%s", text)
	}
}
