package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bennu/tools/campaign/result"
	"bennu/tools/internal/suite"
)

// Each bug can be planted in the sources as they are.
func TestPlants(t *testing.T) {
	for _, p := range plants {
		if p.why == "" || len(p.edits) == 0 {
			t.Errorf("%+v: expected a reason and edits", p)
		}
		for _, e := range p.edits {
			src, err := os.ReadFile(filepath.Join(suite.Root(t), e.File))
			if err == nil {
				_, err = e.Apply(src)
			}
			if err != nil {
				t.Errorf("%s: %v", p.name, err)
			}
		}
	}
}

// What a campaign said is told: the first bad block, and how many faults that took; a kernel without a bug must have none, others one with the words.
func TestJudge(t *testing.T) {
	good, lie := result.Fault{Outcome: "recovered"}, result.Fault{Block: 1, Outcome: "lie", Words: "a line is open", Service: "rtc"}
	other := result.Fault{Block: 2, Outcome: "collateral", Collateral: []string{"kbd: operation failed"}}
	none, all := judge([]result.Fault{good, good}, "line"), judge([]result.Fault{good, lie, lie, good, other}, "line")
	if none.first != nil || all.after != 3 || all.blocks != 2 || strings.Join(all.outcomes, " ") != "lie collateral" || all.faults != 5 {
		t.Errorf("%+v, %+v", none, all)
	}
	bug := plant{name: "x", why: "y", seen: "line"}
	for _, c := range []struct {
		g    *finding
		p    plant
		want string
	}{
		{none, plant{name: clean}, ""},
		{all, plant{name: clean}, "without a bug"},
		{none, bug, "was not reported in 2 faults"},
		{all, bug, ""},
		{judge([]result.Fault{other}, "line"), bug, "no bad block has the words"},
	} {
		if got := strings.Join(c.g.wrong(&c.p), "; "); !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
