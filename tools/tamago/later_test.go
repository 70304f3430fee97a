package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// laterMain is put beside the generator that std has, whose blocks are told apart by what they are made of.
const laterMain = `
func block(seed *[4]uint64, blocks *[32]uint64, counter uint32) {
	for i := range blocks {
		blocks[i] = seed[i%4]*31 + uint64(counter)*1000 + uint64(i)
	}
}

func next(s *State) uint64 {
	for {
		if v, ok := s.Next(); ok {
			return v
		}
		s.Refill()
	}
}

func main() {
	for n := range uint64(20) {
		var now, later State
		for range n * 7 { // whatever a State was before
			next(&later)
		}
		seed := [4]uint64{n, 1, ^n, n << 40}
		now.Init64(seed)
		later.InitLater(seed)
		for i := range 1000 {
			if a, b := next(&now), next(&later); a != b {
				println("seed", n, "number", i, "got", b, "want", a)
				panic("another number")
			}
		}
	}
	println("the same")
}
`

// TestLater: random numbers that are computed later are those that would have been computed at once.
func TestLater(t *testing.T) {
	out := bytes.NewBufferString("package main\n")
	declarations(t, out, filepath.Join(runtime.GOROOT(), "src/internal/chacha8rand/chacha8.go"), "ctrInc", "State", "Next", "Init64", "Refill")
	declarations(t, out, "_std/internal/chacha8rand/later_bare.go", "InitLater")
	out.WriteString(laterMain)
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command("go", "run", file).CombinedOutput()
	if err != nil || string(said) != "the same\n" {
		t.Fatalf("%v\n%s", err, said)
	}
}

// declarations prints those of a file that declare one of names.
func declarations(t *testing.T, out *bytes.Buffer, file string, names ...string) {
	t.Helper()
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, d := range f.Decls {
		wanted := false
		switch d := d.(type) {
		case *ast.FuncDecl:
			wanted = slices.Contains(names, d.Name.Name)
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.ValueSpec:
					wanted = wanted || slices.Contains(names, s.Names[0].Name)
				case *ast.TypeSpec:
					wanted = wanted || slices.Contains(names, s.Name.Name)
				}
			}
		}
		if wanted {
			found++
			printer.Fprint(out, set, d)
			out.WriteString("\n")
		}
	}
	if found != len(names) {
		t.Fatalf("%s: %d of %v", file, found, names)
	}
}
