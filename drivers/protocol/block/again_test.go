package block

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"bennu/kernel/abi"
)

// Each request that block.go declares says what its repetition does; a Notice is none.
func TestRequests(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "block.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && v.Type != nil {
			if s, ok := v.Type.(*ast.SelectorExpr); ok && s.Sel.Name == "MsgType" {
				declared[v.Names[0].Name] = true
			}
		}
		return true
	})
	delete(declared, "Notice")
	n := len(declared)
	for _, r := range Requests() {
		if !declared[r.Name] || r.Repeat != abi.RepeatSame && r.Repeat != abi.RepeatOnce || r.Second == "" || Known(r.Type).Name != r.Name {
			t.Errorf("%+v: declared %v", r, declared[r.Name])
		}
		delete(declared, r.Name)
	}
	if len(declared) > 0 || n < 9 {
		t.Errorf("of %d requests %v say nothing of their repetition", n, declared)
	}
}
