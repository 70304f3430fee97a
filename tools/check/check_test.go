package main

import (
	"os"
	"path/filepath"
	"slices"
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

// A name that nobody mentions is a fault, and so is one that only tests do, unless its folder is for others or for tests.
func TestDead(t *testing.T) {
	dir := t.TempDir()
	for p, src := range map[string]string{
		"a/a.go": "package a\n\nfunc unused() { unused2(); called() }\n\nfunc unused2() {}\n\nfunc called() {}\n\nfunc tested() {}\n\n" +
			"type T struct{ unusedField int }\n\nfunc (T) Unused() {}\n\nvar _ T\n\nconst fromAssembly, fromHeader, fromNowhere = 1, 2, 3\n\nvar linked int\n",
		"a/a_unsafe.go":     "package a\n\nimport _ \"unsafe\"\n\n//go:linkname linked runtime.linked\n",
		"a/a_test.go":       "package a\n\nvar _ = tested\n\nfunc helper() {}\n",
		"a/a_amd64.s":       "TEXT ·called(SB), NOSPLIT, $0\n\tMOVQ $const_fromAssembly, AX\n#include \"b_amd64.h\"\n",
		"a/b_amd64.h":       "\tMOVQ $const_fromHeader, AX\n",
		"a/stand_host.go":   "package a\n\nfunc Stand() {}\n",
		"a/host_test.go":    "package a\n\nvar _, _ = Stand, Offer\n",
		"drivers/sdk/s.go":  "package sdk\n\nfunc Offer() {}\n\nfunc Nothing() {}\n",
		"kernel/abi/abi.go": "package abi\n\nconst Number = 1\n",
	} {
		p = filepath.Join(dir, p)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(src), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"a/a.go:13: nobody uses Unused", "a/a.go:17: nobody uses fromNowhere", "a/a.go:3: nobody uses unused", "a/a.go:9: only tests use tested",
		"drivers/sdk/s.go:5: nobody uses Nothing",
	}
	faults, _, err := checkTree(dir)
	for i := range faults {
		faults[i] = strings.TrimPrefix(faults[i], dir+"/")
	}
	if err != nil || !slices.Equal(faults, want) {
		t.Errorf("%v\ngot  %q\nwant %q", err, faults, want)
	}
}
