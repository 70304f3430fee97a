package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"bennu/tools/before/slice"
)

// pkg is what go list tells of a package.
type pkg struct {
	ImportPath, Dir, Export, ForTest   string
	Standard                           bool
	GoFiles, TestGoFiles, XTestGoFiles []string
}

// tree is the module in one state, in a folder of its own.
type tree struct {
	root    string
	named   string          // in front of its paths in messages
	folders map[string]*pkg // of the module, by folder below the root
	exports map[string]string
	spare   *tree // has what of the standard library this one never imports
	types   types.Importer

	imported map[string]*types.Package // from sources, see guest
}

// tags are those of tests that plain go test leaves out: machine tests, to this tool.
const tags = "qemu,bochs,long"

// open lists a module's packages, and compiles what they import.
func open(root, named string, spare *tree) (*tree, error) {
	t := &tree{root: root, named: named, folders: map[string]*pkg{}, exports: map[string]string{}, spare: spare, imported: map[string]*types.Package{}}
	list := exec.Command("go", "list", "-e", "-export", "-deps", "-test", "-tags", tags,
		"-json=ImportPath,Dir,Export,ForTest,Standard,GoFiles,TestGoFiles,XTestGoFiles", "./...")
	list.Dir = root
	var words bytes.Buffer
	list.Stderr = &words
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list in %s: %w\n%s", root, err, words.Bytes())
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := &pkg{}
		if err := d.Decode(p); err == io.EOF {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list in %s: %w", root, err)
		}
		if p.ForTest != "" || strings.HasSuffix(p.ImportPath, ".test") {
			continue
		}
		t.exports[p.ImportPath] = p.Export
		if folder, err := filepath.Rel(root, p.Dir); err == nil && !p.Standard && filepath.IsLocal(folder) {
			t.folders[filepath.ToSlash(folder)] = p
		}
	}
	if len(t.folders) == 0 {
		return nil, fmt.Errorf("go list finds no package in %s", root)
	}
	t.types = importer.ForCompiler(token.NewFileSet(), "gc", t.export)
	return t, nil
}

// export opens what the compiler tells importers of a package.
func (t *tree) export(path string) (io.ReadCloser, error) {
	name := t.exports[path]
	if name == "" && t.spare != nil && !strings.HasPrefix(path, module) {
		name = t.spare.exports[path]
	}
	if name == "" {
		return nil, errors.New("there is no such package")
	}
	return os.Open(name)
}

const module = "bennu/"

// sources reads files of a folder.
func (t *tree) sources(folder string, names []string) (all []slice.Source, err error) {
	for _, n := range names {
		b, err := os.ReadFile(filepath.Join(t.root, folder, n))
		if err != nil {
			return nil, err
		}
		all = append(all, slice.Source{Path: t.named + folder + "/" + n, Text: b})
	}
	return all, nil
}

// checkOut puts a commit's files into a folder, which is emptied before.
func checkOut(repository, commit, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	git := exec.Command("git", "-C", repository, "archive", "--format=tar", commit)
	var words bytes.Buffer
	git.Stderr = &words
	out, err := git.Output()
	if err != nil {
		return fmt.Errorf("git archive %s: %w: %s", commit, err, bytes.TrimSpace(words.Bytes()))
	}
	for r := tar.NewReader(bytes.NewReader(out)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("git archive %s: %w", commit, err)
		}
		if h.Typeflag != tar.TypeReg {
			continue // folders come with their files; the module has no links
		}
		if !filepath.IsLocal(h.Name) {
			return fmt.Errorf("git archive %s: %q: expected a path below the root", commit, h.Name)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if err := write(filepath.Join(to, h.Name), b, h.FileInfo().Mode().Perm()); err != nil {
			return err
		}
	}
}

// copyFiles puts the files that git knows, as they are in the working tree, into a folder, which is emptied before.
func copyFiles(repository, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	out, err := exec.Command("git", "-C", repository, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return fmt.Errorf("git ls-files: %w: expected a git repository", err)
	}
	for _, name := range strings.Split(strings.TrimRight(string(out), "\x00"), "\x00") {
		if err := copyFile(filepath.Join(repository, name), filepath.Join(to, name)); err != nil && !os.IsNotExist(err) { // deleted, not committed
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: expected a regular file", from)
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return write(to, b, info.Mode().Perm())
}

// copyFolder copies the files of a folder and of those in it. A folder that is not there has none.
func copyFolder(from, to string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if os.IsNotExist(err) && path == from {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		return copyFile(path, filepath.Join(to, name))
	})
}

func write(path string, b []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, b, mode)
}
