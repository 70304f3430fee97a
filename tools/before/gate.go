package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"path/filepath"
	"strings"
)

const usysFolder = "kernel/usys"

// addGate gives a base whose kernel/usys has functions a Gate that has them as methods: today's cases and hogs call those.
func addGate(root string) error {
	names, err := filepath.Glob(filepath.Join(root, usysFolder, "*.go"))
	if err != nil {
		return err
	}
	var methods bytes.Buffer
	for _, name := range names {
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if s, ok := s.(*ast.TypeSpec); ok && s.Name.Name == "Gate" {
						return nil
					}
				}
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.IsExported() && !strings.HasSuffix(name, "_test.go") {
					if err := method(&methods, set, d); err != nil {
						return err
					}
				}
			}
		}
	}
	if methods.Len() == 0 {
		return nil
	}
	text := "//go:build tamago\n\npackage usys\n\nimport \"bennu/kernel/abi\"\n\ntype Gate struct{}\n\nvar _ abi.Errno\n" + methods.String()
	return write(filepath.Join(root, usysFolder, addedPrefix+"_gate.go"), []byte(text), 0o644)
}

// method writes a method of Gate that is a function.
func method(to *bytes.Buffer, set *token.FileSet, f *ast.FuncDecl) error {
	var args []string
	for _, p := range f.Type.Params.List {
		for _, n := range p.Names {
			args = append(args, n.Name)
		}
	}
	var signature bytes.Buffer
	if err := printer.Fprint(&signature, set, f.Type); err != nil {
		return err
	}
	result := "return "
	if f.Type.Results == nil {
		result = ""
	}
	_, err := fmt.Fprintf(to, "\nfunc (Gate) %s%s { %s%s(%s) }\n", f.Name.Name, strings.TrimPrefix(signature.String(), "func"), result, f.Name.Name, strings.Join(args, ", "))
	return err
}
