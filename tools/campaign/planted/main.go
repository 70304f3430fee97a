package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"bennu/tools/campaign/result"
	"bennu/tools/internal/qemu"
)

// The campaign, the same for each kernel: its budget is its blocks, or something bad.
var campaign = []string{"-services", "rtc,sum", "-types", "random", "-faults", "100", "-blocks", "40", "-group", "5", "-seed", "1", "-budget", "bad"}

func main() {
	only := flag.String("only", "", "those whose name matches this `regular expression`")
	jobs := flag.Int("jobs", 2, "`machines` that run at once")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "planted: expected no arguments, got", flag.Args())
		os.Exit(2)
	}
	match, err := regexp.Compile(*only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "planted: -only:", err)
		os.Exit(2)
	}
	var some []plant
	for _, p := range plants {
		if match.MatchString(p.name) {
			some = append(some, p)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	faults, err := run(ctx, some, *jobs, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "planted:", err)
		os.Exit(1)
	}
	for _, f := range faults {
		fmt.Fprintln(os.Stderr, "planted:", f)
	}
	if len(faults) > 0 {
		os.Exit(1)
	}
}

// clean is the name of the kernel without a bug.
const clean = "clean"

// run makes the campaign on a kernel without a bug, and on one with each of some. It prints a table, and returns what is wrong with the suite.
func run(ctx context.Context, some []plant, jobs int, out io.Writer) (faults []string, err error) {
	root, err := qemu.Root()
	if err != nil {
		return nil, err
	}
	b, err := open(ctx, root)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "campaign run %s\n", strings.Join(campaign, " "))
	for _, p := range append([]plant{{name: clean}}, some...) {
		g, err := b.campaign(ctx, &p, jobs)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		fmt.Fprint(out, g.row(&p))
		faults = append(faults, g.wrong(&p)...)
	}
	return faults, nil
}

// campaign builds a kernel and makes the campaign on it.
func (b *bench) campaign(ctx context.Context, p *plant, jobs int) (*finding, error) {
	image, err := b.kernel(ctx, p.name, p.edits)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(image, "campaign")
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	args := append([]string{"run", "-o", dir, "-image", image, "-jobs", fmt.Sprint(jobs)}, campaign...)
	if err := b.command(ctx, b.root, b.tool("campaign"), args...); err != nil {
		return nil, err
	}
	r, err := result.Read(dir)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(r.Faults, func(a, b result.Fault) int {
		return cmp.Or(cmp.Compare(a.Block, b.Block), cmp.Compare(a.Index, b.Index))
	})
	return judge(r.Faults, p.seen), nil
}

// row is a kernel's row of the table.
func (g *finding) row(p *plant) string {
	if g.first == nil {
		return fmt.Sprintf("%-18s nothing bad in %d faults\n", p.name, g.faults)
	}
	replay := strings.Replace(g.first.Replay, "replay ", "replay -dir out/planted/"+p.name+"/campaign ", 1)
	return fmt.Sprintf("%-18s after %d faults, in %s: %s (%s); %d bad blocks in %d faults: %s\n%18s %s\n", p.name, g.after, g.first.Service, g.first.Outcome, words(g.first),
		g.blocks, g.faults, strings.Join(g.outcomes, ", "), "", replay)
}

// wrong is what is wrong with the suite.
func (g *finding) wrong(p *plant) []string {
	switch {
	case p.name == clean && g.first != nil:
		return []string{fmt.Sprintf("without a bug: block %d of %s: %s (%s)", g.first.Block, g.first.Service, g.first.Outcome, words(g.first))}
	case p.name == clean:
		return nil
	case g.first == nil:
		return []string{fmt.Sprintf("%s was not reported in %d faults: %s", p.name, g.faults, p.why)}
	case !g.shown:
		return []string{fmt.Sprintf("%s: no bad block has the words %q, the first one %q", p.name, p.seen, words(g.first))}
	}
	return nil
}
