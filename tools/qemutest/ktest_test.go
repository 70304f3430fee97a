//go:build qemu

package qemutest

import (
	"errors"
	"io"
	"strings"
	"testing"

	"bennu/tools/internal/qemu"
	"bennu/tools/internal/suite"
)

// The kernel's own tests: each result that the test task prints is a subtest here.
func TestKernel(t *testing.T) {
	m := boot(t, qemu.Config{Archive: suite.Built(t, "ktest.tar"), Icount: "0"})
	if m.results() {
		m.ends(qemu.StatusOff)
	}
}

// results makes a subtest of each result on COM1, until the machine's end. It tells whether all is well.
func (m *machine) results() bool {
	m.t.Helper()
	r := suite.Results(m.t, func() (string, error) {
		l, err := m.Line(m.ctx)
		var infra *qemu.InfraError
		if errors.As(err, &infra) {
			m.t.Fatal(err)
		}
		if err != nil && err != io.EOF {
			first, _, _ := strings.Cut(err.Error(), "\n")
			err = errors.New(first)
		}
		return l, err
	})
	if !r.OK() {
		m.t.Error(m.Log())
	}
	return r.OK()
}
