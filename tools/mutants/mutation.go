package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"bennu/tools/internal/sources"
)

// mutation is a change of one file.
type mutation struct {
	id     string
	file   string // from the module's root
	before string // found exactly once
	after  string
	why    string // whose mistake it could be

	line       int    // where it is
	at         int    // offset of before
	constraint string // the file's //go:build line
}

// constraintOf is the //go:build line of a file.
func constraintOf(src []byte) string {
	for _, l := range strings.Split(string(src), "\n") {
		if strings.HasPrefix(l, "//go:build ") {
			return l
		}
		if strings.HasPrefix(l, "package ") {
			break
		}
	}
	return ""
}

// locate finds a hand-picked mutation in its file. Errors: its text is not there, or there twice; the change is none.
func (m *mutation) locate(root string) error {
	src, err := os.ReadFile(filepath.Join(root, m.file))
	if err != nil {
		return fmt.Errorf("%s: %w", m.id, err)
	}
	e := sources.Edit{File: m.file, Before: m.before, After: m.after}
	if m.at, err = e.Find(src); err != nil {
		return fmt.Errorf("%s: %w", m.id, err)
	}
	m.line = 1 + bytes.Count(src[:m.at], []byte("\n"))
	m.constraint = constraintOf(src)
	return nil
}

// changed is the file with the mutation. Preconditions: it was located in src.
func (m *mutation) changed(src []byte) []byte {
	return sources.Splice(src, m.at, len(m.before), m.after)
}

// change is a hash of the texts before and after.
func (m *mutation) change() string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(m.before+"\x00"+m.after)))[:16]
}

// what tells the change in a line.
func (m *mutation) what() string {
	return fmt.Sprintf("%s:%d: %s → %s", m.file, m.line, short(m.before), short(m.after))
}

// short is a text in one line, cut.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 60 {
		s = string(r[:59]) + "…"
	}
	if s == "" {
		return "nothing"
	}
	return s
}

// folder is the package's folder.
func (m *mutation) folder() string { return filepath.ToSlash(filepath.Dir(m.file)) }
