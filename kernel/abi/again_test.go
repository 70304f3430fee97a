package abi

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// fromRS are the messages that the reincarnation server sends by itself.
var fromRS = map[string]bool{"RSNews": true, "RSStop": true}

// Each request that rs.go declares says what its repetition does, and nothing else does.
func TestRequests(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "rs.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || v.Type == nil {
			return true
		}
		if i, ok := v.Type.(*ast.Ident); ok && i.Name == "MsgType" && strings.HasPrefix(v.Names[0].Name, "RS") && !fromRS[v.Names[0].Name] {
			declared[v.Names[0].Name] = true
		}
		return true
	})
	seen := map[MsgType]bool{}
	for n := 0; ; n++ {
		r, ok := RSRequests(n)
		if !ok {
			break
		}
		if !declared[r.Name] || seen[r.Type] || r.Repeat < RepeatSame || r.Repeat > RepeatNever || r.Second == "" || RSRequest(r.Type) != r {
			t.Errorf("%+v: declared %v, seen before %v", r, declared[r.Name], seen[r.Type])
		}
		if r.Repeat != RepeatOnce && r.Unsure != [2]Errno{} {
			t.Errorf("%s: a repetition that is %s leaves nothing unsure", r.Name, r.Repeat)
		}
		seen[r.Type] = true
		delete(declared, r.Name)
	}
	if len(declared) > 0 || len(seen) < 10 {
		t.Errorf("%d requests; without a word about their repetition: %v", len(seen), declared)
	}
	if r := RSRequest(0x7ff); r.Repeat != RepeatNever {
		t.Errorf("a request that nobody knows: %v", r.Repeat)
	}
}

// docs/ABI.md has the table as it is here.
func TestRequestsInWords(t *testing.T) {
	b, err := os.ReadFile("../../docs/ABI.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	want.WriteString("| request | repeat | the second time |\n|---|---|---|\n")
	for n := 0; ; n++ {
		r, ok := RSRequests(n)
		if !ok {
			break
		}
		fmt.Fprintf(&want, "| %s | %s | %s |\n", r.Name, r.Repeat, r.Second)
	}
	if !strings.Contains(string(b), want.String()+"\n") {
		t.Errorf("docs/ABI.md does not have the table of requests:\n%s", want.String())
	}
}
