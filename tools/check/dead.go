package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
)

// uses knows which names the tree declares, and which it mentions. What nobody mentions is dead: a function, method, type, variable or
// constant of a package. It goes by names alone, so a dead one that shares its name with one in use is not found.
type uses struct {
	declared []declaration
	program  map[string]bool // mentioned by Go, assembly and go:linkname outside of tests
	tests    map[string]bool
}

type declaration struct {
	path string
	line int
	name string
}

func newUses() *uses { return &uses{program: map[string]bool{}, tests: map[string]bool{}} }

// forOthers are folders with names that this tree need not use itself.
var forOthers = map[string]string{
	"kernel/abi":       "the numbers that kernel and tasks agree on: a task in another language sends them",
	"drivers/protocol": "the numbers that drivers and their clients agree on",
}

// forTests are folders with names that only tests need use.
var forTests = map[string]string{
	"drivers/sdk":     "what a driver may call: this tree's drivers need not",
	"tools/internal":  "machines for tests",
	"tools/escape":    "is a test, and what it needs",
	"tools/faulttest": "what tests hold fault types to",
}

// alive are the names that nobody mentions, or only tests do, for a reason.
var alive = map[string]string{
	"main":        "the entry",
	"init":        "is a fault by itself",
	"Reclaimable": "memmap: a type of the list that loaders have",
	"NVS":         "likewise",
	"Unusable":    "likewise",
	"Disabled":    "likewise",
	"Persistent":  "likewise",
	"Simulated":   "kernel/mem: memory for tests, made by a pointer",
	"childEcho":   "tools/bench/linux: c/child.h has it",
	"LoadAlign":   "kernel/layout: a loader keeps to it",
	"Accept":      "boot/gopher: net/http calls it",
}

var word = regexp.MustCompile(`[\pL_][\pL\pN_]*`)

// assembly mentions every word of a .s file, or of one that it includes (_amd64.h); const_x is x.
func (u *uses) assembly(src []byte) {
	for _, w := range word.FindAllString(string(src), -1) {
		u.program[w] = true
		u.program[strings.TrimPrefix(w, "const_")] = true
	}
}

func (u *uses) file(path string, src []byte) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, path, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return // checkFile has told
	}
	test := strings.HasSuffix(path, "_test.go")
	own := map[*ast.Ident]bool{f.Name: true}
	declare := func(id *ast.Ident) {
		own[id] = true
		if !test && id.Name != "_" {
			u.declared = append(u.declared, declaration{path, set.Position(id.Pos()).Line, id.Name})
		}
	}
	for _, d := range f.Decls {
		declarations(d, declare)
	}
	mentioned := u.program
	if test {
		mentioned = u.tests
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && !own[id] {
			mentioned[id.Name] = true
		}
		return true
	})
	for _, g := range f.Comments {
		for _, l := range g.List {
			if words := strings.Fields(l.Text); len(words) > 1 && words[0] == "//go:linkname" {
				mentioned[words[1]] = true
			}
		}
	}
}

func declarations(d ast.Decl, declare func(*ast.Ident)) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		declare(d.Name)
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				declare(s.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					declare(n)
				}
			}
		}
	}
}

// dead returns a line for each declaration that nobody mentions, but in tests.
func (u *uses) dead(root string) (faults []string) {
	for _, d := range u.declared {
		rel, err := filepath.Rel(root, d.path)
		if err != nil {
			rel = d.path
		}
		folder := filepath.ToSlash(filepath.Dir(rel))
		switch standIn := strings.HasSuffix(rel, "_host.go") || strings.Contains("/"+folder+"/", "/fake/") || folder == "board/model" || strings.HasPrefix(folder, "board/model/"); {
		case u.program[d.name] || alive[d.name] != "" || within(folder, forOthers):
		case !u.tests[d.name]:
			faults = append(faults, fmt.Sprintf("%s:%d: nobody uses %s", d.path, d.line, d.name))
		case !standIn && !within(folder, forTests):
			faults = append(faults, fmt.Sprintf("%s:%d: only tests use %s", d.path, d.line, d.name))
		}
	}
	return faults
}

func within(folder string, table map[string]string) bool {
	for f := range table {
		if folder == f || strings.HasPrefix(folder, f+"/") {
			return true
		}
	}
	return false
}
