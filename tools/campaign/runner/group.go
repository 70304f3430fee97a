package runner

import (
	"context"
	"fmt"

	"bennu/rs/fi/outcome"
	"bennu/rs/fi/plan"
	"bennu/rs/fi/record"
	"bennu/tools/campaign/machine"
	"bennu/tools/campaign/result"
	"bennu/tools/campaign/spec"
	"bennu/tools/campaign/store"
)

// Campaign is what is needed to run any part of one.
type Campaign struct {
	ID      string
	Spec    *spec.Spec
	Machine machine.Machine
	Symbols func(service string) (machine.Symbols, error)
	// Log gets a machine's whole log when it hung or crashed. nil: nobody.
	Log func(group int, block uint32, text string)
}

// tries is how often a boot is made until two agree on how it fails.
const tries = 4

// group does a group. each is told of a block that has ended.
//
// Errors: ctx's, *machine.Fatal, and that the machine fails differently each time.
func (c *Campaign) group(ctx context.Context, g spec.Group, each func(l []result.Fault)) (*store.Group, error) {
	sym, err := c.Symbols(g.Service)
	if err != nil {
		return nil, &machine.Fatal{Err: fmt.Errorf("service %q: %w", g.Service, err)}
	}
	w := &writer{campaign: c.ID, spec: c.Spec, group: g, symbols: sym}
	kept := &store.Group{}
	for next, end := g.First, g.First+g.Blocks; next < end; {
		p := c.Spec.Plan(g, next)
		b, err := c.boot(ctx, g, p, kept)
		if err != nil {
			return nil, err
		}
		if b.hello == nil {
			return nil, &machine.Fatal{Err: fmt.Errorf("group %d: the machine ends before its injector says hello: %s\n%s", g.N, b.failed.words, b.failed.log)}
		}
		if f := b.failed; f != nil && f.log != "" && c.Log != nil {
			c.Log(g.N, b.at(), f.log)
		}
		how := b.finish(end)
		for i := range b.blocks {
			l := w.lines(b.hello, next+uint32(i), &b.blocks[i])
			kept.Faults = append(kept.Faults, l...)
			each(l)
		}
		next = b.at()
		kept.Boots = append(kept.Boots, w.boot(b, p.String(), how))
	}
	return kept, nil
}

// finish gives the block in which the boot failed its end; end is the group's. It returns how the boot ended, in words.
func (b *boot) finish(end uint32) (how string) {
	f := b.failed
	switch {
	case f == nil && b.bye.Words == "":
		return "done"
	case f == nil && len(b.blocks) > 0 && b.open.begin == nil:
		return b.bye.Words // the next boot tells whether it comes further
	case f == nil:
		f = &failure{outcome: outcome.InjectorError, words: "the injector gave up: " + b.bye.Words}
	}
	if b.at() < end {
		b.open.end = &record.End{Block: b.at(), Outcome: f.outcome, Words: f.words}
		b.blocks = append(b.blocks, b.open)
		return f.words
	}
	// All blocks were done: what happened then is the last one's.
	last := *b.blocks[len(b.blocks)-1].end
	last.Outcome, last.Words = f.outcome, "after the block: "+f.words
	b.blocks[len(b.blocks)-1].end = &last
	return f.words
}

// boot makes a boot until it is certain how it ends: a machine that hangs, or whose stream is damaged, is started again. What happens
// twice at the same block is a result; what does not is kept as an infrastructure error.
func (c *Campaign) boot(ctx context.Context, g spec.Group, p plan.Plan, kept *store.Group) (*boot, error) {
	var before *boot
	for range tries {
		b, err := read(ctx, c.Machine, machine.Boot{Plan: p, Seed: c.Spec.BootSeed(g)}, nil)
		if err != nil {
			return nil, err
		}
		if !b.certain() && b.repeats(before) {
			return b, nil
		}
		if before != nil {
			kept.Infra = append(kept.Infra, store.Infra{Group: g.N, Block: before.at(), Words: before.failed.outcome.String() + ": " + before.failed.words})
		}
		if b.certain() {
			return b, nil
		}
		if r, ok := c.Machine.(interface{ Room() error }); ok {
			if err := r.Room(); err != nil {
				return nil, &machine.Fatal{Err: err}
			}
		}
		before = b
	}
	return nil, &machine.Fatal{Err: fmt.Errorf("group %d: the machine failed %d times, each time otherwise, at last in block %d: %s\n%s", g.N, tries, before.at(), before.failed.words, before.failed.log)}
}
