// Campaign breaks services many thousand times, and keeps what each fault did. docs/CAMPAIGNS.md is the guide.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"bennu/tools/campaign/report"
	"bennu/tools/campaign/runner"
)

// Exit statuses.
const (
	statusDone        = 0
	statusDiffers     = 1 // a replay is not what was stored; any other error
	statusUsage       = 2
	statusInfra       = 3 // the host, not the machine that was tested
	statusInterrupted = 130
)

// command is one of the tool's.
type command struct {
	name, arguments, doc string
	run                  func(ctx context.Context, t *tool, f *flag.FlagSet, args []string) error
}

func commands() []command {
	return []command{
		{"run", "[-o DIR] [options]", "makes a campaign in DIR, or goes on with it", runRun},
		{"plan", "[options]", "prints the groups that `run` with the same options would do", runPlan},
		{"resume", "DIR", "goes on with the campaign in DIR, whatever ended its runner", runResume},
		{"status", "DIR", "prints what is done and what came of it", runStatus},
		{"replay", "[-dir DIR] [-times N] [-gdb] ID", "makes a fault's block again and compares it with its record", runReplay},
		{"shrink", "[-dir DIR] ID", "looks for the fewest faults of a block that come to the same", runShrink},
		{"merge", "OUT DIR...", "puts the shards of a campaign together", runMerge},
		{"report", "[-o FOLDER] DIR...", "writes page, JUnit, KTAP and CSV", records("report")},
		{"compare", "[-html FILE] A B", "two campaigns beside each other", records("compare")},
		{"howmany", "[-margin M] [-share P] [-bound B]", "how many trials a claim takes", records("howmany")},
	}
}

// records are the commands that need records alone.
func records(verb string) func(context.Context, *tool, *flag.FlagSet, []string) error {
	return func(_ context.Context, t *tool, _ *flag.FlagSet, args []string) error {
		return report.Main(append([]string{verb}, args...), t.out)
	}
}

// usageError is bad input.
type usageError struct{ error }

func usagef(text string, args ...any) error { return usageError{fmt.Errorf(text, args...)} }

// tool is where the commands speak.
type tool struct {
	out, err io.Writer
	terminal bool // err is one
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	info, err := os.Stderr.Stat()
	t := &tool{out: os.Stdout, err: os.Stderr, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
	os.Exit(t.main(ctx, os.Args[1:]))
}

func (t *tool) main(ctx context.Context, args []string) int {
	if len(args) == 0 || args[0] == "-h" || args[0] == "-help" || args[0] == "help" {
		t.help()
		return statusUsage
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		f := flag.NewFlagSet(c.name, flag.ContinueOnError)
		f.SetOutput(t.err)
		f.Usage = func() {
			fmt.Fprintf(t.err, "campaign %s %s: %s\n", c.name, c.arguments, c.doc)
			f.PrintDefaults()
		}
		return t.status(c.name, c.run(ctx, t, f, args[1:]))
	}
	fmt.Fprintf(t.err, "campaign: %q: expected one of %s\n", args[0], strings.Join(names(), ", "))
	return statusUsage
}

func names() (l []string) {
	for _, c := range commands() {
		l = append(l, c.name)
	}
	return l
}

func (t *tool) help() {
	fmt.Fprintln(t.err, "campaign breaks services many thousand times, and keeps what each fault did:")
	for _, c := range commands() {
		fmt.Fprintf(t.err, "  campaign %-44s %s\n", c.name+" "+c.arguments, c.doc)
	}
	fmt.Fprintln(t.err, "`campaign COMMAND -h` lists its options; docs/CAMPAIGNS.md is the guide.")
}

// status prints an error, and makes an exit status of it.
func (t *tool) status(name string, err error) int {
	if err == nil {
		return statusDone
	}
	if errors.Is(err, flag.ErrHelp) {
		return statusUsage
	}
	if err != errDiffers {
		fmt.Fprintf(t.err, "campaign %s: %v\n", name, err)
	}
	var usage usageError
	switch {
	case errors.As(err, &usage):
		return statusUsage
	case errors.Is(err, context.Canceled):
		return statusInterrupted
	case runner.Infrastructure(err):
		return statusInfra
	}
	return statusDiffers
}

// parse reads options that may stand before and behind the n arguments; n < 0: at least -n.
func parse(f *flag.FlagSet, args []string, n int) ([]string, error) {
	var rest []string
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usageError{err}
		}
		if f.NArg() == 0 {
			break
		}
		rest = append(rest, f.Arg(0))
		args = f.Args()[1:]
	}
	switch {
	case n >= 0 && len(rest) != n:
		return nil, usagef("%d arguments: expected %d: see campaign %s -h", len(rest), n, f.Name())
	case len(rest) < -n:
		return nil, usagef("%d arguments: expected at least %d: see campaign %s -h", len(rest), -n, f.Name())
	}
	return rest, nil
}
