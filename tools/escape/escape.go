package escape

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Site is a place that allocates.
type Site struct {
	File string // below the module's root
	Line int
	Func string // "New", "(*Kernel).create"; "" outside functions
	What string
}

func (s Site) String() string { return fmt.Sprintf("%s:%d: %s: %s", s.File, s.Line, s.Func, s.What) }

var diagnostic = regexp.MustCompile(`^([^:]+\.go):(\d+):\d+: (.*(?:escapes to heap|moved to heap: .*))$`)

// constant is a value that lies in the executable: a string in an interface needs no heap.
var constant = regexp.MustCompile(`^(?:\w+\()?"(?:[^"\\]|\\.)*"\)? escapes to heap$`)

// Parse finds what goes to the heap in the output of go build -gcflags=-m, in files of the module that begin
// with prefix, which is cut off. What the compiler generates has no place of its own: the function that it was made
// of is in the output, too.
func Parse(output, prefix string) (sites []Site) {
	for l := range strings.Lines(output) {
		m := diagnostic.FindStringSubmatch(strings.TrimSpace(l))
		if m == nil || constant.MatchString(m[3]) {
			continue
		}
		file, ok := strings.CutPrefix(m[1], prefix)
		if !ok {
			continue
		}
		n, _ := strconv.Atoi(m[2])
		if s := (Site{File: file, Line: n, What: m[3]}); !slices.Contains(sites, s) {
			sites = append(sites, s)
		}
	}
	return sites
}

// Source is a file's functions, and what in it allocates though the compiler does not say so: maps, goroutines, and questions whether a value has an
// interface, of which the run-time keeps a table of answers, at a time that it draws.
type Source struct {
	set   *token.FileSet
	file  *ast.File
	Sites []Site
}

// Read parses a file. name is what its sites are called.
func Read(name string, src []byte) (*Source, error) {
	s := &Source{set: token.NewFileSet()}
	var err error
	if s.file, err = parser.ParseFile(s.set, name, src, parser.SkipObjectResolution); err != nil {
		return nil, err
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		what := ""
		switch n := n.(type) {
		case *ast.MapType:
			what = "a map"
		case *ast.GoStmt:
			what = "a goroutine"
		case *ast.ChanType:
			what = "a channel"
		case *ast.TypeAssertExpr: // to a pointer it is a comparison
			if _, pointer := n.Type.(*ast.StarExpr); !pointer {
				what = "a type assertion"
			}
		}
		if what != "" {
			line := s.set.Position(n.Pos()).Line
			s.Sites = append(s.Sites, Site{name, line, s.Func(line), what})
		}
		return true
	})
	return s, nil
}

// Func is the function that a line lies in.
func (s *Source) Func(line int) string {
	for _, d := range s.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || line < s.set.Position(f.Pos()).Line || line > s.set.Position(f.End()).Line {
			continue
		}
		if f.Recv == nil {
			return f.Name.Name
		}
		typ := f.Recv.List[0].Type
		if star, ok := typ.(*ast.StarExpr); ok {
			return "(*" + base(star.X) + ")." + f.Name.Name
		}
		return base(typ) + "." + f.Name.Name
	}
	return ""
}

func base(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.IndexExpr:
		return base(e.X)
	}
	return "?"
}

// Allowed is a package, or a function of one, that may allocate, and why.
type Allowed struct{ Where, Why string }

// Refused is the sites that no row allows; Unused is the rows that allow nothing.
func Refused(sites []Site, rows []Allowed) (refused []Site, unused []string) {
	used := make([]bool, len(rows))
	for _, s := range sites {
		pkg := filepath.ToSlash(filepath.Dir(s.File))
		ok := false
		for i, r := range rows {
			if r.Where == pkg || r.Where == pkg+"."+s.Func {
				ok, used[i] = true, true
			}
		}
		if !ok {
			refused = append(refused, s)
		}
	}
	for i, r := range rows {
		if !used[i] {
			unused = append(unused, r.Where)
		}
	}
	return refused, unused
}
