//go:build bochs

package bochstest

import (
	"context"
	"errors"
	"regexp"
	"testing"
	"time"

	"bennu/tools/internal/bochs"
	"bennu/tools/internal/suite"
)

// limit is for a host on which Bochs has half a core.
const limit = 15 * time.Minute

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
var last = regexp.MustCompile(`# \d+ passed, \d+ failed$|^# the end, status|kernel: panic: |bennu: (refused|no room|not booted|loaded at|multiboot2)|^error: `)

// gaps are remarks that must not be seen here.
var gaps = regexp.MustCompile(`not as on a CPU|this emulator`)

// results makes a subtest of each result on the console.
func results(t *testing.T, v *bochs.VM, ctx context.Context) {
	t.Helper()
	var end error
	suite.Results(t, func() (string, error) {
		if end != nil {
			return "", end
		}
		l, err := v.Line(ctx)
		if err == nil && last.MatchString(l) {
			end = errors.New(l)
		}
		if gaps.MatchString(l) {
			t.Errorf("forgiven in Bochs: %s", l)
		}
		return l, err
	})
}

func TestRing0(t *testing.T) {
	v, ctx := boot(t, bochs.Config{Kernel: suite.Built(t, "ring0test.elf"), Archive: suite.Built(t, "ktest.tar")})
	results(t, v, ctx)
}

func TestKernel(t *testing.T) {
	v, ctx := boot(t, bochs.Config{Kernel: suite.Built(t, "kernel.elf"), Archive: suite.Built(t, "ktest.tar"), Debug: true})
	results(t, v, ctx)
}
