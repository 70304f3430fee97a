package slice

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Source is a Go file: its path as messages tell it, and its text.
type Source struct {
	Path string
	Text []byte
}

// Decl is one declaration of a test file at package level. Constants and variables that are declared in
// one specification, and constants of one group, are one.
type Decl struct {
	Names   []string // as Set.ByName has them: "f", "T", "T.m"
	Path    string
	Line    int               // in Path, of the first line of Text
	Text    string            // as it stands in the file, without its doc comment
	Plain   string            // Text as gofmt writes it, without comments: equal when two declarations are
	Imports map[string]string // name in the file to path, of what is used here
	Func    bool
	uses    []string // names of declarations of the test files
	methods []string // of a type
}

// Set is what the test files of one package declare.
type Set struct {
	Package string // its name
	ByName  map[string]*Decl
	Outside map[string]bool // what the other files of the package declare, named as in ByName
}

// Tests are the functions that go test runs by itself, in order of name.
func (s *Set) Tests() (names []string) {
	for name, d := range s.ByName {
		for _, prefix := range []string{"Test", "Fuzz"} {
			rest, ok := strings.CutPrefix(name, prefix)
			if ok && d.Func && name != "TestMain" && (rest == "" || rest[0] < 'a' || rest[0] > 'z') {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// Load reads the test files of a package, beside its other files. imports gives the packages that they import. All errors of types
// come back as one: what is loaded must compile.
func Load(tests, others []Source, imports types.Importer) (*Set, error) {
	l := &loader{set: token.NewFileSet(), at: map[types.Object]string{}}
	s := &Set{ByName: map[string]*Decl{}, Outside: map[string]bool{}}
	var all, own []*ast.File
	for i, src := range append(slices.Clone(tests), others...) {
		f, err := parser.ParseFile(l.set, src.Path, src.Text, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
		if i < len(tests) {
			own = append(own, f)
		} else {
			for _, d := range f.Decls {
				for _, name := range declared(d) {
					s.Outside[name] = true
				}
			}
		}
		s.Package = f.Name.Name
	}
	l.info = &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	if err := check(l.set, s.Package, all, imports, l.info, nil); err != nil {
		return nil, err
	}
	var nodes []ast.Node
	var decls []*Decl
	for i, f := range own {
		for _, n := range split(f) {
			d := l.decl(n, tests[i])
			if len(d.Names) == 0 {
				continue // var _ asserts something, and is used by nobody
			}
			nodes, decls = append(nodes, n), append(decls, d)
			for _, name := range d.Names {
				s.ByName[name] = d
			}
		}
	}
	for i, d := range decls {
		l.resolve(d, nodes[i])
		if typ, _, ok := strings.Cut(d.Names[0], "."); ok && s.ByName[typ] != nil {
			s.ByName[typ].methods = append(s.ByName[typ].methods, d.Names[0])
		}
	}
	return s, nil
}

type loader struct {
	set  *token.FileSet
	info *types.Info
	at   map[types.Object]string // the name of what is declared in test files
}

// split makes pieces of a file that can stand alone: functions, single specifications, constants by group, since iota and
// repetition count in it. Imports are left out.
func split(f *ast.File) (nodes []ast.Node) {
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		switch {
		case ok && g.Tok == token.IMPORT:
		case ok && g.Tok != token.CONST && g.Lparen.IsValid():
			for _, spec := range g.Specs {
				nodes = append(nodes, &ast.GenDecl{TokPos: spec.Pos(), Tok: g.Tok, Specs: []ast.Spec{spec}})
			}
		default:
			nodes = append(nodes, d)
		}
	}
	return nodes
}

// declared is the names of a declaration; a method's has its type in front.
func declared(n ast.Node) (names []string) {
	switch n := n.(type) {
	case *ast.FuncDecl:
		name := n.Name.Name
		if n.Recv != nil {
			name = receiver(n.Recv.List[0].Type) + "." + name
		}
		return []string{name}
	case *ast.GenDecl:
		for _, spec := range n.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, spec.Name.Name)
			case *ast.ValueSpec:
				for _, id := range spec.Names {
					names = append(names, id.Name)
				}
			}
		}
	}
	return slices.DeleteFunc(names, func(s string) bool { return s == "_" })
}

// receiver is the type's name in a method's receiver.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.ParenExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// decl describes a declaration, all but what it uses.
func (l *loader) decl(n ast.Node, src Source) *Decl {
	d := &Decl{Names: declared(n), Imports: map[string]string{}}
	begin, end := n.Pos(), n.End()
	plain := n
	switch n := n.(type) {
	case *ast.FuncDecl:
		d.Func = n.Recv == nil
		begin = n.Type.Pos() // Doc is before it
		bare := *n
		bare.Doc = nil
		plain = &bare
	case *ast.GenDecl:
		bare := *n
		bare.Doc = nil
		plain = &bare
	}
	p := l.set.Position(begin)
	d.Path, d.Line = p.Filename, p.Line
	d.Text = string(src.Text[p.Offset:l.set.Position(end).Offset])
	if g, ok := n.(*ast.GenDecl); ok && !strings.HasPrefix(d.Text, g.Tok.String()) { // one of a group
		d.Text = g.Tok.String() + " " + d.Text
	}
	d.Plain = format(plain)
	names := map[string]bool{}
	for _, name := range d.Names {
		names[name] = true
	}
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		if o := l.info.Defs[id]; o != nil && names[nameOf(o)] {
			l.at[o] = nameOf(o)
		}
		return true
	})
	return d
}

// format prints a node without its comments and without regard to where its lines break.
func format(n ast.Node) string {
	var b bytes.Buffer
	if err := printer.Fprint(&b, token.NewFileSet(), n); err != nil {
		return err.Error()
	}
	return b.String()
}

// nameOf is the name under which ByName has an object, "" if it is none of package level.
func nameOf(o types.Object) string {
	f, ok := o.(*types.Func)
	if !ok || f.Signature().Recv() == nil {
		if o.Pkg() == nil || o.Parent() != o.Pkg().Scope() {
			return ""
		}
		return o.Name()
	}
	t := f.Signature().Recv().Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := t.(*types.Named); ok {
		return n.Obj().Name() + "." + f.Name()
	}
	return "" // of an interface
}

// origin is the generic declaration behind an instance.
func origin(o types.Object) types.Object {
	if f, ok := o.(*types.Func); ok {
		return f.Origin()
	}
	return o
}

// resolve finds what a declaration uses.
func (l *loader) resolve(d *Decl, n ast.Node) {
	uses := map[string]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		o := l.info.Uses[id]
		if o == nil {
			return true
		}
		if p, ok := o.(*types.PkgName); ok {
			d.Imports[p.Name()] = p.Imported().Path()
		} else if name := l.at[origin(o)]; name != "" && !slices.Contains(d.Names, name) {
			uses[name] = true
		}
		return true
	})
	if typ, _, ok := strings.Cut(d.Names[0], "."); ok {
		uses[typ] = true
	}
	d.uses = slices.Sorted(maps.Keys(uses))
}

// Fault is an error of types in a declaration.
type Fault struct {
	Decl *Decl // nil: it is in no declaration
	Text string
}

// check runs the type checker. To errors it tells all errors, or, where that is nil, returns the first.
func check(set *token.FileSet, name string, files []*ast.File, imports types.Importer, info *types.Info, errors func(types.Error)) error {
	var first error
	n := 0
	config := types.Config{Importer: imports, Sizes: types.SizesFor("gc", "amd64"), Error: func(err error) {
		e, ok := err.(types.Error)
		if n++; first == nil {
			first = err
		}
		if ok && errors != nil {
			errors(e)
		}
	}}
	_, err := config.Check(name, set, files, info)
	if errors != nil {
		return nil
	}
	if first != nil && n > 1 {
		return fmt.Errorf("%w, and %s more", first, strconv.Itoa(n-1))
	}
	return err
}
