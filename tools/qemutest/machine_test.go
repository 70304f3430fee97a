//go:build qemu

package qemutest

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"bennu/kernel/archive"
	"bennu/kernel/archive/pack"
	"bennu/tools/internal/qemu"
	"bennu/tools/internal/suite"
)

var update = flag.Bool("update", false, "rewrite testdata/*.golden")

// limit is far above what any of these boots takes; a machine that is stuck falls silent first.
const limit = 3 * time.Minute

var (
	prompt = regexp.MustCompile(`bennu> $`)
	upLine = regexp.MustCompile(`^bennu .*, up .*; help lists the commands$`)
)

// machine is a booted VM with the test's time limit.
type machine struct {
	*qemu.VM
	t   *testing.T
	ctx context.Context
}

func boot(t *testing.T, c qemu.Config) *machine {
	t.Helper()
	if c.Kernel == "" && c.CD == "" {
		c.Kernel = suite.Built(t, "kernel.elf")
	}
	if c.Archive == "" && c.CD == "" {
		c.Archive = suite.Built(t, "boot.tar")
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	v, err := qemu.Start(ctx, c)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	m := &machine{v, t, ctx}
	t.Cleanup(func() {
		v.Close()
		cancel()
	})
	return m
}

// line waits for a line of COM1.
func (m *machine) line(re *regexp.Regexp) string {
	m.t.Helper()
	l, err := m.WaitLine(m.ctx, re)
	if err != nil {
		m.t.Fatal(err)
	}
	return l
}

// shell waits for the shell to ask.
func (m *machine) shell() {
	m.t.Helper()
	if _, err := m.WaitText(m.ctx, prompt); err != nil {
		m.t.Fatal(err)
	}
}

// do types a command. The shell must have asked.
func (m *machine) do(command string) {
	m.t.Helper()
	if err := m.Send(command + "\n"); err != nil {
		m.t.Fatal(err)
	}
}

// ends waits for the machine's end.
func (m *machine) ends(status int) {
	m.t.Helper()
	s, err := m.Wait(m.ctx)
	if err != nil {
		m.t.Fatal(err)
	}
	if s != status {
		m.t.Fatalf("status %d (%s), want %d (%s)\n%s", s, qemu.StatusText(s), status, qemu.StatusText(status), m.Log())
	}
}

// off types poweroff and waits for it.
func (m *machine) off() {
	m.t.Helper()
	m.do("poweroff")
	m.ends(qemu.StatusOff)
}

// bootFiles is what make put into the archive.
func bootFiles(t *testing.T) map[string][]byte {
	t.Helper()
	b, err := os.ReadFile(suite.Built(t, "boot.tar"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(b)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, e := range a.Files() {
		files[e.Name], _ = a.File(e.Name)
	}
	return files
}

// archiveOf writes an archive of files for a boot.
func archiveOf(t *testing.T, files map[string][]byte) string {
	t.Helper()
	b, err := pack.Bytes(files)
	if err != nil {
		t.Fatal(err)
	}
	return temp(t, b)
}

func temp(t *testing.T, b []byte) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "boot.tar")
	if err := os.WriteFile(p, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}
