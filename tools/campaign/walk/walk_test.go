//go:build qemu

package walk

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/result"
	"bennu/tools/internal/suite"
)

// commands are those of the guide's section, in its order.
func commands(t *testing.T, root string) (list []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs/CAMPAIGNS.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n## Bring your own driver\n")
	if !ok {
		t.Fatal("docs/CAMPAIGNS.md has no such section")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	for l := range strings.Lines(section) {
		if c, ok := strings.CutPrefix(l, "$ "); ok {
			list = append(list, strings.TrimSpace(c))
		}
	}
	return list
}

// bench is where the commands are run: in the tree, with a folder of the test's own for out/.
type bench struct {
	*testing.T
	root, dir, tool string
}

func newBench(t *testing.T) *bench {
	b := &bench{t, suite.Root(t), t.TempDir(), ""}
	suite.Built(t, "bin/sum")
	b.tool = filepath.Join(b.dir, "campaign")
	b.run("go build -o " + b.tool + " ./tools/campaign")
	return b
}

func (b *bench) run(command string) string {
	b.Helper()
	c := exec.CommandContext(b.Context(), "sh", "-c", command)
	c.Dir = b.root
	out, err := c.CombinedOutput()
	if err != nil {
		b.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

var anID = regexp.MustCompile(`-dir (\S+) [0-9a-f]{10}(/\d+/\d+)`)

// guide runs a command of the guide. Its campaigns' IDs follow from what is booted, and its blocks from the compiler: where the guide's fault did not come to a death and
// then a wrong answer, the first that did stands for it.
func (b *bench) guide(command string) string {
	b.Helper()
	command = strings.ReplaceAll(command, "go run ./tools/campaign", b.tool)
	command = regexp.MustCompile(`\bout/`).ReplaceAllLiteralString(command, b.dir+"/")
	if m := anID.FindStringSubmatch(command); m != nil {
		l := b.silent(m[1])
		if len(l) == 0 {
			b.Fatalf("%s: no death was followed by a wrong answer", m[1])
		}
		id := l[0].ID
		for _, f := range l {
			if strings.HasSuffix(f.ID, m[2]) {
				id = f.ID
			}
		}
		command = anID.ReplaceAllLiteralString(command, "-dir "+m[1]+" "+id)
	}
	return b.run(command)
}

func (b *bench) read(dir string) []result.Fault {
	b.Helper()
	r, err := result.Read(dir)
	if err != nil {
		b.Fatal(err)
	}
	return r.Faults
}

// silent are the faults that were activated in blocks that came to a death and wrong answers.
func (b *bench) silent(dir string) (l []result.Fault) {
	b.Helper()
	for _, f := range b.read(dir) {
		if f.Activated && f.Outcome == outcome.Corruption.String() && f.Deaths > 0 {
			l = append(l, f)
		}
	}
	return l
}

// Every command of the guide works, and comes to what the guide says: the driver's bug is found, made smaller and explained, and gone when it is mended.
func TestGuide(t *testing.T) {
	b := newBench(t)
	said := map[string]string{}
	for _, c := range commands(t, b.root) {
		began := time.Now()
		said[c] = b.guide(c)
		t.Logf("%v: %s", time.Since(began).Round(time.Millisecond), c)
	}
	one := func(has ...string) (out string) {
		t.Helper()
		n := 0
		for c, o := range said {
			all := true
			for _, h := range has {
				all = all && strings.Contains(c, h)
			}
			if all {
				n, out = n+1, o
			}
		}
		if n != 1 {
			t.Fatalf("%d commands of the guide have all of %q, want 1", n, has)
		}
		return out
	}
	for kind, faults := range map[string]string{"random": "10", "stop": "4"} {
		if out := one("shrink", "c-"+kind+"-meter"); !strings.Contains(out, "comes to corruption by ") || !strings.Contains(out, " with 1 of its "+faults+" faults") {
			t.Errorf("shrink, %s:\n%s", kind, out)
		}
	}
	if out := one("replay"); !strings.Contains(out, "the same 1 times: outcome corruption") {
		t.Errorf("replay:\n%s", out)
	} else if m := regexp.MustCompile(`"recovery_ns": (\d+),\s+"wrong_ns": (\d+),`).FindStringSubmatch(out); m == nil || number(t, m[1]) >= number(t, m[2]) {
		t.Errorf("replay: want a wrong answer of the next life:\n%s", out)
	}
	if out := one("deaths.csv"); !regexp.MustCompile(`(?m),(` + strings.Join(update, "|") + `),.*,[1-9]\d*$`).MatchString(out) {
		t.Errorf("groups of deaths:\n%s", out)
	}
	if out := one("zcat"); !strings.Contains(out, "corruption keep+") || !strings.Contains(out, "recovered keep+") || !strings.Contains(out, "corruption ask") ||
		!strings.Contains(out, "recovered ask") {
		t.Errorf("stops in an update:\n%s", out)
	}
	b.explained()
	row := regexp.MustCompile(`(?m)^meter/driver/stop +corruption +[1-9].* 0 of 100 .* ([0-9.e-]+)$`).FindStringSubmatch(one("compare"))
	if row == nil {
		t.Fatalf("compare:\n%s", one("compare"))
	}
	if p, err := strconv.ParseFloat(row[1], 64); err != nil || p >= 0.05 {
		t.Errorf("%q: want less than 0.05", row[0])
	}
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// update has the functions of meter that an update is in: a compiler may put one into another. A life asks for the data store and for what was kept before it is
// ready, and so before a fault is made: what is met of them later is an update.
var update = []string{"keep", "put", "ask", "ask_store"}

// explained looks at the records of both campaigns of stops.
func (b *bench) explained() {
	b.Helper()
	found := b.silent(filepath.Join(b.dir, "c-stop-meter"))
	if len(found) < 5 {
		b.Errorf("%d stops were followed by wrong answers, want some", len(found))
	}
	for _, f := range found {
		where, _, _ := strings.Cut(f.Symbol, "+")
		if f.Deaths != 1 || f.WrongNS <= f.RecoveryNS || f.RecoveryNS == 0 || !slices.Contains(update, where) {
			b.Errorf("%s in %s: %d deaths, a life after %d ns, a wrong answer after %d: want one death in an update, and the answer of the next life", f.ID, f.Symbol, f.Deaths, f.RecoveryNS, f.WrongNS)
		}
	}
	b.decided()
	for _, f := range b.read(filepath.Join(b.dir, "c-stop-mended")) {
		if o := f.Outcome; o != outcome.Recovered.String() && o != outcome.NotActivated.String() {
			b.Errorf("mended, %s came to %s", f.ID, o)
		}
		if f.Symbol == "" || !strings.HasPrefix(f.Place, "meter/") && !strings.HasPrefix(f.Symbol, "_start+") { // that is assembly
			b.Errorf("%s: symbol %q, place %q", f.ID, f.Symbol, f.Place)
		}
	}
}

// decided looks whether the place of a stop says what it comes to, and nothing else does: that is a driver's bug, and no chance.
func (b *bench) decided() {
	b.Helper()
	came := map[string]result.Fault{}
	for _, f := range b.read(filepath.Join(b.dir, "c-stop-meter")) {
		if !f.Activated {
			continue
		}
		if o := f.Outcome; o != outcome.Recovered.String() && o != outcome.Corruption.String() {
			b.Errorf("%s in %s came to %s", f.ID, f.Symbol, o)
		}
		if old, ok := came[f.Symbol]; ok && old.Outcome != f.Outcome {
			b.Errorf("a stop in %s came to %s (%s) and to %s (%s)", f.Symbol, old.Outcome, old.ID, f.Outcome, f.ID)
		}
		came[f.Symbol] = f
	}
}

// A driver whose symbols were stripped is broken as well: its records have addresses.
func TestStripped(t *testing.T) {
	b := newBench(t)
	for _, c := range commands(t, b.root)[:2] {
		b.guide(c)
	}
	b.run("strip " + b.dir + "/meter/meter")
	b.run(b.tool + " run -o " + b.dir + "/c -extra " + b.dir + "/meter -services meter -types stop -faults 4 -blocks 3")
	deaths := 0
	for _, f := range b.read(filepath.Join(b.dir, "c")) {
		if f.Symbol != "" || f.Place != "" || f.Addr == "" || f.BeforeAs == "" {
			t.Errorf("%+v", f)
		}
		deaths += int(f.Deaths)
	}
	if deaths == 0 {
		t.Error("nothing died")
	}
}
