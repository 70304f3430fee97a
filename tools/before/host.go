package main

import (
	"context"
	"fmt"
	"go/build"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bennu/tools/before/slice"
)

// suite is the test files of one package as one package of the compiler's: those inside of it, or those outside.
type suite struct {
	folder   string
	external bool
	now, old *slice.Set // old: nil where the base has none
	kind     string
	machine  map[string]bool // paths of files that only tags let in
}

// suites reads the tests of a folder, in both states. Files that only tags let in make suites of their own, which have the others' tests
// as helpers.
func (r *run) suites(folder string) (all []*suite, err error) {
	now, old := r.now.folders[folder], r.base.folders[folder]
	for _, external := range []bool{false, true} {
		for _, kind := range []string{host, machine} {
			s := &suite{folder: folder, external: external, kind: kind, machine: map[string]bool{}}
			if s.now, err = r.now.load(now, folder, s); err != nil {
				return nil, err
			}
			if s.now == nil {
				continue
			}
			if old != nil {
				if s.old, err = r.base.load(old, folder, s); err != nil {
					return nil, err
				}
			}
			all = append(all, s)
		}
	}
	return all, nil
}

const (
	host    = "host"
	machine = "machine"
)

// load reads a folder's tests; nil: there are none of that kind.
func (t *tree) load(p *pkg, folder string, s *suite) (*slice.Set, error) {
	names := p.TestGoFiles
	if s.external {
		names = p.XTestGoFiles
	}
	plain := func(name string) bool {
		ok, err := build.Default.MatchFile(filepath.Join(t.root, folder), name)
		return ok && err == nil
	}
	free := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !plain(n) })
	if s.kind == host {
		names = free
	} else if len(free) == len(names) {
		return nil, nil
	}
	if len(names) == 0 {
		return nil, nil
	}
	for _, n := range names {
		if !plain(n) {
			s.machine[t.named+folder+"/"+n] = true
		}
	}
	tests, err := t.sources(folder, names)
	if err != nil {
		return nil, err
	}
	var others []slice.Source
	if !s.external {
		if others, err = t.sources(folder, p.GoFiles); err != nil {
			return nil, err
		}
	}
	set, err := slice.Load(tests, others, t.types)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	return set, nil
}

// changed is the tests of a suite that are new or changed.
func (r *run) changed(s *suite) (tests []string, how map[string]slice.Change) {
	how = map[string]slice.Change{}
	for _, name := range s.now.Tests() {
		d := s.now.ByName[name]
		if s.machine[d.Path] != (s.kind == machine) {
			continue
		}
		c := slice.Compare(s.now, s.old, name)
		if c == slice.New && r.had[d.Plain] {
			c = slice.Same // moved from another folder
		}
		if c == slice.Same && s.kind == machine && r.differs(s.folder) {
			c = slice.Below
		}
		if c != slice.Same {
			tests, how[name] = append(tests, name), c
		}
	}
	return tests, how
}

// differs tells whether the program beside the tests of a folder has changed: of a machine's tests that is the better half.
func (r *run) differs(folder string) bool {
	old := r.base.folders[folder]
	if old == nil {
		return true
	}
	texts := func(t *tree, p *pkg) map[string]string {
		all := map[string]string{}
		for _, n := range p.GoFiles {
			b, err := os.ReadFile(filepath.Join(t.root, folder, n))
			if err != nil {
				return nil
			}
			all[n] = string(b)
		}
		return all
	}
	return !maps.Equal(texts(r.now, r.now.folders[folder]), texts(r.base, old))
}

// hostTests tries the changed tests of a suite on the base.
func (r *run) hostTests(ctx context.Context, s *suite) error {
	tests, how := r.changed(s)
	if r.noHost || len(tests) == 0 {
		return nil
	}
	old := r.base.folders[s.folder]
	if old == nil {
		return r.newPackage(ctx, s, tests)
	}
	o := &slice.Old{Tests: s.old, Imports: r.base.types, Package: module + s.folder, Added: r.added}
	if !s.external {
		var err error
		if o.Others, err = r.base.sources(s.folder, old.GoFiles); err != nil {
			return err
		}
	}
	var good []*slice.Slice
	for _, name := range tests {
		c := o.Cut(s.now, name)
		if c.Fault != "" {
			r.tell(Result{Package: s.folder, Test: name, Kind: host, Change: how[name], Outcome: NoCompile, Words: c.Fault})
			continue
		}
		good = append(good, c)
	}
	if len(good) == 0 {
		return nil
	}
	undo, err := r.clear(s.folder)
	if err != nil {
		return err
	}
	for _, group := range slice.Merge(good) {
		if err := r.group(ctx, s, group, how); err != nil {
			return err
		}
	}
	return undo()
}

// clear takes the base's own tests out of a folder and lays the current test data over its. undo puts the tests back.
func (r *run) clear(folder string) (undo func() error, err error) {
	dir := filepath.Join(r.base.root, folder)
	names, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return nil, err
	}
	texts := map[string][]byte{}
	for _, n := range names {
		if texts[n], err = os.ReadFile(n); err != nil {
			return nil, err
		}
		if err := os.Remove(n); err != nil {
			return nil, err
		}
	}
	if err := copyFolder(filepath.Join(r.now.root, folder, "testdata"), filepath.Join(dir, "testdata")); err != nil {
		return nil, err
	}
	return func() error {
		for n, b := range texts {
			if err := write(n, b, 0o644); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// group compiles slices together, or one by one if the compiler finds what the type checker did not, and runs their tests.
func (r *run) group(ctx context.Context, s *suite, group []*slice.Slice, how map[string]slice.Change) error {
	decls := map[string]*slice.Decl{}
	for _, c := range group {
		maps.Copy(decls, c.Decls)
	}
	dir := filepath.Join(r.base.root, s.folder)
	files := slice.Render(s.now.Package, decls)
	for name, text := range files {
		if err := write(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	words, err := r.compile(ctx, dir, "")
	for name := range files {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	switch {
	case err != nil:
		return err
	case words != "" && len(group) == 1:
		c := group[0]
		r.tell(Result{Package: s.folder, Test: c.Test, Kind: host, Change: how[c.Test], Outcome: NoCompile, Words: words})
		return nil
	case words != "":
		for _, c := range group {
			if err := r.group(ctx, s, []*slice.Slice{c}, how); err != nil {
				return err
			}
		}
		return nil
	}
	for _, c := range group {
		outcome, words, err := r.one(ctx, dir, s.folder, c.Test, r.timeout)
		if err != nil {
			return err
		}
		r.tell(Result{Package: s.folder, Test: c.Test, Kind: host, Change: how[c.Test], Outcome: outcome, Words: words, OldHelpers: c.Old, Added: c.Added})
	}
	return nil
}

// newPackage tells tests of a package that the base has not. One of the tools may test the rest of the tree all the same: it
// is laid over the base, and what fails there is told.
func (r *run) newPackage(ctx context.Context, s *suite, tests []string) error {
	tell := func(name string, o Outcome, words string) {
		r.tell(Result{Package: s.folder, Test: name, Kind: host, Change: slice.New, Outcome: o, Words: words})
	}
	dir, words := filepath.Join(r.base.root, s.folder), "it is not one of the tools"
	if strings.HasPrefix(s.folder, "tools/") {
		if err := copyFolder(filepath.Join(r.now.root, s.folder), dir); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		var err error
		if words, err = r.compile(ctx, dir, ""); err != nil {
			return err
		}
	}
	for _, name := range tests {
		if words != "" {
			tell(name, NewThere, "")
			continue
		}
		outcome, words, err := r.one(ctx, dir, s.folder, name, r.timeout)
		if err != nil {
			return err
		}
		if outcome == Passes {
			outcome, words = NewThere, "it tests itself"
		}
		tell(name, outcome, words)
	}
	return nil
}
