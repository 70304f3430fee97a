package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"bennu/rs/fi/outcome"
	"bennu/tools/campaign/machine"
	"bennu/tools/campaign/result"
	"bennu/tools/campaign/spec"
	"bennu/tools/campaign/store"
)

// Stored is a block as the store has it.
type Stored struct {
	Group spec.Group
	Boot  result.Boot // in which it was made
	Lines []result.Fault
}

// Find looks a block up.
func (c *Campaign) Find(s *store.Store, n uint32) (*Stored, error) {
	g, ok := c.Spec.GroupOf(n)
	if !ok {
		return nil, fmt.Errorf("block %d: the campaign has blocks 0 to %d", n, c.Spec.Total()-1)
	}
	k, err := s.Get(g.N)
	if err != nil {
		return nil, fmt.Errorf("block %d lies in group %d, which is not in %s: %w", n, g.N, s.Dir, err)
	}
	b := &Stored{Group: g}
	for _, f := range k.Faults {
		if f.Block == n {
			b.Lines = append(b.Lines, f)
		}
	}
	for _, o := range k.Boots {
		if o.First <= n {
			b.Boot = o
		}
	}
	if len(b.Lines) == 0 {
		return nil, fmt.Errorf("%s: group %d has no record of block %d", s.Dir, g.N, n)
	}
	return b, nil
}

// Replay makes a stored block's boot again, up to that block, and returns what came of it. Of like only what is for debugging counts.
func (c *Campaign) Replay(ctx context.Context, b *Stored, like machine.Boot) ([]result.Fault, error) {
	p := c.Spec.Plan(b.Group, b.Boot.First)
	if p.String() != b.Boot.Plan {
		return nil, fmt.Errorf("the boot's plan was %q, it would be %q now: expected the version that made the campaign", b.Boot.Plan, p.String())
	}
	return c.one(ctx, b.Group, machine.Boot{Plan: p, Seed: c.Spec.BootSeed(b.Group), Record: like.Record, GDB: like.GDB}, b.Lines[0].Block)
}

// one makes a boot up to the end of a block.
func (c *Campaign) one(ctx context.Context, g spec.Group, mb machine.Boot, n uint32) ([]result.Fault, error) {
	sym, err := c.Symbols(g.Service)
	if err != nil {
		return nil, &machine.Fatal{Err: fmt.Errorf("service %q: %w", g.Service, err)}
	}
	told, err := read(ctx, c.Machine, mb, func(block uint32) bool { return block == n })
	if err != nil {
		return nil, err
	}
	if told.hello == nil {
		return nil, &machine.Fatal{Err: fmt.Errorf("the machine ends before its injector says hello: %s\n%s", told.failed.words, told.failed.log)}
	}
	i := int(n - mb.Plan.First)
	if told.failed != nil || told.bye != nil {
		told.finish(mb.Plan.First + mb.Plan.Blocks)
	}
	if i >= len(told.blocks) {
		why := "it ended"
		if told.failed != nil {
			why = told.failed.words
		}
		return nil, fmt.Errorf("the machine came to block %d, and not to block %d: %s", told.at(), n, why)
	}
	w := &writer{campaign: c.ID, spec: c.Spec, group: g, symbols: sym}
	return w.lines(told.hello, n, &told.blocks[i]), nil
}

// Compare tells in which fields a block's records differ, a line each.
func Compare(stored, again []result.Fault) (diff []string) {
	if len(stored) != len(again) {
		return []string{fmt.Sprintf("%d faults, and %d again", len(stored), len(again))}
	}
	for i := range stored {
		a, b := fields(&stored[i]), fields(&again[i])
		var names []string
		for n := range a {
			names = append(names, n)
		}
		for n := range b {
			if _, ok := a[n]; !ok {
				names = append(names, n)
			}
		}
		slices.Sort(names)
		for _, n := range names {
			if !reflect.DeepEqual(a[n], b[n]) {
				diff = append(diff, fmt.Sprintf("%s: %s is %s, and %s again", stored[i].ID, n, a[n], b[n]))
			}
		}
	}
	return diff
}

func fields(f *result.Fault) (m map[string]json.RawMessage) {
	b, err := json.Marshal(f)
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		panic(err) // strings, numbers and lists of them
	}
	return m
}

// ErrOther is a block that comes to something else when it is made for Shrink with all its faults.
var ErrOther = errors.New("made again it comes to another outcome")

// class is what has to stay the same while a block is made smaller.
func class(l []result.Fault) string {
	if l[0].Reason == "" {
		return l[0].Outcome
	}
	return l[0].Outcome + " by " + l[0].Reason
}

// Shrunk is the end of a search.
type Shrunk struct {
	Class string
	Made  []int // faults, by index
	After int   // blocks before it in its boot; 0: it was alone
	Lines []result.Fault
	Boots int
}

// Shrink looks for the fewest faults of a block that come to the same: no smaller set that lacks one of them does. The block is alone in its boot, unless it comes to
// something else then: its boot is made as it was, with all faults of the blocks before. try is told of each boot.
//
// Errors: ErrOther, with words; Run's.
func (c *Campaign) Shrink(ctx context.Context, b *Stored, try func(made int, class string)) (*Shrunk, error) {
	s := &Shrunk{Class: class(b.Lines)}
	n := b.Lines[0].Block
	if o, ok := outcome.Parse(b.Lines[0].Outcome); !ok || o == outcome.NotActivated || o == outcome.Infrastructure {
		return nil, fmt.Errorf("block %d came to %s: expected something that a fault did", n, s.Class)
	}
	set := make([]int, c.Spec.Faults)
	for i := range set {
		set[i] = i
	}
	for _, first := range []uint32{n, b.Boot.First} {
		var fatal error
		same := func(set []int) bool {
			if fatal != nil {
				return false
			}
			var l []result.Fault
			if l, fatal = c.some(ctx, b.Group, first, n, set); fatal != nil {
				return false
			}
			s.Boots++
			try(len(set), class(l))
			if class(l) != s.Class {
				return false
			}
			s.Lines = l
			return true
		}
		if same(set) {
			s.Made, s.After = ddmin(set, same), int(n-first)
			return s, fatal
		}
		if fatal != nil {
			return nil, fatal
		}
	}
	return nil, fmt.Errorf("block %d came to %s in its campaign: %w, with the %d blocks before it in its boot as without", n, s.Class, ErrOther, n-b.Boot.First)
}

// some makes a boot from one block to another, of which only some faults are made.
func (c *Campaign) some(ctx context.Context, g spec.Group, first, n uint32, set []int) ([]result.Fault, error) {
	p := c.Spec.Plan(g, first)
	p.Blocks = n - first + 1
	if len(set) < p.Faults {
		p.SetOnly(set)
	}
	return c.one(ctx, g, machine.Boot{Plan: p, Seed: c.Spec.BootSeed(g)}, n)
}
