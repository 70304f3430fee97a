package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bennu/rs/service"
)

var (
	typed = regexp.MustCompile(`(?m)^bennu> (.+)$`)
	inRow = regexp.MustCompile("`service ([a-z]+)[^`]*`")
)

// TestHelpIsDocumented compares DRIVER.md's list of commands with the shell's help.
func TestHelpIsDocumented(t *testing.T) {
	text, err := os.ReadFile(root + "/docs/DRIVER.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n### At the shell\n")
	_, section, _ = strings.Cut(section, "\n```\n")
	list, _, ok := strings.Cut(section, "```\n")
	if want := service.Help(""); !ok || list != want {
		t.Errorf("DRIVER.md says\n%s\nthe shell says\n%s", list, want)
	}
}

// TestCommandsInDocuments asks that what is typed at a prompt in a document is what the shell understands, and that there is each
// command of the service utility that a document names. BUGS.md tells of what once was.
func TestCommandsInDocuments(t *testing.T) {
	docs, err := filepath.Glob(root + "/docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	lines, names := 0, 0
	for _, doc := range append(docs, root+"/README.md") {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(doc) == "BUGS.md" {
			continue
		}
		for _, m := range typed.FindAllStringSubmatch(string(text), -1) {
			lines++
			if _, _, err := service.Parse(m[1]); err != nil {
				t.Errorf("%s: %q: %v", doc, m[1], err)
			}
		}
		for _, m := range inRow.FindAllStringSubmatch(string(text), -1) {
			names++
			if c, ok := service.ByName(m[1]); !ok || c.Group != "service" {
				t.Errorf("%s: %s: there is no such command", doc, m[0])
			}
		}
	}
	if lines == 0 || names == 0 {
		t.Errorf("%d lines, %d names found: the patterns are wrong", lines, names)
	}
}
