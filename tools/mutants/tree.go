package main

import (
	"strings"

	"bennu/tools/internal/sources"
)

// tree is a private copy of the sources, in which mutations are made.
type tree struct {
	root string
	hash string // of all that was copied: results of another tree say nothing

	imports map[string][]string // of packages with tests, however far
	skip    string              // tests in QEMU that are left out
}

// copyTree copies the sources.
func copyTree(from, to string) (*tree, error) {
	hash, err := sources.Copy(from, to, func(name string) bool { // no test of what is changed reads these
		return (!strings.HasPrefix(name, "docs/") || strings.HasPrefix(name, "docs/examples/")) && !strings.HasPrefix(name, "tools/mutants/")
	})
	return &tree{root: to, hash: hash}, err
}

// with has something done while a mutation is in its file.
func (t *tree) with(m *mutation, do func() error) error {
	return sources.Changed(t.root, m.file, func(src []byte) ([]byte, error) { return m.changed(src), nil }, do)
}
