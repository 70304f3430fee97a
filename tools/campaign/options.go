package main

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"bennu/tools/campaign/runner"
	"bennu/tools/campaign/spec"
)

// seven are MINIX's, in the order in which its run_t1b takes them.
var seven = []string{"interface", "source", "destination", "pointer", "loop", "text", "nop"}

// options are those of run and plan.
type options struct {
	services, types, selections, strata, kind, machine string
	faults, blocks, group, ops                         int
	seed                                               uint64
	limit, period                                      time.Duration
	reached, turn                                      bool

	dir, shard, budget, image, extra string
	how
}

// how is what does not change the results.
type how struct {
	jobs    int
	silence time.Duration
}

func (h *how) flags(f *flag.FlagSet) {
	f.IntVar(&h.jobs, "jobs", max(1, runtime.NumCPU()-1), "`machines` that run at once")
	f.DurationVar(&h.silence, "silence", 0, "how long a machine may write nothing before it counts as hung; default 20s, and more where blocks take long")
}

func (o *options) flags(f *flag.FlagSet) {
	f.StringVar(&o.services, "services", "rtc", "`labels` of the victims, a comma between two")
	f.StringVar(&o.types, "types", "random", "kinds of fault, of which one is drawn for each: names or lists of them, a comma between two; lists: random, minix, edfi, all")
	f.StringVar(&o.selections, "selections", "", "several -types, each by itself on each service, a slash between two; minix8: MINIX's seven and random; -types is not given then")
	f.StringVar(&o.strata, "strata", strings.Join(spec.Strata, ","), "whose `code`")
	f.IntVar(&o.faults, "faults", 100, "faults a block: MINIX's run_t1 has 100, its run_t2 1")
	f.IntVar(&o.blocks, "blocks", 100, "blocks for each service and selection")
	f.IntVar(&o.group, "group", 0, "blocks that one boot begins with; default some tens of seconds of work")
	f.Uint64Var(&o.seed, "seed", 1, "of all that is drawn")
	f.StringVar(&o.kind, "kind", "single", "single: a block's faults are gone after it; carry: a victim that survives keeps them, as MINIX's does")
	f.IntVar(&o.ops, "ops", 16, "checked operations after which a fault counts as masked")
	f.DurationVar(&o.limit, "limit", 20*time.Millisecond, "that one operation may take")
	f.DurationVar(&o.period, "period", 2*time.Millisecond, "of the victim's pings")
	f.StringVar(&o.machine, "machine", "q35", "q35, pc, or simulated: results are made up, to try a set-up")
	f.BoolVar(&o.reached, "reached", false, "draw sites among those that a run without faults reaches, with weights")
	f.BoolVar(&o.turn, "turn", false, "types come in turn, instead of being drawn: as many faults of each")
	f.StringVar(&o.shard, "shard", "", "`I/N`: only the I-th of N parts, for N hosts")
}

// runFlags are those of run alone.
func (o *options) runFlags(f *flag.FlagSet) {
	f.StringVar(&o.dir, "o", "", "`folder` to keep it in; default out/campaigns/ID")
	f.StringVar(&o.extra, "extra", "", "`folder` with executables and system.conf of your own: a victim, or a workload named load")
	f.StringVar(&o.image, "image", "", "`folder` with kernel.elf and bin/, if they are not those of out/")
	f.StringVar(&o.budget, "budget", "", "`10m`, 50000f or bad: after that time, that many faults, or something bad, no group is begun; default none")
	o.how.flags(f)
}

// spec checks the options.
func (o *options) spec(f *flag.FlagSet) (*spec.Spec, error) {
	s := &spec.Spec{Services: split(o.services), Strata: split(o.strata), Faults: o.faults, Blocks: o.blocks, Seed: o.seed, Ops: o.ops,
		Limit: o.limit, Period: o.period, Machine: o.machine, Reached: o.reached, Turn: o.turn, Group: o.group}
	if s.Group == 0 {
		s.Group = spec.GroupBlocks(s.Faults, s.Blocks)
	}
	given := false
	f.Visit(func(g *flag.Flag) { given = given || g.Name == "types" })
	switch {
	case o.selections == "":
		s.Selections = [][]string{split(o.types)}
	case given:
		return nil, usagef("-types and -selections: expected one of them")
	case o.selections == "minix8":
		for _, t := range append(slices.Clone(seven), "random") {
			s.Selections = append(s.Selections, []string{t})
		}
	default:
		for l := range strings.SplitSeq(o.selections, "/") {
			s.Selections = append(s.Selections, split(l))
		}
	}
	var err error
	if s.Kind, err = spec.Kind(o.kind); err == nil {
		err = s.Check()
	}
	if err != nil {
		return nil, usageError{err}
	}
	return s, nil
}

func split(s string) []string { return strings.Split(s, ",") }

// groups are those of the shard.
func groups(s *spec.Spec, shard string) ([]spec.Group, error) {
	if shard == "" {
		return s.Groups(), nil
	}
	a, b, ok := strings.Cut(shard, "/")
	i, errA := strconv.Atoi(a)
	n, errB := strconv.Atoi(b)
	if !ok || errA != nil || errB != nil {
		return nil, usagef("shard %q: expected I/N, as 3/8", shard)
	}
	g, err := s.Shard(i, n)
	if err != nil {
		return nil, usageError{err}
	}
	return g, nil
}

// readBudget reads 10m or 50000f.
func readBudget(text string) (b runner.Budget, err error) {
	if text == "" || text == "bad" {
		return runner.Budget{Bad: text == "bad"}, nil
	}
	if n, ok := strings.CutSuffix(text, "f"); ok {
		if b.Faults, err = strconv.Atoi(n); err == nil && b.Faults > 0 {
			return b, nil
		}
	} else if b.Time, err = time.ParseDuration(text); err == nil && b.Time > 0 {
		return b, nil
	}
	return b, usageError{fmt.Errorf("budget %q: expected a time, as 10m, a number of faults, as 50000f, or bad", text)}
}
