//go:build qemu

package main

import (
	"os"
	"path/filepath"
	"testing"

	"bennu/tools/internal/qemu"
)

// Ceilings of ring 0 without board/, in lines: what was there when they were set, rounded up. Who goes past one makes something smaller first.
const (
	mostFunctions = 13_000
	mostWhole     = 17_400
	mostAssembly  = 1_000
)

// Ring 0 grows past no ceiling, and the document tells how large it is.
func TestKernelSize(t *testing.T) {
	root, err := qemu.Root()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := measure(root)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, document))
	if err != nil {
		t.Fatal(err)
	}
	is, err := block(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if why := stale(is, table(rows)); why != "" {
		t.Errorf("%s: %s: make size", document, why)
	}
	k, _ := totals(rows)
	for _, c := range []struct {
		what     string
		n, limit int
	}{{"functions linked", k.Functions, mostFunctions}, {"whole packages", k.Whole(), mostWhole}, {"assembly", k.Assembly, mostAssembly}} {
		if c.n > c.limit {
			t.Errorf("%s: %d lines, at most %d", c.what, c.n, c.limit)
		}
	}
}
