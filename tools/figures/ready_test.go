package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A tree is refused before anything is measured, with the files that no commit has.
func TestReady(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(dir))
	expect := func(want string, args ...string) {
		t.Helper()
		var said strings.Builder
		status := run(dir, append([]string{"ready"}, args...), &said, &said)
		if (status == 0) != (want == "") || !strings.Contains(said.String(), want) {
			t.Errorf("ready %v: status %d, %q, want %q", args, status, said.String(), want)
		}
	}
	git := func(args ...string) {
		t.Helper()
		args = append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@b"}, args...)
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	expect("git tells none here")
	git("init", "-q")
	put("kept", "1")
	git("add", "kept")
	git("commit", "-q", "-m", "one")
	expect("")
	put("new", "of nobody's concern")
	expect("")
	put("kept", "2")
	expect("no commit has the changes of kept: commit them first, or say make figures RECORD=-dirty")
	expect("", "-dirty")
}
