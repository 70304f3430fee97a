package main

import (
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// drawnFrom are the folders whose packages drawn mutations come from, all below them included.
var drawnFrom = []string{"kernel", "rs/policy", "rs/server", "drivers/sdk"}

// notDrawn are folders below those that only test or measure.
var notDrawn = []string{"boot/ktest", "boot/kbench", "drivers/sdk/fake", "kernel/fake"}

// comparisons is what a comparison is exchanged for.
var comparisons = map[token.Token]token.Token{
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR, token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.ADD: token.SUB, token.SUB: token.ADD, token.LAND: token.LOR, token.LOR: token.LAND,
}

// draw is every mutation that the operators make, in an order that the seed decides: each has its own lot, so that a change of
// the code elsewhere leaves the draw as it was.
func draw(root string, seed uint64) ([]mutation, error) {
	var all []mutation
	for _, top := range drawnFrom {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			name, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			name = filepath.ToSlash(name)
			for _, n := range notDrawn {
				if d.IsDir() && name == n {
					return filepath.SkipDir
				}
			}
			if d.IsDir() && d.Name() == "testdata" {
				return filepath.SkipDir
			}
			if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return nil
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			found, err := operate(name, src)
			all = append(all, found...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	lot := func(m *mutation) string { return fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, seed, m.id))) }
	slices.SortFunc(all, func(a, b mutation) int { return strings.Compare(lot(&a), lot(&b)) })
	return all, nil
}

// operator collects the mutations of a file.
type operator struct {
	file string
	src  []byte
	set  *token.FileSet
	all  []mutation
	in   string // the function
	seen map[string]int
}

// operate makes every mutation of a file.
func operate(file string, src []byte) ([]mutation, error) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	o := &operator{file: file, src: src, set: set, seen: map[string]int{}}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
			o.in = fn.Name.Name
			ast.Inspect(fn.Body, o.node)
		}
	}
	return o.all, nil
}

func (o *operator) node(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IfStmt:
		o.replace("negate", n.Cond, func(s string) string { return "!(" + s + ")" })
	case *ast.ForStmt:
		if n.Cond != nil {
			o.replace("negate", n.Cond, func(s string) string { return "!(" + s + ")" })
		}
	case *ast.BinaryExpr:
		if to, ok := comparisons[n.Op]; ok {
			at := o.offset(n.OpPos)
			o.add("swap", at, at+len(n.Op.String()), to.String(), n)
		}
	case *ast.BasicLit:
		if v, err := strconv.ParseUint(n.Value, 0, 63); n.Kind == token.INT && err == nil {
			o.replace("one more", n, func(string) string { return strconv.FormatUint(v+1, 10) })
			if v > 0 {
				o.replace("zero", n, func(string) string { return "0" })
			}
		}
	case *ast.BlockStmt:
		o.drops(n.List)
	case *ast.CaseClause:
		o.drops(n.Body)
	}
	return true
}

// drops leaves out one statement that declares nothing.
func (o *operator) drops(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.ExprStmt, *ast.IncDecStmt:
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				continue
			}
		default:
			continue
		}
		o.replace("drop", s, func(string) string { return "" })
	}
}

func (o *operator) offset(p token.Pos) int { return o.set.Position(p).Offset }

func (o *operator) replace(what string, n ast.Node, by func(string) string) {
	from, to := o.offset(n.Pos()), o.offset(n.End())
	o.add(what, from, to, by(string(o.src[from:to])), n)
}

// add notes a mutation. Its id is made of what it changes and where, not of line numbers, so that it stays the same while
// other places change.
func (o *operator) add(what string, from, to int, after string, n ast.Node) {
	key := strings.Join([]string{o.file, o.in, what, string(o.src[o.offset(n.Pos()):o.offset(n.End())]), after}, "\x00")
	o.seen[key]++
	sum := sha256.Sum256(fmt.Append(nil, key, o.seen[key]))
	o.all = append(o.all, mutation{
		id: fmt.Sprintf("drawn-%x", sum[:4]), file: o.file, before: string(o.src[from:to]), after: after, why: what + " in " + o.in,
		line: o.set.Position(n.Pos()).Line, at: from, constraint: constraintOf(o.src),
	})
}
