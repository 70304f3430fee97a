package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// move is a folder that has another place now, with all that is in it. A base that has it at the old place gets it at the new one, and
// every file of the base names that: else a test of it would meet a new package.
type move struct{ from, to string }

// moved is in the order of time. Where a test of the tree finds a row wrong: it was moved again (add a row), or is gone (take the rows out).
var moved = []move{
	{"kernel/ktest", "boot/ktest"},
	{"kernel/kbench", "boot/kbench"},
	{"drivers/ctl", "rs/ctl"},
}

// loan is a package that was made of a part of another one. A base without it gets one of other names for what that has: prefix and
// name there are name here.
type loan struct{ folder, from, prefix string }

var lent = []loan{
	{"drivers/protocol/tty", "kernel/abi", "TTY"},
	{"drivers/protocol/rtc", "kernel/abi", "RTC"},
	{"drivers/protocol/kbd", "kernel/abi", "KBD"},
	{"drivers/protocol/faulty", "kernel/abi", "Faulty"},
	{"board/pc/memmap", "board/pc/pvh", ""},
	{"board/pc/loader", "board/pc/pvh", ""},
}

// rename is a name of a package that has made room for that of an import: no file of one package can have both.
type rename struct{ folder, from, to string }

var renamed = []rename{
	{"drivers/tty", "tty", "driver"},
	{"drivers/rtc", "rtc", "driver"},
	{"drivers/kbd", "kbd", "driver"},
	{"drivers/faulty", "faulty", "driver"},
}

// adapt gives a base's tree the places and names of the current one.
func adapt(now, base string) error {
	if err := relocate(base, moved); err != nil {
		return err
	}
	if err := giveWay(base, renamed); err != nil {
		return err
	}
	return lend(now, base, lent)
}

func present(root, folder string) bool {
	_, err := os.Stat(filepath.Join(root, folder))
	return err == nil
}

// relocate moves folders of a tree, each that is at its old place and not at its new one, and writes the new names into all text files.
func relocate(root string, moves []move) error {
	for _, m := range moves {
		if !present(root, m.from) || present(root, m.to) {
			continue
		}
		to := filepath.Join(root, m.to)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(root, m.from), to); err != nil {
			return err
		}
		name := regexp.MustCompile(`\b` + regexp.QuoteMeta(m.from) + `\b`)
		err := editAll(root, func(_ string, text []byte) ([]byte, error) { return name.ReplaceAllLiteral(text, []byte(m.to)), nil })
		if err != nil {
			return err
		}
	}
	return nil
}

// editAll writes each text file of a folder anew that edit makes another one of.
func editAll(root string, edit func(path string, text []byte) ([]byte, error)) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		was, err := os.ReadFile(path)
		if err != nil || !utf8.Valid(was) || bytes.IndexByte(was, 0) >= 0 {
			return err
		}
		is, err := edit(path, was)
		if err != nil || bytes.Equal(was, is) {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(path, is, info.Mode().Perm())
	})
}

// giveWay renames package-level names in a tree that has them, and no other of the new name.
func giveWay(root string, names []rename) error {
	for _, n := range names {
		has, err := declared(filepath.Join(root, n.folder))
		if err != nil {
			return err
		}
		if has[n.from] == "" || has[n.to] != "" {
			continue
		}
		err = editAll(filepath.Join(root, n.folder), func(path string, text []byte) ([]byte, error) {
			if !strings.HasSuffix(path, ".go") {
				return text, nil
			}
			return renameIn(path, text, n.from, n.to)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// renameIn renames what is not a field, a method or another package's.
func renameIn(path string, text []byte, from, to string) ([]byte, error) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, path, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	other := map[*ast.Ident]bool{f.Name: true}
	var at []int
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			other[n.Sel] = true
		case *ast.Field:
			for _, name := range n.Names {
				other[name] = true
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok {
				other[key] = true
			}
		case *ast.FuncDecl:
			other[n.Name] = n.Recv != nil
		case *ast.Ident:
			if n.Name == from && !other[n] {
				at = append(at, set.Position(n.Pos()).Offset)
			}
		}
		return true
	})
	slices.Sort(at)
	for _, i := range slices.Backward(at) {
		text = slices.Concat(text[:i], []byte(to), text[i+len(from):])
	}
	return text, nil
}

// lend gives a tree the packages that it lacks, made of those that have the same under other names. now is the root of the current tree.
func lend(now, root string, loans []loan) error {
	for _, l := range loans {
		if present(root, l.folder) {
			continue
		}
		want, err := declared(filepath.Join(now, l.folder))
		if err != nil {
			return err
		}
		has, err := declared(filepath.Join(root, l.from))
		if err != nil {
			return err
		}
		var text strings.Builder
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if word := has[l.prefix+name]; word != "" && ast.IsExported(name) {
				fmt.Fprintf(&text, "\n%s %s = %s.%s%s\n", word, name, path.Base(l.from), l.prefix, name)
			}
		}
		if text.Len() == 0 {
			continue
		}
		file := fmt.Sprintf("package %s\n\nimport %q\n%s", path.Base(l.folder), module+l.from, text.String())
		if err := write(filepath.Join(root, l.folder, addedPrefix+".go"), []byte(file), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// declared is the package-level names of a folder's program, each with the word that gives it another name. A folder that is not
// there has none.
func declared(folder string) (map[string]string, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, n := range names {
		if strings.HasSuffix(n, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), n, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					all[d.Name.Name] = "var"
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						all[s.Name.Name] = "type"
					case *ast.ValueSpec:
						for _, v := range s.Names {
							all[v.Name] = d.Tok.String()
						}
					}
				}
			}
		}
	}
	return all, nil
}
