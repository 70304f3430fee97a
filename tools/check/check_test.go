package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRules(t *testing.T) {
	lines := func(n int) string { return strings.Repeat("\t_ = 0\n", n) }
	for _, c := range []struct{ name, path, src, want string }{
		{"good", "a.go", "package a\n", ""},
		{"syntax", "a.go", "package a\n\nfunc {\n", "a.go:3:6: expected 'IDENT'"},
		{"format", "a.go", "package a\n\nvar x   = 1\n", "a.go:3: not as gofmt writes it"},
		{"unsafe", "a.go", "package a\n\nimport \"unsafe\"\n\nvar _ unsafe.Pointer\n", "a.go:3: imports unsafe"},
		{"unsafe where it belongs", "a_unsafe.go", "package a\n\nimport \"unsafe\"\n\nvar _ unsafe.Pointer\n", ""},
		{"linkname", "a.go", "package a\n\n//go:linkname f runtime.f\nfunc f()\n", "a.go:3: go:linkname"},
		{"init", "a.go", "package a\n\nfunc init() {}\n", "a.go:3: init function"},
		{"method init", "a.go", "package a\n\ntype t int\n\nfunc (t) init() {}\n", ""},
		{"60 lines", "a.go", "package a\n\nfunc f() {\n" + lines(58) + "}\n", ""},
		{"61 lines", "a.go", "package a\n\nfunc f() {\n" + lines(59) + "}\n", "a.go:3: function f has 61 lines: expected at most 60, or"},
		{"61 lines, said why", "a.go", "package a\n\n// f is long.\n//\n//check:size a switch over calls\nfunc f() {\n" + lines(59) + "}\n", ""},
		{"101 lines, said why", "a.go", "package a\n\n// f is long.\n//\n//check:size a switch over calls\nfunc f() {\n" + lines(99) + "}\n", "a.go:6: function f has 101 lines: expected at most 100 unless"},
		{"101 lines of table", "a.go", "package a\n\n// f is long.\n//\n//check:size a table of cases\nfunc f() {\n" + lines(99) + "}\n", ""},
		{"reason without words", "a.go", "package a\n\n// f is long.\n//\n//check:size\nfunc f() {\n" + lines(59) + "}\n", "a.go:6: function f has 61 lines"},
		{"401 lines", "a.go", "package a\n" + strings.Repeat("\n// x\n", 200), "a.go:1: file has 401 lines: expected at most 400, or"},
		{"401 lines, said why", "a.go", "//check:size a table of registers\n\npackage a\n" + strings.Repeat("\n// x\n", 199), ""},
		{"long test", "a_test.go", "package a\n\nfunc f() {\n" + lines(900) + "}\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.Join(checkFile(c.path, []byte(c.src)), "\n")
			if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestTree(t *testing.T) {
	dir := t.TempDir()
	for _, p := range []string{"b/bad.go", "a/bad.go", "a/testdata/skipped.go", "_std/skipped.go", "out/skipped.go", ".x/skipped.go", "a/note.txt"} {
		p = filepath.Join(dir, p)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte("package a\n\nfunc init() {}\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	faults, n, err := checkTree(dir)
	if err != nil || n != 2 || len(faults) != 2 || !strings.Contains(faults[0], "a/bad.go:3") || !strings.Contains(faults[1], "b/bad.go:3") {
		t.Errorf("%d files, %q, %v", n, faults, err)
	}
}
