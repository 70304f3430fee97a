//go:build qemu

package qemu

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"bennu/tools/internal/tinyelf"
)

// tiny boots a few instructions.
func tiny(t *testing.T, parts ...[]byte) Config {
	t.Helper()
	var code []byte
	for _, p := range parts {
		code = append(code, p...)
	}
	dir := t.TempDir()
	c := Config{Kernel: filepath.Join(dir, "kernel.elf"), Archive: filepath.Join(dir, "boot.tar"), Silence: 20 * time.Second}
	for name, b := range map[string][]byte{c.Kernel: tinyelf.ELF(code, tinyelf.NotePVH), c.Archive: []byte("module")} {
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestMachineEnds(t *testing.T) {
	greet := tinyelf.Print("hello\r\n")
	for _, c := range []struct {
		name string
		end  []byte
		want int
	}{
		{"power-off", tinyelf.PowerOff(), StatusOff},
		{"failed", tinyelf.DebugExit(1), StatusFailed},
		{"panic", tinyelf.DebugExit(2), StatusPanic},
		{"refused", tinyelf.DebugExit(3), StatusRefused},
		{"triple fault", tinyelf.TripleFault(), StatusReset},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := start(t, tiny(t, greet, c.end))
			if _, err := v.WaitLine(t.Context(), hello); err != nil {
				t.Fatal(err)
			}
			if s, err := v.Wait(t.Context()); s != c.want || err != nil {
				t.Errorf("status %d, %v, want %d", s, err, c.want)
			}
		})
	}
}

func TestMachineArguments(t *testing.T) {
	c := tiny(t, tinyelf.PowerOff())
	c.Args = []string{"-no-such-option"}
	_, err := start(t, c).Wait(t.Context())
	var e *InfraError
	if !errors.As(err, &e) {
		t.Errorf("%v, want InfraError", err)
	}
}

func TestMachineTalks(t *testing.T) {
	c := tiny(t, tinyelf.Print("> "), tinyelf.Echo(), tinyelf.PowerOff())
	c.Control, c.QMP, c.Icount = true, true, "0"
	v := start(t, c)
	if _, err := v.WaitText(t.Context(), regexp.MustCompile("> $")); err != nil {
		t.Fatal(err)
	}
	conn, err := v.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	m, err := v.Monitor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.Keys(t.Context(), "a", "ret"); err != nil {
		t.Error(err)
	}
	if _, err := m.Execute(t.Context(), "no-such-command", nil); err == nil {
		t.Error("an unknown command is taken")
	}
	if err := v.Send("echo."); err != nil {
		t.Fatal(err)
	}
	if _, err := v.WaitText(t.Context(), regexp.MustCompile(`echo\.`)); err != nil {
		t.Error(err)
	}
	if s, err := v.Wait(t.Context()); s != StatusOff || err != nil {
		t.Errorf("status %d, %v", s, err)
	}
}

func TestMachineHangs(t *testing.T) {
	c := tiny(t, tinyelf.Print("hello\r\n"), tinyelf.Hang())
	c.Silence = 500 * time.Millisecond
	v := start(t, c)
	_, err := v.Wait(t.Context())
	var e *TimeoutError
	if !errors.As(err, &e) || e.Silent == 0 {
		t.Errorf("%v, want silence", err)
	}
}
