//go:build qemu

package qemutest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"bennu/tools/internal/control"
	"bennu/tools/internal/qemu"
)

// client is the control port's.
func (m *machine) client() *control.Client {
	m.t.Helper()
	conn, err := m.Dial(m.ctx)
	if err != nil {
		m.t.Fatal(err)
	}
	c := control.New(conn)
	m.t.Cleanup(func() { c.Close() })
	return c
}

// Three hundred lines are typed ahead of a command that takes seconds: each of them is run, whole, once, in
// order, and nothing else is.
func TestTypeAhead(t *testing.T) {
	const lines = 300
	m := boot(t, qemu.Config{})
	m.ready()
	var typed strings.Builder
	typed.WriteString("service fi rtc hang\ndate\n") // RS finds that in some time; date waits for it
	for i := range lines {
		fmt.Fprintf(&typed, "service lookup nobody%d\n", i)
	}
	typed.WriteString("help reboot\n")
	if err := m.Send(typed.String()); err != nil {
		t.Fatal(err)
	}
	m.line(regexp.MustCompile(`^  stop the services, then start the machine again$`))
	ran := regexp.MustCompile(`ESRCH: no service (\S+) `).FindAllStringSubmatch(m.Log(), -1)
	for i := range lines {
		if i >= len(ran) || ran[i][1] != fmt.Sprintf("nobody%d", i) {
			t.Fatalf("of %d lines %d were run; number %d was not\n%s", lines, len(ran), i, m.Log())
		}
	}
	if odd := regexp.MustCompile(`(?m)^.*(expected|dropped|\a).*$`).FindAllString(m.Log(), -1); len(ran) != lines || len(odd) > 0 {
		t.Errorf("%d lines were run, want %d; among the answers: %q", len(ran), lines, odd)
	}
}

// What a client of the control port, or an operator, has shown on the console is not obeyed by the terminal.
func TestConsoleObeysNobody(t *testing.T) {
	m := boot(t, qemu.Config{Control: true})
	m.ready()
	if err := m.client().Console(m.ctx, "a\x1b[2Jb\u009bc\x07"); err != nil {
		t.Fatal(err)
	}
	m.line(regexp.MustCompile(`a\\x1b\[2Jb\\xc2\\x9bc\\x07$`))
	if err := m.Send("dat\x1b[A\x01e\x9b\n"); err != nil {
		t.Fatal(err)
	}
	m.line(regexp.MustCompile(`got "dat\\x01e\\x9b"$`))
	for _, c := range m.Log() {
		if c > '~' || c < ' ' && !strings.ContainsRune("\r\n\b\a", c) {
			t.Errorf("%q left the machine", c)
		}
	}
}
