package main

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"bennu/tools/before/slice"
	"bennu/tools/internal/ktap"
	"bennu/tools/internal/qemu"
)

// The kernel's own tests are a program of the guest. Their cases are cut out as tests of the host are; the tester around
// them, which knows how tasks are made, is the base's.
const (
	ktestFolder = "boot/ktest"
	kernelKind  = "kernel"
	casePrefix  = "case" // in front of a case's name: the function that runs it
)

// ktest tries the changed cases on the base's kernel.
func (r *run) ktest(ctx context.Context, image string) error {
	if err := r.bring(); err != nil {
		return err
	}
	now, err := r.now.cases()
	if err != nil {
		return err
	}
	old, err := r.base.cases()
	if err != nil {
		return err
	}
	how := map[string]slice.Change{}
	var good []*slice.Slice
	o := &slice.Old{Tests: old, Imports: guest{r.base}, Package: module + ktestFolder, Added: r.added, Prefer: true}
	for _, name := range caseNames(now) {
		keep := slices.DeleteFunc(slices.Clone(now.Uses(casePrefix+name)), func(n string) bool { return n == "T" })
		if how[name] = compareCases(now, old, name, keep); how[name] == slice.Same {
			continue
		}
		c := o.Cut(now, casePrefix+name, keep...)
		if c.Fault != "" {
			r.tell(Result{Package: ktestFolder, Test: name, Kind: kernelKind, Change: how[name], Outcome: NoCompile, Words: c.Fault})
			continue
		}
		good = append(good, c)
	}
	for _, group := range slice.Merge(good) {
		if err := r.ktestGroup(ctx, image, old, group, how); err != nil {
			return err
		}
	}
	return nil
}

// bring copies to the base the packages below boot/ktest that it has not: they belong to the cases.
func (r *run) bring() error {
	folders, err := filepath.Glob(filepath.Join(r.now.root, ktestFolder, "*", "*.go"))
	if err != nil {
		return err
	}
	for _, name := range folders {
		from := filepath.Dir(name)
		to := filepath.Join(r.base.root, ktestFolder, filepath.Base(from))
		if _, err := os.Stat(to); os.IsNotExist(err) {
			if err := copyFolder(from, to); err != nil {
				return err
			}
		}
	}
	return nil
}

// compareCases looks at the case alone: the tester around it is another one for each case since it makes tasks otherwise.
func compareCases(now, old *slice.Set, name string, own []string) slice.Change {
	if old.ByName[casePrefix+name] == nil {
		return slice.New
	}
	for _, n := range own {
		if d := old.ByName[n]; d == nil || d.Plain != now.ByName[n].Plain {
			return slice.Edits
		}
	}
	return slice.Same
}

// cases loads the kernel's tests. Each case is given a function of its own.
func (t *tree) cases() (*slice.Set, error) {
	names, err := filepath.Glob(filepath.Join(t.root, ktestFolder, "*.go"))
	if err != nil {
		return nil, err
	}
	for i, n := range names {
		names[i] = filepath.Base(n)
	}
	sources, err := t.sources(ktestFolder, names)
	if err != nil {
		return nil, err
	}
	for i := range sources {
		if sources[i].Text, err = withCases(sources[i]); err != nil {
			return nil, err
		}
	}
	return slice.Load(sources, nil, guest{t})
}

// withCases appends a function for each row {"TestName", function} of a table []test.
func withCases(src slice.Source) ([]byte, error) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, src.Path, src.Text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	text := slices.Clone(src.Text)
	ast.Inspect(f, func(n ast.Node) bool {
		row, ok := n.(*ast.CompositeLit)
		if !ok || row.Type != nil || len(row.Elts) != 2 {
			return true
		}
		lit, ok := row.Elts[0].(*ast.BasicLit)
		if !ok || !strings.HasPrefix(lit.Value, `"Test`) {
			return true
		}
		at := func(p token.Pos) int { return set.Position(p).Offset }
		name, body := strings.Trim(lit.Value, `"`), string(src.Text[at(row.Elts[1].Pos()):at(row.Elts[1].End())])
		text = fmt.Appendf(text, "\nfunc %s%s(t *T) { (%s)(t) }\n", casePrefix, name, body)
		return true
	})
	return text, nil
}

func caseNames(s *slice.Set) (names []string) {
	for _, n := range slices.Sorted(maps.Keys(s.ByName)) {
		if name, ok := strings.CutPrefix(n, casePrefix+"Test"); ok {
			names = append(names, "Test"+name)
		}
	}
	return names
}

// guest imports packages of the module as the guest has them, from their sources; the runtime's not: it is imported for what it does at start.
type guest struct{ *tree }

func (g guest) Import(path string) (*types.Package, error) {
	if path == module+"board/ring3" {
		p := types.NewPackage(path, "ring3")
		p.MarkComplete()
		return p, nil
	}
	folder := strings.TrimPrefix(path, module)
	switch {
	case g.imported[path] != nil:
		return g.imported[path], nil
	case folder == path:
		return g.types.Import(path)
	}
	names, err := filepath.Glob(filepath.Join(g.root, folder, "*.go"))
	if err != nil || len(names) == 0 {
		return nil, errors.New("there is no such package")
	}
	set := token.NewFileSet()
	var files []*ast.File
	b := build.Default
	b.BuildTags = []string{"tamago"}
	for _, n := range names {
		if ok, err := b.MatchFile(filepath.Dir(n), filepath.Base(n)); !ok || err != nil || strings.HasSuffix(n, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, n, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	c := types.Config{Importer: g}
	p, err := c.Check(path, set, files, nil)
	if err == nil {
		g.imported[path] = p
	}
	return p, err
}

// ktestGroup builds one tester of cases and boots it, again without the cases that have ended it.
func (r *run) ktestGroup(ctx context.Context, image string, old *slice.Set, group []*slice.Slice, how map[string]slice.Change) error {
	for len(group) > 0 {
		archive, words, err := r.ktestArchive(ctx, old, group)
		if err != nil {
			return err
		}
		tell := func(c *slice.Slice, o Outcome, words string) {
			name := strings.TrimPrefix(c.Test, casePrefix)
			r.tell(Result{Package: ktestFolder, Test: name, Kind: kernelKind, Change: how[name], Outcome: o, Words: words, OldHelpers: c.Old, Added: c.Added})
		}
		if words != "" {
			for _, c := range group {
				tell(c, CannotRun, words)
			}
			return nil
		}
		res, why, err := r.bootKtest(ctx, qemu.Config{Kernel: filepath.Join(image, "out/kernel.elf"), Archive: archive, Icount: "0", Silence: 20 * time.Second})
		if err != nil {
			return err
		}
		for i, t := range res.Tests[:min(len(res.Tests), len(group))] {
			o, words := Passes, ""
			if !t.OK {
				o, words = Fails, firstRemark(t.Log, t.Name)
			}
			tell(group[i], o, words)
		}
		group = group[min(len(res.Tests), len(group)):]
		if len(group) > 0 {
			o := Panics
			if errors.Is(why, errSilent) {
				o = Endless
			}
			tell(group[0], o, lastOf(res.Rest, why))
			group = group[1:]
		}
	}
	return nil
}

// ktestArchive builds the tester with the base's main function and these cases.
func (r *run) ktestArchive(ctx context.Context, old *slice.Set, group []*slice.Slice) (path, words string, err error) {
	decls := old.Reach("main", "groups")
	var table strings.Builder
	table.WriteString("package main\n\nvar groups = [][]test{{\n")
	for _, c := range group {
		maps.Copy(decls, c.Decls)
		fmt.Fprintf(&table, "\t{%s, %s},\n", strconv.Quote(strings.TrimPrefix(c.Test, casePrefix)), c.Test)
	}
	table.WriteString("}}\n")
	files := slice.Render("main", decls)
	files["before_groups.go"] = []byte(table.String())
	files["before_ring3.go"] = []byte("package main\n\nimport _ \"" + module + "board/ring3\"\n")
	dir := filepath.Join(r.base.root, ktestFolder)
	olds, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return "", "", err
	}
	for _, n := range olds {
		if err := os.Remove(n); err != nil {
			return "", "", err
		}
	}
	for n, text := range files {
		if err := write(filepath.Join(dir, n), append([]byte("//go:build tamago\n\n"), text...), 0o644); err != nil {
			return "", "", err
		}
	}
	for _, args := range [][]string{
		{"run", "./tools/tamago", "build", "-ring", "3", "-o", "out/bin/ktest", "./" + ktestFolder},
		{"run", "./tools/mkimage", "pack", "-o", "out/ktest.tar", "bin/rs=out/bin/ktest"},
	} {
		if err := os.MkdirAll(filepath.Join(r.base.root, "out/bin"), 0o755); err != nil {
			return "", "", err
		}
		if out, err := command(ctx, r.base.root, "go", args...).CombinedOutput(); err != nil {
			return "", firstLine(string(out)), ctx.Err()
		}
	}
	return filepath.Join(r.base.root, "out/ktest.tar"), "", nil
}

var (
	errSilent = errors.New("it fell silent")
	remarked  = regexp.MustCompile(`# (Test\w+: .*)$`)
)

// bootKtest follows a tester to its end. why is how it ended.
func (r *run) bootKtest(ctx context.Context, c qemu.Config) (res *ktap.Result, why, err error) {
	ctx, cancel := context.WithTimeout(ctx, machineLimit)
	defer cancel()
	v, err := qemu.Start(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	defer v.Close()
	p := ktap.NewParser()
	l, why := v.Line(ctx)
	for ; why == nil; l, why = v.Line(ctx) {
		p.Line(l)
	}
	var infra *qemu.InfraError
	switch {
	case errors.As(why, &infra):
		return nil, nil, why
	case !errors.Is(why, io.EOF):
		why = fmt.Errorf("%w: %s", errSilent, firstLine(why.Error()))
	}
	return p.Finish(why.Error()), why, nil
}

// firstRemark is the first thing that a failed case said.
func firstRemark(log []string, name string) string {
	for _, l := range log {
		if m := remarked.FindStringSubmatch(l); m != nil && strings.HasPrefix(m[1], name+": ") {
			return m[1]
		}
	}
	return lastOf(log, errors.New("it said nothing"))
}

func lastOf(lines []string, why error) string {
	if len(lines) == 0 {
		return why.Error()
	}
	return lines[len(lines)-1]
}
