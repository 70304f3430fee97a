package outcome

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// The document defines each outcome, in the order of their rank: the lowest row that applies is the block's.
func TestDocument(t *testing.T) {
	b, err := os.ReadFile("../../../docs/FAULTS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(b), "\n## Outcomes\n")
	text, _, _ = strings.Cut(text, "\n## ")
	var rows []string
	for line := range strings.Lines(text) {
		if word, ok := strings.CutPrefix(line, "| `"); ok {
			word, _, _ = strings.Cut(word, "`")
			rows = append(rows, word)
		}
	}
	for o := range Outcomes {
		if !slices.Contains(rows, o.String()) {
			t.Errorf("no row for %s", o)
		}
		if got, ok := Parse(o.String()); !ok || got != o {
			t.Errorf("%s comes back as %s, %v", o, got, ok)
		}
	}
	if len(rows) != int(Outcomes) {
		t.Errorf("%d rows, want %d", len(rows), Outcomes)
	}
	rank := func(o Outcome) int { return slices.Index(rows, o.String()) }
	for _, s := range ranks {
		if got := s.seen.Outcome(); got != s.want {
			t.Errorf("%+v is %s, want %s", s.seen, got, s.want)
		}
	}
	// What is seen in addition never makes the outcome one of a higher row.
	for _, a := range ranks {
		for _, b := range ranks {
			both := a.seen
			both.Injector = both.Injector || b.seen.Injector
			both.Lie = both.Lie || b.seen.Lie
			both.Collateral = both.Collateral || b.seen.Collateral
			both.Persistent = both.Persistent || b.seen.Persistent
			both.GaveUp = both.GaveUp || b.seen.GaveUp
			both.Wrong += b.seen.Wrong
			if rank(both.Outcome()) < rank(a.want) {
				t.Errorf("%+v is %s, and with more %+v %s", a.seen, a.want, both, both.Outcome())
			}
		}
	}
}

var ranks = []struct {
	seen Seen
	want Outcome
}{
	{Seen{}, NotActivated},
	{Seen{Activated: 3}, Masked},
	{Seen{Activated: 1, Errors: 2}, Reported},
	{Seen{Activated: 1, Deaths: 1, Works: true}, Recovered},
	{Seen{Activated: 1, Deaths: 1, Works: true, Errors: 1, Lost: 1}, Recovered},
	{Seen{Activated: 1, Deaths: 2, Works: true}, RecoveredLate},
	{Seen{Activated: 1, Deaths: 4, Works: true, Cold: true}, RecoveredCold},
	{Seen{Activated: 1, Lost: 1}, SilentLoss},
	{Seen{Activated: 1, Deaths: 1}, SilentLoss},
	{Seen{Activated: 1, Wrong: 1}, Corruption},
	{Seen{Activated: 1, Deaths: 1, Works: true, Wrong: 1}, Corruption},
	{Seen{Activated: 1, Deaths: 9, GaveUp: true}, GaveUp},
	{Seen{Activated: 1, Collateral: true}, Collateral},
	{Seen{Activated: 1, Persistent: true}, Persistent},
	{Seen{Activated: 1, Deaths: 1, Works: true, Wrong: 1, Collateral: true, Persistent: true}, Persistent},
	{Seen{Activated: 1, Lie: true}, Lie},
	{Seen{Injector: true}, InjectorError},
}

// What the machine promises not to happen is told apart from what a service does.
func TestBad(t *testing.T) {
	var bad []string
	for o := range Outcomes {
		if o.Bad() {
			bad = append(bad, o.String())
		}
	}
	if got := strings.Join(bad, " "); got != "gave-up collateral machine-hang kernel-crash lie persistent" {
		t.Errorf("bad: %s", got)
	}
}
