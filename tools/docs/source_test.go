package docs

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/build"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source reads packages of this module as the compiler for bare metal sees them, so that a number of a document can be held
// against a constant that no other package may name.
type source struct {
	t      *testing.T
	files  *token.FileSet
	std    types.Importer
	loaded map[string]*types.Package
}

func newSource(t *testing.T) *source {
	files := token.NewFileSet()
	return &source{t, files, importer.ForCompiler(files, "source", nil), map[string]*types.Package{}}
}

// Import is for the type checker.
func (s *source) Import(path string) (*types.Package, error) {
	folder, ours := strings.CutPrefix(path, "bennu/")
	if !ours {
		if path == "unsafe" {
			return types.Unsafe, nil
		}
		return s.std.Import(path)
	}
	if p := s.loaded[path]; p != nil {
		return p, nil
	}
	context := build.Default
	context.BuildTags, context.GOOS, context.GOARCH, context.CgoEnabled = []string{"tamago"}, "linux", "amd64", false
	found, err := context.ImportDir(filepath.Join(root, folder), 0)
	if err != nil {
		return nil, err
	}
	var parsed []*ast.File
	for _, name := range found.GoFiles {
		f, err := parser.ParseFile(s.files, filepath.Join(root, folder, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, f)
	}
	// What another package lacks (tamago's runtime, say) makes none of these constants another one: that is no error here.
	checker := types.Config{Importer: s, Error: func(error) {}, Sizes: sizes, IgnoreFuncBodies: true}
	p, _ := checker.Check(path, s.files, parsed, nil)
	s.loaded[path] = p
	return p, nil
}

var sizes = types.SizesFor("gc", "amd64")

func (s *source) scope(folder string) *types.Scope {
	s.t.Helper()
	p, err := s.Import("bennu/" + folder)
	if err != nil {
		s.t.Fatal(err)
	}
	return p.Scope()
}

// number is the constant NAME of a folder: "kernel/abi.PageSize".
func (s *source) number(name string) uint64 {
	s.t.Helper()
	dot := strings.LastIndexByte(name, '.')
	c, ok := s.scope(name[:dot]).Lookup(name[dot+1:]).(*types.Const)
	if !ok {
		s.t.Fatalf("there is no constant %s", name)
	}
	v, exact := constant.Uint64Val(constant.ToInt(c.Val()))
	if !exact {
		s.t.Fatalf("the constant %s is no unsigned number", name)
	}
	return v
}

// value is a constant and its name.
type value struct {
	name  string
	value uint64
}

// constants are those of a folder with a type of that folder, by value.
func (s *source) constants(folder, typ string) (list []value) {
	s.t.Helper()
	scope := s.scope(folder)
	for _, name := range scope.Names() {
		if c, ok := scope.Lookup(name).(*types.Const); ok && typeOf(c) == typ {
			v, _ := constant.Uint64Val(c.Val())
			list = append(list, value{name, v})
		}
	}
	if len(list) == 0 {
		s.t.Fatalf("%s has no constants of type %s", folder, typ)
	}
	slices.SortFunc(list, func(a, b value) int { return cmp.Compare(a.value, b.value) })
	return list
}

// enumerated are the types of a folder that have constants.
func (s *source) enumerated(folder string) (list []string) {
	s.t.Helper()
	scope := s.scope(folder)
	for _, name := range scope.Names() {
		if c, ok := scope.Lookup(name).(*types.Const); ok && typeOf(c) != "" && !slices.Contains(list, typeOf(c)) {
			list = append(list, typeOf(c))
		}
	}
	return list
}

// typeOf is the named type of a constant; "" for one without.
func typeOf(c *types.Const) string {
	if named, ok := c.Type().(*types.Named); ok {
		return named.Obj().Name()
	}
	return ""
}

// structs are the exported ones of a folder, by name.
func (s *source) structs(folder string) map[string]*types.Struct {
	s.t.Helper()
	all := map[string]*types.Struct{}
	scope := s.scope(folder)
	for _, name := range scope.Names() {
		if o, ok := scope.Lookup(name).(*types.TypeName); ok && o.Exported() {
			if st, ok := o.Type().Underlying().(*types.Struct); ok && crosses(st) {
				all[name] = st
			}
		}
	}
	return all
}

// crosses tells whether a struct may be given from one task to another: strings are of no use there.
func crosses(st *types.Struct) bool {
	for v := range st.Fields() {
		if b, ok := v.Type().Underlying().(*types.Basic); ok && b.Kind() == types.String {
			return false
		}
	}
	return true
}

// field is a member of a struct as a row of a table says it.
type field struct {
	name   string
	offset int64
	size   string // "8", or "4 × 4" of an array of structs
	typ    string // "u64", "16 bytes", "4 × PortRange"
	pad    bool
}

func fieldsOf(st *types.Struct) (list []field) {
	var vars []*types.Var
	for v := range st.Fields() {
		vars = append(vars, v)
	}
	offsets := sizes.Offsetsof(vars)
	for i, v := range vars {
		list = append(list, field{v.Name(), offsets[i], sizeName(v.Type()), typeName(v.Type()), v.Name() == "_"})
	}
	return list
}

// typeName is a field's type in words that are no language's.
func typeName(t types.Type) string {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		name := map[types.BasicKind]string{types.Uint8: "u8", types.Uint16: "u16", types.Uint32: "u32", types.Uint64: "u64", types.Int64: "i64"}[u.Kind()]
		if name == "" {
			name = "?" + u.Name()
		}
		return name
	case *types.Array:
		if typeName(u.Elem()) == "u8" {
			return fmt.Sprintf("%d bytes", u.Len())
		}
		return fmt.Sprintf("%d × %s", u.Len(), typeName(u.Elem()))
	case *types.Struct:
		if n, ok := t.(*types.Named); ok {
			return n.Obj().Name()
		}
	}
	return "?" + t.String()
}

func sizeName(t types.Type) string {
	if a, ok := t.Underlying().(*types.Array); ok {
		if _, ok := a.Elem().Underlying().(*types.Struct); ok {
			return fmt.Sprintf("%d × %d", a.Len(), sizes.Sizeof(a.Elem()))
		}
	}
	return strconv.FormatInt(sizes.Sizeof(t), 10)
}
