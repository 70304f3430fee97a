package main

import (
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// std holds the files of our own that join or replace those of GOROOT/src.
//
//go:embed all:_std
var std embed.FS

// shadow returns a GOROOT in which package runtime calls the hooks of
// runtime/goos. It is made in cache on first use, and found there later: its
// name is a hash of all that goes into it.
func shadow(tc *toolchain, cache string) (string, error) {
	changed, err := changedFiles(tc)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "bennu", "goroot-"+tc.version+"-"+hashFiles(tc, changed))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return "", fmt.Errorf("shadow GOROOT: %w", err)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "making-")
	if err != nil {
		return "", fmt.Errorf("shadow GOROOT: %w", err)
	}
	defer os.RemoveAll(tmp)
	if err := fill(tmp, tc, changed); err != nil {
		return "", fmt.Errorf("shadow GOROOT: %w", err)
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return "", fmt.Errorf("shadow GOROOT: %w", err)
	}
	// Another process may have been faster: then its tree is as good as ours.
	if err := os.Rename(tmp, dir); err != nil {
		if _, statErr := os.Stat(dir); statErr != nil {
			return "", fmt.Errorf("shadow GOROOT: %w", err)
		}
	}
	return dir, nil
}

// changedFiles returns the contents of every file below src that differs from
// the installed GOROOT's, by slash-separated path below src. A dropped file's
// content is nil.
func changedFiles(tc *toolchain) (map[string][]byte, error) {
	files := make(map[string][]byte)
	src := os.DirFS(filepath.Join(tc.root, "src"))
	for _, d := range drops {
		if _, err := fs.Stat(src, d.file); err != nil {
			return nil, fmt.Errorf("%s: expected in %s to leave it out: %w", d.file, tc.version, errors.Unwrap(err))
		}
		files[d.file] = nil
	}
	for _, e := range edits {
		if files[e.file] == nil {
			text, err := fs.ReadFile(src, e.file)
			if err != nil {
				return nil, fmt.Errorf("%s: expected in %s to change it: %w", e.file, tc.version, errors.Unwrap(err))
			}
			files[e.file] = text
		}
		text, err := e.apply(string(files[e.file]))
		if err != nil {
			return nil, err
		}
		files[e.file] = []byte(text)
	}
	if err := addTree(files, std, "_std", ""); err != nil {
		return nil, err
	}
	if err := addTree(files, os.DirFS(tc.tamagoDir), "goos", "runtime/goos/"); err != nil {
		return nil, fmt.Errorf("module %s %s: expected a folder goos: %w", tamagoModule, tc.tamagoVersion, err)
	}
	return files, nil
}

// addTree puts the files below dir of fsys into files, each under prefix and its
// path below dir.
func addTree(files map[string][]byte, fsys fs.FS, dir, prefix string) error {
	return fs.WalkDir(fsys, dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(fsys, path)
		files[prefix+strings.TrimPrefix(path, dir+"/")] = text
		return err
	})
}

// hashFiles names a set of changes and the installation that they apply to.
func hashFiles(tc *toolchain, changed map[string][]byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q\n", tc.root, tc.version, tc.tamagoDir, tc.tamagoVersion)
	for _, name := range sortedKeys(changed) {
		fmt.Fprintf(h, "%q %d\n", name, len(changed[name]))
		h.Write(changed[name])
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

// fill makes the tree at dir: symbolic links to what the installed GOROOT has,
// except for the changed files. Folders below src are real, since the go command
// does not look for packages behind symbolic links; tests are left out.
func fill(dir string, tc *toolchain, changed map[string][]byte) error {
	top, err := os.ReadDir(tc.root)
	if err != nil {
		return err
	}
	for _, d := range top {
		if d.Name() == "src" {
			continue
		}
		if err := os.Symlink(filepath.Join(tc.root, d.Name()), filepath.Join(dir, d.Name())); err != nil {
			return err
		}
	}
	if err := linkTree(filepath.Join(dir, "src"), filepath.Join(tc.root, "src"), "", changed); err != nil {
		return err
	}
	for name, text := range changed {
		if text == nil {
			continue
		}
		file := filepath.Join(dir, "src", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// linkTree makes the folder to with links to the files of from, which is the
// folder rel below src.
func linkTree(to, from, rel string, changed map[string][]byte) error {
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, d := range entries {
		name := d.Name()
		if _, ok := changed[rel+name]; ok || name == "testdata" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		target, link := filepath.Join(from, name), filepath.Join(to, name)
		if d.IsDir() && rel+name != "cmd" {
			err = linkTree(link, target, rel+name+"/", changed)
		} else {
			err = os.Symlink(target, link)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
