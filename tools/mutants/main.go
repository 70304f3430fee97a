package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"bennu/tools/internal/qemu"
)

// options are the command line.
type options struct {
	root  string
	seed  uint64
	drawn int
	hand  bool
	only  string
	list  bool
	again bool
	host  bool // without QEMU: those that the host's tests do not notice stay open
	skip  string
}

func main() {
	root, err := qemu.Root()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(2)
	}
	o := options{root: root}
	flag.Uint64Var(&o.seed, "seed", 1, "which ones are drawn")
	flag.IntVar(&o.drawn, "drawn", 40, "how many are drawn")
	flag.BoolVar(&o.hand, "hand", true, "the hand-picked ones too")
	flag.StringVar(&o.only, "only", "", "those whose id matches this regular expression")
	flag.BoolVar(&o.list, "list", false, "tell what would be done")
	flag.BoolVar(&o.again, "again", false, "forget the results of former runs")
	flag.BoolVar(&o.host, "host", false, "the host's tests only")
	flag.StringVar(&o.skip, "skip", "", "leave these tests in QEMU out, which fail without any change: a regular expression")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "mutants: expected no arguments, got", flag.Args())
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	status, err := run(ctx, &o, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
	}
	os.Exit(status)
}

// campaign is one run.
type campaign struct {
	*options
	out     io.Writer
	tree    *tree
	known   *results
	argued  argued
	commit  string
	all     []mutation // wanted, and located
	spare   []mutation // drawn ones in reserve, for those that do not compile
	open    []mutation // that the host's tests did not notice
	counts  map[string]int
	strange []string // unexplained survivors
}

// run does all; it returns the exit status.
func run(ctx context.Context, o *options, out io.Writer) (int, error) {
	c := &campaign{options: o, out: out, counts: map[string]int{}}
	if err := c.choose(); err != nil {
		return 1, err
	}
	fmt.Fprintf(out, "mutants: %d hand-picked, %d drawn with seed %d\n", len(c.all)-c.drawn, c.drawn, o.seed)
	if o.skip != "" {
		fmt.Fprintln(out, "mutants: these tests notice nothing, they are left out:", o.skip)
	}
	if o.list {
		for i := range c.all {
			fmt.Fprintf(out, "%-20s %s (%s)\n", c.all[i].id, c.all[i].what(), c.all[i].why)
		}
		return 0, nil
	}
	if err := c.prepare(); err != nil {
		return 1, err
	}
	if err := c.work(ctx); err != nil {
		return 1, err
	}
	fmt.Fprintf(out, "mutants: %d killed, %d argued for, %d survived without a reason, %d not tried in QEMU\n",
		c.counts[killed], c.counts["argued"], len(c.strange), c.counts["open"])
	for _, s := range c.strange {
		fmt.Fprintln(out, "SURVIVED", s)
	}
	if len(c.strange) > 0 {
		return 1, nil
	}
	return 0, nil
}

// choose finds the mutations in the sources. All faults of the table come back.
func (c *campaign) choose() error {
	only, err := regexp.Compile(c.only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	hand, err := handPicked(c.root)
	if err != nil {
		return err
	}
	for _, m := range hand {
		if c.hand && only.MatchString(m.id) {
			c.all = append(c.all, m)
		}
	}
	drawn, err := draw(c.root, c.seed)
	if err != nil {
		return err
	}
	if c.only != "" {
		drawn = matching(drawn, only)
	}
	n := min(c.drawn, len(drawn))
	c.all, c.spare, c.drawn = append(c.all, drawn[:n]...), drawn[n:], n
	c.argued, err = readArgued(filepath.Join(c.root, "tools/mutants/argued.txt"))
	return err
}

func matching(all []mutation, only *regexp.Regexp) (some []mutation) {
	for _, m := range all {
		if only.MatchString(m.id) {
			some = append(some, m)
		}
	}
	return some
}

// prepare copies the sources and reads what is known of them.
func (c *campaign) prepare() error {
	dir := filepath.Join(c.root, "out/mutants")
	if err := os.MkdirAll(filepath.Join(dir, "tree"), 0o755); err != nil {
		return err
	}
	path := filepath.Join(dir, "results.jsonl")
	if c.again {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	var err error
	if c.tree, err = copyTree(c.root, filepath.Join(dir, "tree")); err != nil {
		return err
	}
	c.tree.skip = c.skip
	commit, _ := exec.Command("git", "-C", c.root, "rev-parse", "HEAD").Output() // "" outside of a repository: the hash tells
	c.commit = strings.TrimSpace(string(commit))
	c.known, err = readResults(path, c.tree.hash)
	return err
}

// work tries all: first what costs seconds, then what costs minutes.
func (c *campaign) work(ctx context.Context) error {
	if err := c.sound(ctx, true); err != nil {
		return err
	}
	for len(c.all) > 0 {
		m := c.all[0]
		c.all = c.all[1:]
		if err := c.one(ctx, &m, true); err != nil {
			return err
		}
	}
	if c.host {
		c.counts["open"] = len(c.open)
		for i := range c.open {
			fmt.Fprintf(c.out, "open     %-20s %s\n", c.open[i].id, c.open[i].what())
		}
		return nil
	}
	for i := range c.open {
		if i == 0 {
			if err := c.sound(ctx, false); err != nil {
				return err
			}
		}
		if err := c.one(ctx, &c.open[i], false); err != nil {
			return err
		}
	}
	return nil
}

// sound asks that the tests pass on the tree as it is: else they would notice everything.
func (c *campaign) sound(ctx context.Context, host bool) error {
	kind := "host"
	stages := []stage{{"host", hostLimit, nil, goTest("120s", "./kernel/...", "./rs/...", "./drivers/...", "./board/...")}}
	if !host {
		kind = "qemu"
		var err error
		if stages, err = c.tree.stages(ctx, &mutation{file: "kernel/loop.go"}, false); err != nil {
			return err
		}
	}
	id := "none-" + kind
	if c.known.of[id].Outcome == survived {
		return nil
	}
	began := time.Now()
	outcome, by, err := c.tree.try(ctx, stages)
	if err != nil {
		return err
	}
	if outcome != survived {
		return fmt.Errorf("without any change: %s by %s: the tests must pass first", outcome, by)
	}
	return c.known.add(result{ID: id, Commit: c.commit, Outcome: outcome, What: "no change", Seconds: time.Since(began).Seconds()})
}

// one tries a mutation, unless its result is known, and tells.
func (c *campaign) one(ctx context.Context, m *mutation, host bool) error {
	r, ok := c.known.of[m.id]
	if !ok || r.Change != m.change() {
		stages, err := c.tree.stages(ctx, m, host)
		if err != nil {
			return err
		}
		began := time.Now()
		r = result{ID: m.id, Commit: c.commit, What: m.what(), Change: m.change()}
		err = c.tree.with(m, func() error {
			r.Outcome, r.By, err = c.tree.try(ctx, stages)
			return err
		})
		if err != nil {
			return err
		}
		r.Seconds = time.Since(began).Seconds()
		if host && r.Outcome == survived {
			c.open = append(c.open, *m)
			return nil
		}
		if err := c.known.add(r); err != nil {
			return err
		}
	}
	return c.tell(m, &r)
}

// tell prints the line of a mutation, and counts it.
func (c *campaign) tell(m *mutation, r *result) error {
	drawn := strings.HasPrefix(m.id, "drawn-")
	outcome := r.Outcome
	switch reason := c.argued[m.id]; {
	case outcome == invalid && !drawn:
		c.strange = append(c.strange, m.id+" does not compile: "+r.What+": "+r.By)
	case outcome == invalid: // another in its place
		if len(c.spare) > 0 {
			c.all, c.spare = append(c.all, c.spare[0]), c.spare[1:]
		}
		return nil
	case outcome == survived && reason != "":
		outcome, r.By = "argued", reason
	case outcome == survived:
		c.strange = append(c.strange, m.id+" "+r.What+" ("+m.why+")")
	}
	c.counts[outcome]++
	fmt.Fprintf(c.out, "%-8s %-20s %s [%s; %.1f s]\n", outcome, m.id, r.What, r.By, r.Seconds)
	return nil
}
