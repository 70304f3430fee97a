package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// page is a document that must say certain phrases, made of the code's own numbers. What no phrase covers is left.
type page struct {
	t       *testing.T
	name    string
	text    string // its words, each run of white space one blank
	covered []bool // by byte of text
}

func readPage(t *testing.T, name string) *page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	p := &page{t: t, name: name, text: strings.Join(strings.Fields(string(text)), " ")}
	p.covered = make([]bool, len(p.text))
	return p
}

// says asks for a phrase, and covers it wherever it stands.
func (p *page) says(format string, args ...any) {
	p.t.Helper()
	phrase := strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")
	found := false
	for at := 0; ; {
		i := strings.Index(p.text[at:], phrase)
		if i < 0 {
			break
		}
		found = true
		for n := range len(phrase) {
			p.covered[at+i+n] = true
		}
		at += i + len(phrase)
	}
	if !found {
		p.t.Errorf("%s does not say %q", p.name, phrase)
	}
}

// rest finds each digit that no phrase covers.
func (p *page) rest() {
	p.t.Helper()
	const around = 30
	for i := 0; i < len(p.text); i++ {
		if c := p.text[i]; c < '0' || c > '9' || p.covered[i] {
			continue
		}
		end := i
		for end < len(p.text) && p.text[end] != ' ' {
			end++
		}
		p.t.Errorf("%s: no test compares the number in %q", p.name, p.text[max(0, i-around):min(len(p.text), end+around)])
		i = end
	}
}
