package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bennu/tools/internal/suite"
)

// Every hand-picked change is found in the sources, once; there are enough, in every part; each says whose mistake it is.
func TestTables(t *testing.T) {
	all, err := handPicked(suite.Root(t))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(suite.Root(t), "docs/TESTING.md"))
	if want := fmt.Sprintf("| %d hand-picked mistakes and ", len(all)); err != nil || !strings.Contains(string(text), want) {
		t.Errorf("docs/TESTING.md: no %q, %v", want, err)
	}
	parts := map[string]int{"kernel/": 20, "kernel/arch/": 15, "kernel/ipc/": 10, "rs/policy/": 15, "rs/server/": 12, "drivers/sdk/": 12}
	for part, want := range parts {
		n := 0
		for _, m := range all {
			if strings.HasPrefix(m.file, part) {
				n++
			}
			if m.why == "" || strings.HasPrefix(m.id, "drawn-") {
				t.Errorf("%s: why %q", m.id, m.why)
			}
		}
		if n < want {
			t.Errorf("%s: %d changes, want at least %d", part, n, want)
		}
	}
	if len(all) < 60 {
		t.Errorf("%d hand-picked changes, want at least 60", len(all))
	}
	// The eight that once survived every test.
	for _, id := range []string{"arch-fmask-ac", "arch-fmask-df", "arch-trap-clac", "arch-trap-cld", "arch-fpusaved", "arch-ldmxcsr", "arch-smep", "arch-smap"} {
		if !slices.ContainsFunc(all, func(m mutation) bool { return m.id == id }) {
			t.Errorf("%s is not in the tables", id)
		}
	}
	a, err := readArgued("argued.txt")
	if err != nil {
		t.Fatal(err)
	}
	for id := range a {
		if !strings.HasPrefix(id, "drawn-") && !slices.ContainsFunc(all, func(m mutation) bool { return m.id == id }) {
			t.Errorf("argued.txt: no mutation is %s", id)
		}
	}
}

func TestLocate(t *testing.T) {
	dir := t.TempDir()
	src := "//go:build tamago\n\npackage p\n\nvar a, b = 1, 1\n"
	if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ before, after, err string }{
		{"a, b", "b, a", ""}, {"1", "2", "found 2 times"}, {"zz", "d", "found 0 times"}, {"a, b", "a, b", "changes nothing"},
	} {
		m := mutation{id: "x", file: "p.go", before: c.before, after: c.after}
		err := m.locate(dir)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: %v, want %q", c.before, err, c.err)
			}
			continue
		}
		if err != nil || m.line != 5 || string(m.changed([]byte(src))) != strings.Replace(src, "a, b", "b, a", 1) || onHost(&m) {
			t.Errorf("%+v, %v", m, err)
		}
	}
}

const sample = `package p

func f(a, b int) int {
	if a < b && a != 3 {
		a++
		g(a)
	}
	for i := 0; i < b; i++ {
		a += b - i
	}
	return a
}
`

// Each operator makes what it should, and its id does not depend on what stands elsewhere.
func TestOperators(t *testing.T) {
	all, err := operate("p.go", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	var got []string
	for _, m := range all {
		if ids[m.id] != "" {
			t.Errorf("%s is %s and %s", m.id, ids[m.id], m.what())
		}
		ids[m.id] = m.what()
		got = append(got, m.before+" → "+m.after)
	}
	for _, want := range []string{"a < b && a != 3 → !(a < b && a != 3)", "&& → ||", "< → <=", "!= → ==", "3 → 4", "3 → 0", "a++ → ", "g(a) → ", "i < b → !(i < b)",
		"0 → 1", "a += b - i → ", "- → +"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	later, err := operate("p.go", []byte(strings.Replace(sample, "package p\n", "package p\n\nvar x = 5\n\nfunc first() { x = 6 }\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	for id := range ids {
		if !slices.ContainsFunc(later, func(m mutation) bool { return m.id == id }) {
			t.Errorf("%s (%s) has another id when something was added above", id, ids[id])
		}
	}
}

// The seed decides: the same gives the same, another gives others.
func TestDraw(t *testing.T) {
	first := func(seed uint64) string {
		all, err := draw(suite.Root(t), seed)
		if err != nil || len(all) < 1000 {
			t.Fatalf("%d mutations, %v", len(all), err)
		}
		var ids []string
		for _, m := range all[:40] {
			ids = append(ids, m.id)
			if strings.HasPrefix(m.file, "boot/ktest") || strings.HasSuffix(m.file, "_test.go") {
				t.Errorf("drawn from %s", m.file)
			}
		}
		return strings.Join(ids, " ")
	}
	if first(1) != first(1) {
		t.Error("one seed, two draws")
	}
	if first(1) == first(2) {
		t.Error("two seeds, one draw")
	}
}

// sandbox is a module with one function and its test.
func sandbox(t *testing.T) *tree {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":      "module bennu\n\ngo 1.26\n",
		"p/p.go":      "package p\n\n// Max is the larger.\nfunc Max(a, b int) int {\n\tif a > b {\n\t\treturn a\n\t}\n\treturn b\n}\n",
		"p/p_test.go": "package p\n\nimport \"testing\"\n\nfunc TestMax(t *testing.T) {\n\tt.Run(\"two\", func(t *testing.T) {\n\t\tif Max(1, 2) != 2 {\n\t\t\tt.Error(\"one\")\n\t\t}\n\t})\n}\n",
	} {
		p := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o755), os.WriteFile(p, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return &tree{root: dir}
}

// A change that a test notices is killed by that test, one that it cannot notice survives, one that does not compile is
// none; and the file is afterwards as it was.
func TestTry(t *testing.T) {
	tree := sandbox(t)
	path := filepath.Join(tree.root, "p/p.go")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, outcome, by string }{
		{"a > b", "a < b", killed, "host: TestMax/two"},
		{"a > b", "a >= b", survived, ""},
		{"a > b", "a > c", invalid, "undefined: c"},
		{"\tif a > b {", "\tfor a == 1 {\n\t}\n\tif a > b {", killed, "host: a test that does not end"},
		{"\tif a > b {", "\tif a == 1 {\n\t\tpanic(a)\n\t}\n\tif a > b {", killed, "host: TestMax/two"},
	} {
		m := mutation{id: "x", file: "p/p.go", before: c.from, after: c.to}
		if err := m.locate(tree.root); err != nil {
			t.Fatal(err)
		}
		var outcome, by string
		err := tree.with(&m, func() (err error) {
			outcome, by, err = tree.try(t.Context(), []stage{{"host", hostLimit, []string{"go", "build", "./p"}, goTest("2s", "./p")}})
			return err
		})
		if err != nil || outcome != c.outcome || !strings.Contains(by, c.by) {
			t.Errorf("%s: %s by %q, %v; want %s by %q", m.what(), outcome, by, err, c.outcome, c.by)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
			t.Fatalf("%s is left in the file: %v", m.what(), err)
		}
	}
	// An emulator that does not start notices nothing.
	_, _, err = tree.try(t.Context(), []stage{{"machine", hostLimit, nil, []string{"sh", "-c", "echo QEMU did not run: no such file; exit 1"}}})
	if !errors.Is(err, errInfra) {
		t.Errorf("without an emulator: %v", err)
	}
}

func TestResults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.jsonl")
	r, err := readResults(path, "tree")
	if err != nil || len(r.of) != 0 {
		t.Fatalf("without a file: %v, %v", r, err)
	}
	for _, one := range []result{{ID: "a", Outcome: killed, By: "x"}, {ID: "b", Outcome: survived}} {
		if err := r.add(one); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`{"id":"c","tree":"tr`) // stopped here
	f.Close()
	if r, err = readResults(path, "tree"); err != nil || len(r.of) != 2 || r.of["a"].By != "x" {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err = readResults(path, "another"); err != nil || len(r.of) != 0 {
		t.Errorf("of another tree: %+v, %v", r, err)
	}
}

func TestArgued(t *testing.T) {
	for text, want := range map[string]string{
		"# note\n\nx-1: nobody can see the difference\n  between these\ny: the loop ends there anyway, see above\n": "",
		"  rest\n":                         ":1: expected ID: REASON, got the rest",
		"x 1: nobody can see a difference": `:1: "x 1: nobody`,
		"x: because\n":                     ":1: \"because\" is no reason",
		"x: nobody can see the difference\nx: nobody can see the difference\n": ":2: x is there twice",
	} {
		path := filepath.Join(t.TempDir(), "argued.txt")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := readArgued(path)
		switch {
		case want != "":
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %q", text, err, want)
			}
		case err != nil || a["x-1"] != "nobody can see the difference between these" || len(a) != 2:
			t.Errorf("%q: %v, %v", text, a, err)
		}
	}
}

// The copy has what git knows of, as it is now; what was deleted goes, what was built stays, and another text is another tree.
func TestCopyTree(t *testing.T) {
	from, to := sandbox(t).root, t.TempDir()
	write := func(dir, name, text string) {
		t.Helper()
		p := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o755), os.WriteFile(p, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("git", "init", "-q", from).CombinedOutput(); err != nil {
		t.Fatalf("git: %v\n%s", err, out)
	}
	write(from, ".gitignore", "out/\n")
	write(from, "out/ignored", "")
	write(to, "gone.go", "")
	write(to, "out/bin/rs", "")
	tree, err := copyTree(from, to)
	if err != nil {
		t.Fatal(err)
	}
	for name, there := range map[string]bool{"go.mod": true, "p/p_test.go": true, "out/ignored": false, "gone.go": false, "out/bin/rs": true} {
		if _, err := os.Stat(filepath.Join(to, name)); (err == nil) != there {
			t.Errorf("%s: %v, want it there: %v", name, err, there)
		}
	}
	again, err := copyTree(from, to)
	if err != nil || again.hash != tree.hash || len(tree.hash) != 16 {
		t.Errorf("hash %q, then %q, %v", tree.hash, again.hash, err)
	}
	write(from, "p/p.go", "package p\n")
	if again, err = copyTree(from, to); err != nil || again.hash == tree.hash {
		t.Errorf("another text, the same hash %q, %v", again.hash, err)
	}
}
