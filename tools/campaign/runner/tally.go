package runner

import (
	"fmt"
	"strings"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/result"
	"bennu/tools/campaign/store"
)

// Tally counts a campaign's records.
type Tally struct {
	Groups, Blocks, Faults, Activated, Infra int

	Outcomes [outcome.Outcomes]int // faults
	Worst    []result.Fault        // some of those whose outcome is bad, one a block
}

// Group adds a group's.
func (t *Tally) Group(k *store.Group) {
	t.Groups++
	t.Infra += len(k.Infra)
	t.Lines(k.Faults)
}

// Lines adds records, whole blocks of them.
func (t *Tally) Lines(l []result.Fault) {
	for i := range l {
		f := &l[i]
		first := i == 0 || f.Block != l[i-1].Block
		if first {
			t.Blocks++
		}
		t.Faults++
		if f.Activated {
			t.Activated++
		}
		o, ok := outcome.Parse(f.Outcome)
		if !ok {
			continue // of a store that another version wrote
		}
		t.Outcomes[o]++
		if o == outcome.Infrastructure {
			t.Infra++
		}
		if first && o.Bad() && len(t.Worst) < 10 {
			t.Worst = append(t.Worst, *f)
		}
	}
}

// Shares are the outcomes that were seen, as "recovered 61.2%".
func (t *Tally) Shares() string {
	var s []string
	for o, n := range t.Outcomes {
		if n > 0 {
			s = append(s, fmt.Sprintf("%s %.4g%%", outcome.Outcome(o), 100*float64(n)/float64(t.Faults)))
		}
	}
	return strings.Join(s, ", ")
}

// Active is the share of faults that were activated, in percent.
func (t *Tally) Active() float64 {
	if t.Faults == 0 {
		return 0
	}
	return 100 * float64(t.Activated) / float64(t.Faults)
}

// Table is all counts, a line each.
func (t *Tally) Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-16s %10s\n", "outcome", "faults")
	for o, n := range t.Outcomes {
		if n > 0 {
			fmt.Fprintf(&b, "%-16s %10d  %6.2f%%\n", outcome.Outcome(o), n, 100*float64(n)/float64(t.Faults))
		}
	}
	fmt.Fprintf(&b, "%-16s %10d  in %d blocks; %.2f%% activated; infrastructure errors: %d\n", "all", t.Faults, t.Blocks, t.Active(), t.Infra)
	for _, f := range t.Worst {
		fmt.Fprintf(&b, "bad: %s, %s in %s: %s\n", f.Outcome, f.Type, f.Service, f.Replay)
	}
	return b.String()
}
