package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bennu/tools/before/slice"
)

// repository makes a git repository of a commit, and lays other files over it.
func repository(t *testing.T, was, is map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	lay := func(files map[string]string) {
		for name, text := range files {
			if err := write(filepath.Join(root, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	git := func(args ...string) {
		c := exec.Command("git", append([]string{"-C", root, "-c", "user.name=a", "-c", "user.email=a@b"}, args...)...)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args, err, out)
		}
	}
	lay(was)
	git("init", "-q")
	git("add", ".")
	git("commit", "-q", "-m", "before")
	lay(is)
	return root
}

var (
	before = map[string]string{
		"go.mod":     "module bennu\n\ngo 1.26\n",
		".gitignore": "/out/\n",
		"a/a.go":     "package a\n\nfunc Half(n int) int { return n / 3 }\n\nfunc Spin(n int) {\n\tfor n == 1 {\n\t}\n}\n",
		"a/a_test.go": "package a\n\nimport \"testing\"\n\nfunc TestZero(t *testing.T) {\n\tif Half(0) != 0 {\n\t\tt.Error(\"not 0\")\n\t}\n}\n" +
			"\nfunc TestMoved(t *testing.T) {}\n\nfunc half(n int) int { return Half(n) }\n",
	}
	after = map[string]string{
		"docs/BUGS.md": "# Faults\n\n## Thirds\n\n**Guarded by** `a` TestHalf, TestOne.\n\n## Else\n\n**Guarded by** `b` TestOne; `a` TestOne.\n",
		"a/a.go":       "package a\n\nconst Limit = 5\n\nfunc Half(n int) int { return n / 2 }\n\nfunc Spin(n int) {}\n\nfunc Twice(n int) int { return 2 * n }\n",
		"a/a_test.go":  "package a\n\nimport \"testing\"\n\nfunc TestZero(t *testing.T) {\n\tif Half(0) != 0 {\n\t\tt.Error(\"not 0\")\n\t}\n}\n",
		"a/b_test.go": "package a\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc half(n int) int { return Twice(n) / 4 }\n" +
			"\nfunc TestHalf(t *testing.T) {\n\tt.Log(\"a remark\")\n\tif n := Half(4); n != 2 {\n\t\tt.Errorf(\"half of 4\\nis %d\", n)\n\t}\n}\n" +
			"\nfunc TestOne(t *testing.T) {\n\tif half(1) != 0 {\n\t\tt.Error(\"not 0\")\n\t}\n}\n" +
			"\nfunc TestTwice(t *testing.T) {\n\tif Twice(2) != 4 {\n\t\tt.Error(\"not 4\")\n\t}\n}\n" +
			"\nfunc TestPanic(t *testing.T) { panic(Half(3)) }\n" +
			"\nfunc TestSpin(t *testing.T) { Spin(1) }\n" +
			"\nfunc TestLimit(t *testing.T) {\n\tif Half(2*Limit) != Limit {\n\t\tt.Error(\"not Limit\")\n\t}\n}\n" +
			"\nfunc TestData(t *testing.T) {\n\tif b, err := os.ReadFile(\"testdata/x\"); string(b) != \"new\" {\n\t\tt.Error(err)\n\t}\n}\n",
		"a/x_test.go":              "package a_test\n\nimport (\n\t\"testing\"\n\n\t\"bennu/a\"\n)\n\nfunc TestOutside(t *testing.T) {\n\tif a.Half(2) != 1 {\n\t\tt.Error(\"not 1\")\n\t}\n}\n",
		"a/testdata/x":             "new",
		"a/machine_test.go":        "//go:build qemu\n\npackage a\n\nimport \"testing\"\n\nfunc TestMachine(t *testing.T) { half(1) }\n",
		"b/b.go":                   "package b\n",
		"b/b_test.go":              "package b\n\nimport \"testing\"\n\nfunc TestMoved(t *testing.T) {}\n\nfunc TestOne(t *testing.T) {}\n",
		"tools/before/x/x.go":      "package x\n",
		"tools/before/x/x_test.go": "package x\n\nimport \"testing\"\n\nfunc TestOwn(t *testing.T) { t.Fatal(\"it was run\") }\n",
		"tools/look/look.go":       "package look\n",
		"tools/look/look_test.go": "package look\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestDocs(t *testing.T) {\n\tif _, err := os.Stat(\"../../docs/BUGS.md\"); err != nil {\n" +
			"\t\tt.Fatal(\"no BUGS.md\")\n\t}\n}\n\nfunc TestItself(t *testing.T) {}\n",
	}
)

// All of it, on a module of three packages, but for what takes QEMU.
func TestRun(t *testing.T) {
	root := repository(t, before, after)
	t.Chdir(root)
	r := &run{log: io.Discard, noMachine: true, tags: "qemu", timeout: 2 * time.Second}
	r.report.Base = "HEAD"
	if err := r.do(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range r.report.Results {
		got = append(got, x.Package+" "+x.Test+" "+string(x.Change)+": "+string(x.Outcome)+" "+x.Words)
	}
	want := []string{
		"a TestData new: passes ",
		"a TestHalf new: fails b_test.go:13: half of 4 is 1",
		"a TestLimit new: fails b_test.go:35: not Limit",
		"a TestOne new: passes ",
		"a TestOutside new: fails x_test.go:11: not 1",
		"a TestPanic new: panics panic: 1 [recovered, repanicked]",
		"a TestSpin new: does not end test timed out after 2s",
		"a TestTwice new: does not compile a/b_test.go:24: undefined: Twice",
		"b TestOne new: new package ",
		"tools/look TestDocs new: fails look_test.go:10: no BUGS.md",
		"tools/look TestItself new: new package it tests itself",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	one := r.report.Results[3]
	if !slices.Equal(one.OldHelpers, []string{"half"}) || !slices.Equal(one.Guards, []string{"Thirds", "Else"}) {
		t.Errorf("TestOne: helpers %q, guards %q", one.OldHelpers, one.Guards)
	}
	if x := r.report.Results[2]; !slices.Equal(x.Added, []string{"bennu/a.Limit"}) {
		t.Errorf("TestLimit: added %q", x.Added)
	}
	if f := r.report.Faults; len(f) != 2 || f[0].State != Shown || f[1].State != NotTried {
		t.Errorf("faults %+v", f)
	}
	if c := r.report.Counts[host]; c[Fails] != 4 || c[Passes] != 2 || c[NewThere] != 2 {
		t.Errorf("counts %v", c)
	}
	if left, err := filepath.Glob(filepath.Join(root, "out/before/base/a/*_test.go")); err != nil || len(left) != 1 {
		t.Errorf("the base's tests are not back: %q, %v", left, err)
	}
}

func TestRunRefuses(t *testing.T) {
	t.Chdir(repository(t, before, map[string]string{"a/b_test.go": "package a\n\nfunc TestX() { nothing() }\n"}))
	for _, c := range []struct{ base, want string }{
		{"nonsense", "nonsense: expected a commit of this repository"},
		{"HEAD", "a: a/b_test.go:3:16: undefined: nothing"},
	} {
		r := &run{log: io.Discard, noMachine: true}
		r.report.Base = c.base
		if err := r.do(t.Context()); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.base, err, c.want)
		}
	}
}

// One process's output is one outcome.
func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name, out string
		ok        bool
		outcome   Outcome
		words     string
	}{
		{"pass", "=== RUN   TestX\n--- PASS: TestX (0.00s)\nPASS\n", true, Passes, ""},
		{"skip", "=== RUN   TestX\n    a_test.go:3: no disk\n--- SKIP: TestX (0.00s)\nPASS\n", true, Skips, "a_test.go:3: no disk"},
		{"fail", "=== RUN   TestX\n    a_test.go:3: one\n    a_test.go:4: two\n--- FAIL: TestX (0.00s)\nFAIL\n", false, Fails, "a_test.go:3: one"},
		{"fail after a remark", "=== RUN   TestX\n    a_test.go:9: remark\n    a_test.go:4: two\n--- FAIL: TestX (0.00s)\nFAIL\n", false, Fails, "a_test.go:4: two"},
		{"fail below", "=== RUN   TestX\n=== RUN   TestX/a\n    a_test.go:3: got\n        1\n--- FAIL: TestX (0.00s)\n    --- FAIL: TestX/a (0.00s)\nFAIL\n", false, Fails, "a_test.go:3: got 1"},
		{"what failed, in a long text", "    a_test.go:3: status 1\n        all is well\n\n        FAILED this\n        and more\n--- FAIL: TestX (0.00s)\n", false, Fails, "a_test.go:3: status 1 all is well"},
		{"what failed, without a gap", "    a_test.go:3: status 1\n        all is well\n        FAILED this\n        FAILED that\n--- FAIL: TestX (0.00s)\n", false, Fails, "a_test.go:3: status 1 FAILED this"},
		{"what a program said", "other\n=== RUN   TestX/a\ndemo: it is dead\nconsole:\n\n    a_test.go:3: status 1\n--- FAIL: TestX (0.00s)\n", false, Fails, "a_test.go:3: status 1 demo: it is dead"},
		{"panic", "=== RUN   TestX\n--- FAIL: TestX (0.00s)\npanic: index [recovered]\n", false, Panics, "panic: index [recovered]"},
		{"runtime", "=== RUN   TestX\nfatal error: stack overflow\n", false, Panics, "fatal error: stack overflow"},
		{"timeout", "=== RUN   TestX\npanic: test timed out after 1m0s\n", false, Endless, "test timed out after 1m0s"},
		{"no such test", "testing: warning: no tests to run\nPASS\n", true, Panics, "it ended without a verdict: PASS"},
		{"no archive", "    a_test.go:3: open /x/out/hogs.tar: no such file or directory\n--- FAIL: TestX (0.00s)\n", false, CannotRun, "make image makes no out/hogs.tar at the base"},
		{"words of a pass", "    a_test.go:3: panic: in a log\npanic: no, a line of the guest\n--- PASS: TestX (0.00s)\n", true, Passes, ""},
	} {
		o, words := judge(c.out, c.ok, map[string]bool{"a_test.go:9": true})
		if o != c.outcome || words != c.words {
			t.Errorf("%s: %s %q, want %s %q", c.name, o, words, c.outcome, c.words)
		}
	}
}

// Each outcome has its place in the table, and its count.
func TestPrint(t *testing.T) {
	r := Report{Base: "abc", Results: []Result{
		{Package: "p", Test: "TestB", Kind: machine, Change: slice.Edits, Outcome: Passes, OldHelpers: []string{"a", "b", "c", "d"}},
		{Package: "p", Test: "TestA", Kind: host, Change: slice.New, Outcome: Fails, Words: strings.Repeat("x", 400), Added: []string{"bennu/q/r.C"}},
	}}
	r.finish([]Fault{{Title: "A fault", tests: []string{"p TestB"}}, {Title: "Another", tests: []string{"p TestB", "p TestA"}}})
	var b strings.Builder
	r.print(&b)
	for _, want := range []string{
		"\nFAILS\n  p                        TestA                                        [added: r.C] xxx",
		"\nPASSES\n  p                        TestB                                        [changed; the base's helpers: a, b, c and 1 more; a guard of [\"A fault\" \"Another\"]]\n",
		"\n1 of 2 faults in docs/BUGS.md: a guard fails there\n  Another\n", "\n1 of 2 faults in docs/BUGS.md: guards pass there, or are as old as the base\n  A fault\n",
		"\n0 of 2 faults in docs/BUGS.md: guards need what is not there\n",
		"fails                     1        0        0\n", "passes                    0        1        0\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), strings.Repeat("x", 301)) {
		t.Error("a line has no end")
	}
}

// The cases of the kernel's tests are functions, whatever their rows hold.
func TestWithCases(t *testing.T) {
	src := "package main\n\nvar a = []test{{\"TestA\", a1}, {\"TestB\", func(t *T) { b(t, 1) }}}\n\nvar other = []struct{ x, y string }{{\"x\", \"y\"}}\n"
	text, err := withCases(slice.Source{Path: "a.go", Text: []byte(src)})
	want := src + "\nfunc caseTestA(t *T) { (a1)(t) }\n\nfunc caseTestB(t *T) { (func(t *T) { b(t, 1) })(t) }\n"
	if err != nil || string(text) != want {
		t.Errorf("%v, got\n%s\nwant\n%s", err, text, want)
	}
}

func TestReplaceFuncs(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a.go")
	const src = "package a\n\n// a does.\nfunc a() int {\n\treturn 1\n}\n\nfunc (x T) b() {}\n\nfunc b() {\n}\n\nfunc c() {}\n"
	if err := os.WriteFile(name, []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := replaceFuncs(dir, map[string]string{"d": "x"}); err == nil {
		t.Error("there is no d, and nobody said so")
	}
	if err := replaceFuncs(dir, map[string]string{"a": "func a() int { return 2 }", "b": "func b() {}"}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(name)
	if want := "package a\n\n// a does.\nfunc a() int { return 2 }\n\nfunc (x T) b() {}\n\nfunc b() {}\n\nfunc c() {}\n"; err != nil || string(got) != want {
		t.Errorf("%v, got\n%s\nwant\n%s", err, got, want)
	}
}

// A base whose kernel/usys has functions gets a Gate of them; one that has a Gate keeps it.
func TestAddGate(t *testing.T) {
	root := t.TempDir()
	put := func(text string) {
		t.Helper()
		if err := write(filepath.Join(root, usysFolder, "a.go"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := addGate(root); err != nil {
			t.Fatal(err)
		}
	}
	added := filepath.Join(root, usysFolder, addedPrefix+"_gate.go")
	put("package usys\n\ntype Gate struct{}\n\nfunc Now() uint64 { return 0 }\n")
	if _, err := os.Stat(added); err == nil {
		t.Error("a second Gate")
	}
	put("package usys\n\nfunc Send(to abi.Endpoint, m *abi.Msg) abi.Errno { return 0 }\n\nfunc raw() {}\n\nfunc (x T) Get() {}\n\nfunc Trace(a, b uint64) (v uint64, e abi.Errno)\n\nfunc Null() {}\n")
	got, err := os.ReadFile(added)
	const want = "\nfunc (Gate) Send(to abi.Endpoint, m *abi.Msg) abi.Errno { return Send(to, m) }\n" +
		"\nfunc (Gate) Trace(a, b uint64) (v uint64, e abi.Errno) { return Trace(a, b) }\n\nfunc (Gate) Null() { Null() }\n"
	if err != nil || !strings.HasSuffix(string(got), "var _ abi.Errno\n"+want) {
		t.Errorf("%v, got\n%s\nwant at its end\n%s", err, got, want)
	}
}

// What boot/hog does otherwise on an older kernel are functions that it has.
func TestHogFunctionsAreThere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "hog")
	if err := copyFolder("../../"+hogFolder, dir); err != nil {
		t.Fatal(err)
	}
	if err := replaceFuncs(dir, hogABI1); err != nil {
		t.Error(err)
	}
}

// A run that is stopped says so, and takes its test with it.
func TestStopped(t *testing.T) {
	t.Chdir(repository(t, before, after))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := &run{log: io.Discard, noMachine: true, timeout: time.Minute}
	r.report.Base = "HEAD"
	if err := r.do(ctx); err != context.Canceled {
		t.Errorf("it ended with %v", err)
	}
}
