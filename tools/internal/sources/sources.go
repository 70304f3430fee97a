// Package sources makes changed copies of the source tree: what is built and tried there is nothing that anybody else sees.
package sources

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Edit is an exact change of a file.
type Edit struct {
	File   string // from the module's root
	Before string // found exactly once
	After  string
}

// Find is the offset of Before in the file's text. Errors: it is not there, or there twice; the change is none.
func (e *Edit) Find(src []byte) (at int, err error) {
	switch n := bytes.Count(src, []byte(e.Before)); {
	case e.Before == e.After:
		return 0, fmt.Errorf("%s: the change changes nothing", e.File)
	case n != 1:
		return 0, fmt.Errorf("expected once in %s, found %d times:\n%s", e.File, n, e.Before)
	}
	return bytes.Index(src, []byte(e.Before)), nil
}

// Apply is the file's text with the change.
func (e *Edit) Apply(src []byte) ([]byte, error) {
	at, err := e.Find(src)
	if err != nil {
		return nil, err
	}
	return Splice(src, at, len(e.Before), e.After), nil
}

// Splice is src with the n bytes at an offset replaced.
func Splice(src []byte, at, n int, by string) []byte {
	out := append([]byte(nil), src[:at]...)
	out = append(out, by...)
	return append(out, src[at+n:]...)
}

// With has something done while all edits are made in the tree at root.
func With(root string, edits []Edit, do func() error) error {
	if len(edits) == 0 {
		return do()
	}
	return Changed(root, edits[0].File, edits[0].Apply, func() error { return With(root, edits[1:], do) })
}

// Changed has something done while a file of the tree at root is changed. It has its old time afterwards, so that go's caches hold.
func Changed(root, file string, change func(src []byte) ([]byte, error), do func() error) error {
	path := filepath.Join(root, file)
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	changed, err := change(src)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, changed, info.Mode().Perm()); err != nil {
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

// Copy copies what git knows of, as it is in the working tree. A file that is the same stays, with its time, so that go's caches hold. The hash
// is of all files that count.
func Copy(from, to string, counts func(name string) bool) (hash string, err error) {
	list := exec.Command("git", "-C", from, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	names, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("git ls-files: %w: expected a git repository", err)
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
			return "", err
		}
		b, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return "", err
		}
		if counts(name) {
			fmt.Fprintf(sum, "%s\x00%d\x00", name, len(b))
			sum.Write(b)
		}
		keep[name] = true
		if err := place(filepath.Join(to, name), b, info); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%x", sum.Sum(nil)[:8]), prune(to, keep)
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
