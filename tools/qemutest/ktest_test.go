//go:build qemu

package qemutest

import (
	"errors"
	"io"
	"strings"
	"testing"

	"bennu/tools/internal/ktap"
	"bennu/tools/internal/qemu"
)

// The kernel's own tests: each result that the test task prints is a subtest here.
func TestKernel(t *testing.T) {
	m := boot(t, qemu.Config{Archive: out(t, "ktest.tar"), Icount: "0"})
	if m.results() {
		m.ends(qemu.StatusOff)
	}
}

// results follows KTAP on COM1 until the machine's end, and makes a subtest of each result. It tells whether all is
// well.
func (m *machine) results() bool {
	t := m.t
	p := ktap.NewParser()
	why := ""
	for why == "" {
		l, err := m.Line(m.ctx)
		var infra *qemu.InfraError
		switch {
		case err == io.EOF:
			why = "the machine ended"
		case errors.As(err, &infra):
			t.Fatal(err)
		case err != nil:
			why, _, _ = strings.Cut(err.Error(), "\n")
		default:
			p.Line(l)
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
	if !r.OK() {
		t.Error(m.Log())
	}
	return r.OK()
}
