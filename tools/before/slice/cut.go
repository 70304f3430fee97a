package slice

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Old is the state of the package to which tests are to be fitted.
type Old struct {
	Tests   *Set // what its own tests declare; nil: it has none
	Others  []Source
	Imports types.Importer
	Package string // path of the package
	// Added are the constants and types that were brought, see Additions: PACKAGE.NAME.
	Added map[string]bool
	// Prefer has the old tests' helpers taken wherever there are any, and not where the new ones do not compile.
	Prefer bool

	names map[string]bool // what Others declare
}

// Slice is a test that was cut out.
type Slice struct {
	Test  string
	Decls map[string]*Decl // by name
	Old   []string         // which declarations are the old tests', the new ones do not compile there
	Added []string         // which added ones it uses
	Fault string           // why it does not compile; "": it does
}

// Change is how a test came to be.
type Change string

const (
	Same  Change = "same"
	New   Change = "new"
	Edits Change = "changed"
	Below Change = "changed below" // in a declaration that it uses
)

// Compare tells how a test differs from what the old tests have under its name.
func Compare(now, old *Set, test string) Change {
	if old == nil || old.ByName[test] == nil {
		return New
	}
	if now.ByName[test].Plain != old.ByName[test].Plain {
		return Edits
	}
	for name, d := range now.reach(test, nil, nil, false) {
		if old.ByName[name] == nil || d.Plain != old.ByName[name].Plain {
			return Below
		}
	}
	return Same
}

// Uses are the declarations that one uses directly.
func (s *Set) Uses(name string) []string { return s.ByName[name].uses }

// Reach is what a declaration needs, itself included, without those of some names.
func (s *Set) Reach(name string, without ...string) map[string]*Decl {
	return s.reach(name, nil, nil, true, without...)
}

// reach is what a test needs, itself included. Names in swapped are looked up in old first; those of without are left out. Methods
// come with their types if all is set, else where they are used.
func (s *Set) reach(test string, old *Set, swapped map[string]bool, all bool, without ...string) map[string]*Decl {
	found := map[string]*Decl{}
	todo := []string{test}
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		d := s.ByName[name]
		if old != nil && old.ByName[name] != nil && (d == nil || swapped[name]) {
			d = old.ByName[name]
		}
		if d == nil || found[name] != nil || slices.Contains(without, name) {
			continue
		}
		for _, n := range d.Names {
			found[n] = d
		}
		todo = append(todo, d.uses...)
		if all {
			todo = append(todo, d.methods...)
		}
	}
	return found
}

// Cut cuts a test out, so that it compiles beside the old package if it can. A declaration that does not compile there is
// replaced by the old tests' declaration of its name, where there is one; the test itself never is, nor is what keep names.
func (o *Old) Cut(now *Set, test string, keep ...string) *Slice {
	var s *Slice
	for _, way := range []struct{ all, old bool }{
		{false, false},
		{true, false}, // some interface may ask for methods that nobody calls
		{true, true},
	} {
		if o.Prefer {
			way.old = true
		}
		last := o.cut(now, append(keep, test), test, way.all, way.old)
		if last.Fault == "" {
			return last
		}
		if s == nil {
			s = last
		}
	}
	return s
}

// cut tries one way: with all methods of types or those that are called, with the old helpers where the new ones do not
// compile or wherever there are any.
func (o *Old) cut(now *Set, keep []string, test string, all, old bool) *Slice {
	swapped := map[string]bool{}
	if old && o.Tests != nil {
		for name := range o.Tests.ByName {
			swapped[name] = !slices.Contains(keep, name)
		}
	}
	first := "" // what it needs; later faults come of what was replaced
	for {
		s := &Slice{Test: test, Decls: now.reach(test, o.Tests, swapped, all)}
		o.drop(s.Decls, test)
		faults, added := o.Check(now.Package, s.Decls)
		if len(faults) == 0 {
			for name, d := range s.Decls {
				if n := now.ByName[name]; n == nil || n != d && n.Plain != d.Plain {
					s.Old = append(s.Old, name)
				}
			}
			slices.Sort(s.Old)
			s.Added = added
			return s
		}
		if first == "" {
			first = faults[0].Text
		}
		progress := false
		for _, f := range faults {
			if f.Decl == nil || o.Tests == nil {
				continue
			}
			for _, name := range f.Decl.Names {
				if old := o.Tests.ByName[name]; !slices.Contains(keep, name) && !swapped[name] && old != nil && s.Decls[name] == now.ByName[name] && old.Plain != now.ByName[name].Plain {
					swapped[name], progress = true, true
				}
			}
		}
		if !progress {
			s.Fault = first
			return s
		}
	}
}

// drop leaves out what the old package itself declares: it moved from there into the tests.
func (o *Old) drop(decls map[string]*Decl, test string) {
	if o.names == nil {
		o.names = map[string]bool{}
		for _, src := range o.Others {
			if f, err := parser.ParseFile(token.NewFileSet(), src.Path, src.Text, parser.SkipObjectResolution); err == nil {
				for _, d := range f.Decls {
					for _, name := range declared(d) {
						o.names[name] = true
					}
				}
			}
		}
	}
	for name := range decls {
		if o.names[name] && name != test {
			delete(decls, name)
		}
	}
}

// Check tells all errors that declarations have beside the old package's other files, in order of place, and which added
// constants and types they use.
func (o *Old) Check(name string, decls map[string]*Decl) (faults []Fault, added []string) {
	set := token.NewFileSet()
	files, err := parse(set, o.Others)
	if err != nil {
		return []Fault{{nil, err.Error()}}, nil
	}
	rendered := Render(name, decls)
	for _, name := range slices.Sorted(maps.Keys(rendered)) {
		f, err := parser.ParseFile(set, name, rendered[name], parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return []Fault{{nil, err.Error()}}, nil
		}
		files = append(files, f)
	}
	where := map[string][]*Decl{}
	for _, d := range decls {
		where[d.Path] = append(where[d.Path], d)
	}
	ours := func(p token.Pos) bool { return rendered[set.PositionFor(p, false).Filename] != nil }
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	check(set, o.Package, files, o.Imports, info, func(e types.Error) {
		p := set.Position(e.Pos)
		var in *Decl
		for _, d := range where[p.Filename] {
			if d.Line <= p.Line && p.Line <= d.Line+strings.Count(d.Text, "\n") {
				in = d
			}
		}
		if !ours(e.Pos) || strings.HasPrefix(e.Msg, "\t") { // bodies are gone, and imports unused; or more words on the error before
			return
		}
		text, _, _ := strings.Cut(e.Msg, "\n")
		faults = append(faults, Fault{in, fmt.Sprintf("%s:%d: %s", p.Filename, p.Line, text)})
	})
	uses := map[string]bool{}
	for id, obj := range info.Uses {
		if obj.Pkg() != nil && ours(id.Pos()) {
			if key := obj.Pkg().Path() + "." + obj.Name(); o.Added[key] && obj.Parent() == obj.Pkg().Scope() {
				uses[key] = true
			}
		}
	}
	return faults, slices.Sorted(maps.Keys(uses))
}

const prefix = "before_"

// Render writes files that hold the declarations, by name: one for each file that they are from, with the imports that they
// use. The lines of messages are those of the files they are from.
func Render(name string, decls map[string]*Decl) map[string][]byte {
	from := map[string]map[*Decl]bool{}
	for _, d := range decls {
		if from[d.Path] == nil {
			from[d.Path] = map[*Decl]bool{}
		}
		from[d.Path][d] = true
	}
	files := map[string][]byte{}
	for p, of := range from {
		var b strings.Builder
		b.WriteString("package " + name + "\n\n")
		list := slices.SortedFunc(maps.Keys(of), func(a, b *Decl) int { return a.Line - b.Line })
		imports := map[string]string{}
		for _, d := range list {
			maps.Copy(imports, d.Imports)
		}
		for _, as := range slices.Sorted(maps.Keys(imports)) {
			b.WriteString("//line " + p + ":1\nimport " + as + " " + strconv.Quote(imports[as]) + "\n")
		}
		for _, d := range list {
			b.WriteString("\n//line " + p + ":" + strconv.Itoa(d.Line) + "\n" + d.Text + "\n")
		}
		files[prefix+strings.ReplaceAll(path.Dir(p), "/", "_")+"_"+path.Base(p)] = []byte(b.String())
	}
	return files
}

// Merge puts slices that can be compiled together into groups: in each, a name is one declaration.
func Merge(all []*Slice) (groups [][]*Slice) {
	var have []map[string]*Decl
next:
	for _, s := range all {
		for i, g := range have {
			if agree(g, s.Decls) {
				maps.Copy(g, s.Decls)
				groups[i] = append(groups[i], s)
				continue next
			}
		}
		have, groups = append(have, maps.Clone(s.Decls)), append(groups, []*Slice{s})
	}
	return groups
}

func agree(a, b map[string]*Decl) bool {
	for name, d := range b {
		if a[name] != nil && a[name] != d {
			return false
		}
	}
	return true
}
