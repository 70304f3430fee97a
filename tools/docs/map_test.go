package docs

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"bennu/kernel/layout"
)

var update = flag.Bool("update", false, "rewrite the address map in docs/ARCHITECTURE.md")

const (
	mapBegin = "<!-- the address map: go test ./tools/docs -run TestAddressMap -update -->\n"
	mapEnd   = "<!-- end of the address map -->\n"
)

// TestAddressMap: the map in docs/ARCHITECTURE.md is the constants' (kernel/layout, kernel/abi).
func TestAddressMap(t *testing.T) {
	const name = "../../docs/ARCHITECTURE.md"
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(b), mapBegin)
	found, tail, ended := strings.Cut(rest, mapEnd)
	if !ok || !ended {
		t.Fatalf("%s has no place for the map: %q … %q", name, mapBegin, mapEnd)
	}
	var want strings.Builder
	want.WriteString("| from | up to | PML4 slot | whose | what |\n|---|---|---|---|---|\n")
	for _, a := range layout.Map {
		slot := fmt.Sprint(layout.Slot(a.Start))
		if last := layout.Slot(a.End - 1); last != layout.Slot(a.Start) {
			slot += fmt.Sprintf("–%d", last)
		}
		fmt.Fprintf(&want, "| %s | %s | %s | %s | %s |\n", address(a.Start), address(a.End), slot, a.Whose, a.What)
	}
	switch {
	case found == want.String():
	case *update:
		if err := os.WriteFile(name, []byte(head+mapBegin+want.String()+mapEnd+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s: the address map is\n%swant\n%s", name, found, want.String())
	}
}
