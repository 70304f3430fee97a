package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"bennu/tools/campaign/machine"
	"bennu/tools/campaign/result"
	"bennu/tools/campaign/runner"
	"bennu/tools/campaign/simulated"
	"bennu/tools/campaign/spec"
	"bennu/tools/campaign/store"
)

// made is the campaign that a spec would be now.
func made(ctx context.Context, s *spec.Spec, from image) (result.Campaign, error) {
	m := spec.Made{Go: runtime.Version(), Commit: "unknown", QEMU: "none", Hashes: map[string]string{}}
	if b, err := exec.CommandContext(ctx, "git", "rev-parse", "HEAD").Output(); err == nil {
		m.Commit = string(bytes.TrimSpace(b))
		b, err = exec.CommandContext(ctx, "git", "status", "--porcelain").Output()
		m.Dirty = err != nil || len(bytes.TrimSpace(b)) > 0
	}
	if s.Machine != "simulated" {
		if err := real(ctx, s, from, &m); errors.As(err, new(usageError)) {
			return result.Campaign{}, err
		} else if err != nil {
			return result.Campaign{}, &machine.Fatal{Err: err}
		}
	}
	return s.Campaign(m), nil
}

// real adds what is built and what it runs on.
func real(ctx context.Context, s *spec.Spec, from image, m *spec.Made) error {
	b, err := exec.CommandContext(ctx, qemuName(), "--version").Output()
	if err != nil {
		return fmt.Errorf("%s --version: %w", qemuName(), err)
	}
	m.QEMU, _, _ = strings.Cut(string(b), "\n")
	m.Hashes, err = from.hashes(s)
	return err
}

func qemuName() string {
	if q := os.Getenv("QEMU"); q != "" {
		return q
	}
	return "qemu-system-x86_64"
}

// open makes the machine of a stored campaign.
func open(st *store.Store, s *spec.Spec, h *how) (*runner.Campaign, error) {
	c := &runner.Campaign{ID: st.Campaign.ID, Spec: s, Log: func(group int, block uint32, text string) {
		dir := filepath.Join(st.Dir, "logs")
		if os.MkdirAll(dir, 0o755) == nil { // a log that is lost is no result that is lost
			os.WriteFile(filepath.Join(dir, fmt.Sprintf("%06d-%d.log", group, block)), []byte(text), 0o644)
		}
	}}
	if s.Machine == "simulated" {
		c.Machine = &simulated.Machine{}
		c.Symbols = func(string) (machine.Symbols, error) { return simulated.Symbols{}, nil }
		return c, nil
	}
	return c, openReal(c, st, s, h)
}
