// Package protocoltest is tests that protocols share.
package protocoltest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"testing"

	"bennu/kernel/abi"
)

// Requests holds that each request that a file declares, as an abi.MsgType, says what its repetition does, and is found by its type; others are messages that are none.
func Requests(t *testing.T, file string, requests []abi.Request, find func(abi.MsgType) *abi.Request, others ...string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []string
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && v.Type != nil {
			if s, ok := v.Type.(*ast.SelectorExpr); ok && s.Sel.Name == "MsgType" && !slices.Contains(others, v.Names[0].Name) {
				declared = append(declared, v.Names[0].Name)
			}
		}
		return true
	})
	if len(declared) == 0 {
		t.Fatalf("%s declares no request", file)
	}
	for _, r := range requests {
		if i := slices.Index(declared, r.Name); i < 0 {
			t.Errorf("%s: not declared, or there twice", r.Name)
		} else {
			declared = slices.Delete(declared, i, i+1)
		}
		if r.Repeat != abi.RepeatSame && r.Repeat != abi.RepeatOnce || r.Second == "" || find(r.Type).Name != r.Name {
			t.Errorf("%+v", r)
		}
	}
	if len(declared) > 0 {
		t.Errorf("%v say nothing of their repetition", declared)
	}
}
