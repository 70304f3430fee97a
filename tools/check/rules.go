package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"strings"
)

// Sizes, in lines. Between the two, a comment has to say why: a table, a switch over calls. It
// is `//check:size REASON`, above the package clause for the file, in the doc comment for a function.
const (
	fileLines, fileLimit = 400, 600
	funcLines, funcLimit = 60, 100
)

const sizeReason = "//check:size "

// checkFile returns what is wrong with a Go file, in lines "path:line: text".
func checkFile(path string, src []byte) (faults []string) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, path, src, parser.ParseComments)
	if err != nil {
		return []string{err.Error()}
	}
	c := checker{path: path, set: set, src: src, file: f, test: strings.HasSuffix(path, "_test.go")}
	c.format()
	c.fileSize()
	c.unsafe()
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			c.function(fn)
		}
	}
	return c.faults
}

type checker struct {
	path   string
	set    *token.FileSet
	src    []byte
	file   *ast.File
	test   bool
	faults []string
}

func (c *checker) fault(pos token.Pos, text string, args ...any) {
	line := 1
	if pos.IsValid() {
		line = c.set.Position(pos).Line
	}
	c.faults = append(c.faults, fmt.Sprintf("%s:%d: %s", c.path, line, fmt.Sprintf(text, args...)))
}

func (c *checker) format() {
	want, err := format.Source(c.src)
	if err != nil || bytes.Equal(c.src, want) {
		return // the parser has told what is wrong with it
	}
	line := 1
	for i := 0; i < min(len(want), len(c.src)) && want[i] == c.src[i]; i++ {
		if want[i] == '\n' {
			line++
		}
	}
	c.faults = append(c.faults, fmt.Sprintf("%s:%d: not as gofmt writes it", c.path, line))
}

// fileSize leaves tests alone: a long table of cases is no burden.
func (c *checker) fileSize() {
	n := bytes.Count(c.src, []byte("\n"))
	if c.test || n <= fileLines {
		return
	}
	var head *ast.CommentGroup
	for _, g := range c.file.Comments {
		if g.Pos() < c.file.Package && hasReason(g) {
			head = g
		}
	}
	c.size(c.file.Package, "file", n, fileLines, fileLimit, head)
}

func (c *checker) function(fn *ast.FuncDecl) {
	if fn.Name.Name == "init" && fn.Recv == nil {
		c.fault(fn.Pos(), "init function: expected a call from main, or a table")
	}
	if c.test || fn.Body == nil {
		return
	}
	n := c.set.Position(fn.End()).Line - c.set.Position(fn.Pos()).Line + 1
	c.size(fn.Pos(), "function "+fn.Name.Name, n, funcLines, funcLimit, fn.Doc)
}

func (c *checker) size(pos token.Pos, what string, n, most, limit int, doc *ast.CommentGroup) {
	switch {
	case n <= most:
	case !hasReason(doc):
		c.fault(pos, "%s has %d lines: expected at most %d, or a comment %q that says why", what, n, most, sizeReason+"…")
	case n > limit && !strings.Contains(reason(doc), "table"):
		c.fault(pos, "%s has %d lines: expected at most %d unless it is a table", what, n, limit)
	}
}

func hasReason(g *ast.CommentGroup) bool { return reason(g) != "" }

func reason(g *ast.CommentGroup) string {
	if g == nil {
		return ""
	}
	for _, l := range g.List {
		if r, ok := strings.CutPrefix(l.Text, sizeReason); ok {
			return strings.TrimSpace(r)
		}
	}
	return ""
}

// unsafe allows the package, and go:linkname, only in files whose name says so.
func (c *checker) unsafe() {
	if strings.HasSuffix(c.path, "_unsafe.go") || c.test {
		return
	}
	for _, i := range c.file.Imports {
		if i.Path.Value == `"unsafe"` {
			c.fault(i.Pos(), "imports unsafe: expected in a file named …_unsafe.go")
		}
	}
	for _, g := range c.file.Comments {
		for _, l := range g.List {
			if strings.HasPrefix(l.Text, "//go:linkname ") {
				c.fault(l.Pos(), "go:linkname: expected in a file named …_unsafe.go")
			}
		}
	}
}
