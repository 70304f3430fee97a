package emulator

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"bennu/rs/fi/plan"
	"bennu/tools/campaign/machine"
)

// script is a Machine whose qemu.sh is a few lines of shell.
func script(t *testing.T, text string) *Machine {
	t.Helper()
	name := filepath.Join(t.TempDir(), "qemu.sh")
	if err := os.WriteFile(name, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return &Machine{Script: name, Archive: func(p *plan.Plan, file string) error { return os.WriteFile(file, []byte(p.String()), 0o644) }}
}

// all reads a stream to its end.
func all(t *testing.T, m *Machine) (text string, end *machine.End) {
	t.Helper()
	s, err := m.Start(t.Context(), machine.Boot{Plan: plan.Default(), Seed: 9})
	if errors.As(err, &end) {
		return "", end
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for {
		b, err := s.Read(t.Context())
		text += string(b)
		if errors.As(err, &end) {
			return text, end
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// How qemu.sh's end is told, and that all that was written before it is read.
func TestEnds(t *testing.T) {
	for _, c := range []struct {
		script string
		text   string
		how    machine.How
		words  string
	}{
		{`printf frames >$COM3`, "frames", machine.Off, ""},
		{`printf frames >$COM3; echo "kernel: panic: no" >$KLOG; exit 5`, "frames", machine.Panic, "kernel: panic: no"},
		{`exit 4`, "", machine.Reset, ""},
		{`exit 7`, "", machine.Panic, ""},
		{`echo "no such option" >&2; exit 1`, "", machine.NotStarted, ""},
		{`exit 2`, "", machine.NotStarted, ""},
		{`printf "$SEED $ICOUNT $MACHINE " >$COM3; cat $ARCHIVE >>$COM3`, "9 0  " + plan.Default().String(), machine.Off, ""},
	} {
		text, end := all(t, script(t, c.script))
		if text != c.text || end.How != c.how || c.words != "" && end.Words != c.words {
			t.Errorf("%s: %q, %v: want %q, %v %q", c.script, text, end, c.text, c.how, c.words)
		}
	}
}

func TestNoArchive(t *testing.T) {
	m := script(t, "exit 0")
	m.Archive = func(*plan.Plan, string) error { return os.ErrNotExist }
	var fatal *machine.Fatal
	if _, err := m.Start(t.Context(), machine.Boot{}); !errors.As(err, &fatal) {
		t.Errorf("%v, want Fatal", err)
	}
	m.Script = filepath.Join(t.TempDir(), "none")
	m.Archive = func(*plan.Plan, string) error { return nil }
	var end *machine.End
	if _, err := m.Start(t.Context(), machine.Boot{}); !errors.As(err, &end) || end.How != machine.NotStarted {
		t.Errorf("%v, want that it is not started", err)
	}
}

// A TMPDIR without room is told as that, and not as a machine's fault.
func TestRoom(t *testing.T) {
	m := &Machine{}
	if err := m.Room(); err != nil {
		t.Error(err)
	}
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	if err := m.Room(); err == nil {
		t.Error("there is room in a folder that is not there")
	}
}

func TestLastLines(t *testing.T) {
	if got := lastLines("a\nb\nc\nd\ne\n"); got != "b | c | d | e" {
		t.Errorf("%q", got)
	}
	if got := lastLines(""); got != "" {
		t.Errorf("%q", got)
	}
}
