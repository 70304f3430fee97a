package slice

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Additions is a file of constants and types that a package has now and had not in an old state: numbers of a protocol, rows of
// a table. Code that does not know them does the same with them, and tests that name them compile. Types come without methods, and
// functions never come: what is tested must not be brought. nil: there are none that compile there. added is their names.
func Additions(now, old []Source, nowImports, oldImports types.Importer) (file []byte, added []string, err error) {
	is, _, err := scope(now, nowImports)
	if err != nil {
		return nil, nil, err
	}
	was, names, err := scope(old, oldImports)
	if err != nil {
		return nil, nil, err
	}
	lines := map[string]*addition{}
	for _, name := range is.Scope().Names() {
		if a := describe(is.Scope().Lookup(name), is); a != nil && name != "_" && was.Scope().Lookup(name) == nil && !names[name] {
			lines[name] = a
		}
	}
	for len(lines) > 0 {
		text, at := addFile(is.Name(), lines)
		set := token.NewFileSet()
		files, err := parse(set, append(slices.Clone(old), Source{addPath, text}))
		if err != nil {
			return nil, nil, err
		}
		bad := map[string]bool{}
		check(set, is.Path(), files, oldImports, nil, func(e types.Error) {
			if p := set.Position(e.Pos); p.Filename == addPath {
				bad[at[p.Line]] = true
			}
		})
		if len(bad) == 0 {
			return text, slices.Sorted(maps.Keys(lines)), nil
		}
		if bad[""] { // an import that is not there
			drop := false
			for name, a := range lines {
				for path := range a.imports {
					if _, err := oldImports.Import(path); err != nil {
						delete(lines, name)
						drop = true
					}
				}
			}
			if !drop {
				return nil, nil, fmt.Errorf("additions to package %s do not compile:\n%s", is.Name(), text)
			}
		}
		for name := range bad {
			delete(lines, name)
		}
	}
	return nil, nil, nil
}

const addPath = prefix + "added.go"

// addition is the declaration of a constant or type.
type addition struct {
	text    string
	imports map[string]string // name by path
}

// describe is nil for what is not brought.
func describe(o types.Object, in *types.Package) *addition {
	a := &addition{imports: map[string]string{}}
	q := func(p *types.Package) string {
		if p == in {
			return ""
		}
		a.imports[p.Path()] = p.Name()
		return p.Name()
	}
	switch o := o.(type) {
	case *types.Const:
		if k := o.Val().Kind(); k == constant.Float || k == constant.Complex {
			return nil
		}
		typ := ""
		if b, ok := o.Type().(*types.Basic); !ok || b.Info()&types.IsUntyped == 0 {
			typ = " " + types.TypeString(o.Type(), q)
		}
		a.text = "const " + o.Name() + typ + " = " + o.Val().ExactString()
	case *types.TypeName:
		n, ok := o.Type().(*types.Named)
		if !ok || n.TypeParams() != nil {
			return nil
		}
		a.text = "type " + o.Name() + " " + types.TypeString(n.Underlying(), q)
	default:
		return nil
	}
	if strings.Contains(a.text, "\n") {
		return nil
	}
	return a
}

// addFile writes the file, and tells which line is whose.
func addFile(name string, lines map[string]*addition) (text []byte, at map[int]string) {
	imports := map[string]string{}
	for _, a := range lines {
		maps.Copy(imports, a.imports)
	}
	all := []string{"package " + name}
	for _, path := range slices.Sorted(maps.Keys(imports)) {
		all = append(all, "import "+imports[path]+" "+strconv.Quote(path))
	}
	at = map[int]string{}
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		all = append(all, lines[name].text)
		at[len(all)] = name
	}
	return []byte(strings.Join(all, "\n") + "\n"), at
}

func parse(set *token.FileSet, sources []Source) (files []*ast.File, err error) {
	for _, src := range sources {
		f, err := parser.ParseFile(set, src.Path, src.Text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls { // only what it declares counts
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Type.TypeParams == nil {
				fn.Body = nil
			}
		}
		files = append(files, f)
	}
	return files, nil
}

// scope checks what files declare; names has methods too.
func scope(sources []Source, imports types.Importer) (p *types.Package, names map[string]bool, err error) {
	set := token.NewFileSet()
	files, err := parse(set, sources)
	if err != nil || len(files) == 0 {
		return types.NewPackage("", ""), nil, err
	}
	names = map[string]bool{}
	for _, f := range files {
		for _, d := range f.Decls {
			for _, name := range declared(d) {
				names[name] = true
			}
		}
	}
	config := types.Config{Importer: imports, Sizes: types.SizesFor("gc", "amd64"), Error: func(error) {}} // bodies are gone, imports unused
	p, _ = config.Check(files[0].Name.Name, set, files, nil)
	return p, names, nil
}
