// Package suite is what tests of machines share: the files that make built, and a machine's own results as subtests.
package suite

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bennu/tools/internal/ktap"
	"bennu/tools/internal/qemu"
)

// Root is the module's folder.
func Root(t *testing.T) string {
	t.Helper()
	root, err := qemu.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// Built is the path of a file in out/.
func Built(t *testing.T, name string) string {
	t.Helper()
	p := filepath.Join(Root(t), "out", name)
	if _, err := os.Stat(p); err != nil {
		t.Fatalf("%v: run make image", err)
	}
	return p
}

// Results follows the KTAP that a machine prints and makes a subtest of each result. next gives the next line; an error
// is why none comes after those before it.
func Results(t *testing.T, next func() (string, error)) *ktap.Result {
	t.Helper()
	p := ktap.NewParser()
	l, err := next()
	for ; err == nil; l, err = next() {
		p.Line(l)
	}
	why := err.Error()
	if errors.Is(err, io.EOF) {
		why = "the machine ended"
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
	return r
}
