package victim

import (
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"

	"bennu/boot/ktest/code"
)

// Every byte is an instruction, every jump goes to the beginning of one, and the fault is reached by one.
func TestText(t *testing.T) {
	b := text()
	starts, targets := map[int]string{}, map[int]bool{}
	for at := 0; at < len(b); {
		i, err := x86asm.Decode(b[at:], 64)
		if err != nil {
			t.Fatalf("at %d: % x: %v", at, b[at:min(at+15, len(b))], err)
		}
		starts[at] = x86asm.IntelSyntax(i, 0, nil)
		at += i.Len
		if rel, ok := i.Args[0].(x86asm.Rel); ok {
			targets[at+int(rel)] = true
		}
	}
	fault := false
	for to := range targets {
		if starts[to] == "" {
			t.Errorf("a jump to %d, where no instruction begins", to)
		}
		fault = fault || starts[to] == "ud2"
	}
	if len(targets) != 4 || !fault {
		t.Errorf("%d targets, the fault among them: %v; want 4, true", len(targets), fault)
	}
	var all []string
	for at := range len(b) {
		if starts[at] != "" {
			all = append(all, starts[at])
		}
	}
	if got := strings.Count(strings.Join(all, "\n"), "syscall"); got != 5 {
		t.Errorf("%d system calls, want 5: ready, receive, answer, heartbeat, exit", got)
	}
	if len(b) > 0x1000 || code.Text%16 != 0 {
		t.Errorf("%d bytes", len(b))
	}
}
