package report

import (
	"fmt"

	"bennu/rs/fi/outcome"
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
	{outcome.Collateral, "collateral damage"}, {outcome.GaveUp, "service given up"},
}

// everything is the key of the one cell that all faults are in.
func everything(*result.Fault) Key { return Key{} }

// Claims are made over all records.
func (m *Model) Claims() (claims []Claim) {
	blocks := [outcome.Outcomes]int{}
	trials := [outcome.Outcomes]map[int]bool{}
	valid := map[int]bool{}
	for _, b := range m.Blocks {
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
		k := len(trials[p.what])
		claims = append(claims, Claim{p.what, p.name, blocks[p.what], k, n, stats.Upper(k, n), stats.Wilson(k, n)})
	}
	return claims
}

// Sentence is the claim with its bound.
func (c *Claim) Sentence(m *Model) string {
	n := fmt.Sprintf("%s in %s", of(m.Faults, "fault"), of(len(m.Blocks), "block"))
	per := "of blocks"
	if m.Carried {
		n += fmt.Sprintf(" (%s, each carrying its faults from block to block: those are the independent trials)", of(c.Of, "life"))
		per = "of lives"
	} else if c.Of != len(m.Blocks) {
		n += fmt.Sprintf(" (%s of them count)", count(c.Of))
	}
	if c.Blocks == 0 {
		return fmt.Sprintf("No %s in %s: with 95 %% confidence it is at most %s %s.", c.Name, n, atMost(c.Bound), per)
	}
	return fmt.Sprintf("%s: %s of %s: %s %s, with 95 %% confidence %s, at most %s.", c.Name, of(c.Blocks, "block"), n,
		percent(float64(c.Trials)/float64(c.Of)), per, between(c.Interval), atMost(c.Bound))
}

// MaxVoid is the share of blocks that the host may spoil. Over it the campaign says nothing.
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

// Void says why the campaign is void; "" when it is not.
func (m *Model) Void() string {
	if _, host := m.Voids(); float64(host) > MaxVoid*float64(len(m.Blocks)) {
		return fmt.Sprintf("%s of %s ended by an error of the host: over %s, so this campaign is void.", count(host), of(len(m.Blocks), "block"), percent(MaxVoid))
	}
	return ""
}

// Headline is the first claim, or all that were broken.
func (m *Model) Headline() []string {
	claims := m.Claims()
	var broken []string
	for i := range claims {
		if claims[i].Blocks > 0 {
			broken = append(broken, claims[i].Sentence(m))
		}
	}
	if broken == nil {
		return []string{claims[0].Sentence(m) + " Nor was there a machine hang, a lie, collateral damage or a service given up: the same bound holds for each of them."}
	}
	if claims[0].Blocks == 0 {
		broken = append(broken, claims[0].Sentence(m))
	}
	return broken
}
