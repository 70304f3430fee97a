package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEditMismatch applies each edit to a file that is not what it expects.
func TestEditMismatch(t *testing.T) {
	for _, e := range edits {
		for _, text := range []string{"", "package runtime\n", e.old + e.old} {
			got, err := e.apply(text)
			if err == nil {
				t.Errorf("%s: %q became %q, expected an error", e.file, text, got)
				continue
			}
			msg := err.Error()
			if !strings.HasPrefix(msg, e.file+": expected once, found ") || strings.Contains(msg, "\n") {
				t.Errorf("%s: unclear error %q", e.file, msg)
			}
		}
	}
}

// TestTables checks that every change says why, and that no two changes contradict.
func TestTables(t *testing.T) {
	dropped := make(map[string]bool)
	for _, d := range drops {
		if d.why == "" || dropped[d.file] {
			t.Errorf("drop %s: no reason, or twice in the table", d.file)
		}
		dropped[d.file] = true
	}
	for _, e := range edits {
		if e.why == "" || e.old == e.new || dropped[e.file] {
			t.Errorf("edit %s: no reason, no change, or dropped as well", e.file)
		}
	}
}

// fakeRoot makes a GOROOT that has just what the edits and drops look for.
func fakeRoot(t *testing.T) *toolchain {
	t.Helper()
	root := t.TempDir()
	text := make(map[string]string)
	for _, d := range drops {
		text["src/"+d.file] = "dropped\n"
	}
	for _, e := range edits {
		text["src/"+e.file] += e.old
	}
	text["src/fmt/print.go"] = "package fmt\n"
	text["src/fmt/print_test.go"] = "package fmt\n"
	text["bin/go"] = "go\n"
	text["tamago/goos/goos.go"] = "package goos\n"
	for name, s := range text {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(s), 0o444); err != nil {
			t.Fatal(err)
		}
	}
	return &toolchain{root: root, version: "go1.26.8", tamagoDir: filepath.Join(root, "tamago"), tamagoVersion: "v1.26.5"}
}

// TestShadow looks at the tree that is made of a GOROOT, and makes it again.
func TestShadow(t *testing.T) {
	tc, cache := fakeRoot(t), t.TempDir()
	dir, err := shadow(tc, cache)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"bin/go":                        true,
		"src/fmt/print.go":              true,
		"src/fmt/print_test.go":         false,
		"src/runtime/os_linux.go":       false,
		"src/runtime/os_bare.go":        true,
		"src/runtime/goos/goos.go":      true,
		"src/syscall/asm_bare_amd64.s":  true,
		"src/syscall/asm_linux_amd64.s": false,
	} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s: present is %v, expected %v", name, err == nil, want)
		}
	}
	text, _ := os.ReadFile(filepath.Join(dir, "src/runtime/rt0_linux_amd64.s"))
	if !strings.Contains(string(text), "CPUInit") {
		t.Errorf("the entry point is not changed: %q", text)
	}
	again, err := shadow(tc, cache)
	if err != nil || again != dir {
		t.Errorf("second call: %s, %v, expected %s", again, err, dir)
	}
	if left, _ := filepath.Glob(filepath.Join(cache, "bennu", "making-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestShadowRefuses gives shadow an installation in which one thing is wrong.
func TestShadowRefuses(t *testing.T) {
	for _, test := range []struct{ file, text, want string }{
		{"src/runtime/malloc.go", "package runtime\n", `runtime/malloc.go: expected once, found 0 times: "heapAddrBits`},
		{"src/runtime/malloc.go", "", "runtime/malloc.go: expected in go1.26.8 to change it"},
		{"src/runtime/os_linux.go", "", "runtime/os_linux.go: expected in go1.26.8 to leave it out"},
		{"tamago/goos/goos.go", "", "module github.com/usbarmory/tamago v1.26.5: expected a folder goos"},
	} {
		tc := fakeRoot(t)
		file := filepath.Join(tc.root, test.file)
		os.Remove(file)
		if test.text == "" {
			os.Remove(filepath.Dir(file)) // succeeds when that was its only file
		} else if err := os.WriteFile(file, []byte(test.text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := shadow(tc, t.TempDir())
		if err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, expected %q", test.file, err, test.want)
		}
	}
}
