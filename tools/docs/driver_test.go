package docs

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bennu/rs/conf"
)

// entryOf parses an entry `service x` with one statement; fault is the first one's text, "" if there is none.
func entryOf(t *testing.T, statement string) (s conf.Service, fault string) {
	t.Helper()
	f, faults := conf.Parse("x", []byte("class driver { period 1s; };\nservice rtc { };\nservice kbd { };\nservice tty { };\nservice x {\n"+statement+"\n};\n"))
	if len(faults) != 0 {
		return s, faults[0].Text
	}
	return *f.Service("x"), ""
}

// keyword is a row of the table in docs/DRIVER.md; cells without a value are "".
type keyword struct{ name, example, without, from, to string }

func keywords(t *testing.T) (list []keyword) {
	t.Helper()
	text, err := os.ReadFile(root + "/docs/DRIVER.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n### Keywords\n")
	table, _, _ = strings.Cut(table, "\n## ")
	for _, row := range regexp.MustCompile("(?m)^\\| `.*$").FindAllString(table, -1) {
		cells := strings.Split(row, "|")
		if len(cells) < 8 {
			t.Errorf("expected six cells: %s", row)
			continue
		}
		for i := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`–")
		}
		list = append(list, keyword{cells[1], cells[2], cells[3], cells[4], cells[5]})
	}
	return list
}

// TestKeywordsAreDocumented compares DRIVER.md's table of system.conf's keywords with what the parser takes: it has all of them, each
// example is right, what stands for no line means the same as no line, and the bounds are the parser's.
func TestKeywordsAreDocumented(t *testing.T) {
	_, fault := entryOf(t, "nonsense;")
	_, names, ok := strings.Cut(fault, "expected one of ")
	known := strings.Fields(names)
	if !ok || len(known) < 20 {
		t.Fatalf("no keywords in %q", fault)
	}
	plain, fault := entryOf(t, "")
	if fault != "" {
		t.Fatal(fault)
	}
	var told []string
	for _, k := range keywords(t) {
		told = append(told, k.name)
		if _, fault := entryOf(t, k.example+";"); k.example != "" && (fault != "" || strings.Fields(k.example)[0] != k.name) {
			t.Errorf("the example %q: %s", k.example, fault)
		}
		if k.without != "" {
			if s, fault := entryOf(t, k.name+" "+k.without+";"); fault != "" || !reflect.DeepEqual(s, plain) {
				t.Errorf("%q is not what an entry without %s has (%s)", k.without, k.name, fault)
			}
		}
		if k.from != "" {
			k.bounds(t)
		}
	}
	slices.Sort(known)
	slices.Sort(told)
	if !slices.Equal(known, told) {
		t.Errorf("the parser knows %v,\nthe table tells %v", known, told)
	}
}

// bounds tries both ends of what a keyword takes, and for each argument what lies next beyond. What does not go together with other
// lines is no matter of bounds.
func (k keyword) bounds(t *testing.T) {
	t.Helper()
	const beyond = "unexpected"
	for _, b := range []struct {
		arguments string
		step      int
	}{{k.from, -1}, {k.to, +1}} {
		_, at := entryOf(t, k.name+" "+b.arguments+";")
		if strings.Contains(at, beyond) {
			t.Errorf("%s %s is refused: %s", k.name, b.arguments, at)
		}
		words := strings.Fields(b.arguments)
		for i := range words {
			next, ok := neighbour(words[i], b.step)
			if !ok {
				continue
			}
			other := slices.Clone(words)
			other[i] = next
			if _, fault := entryOf(t, k.name+" "+strings.Join(other, " ")+";"); fault == "" || at != "" && !strings.Contains(fault, beyond) {
				t.Errorf("%s %s is taken (%s)", k.name, strings.Join(other, " "), fault)
			}
		}
	}
}

// neighbour is the value next to a number, time or size, in the smallest unit; ok is false below 0.
func neighbour(word string, step int) (next string, ok bool) {
	unit := strings.TrimLeft(word, "0123456789")
	n, err := strconv.Atoi(strings.TrimSuffix(word, unit))
	if err != nil {
		return "", false
	}
	small := map[string]struct {
		factor int
		unit   string
	}{"": {1, ""}, "us": {1, "us"}, "ms": {1000, "us"}, "s": {1e6, "us"}, "m": {60e6, "us"}, "K": {1, "K"}, "M": {1 << 10, "K"}, "G": {1 << 20, "K"}}[unit]
	if n = n*small.factor + step; n < 0 || small.factor == 0 {
		return "", false
	}
	return strconv.Itoa(n) + small.unit, true
}
