package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"bennu/tools/campaign/result"
	"bennu/tools/campaign/runner"
	"bennu/tools/campaign/spec"
	"bennu/tools/campaign/store"
)

func runRun(ctx context.Context, t *tool, f *flag.FlagSet, args []string) error {
	var o options
	o.flags(f)
	o.runFlags(f)
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	s, err := o.spec(f)
	if err != nil {
		return err
	}
	budget, err := readBudget(o.budget)
	if err != nil {
		return err
	}
	if _, err := groups(s, o.shard); err != nil {
		return err
	}
	if err := folder(o.extra); err != nil {
		return err
	}
	from, err := built(o.image, o.extra)
	if err != nil {
		return err
	}
	c, err := made(ctx, s, from)
	if err != nil {
		return err
	}
	if o.dir == "" {
		o.dir = filepath.Join("out", "campaigns", c.ID)
	}
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	lock, err := store.Lock(o.dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	st, err := store.Create(o.dir, &c)
	if err != nil {
		return err
	}
	if err := keepImage(st, from); err != nil {
		return err
	}
	if o.shard != "" {
		if err := os.WriteFile(filepath.Join(o.dir, "shard"), []byte(o.shard+"\n"), 0o644); err != nil {
			return err
		}
	}
	return t.work(ctx, st, o.shard, &o.how, budget)
}

// folder looks for the user's.
func folder(extra string) error {
	if extra == "" {
		return nil
	}
	info, err := os.Stat(extra)
	switch {
	case err != nil:
		return usageError{fmt.Errorf("-extra: %w: expected a folder with executables and system.conf", err)}
	case !info.IsDir():
		return usagef("-extra %s: expected a folder with executables and system.conf", extra)
	}
	return nil
}

func runResume(ctx context.Context, t *tool, f *flag.FlagSet, args []string) error {
	var h how
	h.flags(f)
	text := f.String("budget", "", "as for run")
	dirs, err := parse(f, args, 1)
	if err != nil {
		return err
	}
	budget, err := readBudget(*text)
	if err != nil {
		return err
	}
	st, err := store.Open(dirs[0])
	if err != nil {
		return err
	}
	lock, err := store.Lock(st.Dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	shard, err := os.ReadFile(filepath.Join(st.Dir, "shard"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return t.work(ctx, st, strings.TrimSpace(string(shard)), &h, budget)
}

// work does what is left of a shard, and says what came of it. The caller has the lock.
func (t *tool) work(ctx context.Context, st *store.Store, shard string, h *how, budget runner.Budget) error {
	st.Sweep()
	s, err := spec.Of(&st.Campaign)
	if err != nil {
		return fmt.Errorf("%s: %w", st.Dir, err)
	}
	gs, err := groups(s, shard)
	if err != nil {
		return err
	}
	c, err := open(st, s, h)
	if err != nil {
		return err
	}
	p := &progress{t: t, began: time.Now()}
	for _, g := range gs {
		p.blocks += int(g.Blocks)
		k, err := st.Get(g.N)
		if err == nil {
			p.all.Group(k)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	all, err := c.Run(ctx, st, gs, h.jobs, budget, p)
	p.end()
	took := time.Since(p.began)
	fmt.Fprintf(t.out, "campaign %s in %s%s: %d of %d groups; %d faults in %v, %.0f a second, %.2f%% activated\n%s", st.Campaign.ID, st.Dir, ofShard(shard),
		p.all.Groups, len(gs), p.live.Faults, took.Round(time.Second), float64(p.live.Faults)/took.Seconds(), p.live.Active(), p.all.Table())
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("interrupted; go on with: go run ./tools/campaign resume %s: %w", st.Dir, err)
	case err != nil:
		return err
	case !all:
		fmt.Fprintf(t.out, "the budget is used; go on with: go run ./tools/campaign resume %s\n", st.Dir)
	default:
		fmt.Fprintf(t.out, "done; next: go run ./tools/campaign report %s\n", st.Dir)
	}
	return runner.Void(p.all.Infra, p.all.Faults)
}

func ofShard(s string) string {
	if s == "" {
		return ""
	}
	return ", shard " + s
}

func runPlan(_ context.Context, t *tool, f *flag.FlagSet, args []string) error {
	var o options
	o.flags(f)
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	s, err := o.spec(f)
	if err != nil {
		return err
	}
	gs, err := groups(s, o.shard)
	if err != nil {
		return err
	}
	faults := 0
	for _, g := range gs {
		faults += int(g.Blocks) * s.Faults
		fmt.Fprintf(t.out, "group %d: blocks %d to %d: %s\n", g.N, g.First, g.First+g.Blocks-1, s.Plan(g, g.First))
	}
	fmt.Fprintf(t.out, "%d groups%s: %d faults\n", len(gs), ofShard(o.shard), faults)
	return nil
}

func runStatus(_ context.Context, t *tool, f *flag.FlagSet, args []string) error {
	dirs, err := parse(f, args, 1)
	if err != nil {
		return err
	}
	st, err := store.Open(dirs[0])
	if err != nil {
		return err
	}
	return t.print(st)
}

// print says what a store has.
func (t *tool) print(st *store.Store) error {
	n, err := total(&st.Campaign)
	if err != nil {
		return err
	}
	var all runner.Tally
	if err := st.Each(n, func(_ int, k *store.Group) error { all.Group(k); return nil }); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "campaign %s in %s: %d of %d groups\n%s", st.Campaign.ID, st.Dir, all.Groups, n, all.Table())
	return runner.Void(all.Infra, all.Faults)
}

func total(c *result.Campaign) (int, error) {
	s, err := spec.Of(c)
	if err != nil {
		return 0, err
	}
	return len(s.Groups()), nil
}

func runMerge(_ context.Context, t *tool, f *flag.FlagSet, args []string) error {
	dirs, err := parse(f, args, -2)
	if err != nil {
		return err
	}
	st, err := store.Merge(dirs[0], total, dirs[1:]...)
	if err != nil {
		return err
	}
	return t.print(st)
}
