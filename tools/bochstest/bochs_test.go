//go:build bochs

package bochstest

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"bennu/tools/internal/bochs"
	"bennu/tools/internal/ktap"
	"bennu/tools/internal/qemu"
)

// limit is for a host on which Bochs has half a core.
const limit = 15 * time.Minute

func out(t *testing.T, name string) string {
	t.Helper()
	root, err := qemu.Root()
	if err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(root, "out", name)
	if _, err := os.Stat(p); err != nil {
		t.Fatalf("%v: run make image", err)
	}
	return p
}

func boot(t *testing.T, c bochs.Config) (*bochs.VM, context.Context) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	v, err := bochs.Start(ctx, c)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(v.Log())
		}
		v.Close()
		cancel()
	})
	return v, ctx
}

// last is what the machine says when it has nothing more to say: not every machine can be powered off.
var last = regexp.MustCompile(`# \d+ passed, \d+ failed$|^# the end, status|kernel: panic: |bennu: refused|^shim: `)

// gaps are remarks that must not be seen here.
var gaps = regexp.MustCompile(`not as on a CPU|this emulator`)

// results follows KTAP on COM1 and makes a subtest of each result.
func results(t *testing.T, v *bochs.VM, ctx context.Context) {
	p := ktap.NewParser()
	why := ""
	for why == "" {
		l, err := v.Line(ctx)
		switch {
		case errors.Is(err, io.EOF):
			why = "the machine ended"
		case err != nil:
			why = err.Error()
		case last.MatchString(l):
			why = l
		}
		p.Line(l)
		if gaps.MatchString(l) {
			t.Errorf("forgiven in Bochs: %s", l)
		}
	}
	r := p.Finish(why)
	for _, c := range r.Tests {
		t.Run(c.Name, func(t *testing.T) {
			switch {
			case !c.OK:
				t.Error(strings.Join(c.Log, "\n"))
			case c.Skip != "":
				t.Skip(c.Skip)
			}
		})
	}
	for _, f := range r.Faults {
		t.Error(f)
	}
}

func TestRing0(t *testing.T) {
	v, ctx := boot(t, bochs.Config{Kernel: out(t, "ring0test.elf"), Archive: out(t, "ktest.tar")})
	results(t, v, ctx)
}

func TestKernel(t *testing.T) {
	v, ctx := boot(t, bochs.Config{Kernel: out(t, "kernel.elf"), Archive: out(t, "ktest.tar"), Debug: true})
	results(t, v, ctx)
}
