// Package docs holds what the documents say against what they speak of.
package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

var quoted = regexp.MustCompile("(?s)<!-- from ([^ ]+) -->\n```[a-z]*\n(.*?)```")

// TestQuotes compares code in the documents with the file that it says it is from.
func TestQuotes(t *testing.T) {
	docs, err := filepath.Glob(root + "/docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, doc := range append(docs, root+"/README.md") {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, q := range quoted.FindAllStringSubmatch(string(text), -1) {
			n++
			src, err := os.ReadFile(filepath.Join(root, q[1]))
			if err != nil {
				t.Errorf("%s quotes %s: %v", doc, q[1], err)
				continue
			}
			if !strings.Contains(string(src), q[2]) {
				t.Errorf("%s: %s does not contain\n%s", doc, q[1], q[2])
			}
		}
	}
	if n == 0 {
		t.Error("no quotes found: the pattern is wrong, or the documents lost them")
	}
}

var link = regexp.MustCompile(`\]\(([^)#:]+)\)`)

// TestLinks asks that what the documents link to exists.
func TestLinks(t *testing.T) {
	docs, _ := filepath.Glob(root + "/docs/*.md")
	more, _ := filepath.Glob(root + "/docs/*/*.md")
	for _, doc := range append(append(docs, more...), root+"/README.md") {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, l := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(doc), l[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", doc, l[1])
			}
		}
	}
}
