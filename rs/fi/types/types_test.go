package types_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"bennu/rs/fi/fault"
	"bennu/rs/fi/types"
)

// order is the record format's: a line is never moved or removed. New types are added at its end, as in the registry.
const order = `source destination pointer interface loop text nop init branch irq stop
no-load no-store stuck-branch stuck-loop index operator length flip-bool swap corrupt-integer`

func names() (list []string) {
	for _, r := range types.All() {
		list = append(list, r.Name())
	}
	return list
}

// TestOrder holds that the registry begins as it always has.
func TestOrder(t *testing.T) {
	is, want := names(), strings.Fields(order)
	if len(is) < len(want) || !slices.Equal(is[:len(want)], want) {
		t.Errorf("the registry is %v: expected it to begin with %v", is, want)
	}
}

// TestNames holds that each name is one type's, in the form that campaigns take, and no list's.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range types.All() {
		n := r.Name()
		if n == "" || strings.Trim(n, "abcdefghijklmnopqrstuvwxyz-") != "" || n[0] == '-' {
			t.Errorf("%q: expected lower case letters and '-'", n)
		}
		if seen[n] || slices.Contains(types.Lists, n) {
			t.Errorf("%q is the name of two", n)
		}
		seen[n] = true
		if types.Named(n) != r.Type {
			t.Errorf("%q names another type", n)
		}
		if r.Doc() == "" || strings.Contains(r.Doc(), "\n") || strings.Contains(r.Doc(), "|") {
			t.Errorf("%s: doc is %q: expected one line", n, r.Doc())
		}
		_, change := r.Type.(fault.Code)
		_, strike := r.Type.(fault.Strike)
		if change == strike {
			t.Errorf("%s: expected a fault.Code or a fault.Strike", n)
		}
	}
	if types.Named("all") != nil || types.Named("") != nil || types.Named("Text") != nil {
		t.Error("what is no type has a name")
	}
}

// TestLists holds what the lists stand for.
func TestLists(t *testing.T) {
	seven := []string{"source", "destination", "pointer", "interface", "loop", "text", "nop"}
	for name, want := range map[string][]string{
		"random": seven,
		"minix":  append(slices.Clone(seven), "init", "branch", "irq", "stop"),
		"edfi":   {"no-load", "no-store", "stuck-branch", "stuck-loop", "index", "operator", "length", "flip-bool", "swap", "corrupt-integer"},
		"all":    names(),
		"none":   nil,
	} {
		if is := types.List(name); !slices.Equal(is, want) {
			t.Errorf("%s is %v: expected %v", name, is, want)
		}
	}
	for _, l := range types.Lists {
		if len(types.List(l)) == 0 {
			t.Errorf("list %s is empty", l)
		}
	}
	if !slices.Equal(types.Random(), seven) {
		t.Errorf("random is %v", types.Random())
	}
}

// TestPage holds that docs/FAULTS.md has a row for each type, in order, with its words, and none for anything else.
func TestPage(t *testing.T) {
	b, err := os.ReadFile("../../../docs/FAULTS.md")
	if err != nil {
		t.Fatal(err)
	}
	from := map[types.From]string{types.Seven: "MINIX, one of the seven", types.MINIX: "MINIX", types.EDFI: "EDFI", types.Own: "bennu"}
	rows := types.All()
	_, section, ok := strings.Cut(string(b), "\n## Types\n")
	if !ok {
		t.Fatal("docs/FAULTS.md has no section Types")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	n := 0
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) < 5 || !strings.HasPrefix(cells[1], " `") {
			continue
		}
		if n >= len(rows) {
			t.Errorf("a row too many: %s", line)
			continue
		}
		r := rows[n]
		n++
		for k, want := range []string{"`" + r.Name() + "`", from[r.From], r.Doc()} {
			if is := strings.TrimSpace(cells[1+k]); is != want {
				t.Errorf("row %d, cell %d is %q: expected %q", n, k+1, is, want)
			}
		}
	}
	if n != len(rows) {
		t.Errorf("the table has %d rows: expected %d", n, len(rows))
	}
	for _, l := range types.Lists {
		if !strings.Contains(section, "`"+l+"`") {
			t.Errorf("the section does not name list %s", l)
		}
	}
}
