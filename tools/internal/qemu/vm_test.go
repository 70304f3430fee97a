package qemu

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// script makes a stand-in for qemu.sh.
func script(t *testing.T, body string) Config {
	t.Helper()
	p := filepath.Join(t.TempDir(), "qemu.sh")
	if err := os.WriteFile(p, []byte("#!/bin/sh\n"+body), 0o755); err != nil {
		t.Fatal(err)
	}
	return Config{Script: p, Silence: 10 * time.Second}
}

func start(t *testing.T, c Config) *VM {
	t.Helper()
	v, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

var hello = regexp.MustCompile("^hello$")

func TestEnds(t *testing.T) {
	t.Run("off", func(t *testing.T) {
		v := start(t, script(t, "echo hello; exit 0"))
		if _, err := v.WaitLine(t.Context(), hello); err != nil {
			t.Error(err)
		}
		if s, err := v.Wait(t.Context()); s != StatusOff || err != nil {
			t.Errorf("status %d, %v", s, err)
		}
		if _, err := v.Line(t.Context()); err != io.EOF {
			t.Errorf("after the end: %v", err)
		}
	})
	t.Run("missing", func(t *testing.T) {
		v := start(t, script(t, "echo no kernel >&2; exit 2"))
		_, err := v.WaitLine(t.Context(), hello)
		var e *InfraError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), "| no kernel") {
			t.Errorf("%v, want InfraError that quotes the script", err)
		}
		if _, err := v.Wait(t.Context()); !errors.As(err, &e) {
			t.Errorf("Wait: %v", err)
		}
		if _, err := v.Line(t.Context()); !errors.As(err, &e) {
			t.Errorf("Line: %v", err)
		}
	})
	t.Run("no script", func(t *testing.T) {
		_, err := Start(t.Context(), Config{Script: "/nonexistent/qemu.sh"})
		var e *InfraError
		if !errors.As(err, &e) {
			t.Errorf("%v, want InfraError", err)
		}
	})
	t.Run("crash of QEMU", func(t *testing.T) {
		v := start(t, script(t, "echo hello; kill -SEGV $$"))
		_, err := v.Wait(t.Context())
		var e *InfraError
		if !errors.As(err, &e) {
			t.Errorf("%v, want InfraError", err)
		}
	})
	t.Run("nothing printed", func(t *testing.T) {
		v := start(t, script(t, "exit 4"))
		_, err := v.WaitLine(t.Context(), hello)
		var e *BootError
		if !errors.As(err, &e) || e.Status != StatusReset {
			t.Errorf("%v, want BootError", err)
		}
	})
	t.Run("panic", func(t *testing.T) {
		v := start(t, script(t, "echo booting; exit 5"))
		_, err := v.WaitLine(t.Context(), hello)
		var e *EndError
		if !errors.As(err, &e) || e.Status != StatusPanic || !strings.Contains(err.Error(), "kernel panic") || !strings.Contains(err.Error(), "| booting") {
			t.Errorf("%v, want EndError", err)
		}
	})
	t.Run("silence", func(t *testing.T) {
		c := script(t, "echo booting; exec cat")
		c.Silence = 50 * time.Millisecond
		_, err := start(t, c).WaitLine(t.Context(), hello)
		var e *TimeoutError
		if !errors.As(err, &e) || e.Silent != c.Silence {
			t.Errorf("%v, want TimeoutError", err)
		}
	})
}

func TestSend(t *testing.T) {
	v := start(t, script(t, "read x; echo got $x"))
	if err := v.Send("this\n"); err != nil {
		t.Fatal(err)
	}
	if l, err := v.WaitLine(t.Context(), regexp.MustCompile("^got")); l != "got this" || err != nil {
		t.Errorf("%q, %v", l, err)
	}
}

// A test means its own Config whatever the developer has exported.
func TestEnvironment(t *testing.T) {
	t.Setenv("MACHINE", "pc")
	t.Setenv("QEMU_ARGS", "-S")
	c := script(t, `echo "[${MACHINE:-} ${MEM:-} ${QEMU_ARGS:-} ${NET:-}]"`)
	c.Memory, c.Env = "64M", []string{"NET=user"}
	c.Args = []string{"-d", "int"}
	if l, err := start(t, c).Line(t.Context()); l != "[ 64M -d int user]" || err != nil {
		t.Errorf("%q, %v", l, err)
	}
	c.Args = []string{"-name", "two words"}
	if _, err := Start(t.Context(), c); err == nil {
		t.Error("an argument with a space is taken")
	}
}

// Close ends what ignores signals, and its children.
func TestClose(t *testing.T) {
	c := script(t, "trap '' TERM INT HUP; echo hello; cat & wait; wait")
	v, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.WaitLine(t.Context(), hello); err != nil {
		t.Error(err)
	}
	v.Close()
	v.Close()
	if _, err := os.Stat(v.dir); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", v.dir, err)
	}
}

// The kernel's log is a stream of its own, complete when the machine has ended, and part of Log.
func TestKernelLog(t *testing.T) {
	v := start(t, script(t, `echo console; printf 'one\ntwo\n' > "$KLOG"; read x; echo three > "$KLOG"`))
	if l, err := v.WaitKernelLine(t.Context(), regexp.MustCompile("^t")); l != "two" || err != nil {
		t.Errorf("%q, %v", l, err)
	}
	v.Send("go on\n")
	if _, err := v.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	if k := v.KernelLog(); k != "one\ntwo\nthree\n" {
		t.Errorf("%q", k)
	}
	if l := v.Log(); l != "console\n--- the kernel's log:\none\ntwo\nthree\n" {
		t.Errorf("%q", l)
	}
	var e *EndError
	if _, err := v.WaitKernelLine(t.Context(), hello); !errors.As(err, &e) {
		t.Errorf("%v, want EndError", err)
	}
}
