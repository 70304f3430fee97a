package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	aTest    = regexp.MustCompile(`\bTest[A-Z]\w*`)
	declared = regexp.MustCompile(`(?m)^func (Test[A-Z]\w*)\(|"(Test[A-Z]\w*)"`) // the kernel's own tests are strings
	guards   = regexp.MustCompile("`([\\w/]+)`|" + aTest.String())
)

// inMachine are the folders whose tests are programs of the guest.
var inMachine = map[string]bool{"boot/ktest": true, "boot/ring0test": true}

// tests is which tests each folder has.
func tests(t *testing.T) map[string]map[string]bool {
	t.Helper()
	all := map[string]map[string]bool{}
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		name := filepath.Base(path)
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (name == "out" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")):
			return fs.SkipDir
		case !strings.HasSuffix(name, "_test.go") && !(strings.HasSuffix(name, ".go") && inMachine[filepath.ToSlash(filepath.Dir(path))]):
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		folder := filepath.ToSlash(filepath.Dir(path))
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			if all[folder] == nil {
				all[folder] = map[string]bool{}
			}
			all[folder][m[1]+m[2]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestNamedTests asks for each test that a document names.
func TestNamedTests(t *testing.T) {
	all := tests(t)
	docs, err := filepath.Glob(root + "/docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	decisions, err := filepath.Glob(root + "/docs/decisions/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range append(append(docs, decisions...), root+"/README.md") {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
	names:
		for _, name := range aTest.FindAllString(string(text), -1) {
			for _, of := range all {
				if of[name] {
					continue names
				}
			}
			t.Errorf("%s: there is no %s", doc, name)
		}
	}
}

// TestBugsAreGuarded asks of each section of BUGS.md for its three parts, and for its tests in the folders that it names.
func TestBugsAreGuarded(t *testing.T) {
	all := tests(t)
	text, err := os.ReadFile(root + "/docs/BUGS.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(text), "\n## ")
	seen := map[string]bool{}
	for _, s := range sections[1:] {
		title, body, _ := strings.Cut(s, "\n")
		symptom, cause, guarded := strings.Index(body, "\n**Symptom.** "), strings.Index(body, "\n\n**Cause.** "), strings.Index(body, "\n\n**Guarded by** ")
		if seen[title] || symptom != 0 || cause < 0 || guarded < cause || strings.Count(body, "**") != 6 {
			t.Errorf("%q: expected one section with Symptom, Cause and Guarded by", title)
			continue
		}
		seen[title] = true
		folder, n := "", 0
		for _, m := range guards.FindAllStringSubmatch(body[guarded:], -1) {
			switch {
			case m[1] != "":
				folder = m[1]
			case !all[folder][m[0]]:
				t.Errorf("%q: there is no %s in %s", title, m[0], folder)
			default:
				n++
			}
		}
		if n == 0 {
			t.Errorf("%q: no test guards against it", title)
		}
	}
}

// TestSupervisionIsTested asks for each test that SUPERVISION.md names, and that each row of a table whose last column is "held by" names one.
func TestSupervisionIsTested(t *testing.T) {
	known := map[string]bool{}
	for _, names := range tests(t) {
		for name := range names {
			known[name] = true
		}
	}
	text, err := os.ReadFile(root + "/docs/SUPERVISION.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range aTest.FindAllString(string(text), -1) {
		if !known[name] {
			t.Errorf("there is no %s", name)
		}
	}
	rules, held := 0, false
	for line := range strings.Lines(string(text)) {
		switch {
		case !strings.HasPrefix(line, "|"):
			held = false
		case strings.HasSuffix(line, "held by |\n"):
			held = true
		case held && !strings.HasPrefix(line, "|---"):
			if rules++; !aTest.MatchString(line[strings.LastIndex(strings.TrimRight(line, "|\n "), "|"):]) {
				t.Errorf("no test holds %q", line)
			}
		}
	}
	if rules < 50 {
		t.Errorf("%d rules", rules)
	}
}
