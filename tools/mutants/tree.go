package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// tree is a private copy of the sources, in which mutations are made.
type tree struct {
	root string
	hash string // of all that was copied: results of another tree say nothing

	imports map[string][]string // of packages with tests, however far
	skip    string              // tests in QEMU that are left out
}

// copyTree copies what git knows of, as it is in the working tree. A file that is the same stays, with its time, so that go's
// caches hold.
func copyTree(from, to string) (*tree, error) {
	list := exec.Command("git", "-C", from, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	names, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w: expected a git repository", err)
	}
	sum := sha256.New()
	keep := map[string]bool{}
	for _, n := range bytes.Split(bytes.TrimRight(names, "\x00"), []byte{0}) {
		name := string(n)
		info, err := os.Lstat(filepath.Join(from, name))
		if os.IsNotExist(err) || err == nil && !info.Mode().IsRegular() {
			continue // deleted, not committed
		}
		if err != nil {
			return nil, err
		}
		b, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(name, "docs/") && !strings.HasPrefix(name, "tools/mutants/") { // no test of what is changed reads these
			fmt.Fprintf(sum, "%s\x00%d\x00", name, len(b))
			sum.Write(b)
		}
		keep[name] = true
		if err := place(filepath.Join(to, name), b, info); err != nil {
			return nil, err
		}
	}
	return &tree{root: to, hash: fmt.Sprintf("%x", sum.Sum(nil)[:8])}, prune(to, keep)
}

// place writes a file with the mode and time of another, unless it is there already.
func place(path string, b []byte, like os.FileInfo) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, b) {
		return os.Chtimes(path, like.ModTime(), like.ModTime())
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, b, like.Mode().Perm()); err != nil {
		return err
	}
	return os.Chtimes(path, like.ModTime(), like.ModTime())
}

// prune removes what is no file of the sources any more, but what was built.
func prune(root string, keep map[string]bool) error {
	return filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && name == "out":
			return filepath.SkipDir
		case !d.IsDir() && !keep[filepath.ToSlash(name)]:
			return os.Remove(path)
		}
		return nil
	})
}

// with has something done while a mutation is in its file.
func (t *tree) with(m *mutation, do func() error) error {
	path := filepath.Join(t.root, m.file)
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, m.changed(src), info.Mode().Perm()); err != nil {
		return err
	}
	failed := do()
	if err := os.WriteFile(path, src, info.Mode().Perm()); err != nil {
		return err
	}
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		return err
	}
	return failed
}
