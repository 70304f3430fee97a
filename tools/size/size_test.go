package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const source = `// Package x is counted.
package x

import "fmt" // 1 line, and the clause

/* a comment
of two lines */

// T is a type.
type T[E any] struct {
	a int // the field

	b E
}

// M is linked.
func (t *T[E]) M() string {
	// only a comment
	return ` + "`a string\n// of two lines`" + `
}

func (T[E]) N() { fmt.Println() }

func f() {
	/* */
	func() {}()
}

func g() {}; func h() {}
func stub()
`

// Comments and empty lines do not count, what is within a string does; a line counts once.
func TestCount(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"a/x.go": source, "a/x_amd64.s": "// comment\n\n#include \"h.h\"\nTEXT ·stub(SB),4,$0-0 // here\n\tRET\n", "a/h_amd64.h": "#define A 1\n",
		"a/y.go": "//go:build !tamago\n\npackage x\n\nfunc onlyHost() {}\n", "a/x_test.go": "package x\n\nfunc inTest() {}\n",
		"b/b.go": "package main\n\nimport _ \"bennu/a\"\n\nfunc main() {}\n",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	l := linked{}
	for _, name := range []string{"main.main", "bennu/a.(*T[go.shape.struct { a []int }]).M", "bennu/a.f.func1", "runtime.mallocgc", "type:.eq.x"} {
		l.add(name, "b")
	}
	rows, err := count(root, "b", l)
	want := []row{{"a", 4 + 3 + 1, 2, 6, 4}, {"b", 1, 0, 2, 0}}
	if err != nil || !slices.Equal(rows, want) {
		t.Errorf("%+v, %v, want %+v", rows, err, want)
	}
	rows = append(rows, row{"board/pc", 1, 2, 3, 4}, row{"board/x86", 5, 0, 0, 0})
	if k, b := totals(rows); k != (row{"ring 0 without board/", 9, 2, 8, 4}) || b != (row{"board/", 6, 2, 3, 4}) {
		t.Errorf("%+v, %+v", k, b)
	}
}

func TestNames(t *testing.T) {
	for symbol, want := range map[string]string{
		"f": "f", "f.func1": "f f.func1", "T.m": "T T.m", "(*T).m": "T.m", "(*T).m-fm": "T.m", "(*T).m.func1.2": "T.m", "f.g.func1": "f f.g",
	} {
		if got := strings.Join(names(symbol), " "); got != want {
			t.Errorf("%s: %s, want %s", symbol, got, want)
		}
	}
}

func TestBlock(t *testing.T) {
	text := "before\n" + begins + "old\n" + ends + "after\n"
	old, err := block(text)
	if got := replace(text, old, "new\n"); err != nil || got != "before\n"+begins+"new\n"+ends+"after\n" {
		t.Errorf("%q, %v", got, err)
	}
	for _, text := range []string{"", begins, ends} {
		if _, err := block(text); err == nil {
			t.Errorf("%q has a table", text)
		}
	}
}

// A table is as good as another when no figure is far off.
func TestStale(t *testing.T) {
	was := []row{{"kernel", 1000, 50, 100, 30}, {"kernel/mem", 100, 0, 10, 60}}
	for _, c := range []struct {
		what string
		is   []row
		want string
	}{
		{"the same", was, ""},
		{"a little more", []row{{"kernel", 1019, 50, 100, 30}, {"kernel/mem", 99, 0, 10, 60}}, ""},
		{"functions", []row{{"kernel", 1060, 50, 100, 30}, was[1]}, "kernel: column 1 is 1000, and 1060 is right"},
		{"a new package", append(slices.Clone(was), row{"kernel/pci", 5, 0, 0, 0}), "kernel/pci"},
		{"one that is gone", was[:1], "kernel/mem"},
	} {
		got := stale(table(was), table(c.is))
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
	if stale("", table(was)) == "" {
		t.Error("no table is a good one")
	}
}
