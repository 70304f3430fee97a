package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/result"
)

// Block is the faults that were made at once, and what came of them.
type Block struct {
	Faults    []*result.Fault // in order of Index
	Outcome   outcome.Outcome
	Activated int
	Trial     int // number of the independent trial that it belongs to
}

// First is the record that stands for the block: what all of its faults share.
func (b *Block) First() *result.Fault { return b.Faults[0] }

// Name is CAMPAIGN/BLOCK.
func (b *Block) Name() string { return fmt.Sprintf("%s/%d", b.First().CampaignID(), b.First().Block) }

// Of is what came of one fault: what came of its block, if it was activated. One that was not did nothing, unless none was and something
// came of the block nevertheless: then nobody knows, and it counts.
func (b *Block) Of(f *result.Fault) outcome.Outcome {
	if f.Activated || b.Activated == 0 {
		return b.Outcome
	}
	return outcome.NotActivated
}

// Model is the records in order, without those that are there twice.
type Model struct {
	Campaigns []result.Campaign
	Boots     []result.Boot
	Blocks    []*Block
	Infra     []result.Infra // errors of the host that did not repeat
	Faults    int
	Trials    int      // independent ones: blocks, or lives where blocks are carried from one to the next
	Carried   bool     // some trials are lives of several blocks
	Notes     []string // what is wrong with the records themselves
}

// New orders records. It changes nothing of r.
func New(r *result.Records) *Model {
	m := &Model{Notes: slices.Clone(r.Notes)}
	slices.Sort(m.Notes)
	m.Campaigns = unique(r.Campaigns, func(a, b *result.Campaign) int { return cmp.Compare(a.ID, b.ID) }, func(c *result.Campaign, n int) {
		m.note("campaign %s: %d descriptions that differ: the one that sorts first counts", c.ID, n)
	})
	same := func(a, b *result.Boot) int {
		return cmp.Or(cmp.Compare(a.Campaign, b.Campaign), cmp.Compare(a.First, b.First))
	}
	m.Infra = unique(r.Infra, func(a, b *result.Infra) int {
		return cmp.Or(cmp.Compare(a.Campaign, b.Campaign), cmp.Compare(a.Group, b.Group), cmp.Compare(a.Block, b.Block), cmp.Compare(a.Words, b.Words))
	}, nil)
	// Boots that ran twice took other times on the host: no wonder, and no note.
	m.Boots = unique(r.Boots, same, nil)
	order := func(a, b *result.Fault) int {
		return cmp.Or(cmp.Compare(a.CampaignID(), b.CampaignID()), cmp.Compare(a.Block, b.Block), cmp.Compare(a.Index, b.Index))
	}
	faults := unique(r.Faults, order, func(f *result.Fault, n int) {
		m.note("fault %s: %d records that differ: it did not repeat; the one that sorts first counts", f.ID, n)
	})
	m.Faults = len(faults)
	for i := range faults {
		f := &faults[i]
		if last := len(m.Blocks) - 1; last < 0 || m.Blocks[last].First().CampaignID() != f.CampaignID() || m.Blocks[last].First().Block != f.Block {
			m.Blocks = append(m.Blocks, &Block{})
		}
		b := m.Blocks[len(m.Blocks)-1]
		b.Faults = append(b.Faults, f)
	}
	for _, b := range m.Blocks {
		m.finish(b)
	}
	m.trials()
	return m
}

func (m *Model) note(format string, args ...any) {
	m.Notes = append(m.Notes, fmt.Sprintf(format, args...))
}

// unique sorts values and keeps one of those that order says are of the same thing: if they differ, the one whose JSON sorts first.
func unique[T any](all []T, order func(a, b *T) int, differ func(v *T, n int)) []T {
	// Records are large: pointers are sorted.
	sorted := make([]*T, len(all))
	for i := range all {
		sorted[i] = &all[i]
	}
	slices.SortFunc(sorted, func(a, b *T) int { return order(a, b) })
	out := make([]T, 0, len(all))
	for i := 0; i < len(sorted); {
		j := i + 1
		for j < len(sorted) && order(sorted[i], sorted[j]) == 0 {
			j++
		}
		best := sorted[i]
		if j > i+1 {
			var n int
			if best, n = first(sorted[i:j]); n > 1 && differ != nil {
				differ(best, n)
			}
		}
		out = append(out, *best)
		i = j
	}
	return out
}

// first is the value whose JSON sorts first, and how many different ones there are.
func first[T any](all []*T) (best *T, different int) {
	texts := make([]string, len(all))
	for i, v := range all {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err) // records hold nothing that JSON refuses
		}
		texts[i] = string(b)
		if best == nil || texts[i] < slices.Min(texts[:i]) {
			best = v
		}
	}
	slices.Sort(texts)
	return best, len(slices.Compact(texts))
}

// finish sums a block up. Faults of a block that do not agree on what came of it are noted, and the worst counts.
func (m *Model) finish(b *Block) {
	for i, f := range b.Faults {
		o, ok := outcome.Parse(f.Outcome)
		if !ok {
			o = outcome.InjectorError
			m.note("fault %s: outcome %q is not known: counted as %v", f.ID, f.Outcome, o)
		}
		if i > 0 && o != b.Outcome {
			m.note("block %s: its faults have outcomes %v and %v: the worse counts", b.Name(), b.Outcome, o)
		}
		if i == 0 || rank(o) > rank(b.Outcome) {
			b.Outcome = o
		}
		if f.Activated {
			b.Activated++
		}
	}
	if n := len(b.Faults); n != b.First().Faults && !void(b.Outcome) {
		m.note("block %s: %d records of %d faults", b.Name(), n, b.First().Faults)
	}
}

// trials numbers the independent trials. Blocks that are carried share a life until it dies: they are one.
func (m *Model) trials() {
	carry := map[string]bool{}
	for _, c := range m.Campaigns {
		carry[c.ID] = c.Kind == "carry"
	}
	lives := map[string]int{}
	for _, b := range m.Blocks {
		f := b.First()
		if !carry[f.CampaignID()] {
			b.Trial = m.Trials
			m.Trials++
			continue
		}
		key := fmt.Sprint(f.CampaignID(), f.Service, " ", f.Select, " ", f.Group, " ", f.Life)
		n, ok := lives[key]
		if !ok {
			n = m.Trials
			lives[key] = n
			m.Trials++
		} else {
			m.Carried = true
		}
		b.Trial = n
	}
}

// missing are the blocks that a campaign should have and has not, as ranges.
func (m *Model) missing(c *result.Campaign) (n int, ranges []string) {
	planned := uint32(len(c.Services) * len(c.Selections) * c.Blocks)
	next := uint32(0)
	gap := func(to uint32) {
		if to > next {
			n += int(to - next)
			ranges = append(ranges, strings.TrimSuffix(fmt.Sprintf("%d–%d", next, to-1), fmt.Sprintf("–%d", next)))
		}
	}
	for _, b := range m.Blocks {
		if f := b.First(); f.CampaignID() == c.ID {
			gap(f.Block)
			next = f.Block + 1
		}
	}
	gap(planned)
	return n, ranges
}
