//go:build qemu && long

package main

import (
	"testing"

	"bennu/tools/internal/suite"
)

// The same campaign reports each planted bug, and nothing bad without one.
func TestPlanted(t *testing.T) {
	suite.Built(t, "bin/sum")
	var w lines
	faults, err := run(t.Context(), plants, 2, &w)
	t.Logf("%s", w)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Error(f)
	}
}

type lines []byte

func (l *lines) Write(b []byte) (int, error) {
	*l = append(*l, b...)
	return len(b), nil
}
