package deps

import (
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "bennu/"

// rule is a row of a table: for packages in folders, words.
type rule struct {
	folder string
	words  []string
}

func parse(t *testing.T, text string) (rules []rule) {
	t.Helper()
	for n, l := range strings.Split(text, "\n") {
		l, _, _ = strings.Cut(l, "#")
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		folders, words, ok := strings.Cut(l, ":")
		if !ok || len(strings.Fields(words)) == 0 {
			t.Fatalf("line %d: %q: expected FOLDER...: WHAT...", n, l)
		}
		for _, f := range strings.Fields(folders) {
			rules = append(rules, rule{f, strings.Fields(words)})
		}
	}
	return rules
}

// in says whether a package is a folder or lies in it.
func in(pkg, folder string) bool { return pkg == folder || strings.HasPrefix(pkg, folder+"/") }

// longest is the rule for pkg.
func longest(rules []rule, pkg string) (best rule, ok bool) {
	for _, r := range rules {
		if in(pkg, r.folder) && len(r.folder) >= len(best.folder) {
			best, ok = r, true
		}
	}
	return best, ok
}

// allowed says whether the rule lets pkg import another package of ours.
func (r rule) allowed(pkg, imported string) bool {
	yes := 0 // length of the longest word that matches; negative ones refuse
	for _, w := range r.words {
		folder, minus := strings.CutPrefix(w, "-")
		if w == "own" {
			// the first folder below the rule's
			rest := strings.TrimPrefix(pkg, r.folder)
			first, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
			folder = path.Join(r.folder, first)
		}
		if in(imported, folder) && len(folder) > max(yes, -yes) {
			yes = len(folder)
			if minus {
				yes = -yes
			}
		}
	}
	return yes > 0
}

// imports is one import of a file that is not a test. host: the file is not for bare metal.
type imports struct {
	pkg, imported, at string
	host              bool
}

// hostOnly says whether a file's build constraint leaves it out of bare-metal builds.
func hostOnly(f *ast.File) bool {
	for _, g := range f.Comments {
		for _, c := range g.List {
			if !constraint.IsGoBuild(c.Text) || c.Pos() > f.Package {
				continue
			}
			e, err := constraint.Parse(c.Text)
			return err == nil && !e.Eval(func(tag string) bool { return tag == "tamago" || tag == "amd64" || tag == "linux" })
		}
	}
	return false
}

// scan reads all files below root, whatever their build tags.
func scan(t *testing.T, root string) (all []imports, pkgs []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if p != root && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "out") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		pkg := path.Dir(filepath.ToSlash(rel))
		if !slices.Contains(pkgs, pkg) {
			pkgs = append(pkgs, pkg)
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, p, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			v, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			all = append(all, imports{pkg, v, fmt.Sprintf("%s:%d", rel, set.Position(i.Pos()).Line), hostOnly(f)})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, pkgs
}

// check returns what is against the tables.
func check(t *testing.T, root, policy, std string) (faults []string) {
	t.Helper()
	rules, refused := parse(t, policy), parse(t, std)
	all, pkgs := scan(t, root)
	for _, p := range pkgs {
		if _, ok := longest(rules, p); !ok {
			faults = append(faults, p+": no row of the policy is for this package")
		}
	}
	for _, i := range all {
		if ours, ok := strings.CutPrefix(i.imported, module); ok {
			if r, ok := longest(rules, i.pkg); ok && !r.allowed(i.pkg, ours) {
				faults = append(faults, fmt.Sprintf("%s: %s imports %s: expected only %s", i.at, i.pkg, ours, strings.Join(r.words, " ")))
			}
			continue
		}
		if i.host {
			continue
		}
		r, _ := longest(refused, i.pkg)
		for _, w := range r.words {
			if in(i.imported, w) {
				faults = append(faults, fmt.Sprintf("%s: %s imports %s, which is refused there", i.at, i.pkg, i.imported))
			}
		}
	}
	return faults
}

func TestDependencies(t *testing.T) {
	for _, f := range check(t, "../..", policy, std) {
		t.Error(f)
	}
}

// Arrows that the design forbids, each alone in a tree.
func TestPolicyFinds(t *testing.T) {
	for _, c := range []struct {
		file, imported string
		bad            bool
	}{
		{"kernel/abi", "bennu/kernel/mem", true},
		{"kernel", "bennu/rs/policy", true},
		{"kernel/ipc", "bennu/kernel/task", false},
		{"kernel/ipc", "bennu/kernel/usys", true},
		{"kernel/ipc", "bennu/drivers/sdk", true},
		{"kernel/ipc", "bennu/kernel/fake", true},
		{"kernel/fake", "bennu/kernel/ipc", false},
		{"kernel/fake", "bennu/kernel/usys", false},
		{"drivers/sdk/fake", "bennu/kernel/fake", false},
		{"drivers/sdk/fake", "bennu/kernel/ipc", true},
		{"drivers/sdk", "bennu/kernel/fake", true},
		{"boot/kernel", "bennu/kernel/fake", true},
		{"kernel/ipc", "fmt", true},
		{"kernel/ipc", "time", true},
		{"kernel/archive", "fmt", true},
		{"boot/ktest", "bennu/kernel/usys", false},
		{"boot/ktest", "bennu/kernel/ipc", true},
		{"rs/policy", "bennu/kernel/abi", false},
		{"rs/policy", "bennu/rs/server", true},
		{"rs/policy", "os", true},
		{"rs/policy", "math/rand/v2", true},
		{"rs/policy", "sort", false},
		{"rs/root", "bennu/kernel/usys", false},
		{"rs/server", "bennu/kernel/usys", false}, // the gate: its tests have kernel/fake below it
		{"rs/policy", "bennu/kernel/usys", true},
		{"rs/server", "bennu/kernel", true},
		{"rs/service/live", "bennu/drivers/sdk", false},
		{"drivers/tty", "bennu/drivers/sdk/uart16550", false},
		{"drivers/tty", "bennu/kernel/usys", true},
		{"drivers/tty", "bennu/drivers/rtc", true},
		{"drivers/tty", "bennu/rs/service", true},
		{"drivers/tty", "bennu/drivers/protocol/kbd", false},
		{"drivers/protocol/tty", "bennu/kernel/abi", false},
		{"drivers/protocol/tty", "bennu/drivers/sdk", true},
		{"drivers/protocol/tty", "bennu/drivers/protocol/kbd", true},
		{"drivers/protocol/tty", "strconv", false},
		{"drivers/protocol/tty", "fmt", true},
		{"drivers/sdk", "bennu/drivers/protocol/tty", true},
		{"kernel/ipc", "bennu/drivers/protocol/tty", true},
		{"boot/kernel", "bennu/drivers/protocol/tty", true},
		{"rs/server", "bennu/drivers/protocol/faulty", true},
		{"rs/service", "bennu/drivers/protocol/rtc", false},
		{"drivers/tty/x", "bennu/drivers/tty/y", false},
		{"rs/ctl", "bennu/rs/service", false},
		{"rs/ctl", "bennu/rs/server", true},
		{"rs/ctl", "net/http", true},
		{"rs/fi/code", "golang.org/x/arch/x86/x86asm", false},
		{"rs/fi/code", "debug/elf", true},
		{"rs/fi/code", "bennu/drivers/sdk", true},
		{"rs/fi/code/elffile", "debug/elf", false},
		{"rs/fi/types", "bennu/rs/fi/code", false},
		{"rs/fi/types", "os", true},
		{"tools/mkimage", "bennu/rs/conf", false},
		{"tools/mkimage", "bennu/rs/policy", true},
		{"tools/mkimage", "bennu/kernel/ipc", true},
		{"tools/mkimage", "os", false},
		{"tools/ctl", "bennu/rs/service", false},
		{"tools/ctl", "bennu/rs/service/live", true},
		{"boot/kernel", "bennu/kernel/archive", false},
		{"boot/kernel", "bennu/rs/conf", true},
		{"newfolder", "fmt", true},
	} {
		dir := t.TempDir()
		p := filepath.Join(dir, c.file, "x.go")
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		src := fmt.Sprintf("//go:build tamago\n\npackage x\n\nimport _ %q\n", c.imported)
		if err := os.WriteFile(p, []byte(src), 0o644); err != nil {
			t.Fatal(err)
		}
		if faults := check(t, dir, policy, std); (len(faults) > 0) != c.bad {
			t.Errorf("%s imports %s: %q", c.file, c.imported, faults)
		}
	}
}

// A stand-in for the host may use what bare metal has not, but not what another folder owns.
func TestHostFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "drivers/tty"), 0o755); err != nil {
		t.Fatal(err)
	}
	src := "//go:build !tamago\n\npackage main\n\nimport (\n\t_ \"os\"\n\t_ \"bennu/rs/server\"\n)\n"
	if err := os.WriteFile(filepath.Join(dir, "drivers/tty/host.go"), []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
	faults := check(t, dir, policy, std)
	if len(faults) != 1 || !strings.HasPrefix(faults[0], "drivers/tty/host.go:7: drivers/tty imports rs/server: expected only") {
		t.Errorf("%q", faults)
	}
}
