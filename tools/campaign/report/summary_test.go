package report

import (
	"strings"
	"testing"

	"bennu/tools/campaign/result"
)

// A summary counts blocks, not faults, and a victim came back when its last life was tried and works, whatever the outcome.
func TestSummary(t *testing.T) {
	line := func(block, index int, o string, deaths uint32, works, activated bool) result.Fault {
		id := "c1/" + string(rune('0'+block)) + "/" + string(rune('0'+index))
		return result.Fault{ID: id, Service: "rtc", Type: "text", Stratum: "driver", Block: uint32(block), Index: index, Faults: 2, Weight: 1, Outcome: o, Deaths: deaths, Works: works,
			Activated: activated, Replay: "r"}
	}
	m := New(&result.Records{Campaigns: []result.Campaign{{ID: "c1", Commit: "abc", Command: []string{"run"}}}, Boots: []result.Boot{{Campaign: "c1"}},
		Faults: []result.Fault{line(0, 0, "recovered", 1, true, true), line(0, 1, "recovered", 1, true, false), line(1, 0, "corruption", 1, true, true), line(1, 1, "corruption", 1, true, true),
			line(2, 0, "silent-loss", 1, false, true), line(2, 1, "silent-loss", 1, false, false), line(3, 0, "not-activated", 0, false, false), line(3, 1, "not-activated", 0, false, false)}})
	s := m.Summary()
	if len(s.Campaigns) != 1 || s.Faults != 8 || s.Blocks != 4 || !strings.HasPrefix(s.Claim, "No kernel crash") {
		t.Fatalf("%+v", s)
	}
	p := s.Campaigns[0]
	if p.Faults != 8 || p.Blocks != 4 || p.Boots != 1 || p.Activated != 4 || p.Died != 3 || p.Back != 2 || p.Outcomes["recovered"] != 1 || p.Outcomes["corruption"] != 1 || len(p.Outcomes) != 4 {
		t.Errorf("%+v", p)
	}
}
