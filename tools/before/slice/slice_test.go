package slice

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
	"testing"
)

// sources makes files of a text in which lines "-- NAME --" begin one.
func sources(text string) (all []Source) {
	for _, part := range strings.Split(text, "-- ")[1:] {
		name, body, _ := strings.Cut(part, " --\n")
		all = append(all, Source{name, []byte(body)})
	}
	return all
}

// library is packages that can be imported, by path.
type library map[string]string

var std = library{"testing": "package testing\ntype T struct{}\nfunc (*T) Error(...any) {}\n"}

func (l library) Import(path string) (*types.Package, error) {
	text, ok := l[path]
	if !ok {
		text, ok = std[path]
	}
	if !ok {
		return nil, errors.New("there is no such package")
	}
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, path+".go", text, 0)
	if err != nil {
		return nil, err
	}
	c := types.Config{Importer: l}
	return c.Check(path, set, []*ast.File{f}, nil)
}

func load(t *testing.T, tests, others string, l library) *Set {
	t.Helper()
	s, err := Load(sources(tests), sources(others), l)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// was is the old package of most tests here, and wasTests its tests.
const (
	was      = "-- p.go --\npackage p\nfunc Old() int { return 1 }\ntype Store struct{ n int }\nfunc (s *Store) Put() {}\n"
	wasTests = "-- p_test.go --\npackage p\nimport \"testing\"\n" +
		"func rig() *Store { return &Store{} }\nfunc TestOld(t *testing.T) { rig().Put() }\n"
	is = "-- p.go --\npackage p\nfunc Old() int { return 2 }\nfunc New() {}\nfunc Open(n int) *Store { return &Store{} }\n" +
		"type Store struct{ n, more int }\nfunc (s *Store) Put() {}\nfunc (s *Store) Take() {}\nconst Limit = 7\ntype Why uint8\nconst WhyDown Why = 3\n"
)

func old(t *testing.T, tests string) *Old {
	o := &Old{Others: sources(was), Imports: library{}, Package: "p"}
	if tests != "" {
		o.Tests = load(t, tests, was, nil)
	}
	return o
}

// A slice has what its test reaches and nothing else, so that neighbours do not keep it from compiling. Faults name the place in
// the file that the test is from.
func TestCut(t *testing.T) {
	for _, c := range []struct {
		name, tests    string
		decls          string // of TestX; "": it does not compile
		fault, swapped string
	}{
		{name: "alone", tests: "func TestX(t *testing.T) { Old() }\nfunc TestY(t *testing.T) { New() }\n", decls: "TestX"},
		{name: "helpers of helpers", tests: "func TestX(t *testing.T) { a() }\nfunc a() { b() }\nfunc b() { Old() }\nfunc c() { New() }\n", decls: "TestX a b"},
		{name: "methods that are called", tests: "type w struct{ Store }\nfunc (w) a() {}\nfunc (w) b() { New() }\nfunc TestX(t *testing.T) { w{}.a() }\n", decls: "TestX w w.a"},
		{name: "methods that an interface asks for", tests: "type w int\nfunc (w) a() {}\nfunc TestX(t *testing.T) { var i interface{ a() } = w(0); _ = i }\n", decls: "TestX w w.a"},
		{name: "constants of one group", tests: "const (\n\ta = iota\n\tb\n)\nconst c = 1\nfunc TestX(t *testing.T) { t.Error(b) }\n", decls: "TestX a b"},
		{name: "variables one by one", tests: "var (\n\ta = Old()\n\tb = Limit\n)\nfunc TestX(t *testing.T) { t.Error(a) }\n", decls: "TestX a"},
		{name: "a local of the name", tests: "func a() { New() }\nfunc TestX(t *testing.T) { a := 1; t.Error(a) }\n", decls: "TestX"},
		{name: "a circle", tests: "func a(n int) { b(n) }\nfunc b(n int) { a(n) }\nfunc TestX(t *testing.T) { a(1) }\n", decls: "TestX a b"},
		{name: "generic", tests: "type l[V any] struct{ v V }\nfunc (x l[V]) get() V { return x.v }\nfunc TestX(t *testing.T) { t.Error(l[int]{}.get()) }\n", decls: "TestX l l.get"},
		{name: "needs the new", tests: "func TestX(t *testing.T) {\n\tNew()\n}\n", fault: "p_test.go:4: undefined: New"},
		{name: "helper needs the new", tests: "func a() { New() }\nfunc TestX(t *testing.T) { a() }\n", fault: "p_test.go:3: undefined: New"},
		{name: "new method", tests: "func TestX(t *testing.T) { new(Store).Take() }\n", fault: "p_test.go:3: new(Store).Take undefined (type *Store has no field or method Take)"},
		{name: "the old helper", tests: "func rig() *Store { return Open(1) }\nfunc TestX(t *testing.T) { rig().Put() }\n", decls: "TestX rig", swapped: "rig"},
		{name: "the old helper does not do", tests: "func rig(n int) *Store { return Open(n) }\nfunc TestX(t *testing.T) { rig(1).Put() }\n",
			fault: "p_test.go:3: undefined: Open"},
		{name: "never the old test", tests: "func TestOld(t *testing.T) { New() }\nfunc TestX(t *testing.T) { TestOld(t) }\n", decls: "TestOld TestX rig", swapped: "TestOld rig"},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := load(t, "-- p_test.go --\npackage p\nimport \"testing\"\n"+c.tests, is, nil)
			s := old(t, wasTests).Cut(now, "TestX")
			if s.Fault != c.fault {
				t.Fatalf("fault %q, want %q", s.Fault, c.fault)
			}
			if got := strings.Join(slices.Sorted(maps.Keys(s.Decls)), " "); c.fault == "" && got != c.decls {
				t.Errorf("declarations %s, want %s", got, c.decls)
			}
			if got := strings.Join(s.Old, " "); got != c.swapped {
				t.Errorf("old ones %q, want %q", got, c.swapped)
			}
		})
	}
}

// The test itself is the new one, though the old tests have one of its name.
func TestCutKeeps(t *testing.T) {
	now := load(t, "-- p_test.go --\npackage p\nimport \"testing\"\nfunc body() { New() }\nfunc TestOld(t *testing.T) { New() }\n", is, nil)
	o := old(t, wasTests+"func body() {}\n")
	if s := o.Cut(now, "TestOld"); s.Fault == "" {
		t.Error("it was replaced by the old test")
	}
	now = load(t, "-- p_test.go --\npackage p\nimport \"testing\"\nfunc body() { New() }\nfunc TestX(t *testing.T) { body() }\n", is, nil)
	if s := o.Cut(now, "TestX"); s.Fault != "" || !slices.Equal(s.Old, []string{"body"}) {
		t.Errorf("fault %q, old %q", s.Fault, s.Old)
	}
	if s := o.Cut(now, "TestX", "body"); s.Fault != "p_test.go:3: undefined: New" {
		t.Errorf("what is to be kept was replaced: fault %q", s.Fault)
	}
	now = load(t, "-- p_test.go --\npackage p\nimport \"testing\"\nfunc body() { New() }\nfunc rig() *Store { return new(Store) }\nfunc TestX(t *testing.T) { body(); rig() }\n", is, nil)
	if s := o.Cut(now, "TestX"); !slices.Equal(s.Old, []string{"body"}) {
		t.Errorf("old %q: the new rig compiles, and should stay", s.Old)
	}
	o.Prefer = true
	now = load(t, "-- p_test.go --\npackage p\nimport \"testing\"\nfunc rig() *Store { return new(Store) }\nfunc TestX(t *testing.T) { rig() }\n", is, nil)
	if s := o.Cut(now, "TestX"); !slices.Equal(s.Old, []string{"rig"}) {
		t.Errorf("old %q, though the old helpers are preferred", s.Old)
	}
}

// What moved from the package into its tests is not declared twice.
func TestCutOfWhatMoved(t *testing.T) {
	now := load(t, "-- p_test.go --\npackage p\nimport \"testing\"\nfunc Old() int { return 3 }\nfunc TestX(t *testing.T) { Old() }\n",
		"-- p.go --\npackage p\n", nil)
	s := old(t, "").Cut(now, "TestX")
	if s.Fault != "" || len(s.Decls) != 1 {
		t.Errorf("fault %q, declarations %v", s.Fault, s.Decls)
	}
}

// Imports that only other tests use are left out; a package that is missing is a fault of those that use it.
func TestCutImports(t *testing.T) {
	l := library{"lib": "package lib\nconst A = 1\n", "gone": "package gone\nconst B = 1\n"}
	now := load(t, "-- p_test.go --\npackage p\nimport (\n\tother \"lib\"\n\t\"gone\"\n\t\"testing\"\n)\n"+
		"func TestX(t *testing.T) { lib := other.A; t.Error(lib) }\nfunc TestY(t *testing.T) { t.Error(gone.B) }\n", is, l)
	o := old(t, "")
	o.Imports = library{"lib": l["lib"]}
	if s := o.Cut(now, "TestX"); s.Fault != "" {
		t.Error(s.Fault)
	}
	if s := o.Cut(now, "TestY"); s.Fault != "p_test.go:1: could not import gone (there is no such package)" {
		t.Error(s.Fault)
	}
}

func TestCompare(t *testing.T) {
	o := load(t, "-- a_test.go --\npackage p\nimport \"testing\"\nfunc help() {}\nfunc TestA(t *testing.T) { help() }\nfunc TestB(t *testing.T) { Old() }\n", was, nil)
	for _, c := range []struct {
		tests, test string
		want        Change
	}{
		{"func TestB(t *testing.T) { Old() }\n", "TestB", Same},
		{"// A comment.\nfunc TestB(t *testing.T) {\n\tOld() // and one more\n}\n", "TestB", Same},
		{"func TestB(t *testing.T) { Old(); Old() }\n", "TestB", Edits},
		{"func TestC(t *testing.T) { Old() }\n", "TestC", New},
		{"func help() {}\nfunc TestA(t *testing.T) { help() }\n", "TestA", Same},
		{"func help() { Old() }\nfunc TestA(t *testing.T) { help() }\n", "TestA", Below},
		{"func help() {}\nfunc more() {}\nfunc TestA(t *testing.T) { help() }\n", "TestA", Same},
	} {
		now := load(t, "-- b_test.go --\npackage p\nimport \"testing\"\n"+c.tests, was, nil)
		if got := Compare(now, o, c.test); got != c.want {
			t.Errorf("%s: %s, want %s", c.tests, got, c.want)
		}
		if got := Compare(now, nil, c.test); got != New {
			t.Errorf("%s: %s where there were no tests", c.tests, got)
		}
	}
}

func TestTests(t *testing.T) {
	s := load(t, "-- a_test.go --\npackage p\nimport \"testing\"\ntype T struct{}\nfunc (T) TestMethod(*testing.T) {}\nvar TestVar = 1\n"+
		"func Testing() {}\nfunc TestMain(*testing.T) {}\nfunc TestB(*testing.T) {}\nfunc Test_a(*testing.T) {}\nfunc FuzzA(*testing.T) {}\n", was, nil)
	if got := s.Tests(); !slices.Equal(got, []string{"FuzzA", "TestB", "Test_a"}) {
		t.Errorf("%q", got)
	}
}

// Constants and types are added, and no function or method; what exists stays as it was.
func TestAdditions(t *testing.T) {
	text, added, err := Additions(sources(is), sources(was), library{}, library{})
	if err != nil || !slices.Equal(added, []string{"Limit", "Why", "WhyDown"}) {
		t.Fatalf("added %q, %v", added, err)
	}
	if want := "package p\nconst Limit = 7\ntype Why uint8\nconst WhyDown Why = 3\n"; string(text) != want {
		t.Errorf("file %q, want %q", text, want)
	}
	o := &Old{Others: append(sources(was), Source{"added.go", text}), Imports: library{}, Package: "p", Added: map[string]bool{"p.Limit": true}}
	now := load(t, "-- p_test.go --\npackage p\nimport \"testing\"\nfunc TestX(t *testing.T) { t.Error(Limit, Old()) }\n", is, nil)
	if s := o.Cut(now, "TestX"); s.Fault != "" || !slices.Equal(s.Added, []string{"p.Limit"}) {
		t.Errorf("fault %q, added %q", s.Fault, s.Added)
	}
}

// What needs more than the old state has is left out, with what needs it in turn.
func TestAdditionsThatCannotBe(t *testing.T) {
	l := library{"lib": "package lib\ntype T int\nconst A T = 1\n"}
	now := "-- p.go --\npackage p\nimport \"lib\"\ntype u struct{ t lib.T }\ntype v struct{ u u }\nconst c lib.T = 1\nconst Old = 1\nconst f = 1.5\ntype w struct{ n int }\n"
	_, added, err := Additions(sources(now), sources(was), l, library{})
	if err != nil || !slices.Equal(added, []string{"w"}) {
		t.Errorf("without lib: added %q, %v", added, err)
	}
	_, added, err = Additions(sources(now), sources(was), l, l)
	if err != nil || !slices.Equal(added, []string{"c", "u", "v", "w"}) {
		t.Errorf("with lib: added %q, %v", added, err)
	}
}

// Slices that have a name for two things are compiled apart.
func TestMerge(t *testing.T) {
	a, b := &Decl{Names: []string{"a"}}, &Decl{Names: []string{"a"}}
	s := []*Slice{{Test: "1", Decls: map[string]*Decl{"a": a}}, {Test: "2", Decls: map[string]*Decl{"a": b}}, {Test: "3", Decls: map[string]*Decl{"a": a, "c": b}},
		{Test: "4", Decls: map[string]*Decl{"d": a}}}
	got := ""
	for _, g := range Merge(s) {
		for _, s := range g {
			got += s.Test
		}
		got += ";"
	}
	if got != "134;2;" {
		t.Error(got)
	}
}

// What is written compiles to the same places: the lines of a message are those of the file that the declaration is from.
func TestRender(t *testing.T) {
	now := load(t, "-- f/p_test.go --\npackage p\n\nimport \"testing\"\n\n// help does.\nfunc help() {}\n\nfunc TestX(t *testing.T) {\n\thelp()\n}\n", was, nil)
	want := "package p\n\n//line f/p_test.go:1\nimport testing \"testing\"\n\n//line f/p_test.go:6\nfunc help() {}\n\n//line f/p_test.go:8\nfunc TestX(t *testing.T) {\n\thelp()\n}\n"
	files := Render("p", now.Reach("TestX"))
	if got := string(files["before_f_p_test.go"]); got != want || len(files) != 1 {
		t.Errorf("%d files, got\n%s\nwant\n%s", len(files), got, want)
	}
}

// Tests that do not compile as they are cannot be cut, and are no finding.
func TestLoadRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"-- a_test.go --\npackage p\nfunc TestX( {}\n", "a_test.go:2:13: expected ')', found '{'"},
		{"-- a_test.go --\npackage p\nfunc a() { b(); c() }\n", "a_test.go:2:12: undefined: b, and 1 more"},
	} {
		if _, err := Load(sources(c.text), nil, library{}); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}
