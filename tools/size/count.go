package main

import (
	"bytes"
	"cmp"
	"go/ast"
	"go/build"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// row is a package, in lines.
type row struct {
	Folder    string
	Functions int // those that are linked
	Left      int // functions that are not
	Others    int // types, constants, variables, imports
	Assembly  int
}

// Whole is the package as it stands, without assembly.
func (r row) Whole() int { return r.Functions + r.Left + r.Others }

func (r row) plus(s row) row {
	return row{r.Folder, r.Functions + s.Functions, r.Left + s.Left, r.Others + s.Others, r.Assembly + s.Assembly}
}

// count counts the packages of this module that the one in a folder is made of, by folder.
func count(root, folder string, l linked) ([]row, error) {
	context := build.Default
	context.BuildTags, context.GOOS, context.GOARCH, context.CgoEnabled = []string{"tamago"}, "linux", "amd64", false
	var rows []row
	seen := map[string]bool{folder: true}
	for todo := []string{folder}; len(todo) > 0; todo = todo[1:] {
		dir := filepath.Join(root, todo[0])
		p, err := context.ImportDir(dir, 0)
		if err != nil {
			return nil, err
		}
		r := row{Folder: todo[0]}
		for _, name := range p.GoFiles {
			if err := r.goFile(filepath.Join(dir, name), l[r.Folder]); err != nil {
				return nil, err
			}
		}
		for _, name := range slices.Concat(p.SFiles, p.HFiles) {
			src, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return nil, err
			}
			r.Assembly += assemblyLines(src)
		}
		rows = append(rows, r)
		for _, path := range p.Imports {
			if f, ours := strings.CutPrefix(path, "bennu/"); ours && !seen[f] {
				seen[f] = true
				todo = append(todo, f)
			}
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.Folder, b.Folder) })
	return rows, nil
}

func (r *row) goFile(path string, names map[string]bool) error {
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, path, src, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	code := codeLines(src)
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		n := 0
		for line := set.Position(fn.Pos()).Line; line <= set.Position(fn.End()).Line; line++ {
			if code[line] {
				n++
				delete(code, line)
			}
		}
		if names[declared(fn)] || fn.Body == nil { // one without a body is assembly's
			r.Functions += n
		} else {
			r.Left += n
		}
	}
	r.Others += len(code)
	return nil
}

// declared is a function's name, or T.m of a method of T or *T.
func declared(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return fn.Name.Name
	}
	t := fn.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.Ident:
			return x.Name + "." + fn.Name.Name
		default:
			return fn.Name.Name
		}
	}
}

// codeLines are the lines of a file that have more on them than comments.
func codeLines(src []byte) map[int]bool {
	set := token.NewFileSet()
	file := set.AddFile("", -1, len(src))
	var s scanner.Scanner
	s.Init(file, src, nil, 0)
	lines := map[int]bool{}
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return lines
		}
		if tok == token.SEMICOLON && text == "\n" {
			continue
		}
		for first, i := file.Line(pos), 0; i <= strings.Count(text, "\n"); i++ {
			lines[first+i] = true
		}
	}
}

// assemblyLines is how many lines of a file have more on them than comments.
func assemblyLines(src []byte) (n int) {
	for line := range bytes.Lines(src) {
		if before, _, _ := bytes.Cut(line, []byte("//")); len(bytes.TrimSpace(before)) > 0 {
			n++
		}
	}
	return n
}
