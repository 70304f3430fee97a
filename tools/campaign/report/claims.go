package report

import (
	"fmt"
	"strings"

	"bennu/rs/fi/outcome"
	"bennu/rs/fi/plan"
	"bennu/tools/campaign/result"
	"bennu/tools/campaign/stats"
)

// Claim is what the records let one say about something that must not happen.
type Claim struct {
	What     outcome.Outcome
	Name     string // for people
	Blocks   int    // that it happened in
	Trials   int    // likewise, independent ones
	Of       int    // trials
	Bound    float64
	Interval stats.Interval
}

// names of what must not happen, in order of how bad it is.
var promises = []struct {
	what outcome.Outcome
	name string
}{
	{outcome.KernelCrash, "kernel crash"}, {outcome.MachineHang, "machine hang"}, {outcome.Lie, "lie"},
	{outcome.Persistent, "damage that outlives its life"}, {outcome.Collateral, "collateral damage"}, {outcome.GaveUp, "service given up"},
}

// everything is the key of the one cell that all faults are in.
func everything(*result.Fault) Key { return Key{} }

// Claims are made over all records.
func (m *Model) Claims() (claims []Claim) {
	blocks := [outcome.Outcomes]int{}
	trials := [outcome.Outcomes]map[int]bool{}
	valid := map[int]bool{}
	proved := false // damage that outlives a life was looked for
	for _, b := range m.Blocks {
		proved = proved || plan.Keeps(b.First().Service) || b.Outcome == outcome.Persistent
		blocks[b.Outcome]++
		if trials[b.Outcome] == nil {
			trials[b.Outcome] = map[int]bool{}
		}
		trials[b.Outcome][b.Trial] = true
		if !void(b.Outcome) {
			valid[b.Trial] = true
		}
	}
	n := len(valid)
	for _, p := range promises {
		if p.what == outcome.Persistent && !proved {
			continue
		}
		k := len(trials[p.what])
		claims = append(claims, Claim{p.what, p.name, blocks[p.what], k, n, stats.Upper(k, n), stats.Wilson(k, n)})
	}
	return claims
}

// Ground is what claims rest on: so many faults, in so many independent trials.
func (m *Model) Ground() string {
	n := fmt.Sprintf("%s in %s", of(m.Faults, "fault"), of(len(m.Blocks), "block"))
	trials := m.Claims()[0].Of
	if m.Carried {
		return n + fmt.Sprintf(" (%s that carry their faults from block to block: those are the independent trials)", of(trials, "life"))
	}
	if trials != len(m.Blocks) {
		return n + fmt.Sprintf(" (%s of them count: the others were spoiled by the injector or the host)", count(trials))
	}
	return n
}

// unitWord is what a trial is.
func (m *Model) unitWord() string {
	if m.Carried {
		return "lives"
	}
	return "blocks"
}

// Broken is a sentence for each promise that was.
func (m *Model) Broken() (out []string) {
	for _, c := range m.Claims() {
		if c.Blocks > 0 {
			out = append(out, fmt.Sprintf("%s: %s of %s %s, %s (with 95 %% confidence %s).", strings.ToUpper(c.Name[:1])+c.Name[1:], count(c.Trials), count(c.Of), m.unitWord(),
				percent(float64(c.Trials)/float64(c.Of)), between(c.Interval)))
		}
	}
	return out
}

// Kept is the claim for the promises that were kept, with its bound; "" when none was.
func (m *Model) Kept() string {
	var names []string
	bound := 0.0
	for _, c := range m.Claims() {
		if c.Blocks == 0 {
			names, bound = append(names, "no "+c.Name), c.Bound
		}
	}
	if names == nil {
		return ""
	}
	list := names[0]
	if n := len(names); n > 1 {
		list = strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	each := "it happens"
	if len(names) > 1 {
		each = "each happens"
	}
	return fmt.Sprintf("%s%s in %s: with 95 %% confidence %s in at most %s of %s.", strings.ToUpper(list[:1]), list[1:], m.Ground(), each, atMost(bound), m.unitWord())
}

// MaxVoid is how many errors of the host there may be, a fault. Over it the campaign says nothing.
const MaxVoid = 0.001

// Voids counts the blocks that the injector and the host spoiled.
func (m *Model) Voids() (injector, host int) {
	for _, b := range m.Blocks {
		switch b.Outcome {
		case outcome.InjectorError:
			injector++
		case outcome.Infrastructure:
			host++
		}
	}
	return injector, host
}

// Void says why the campaign is void; "" when it is not. Errors of the host that did not repeat count: who knows what else that host did.
func (m *Model) Void() string {
	_, host := m.Voids()
	if n := host + len(m.Infra); float64(n) > MaxVoid*float64(m.Faults) {
		return fmt.Sprintf("%s of the host in %s: more than one in %s, so this campaign is void.", of(n, "error"), of(m.Faults, "fault"), count(int(1/MaxVoid)))
	}
	return ""
}
