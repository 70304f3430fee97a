// Ctl speaks to a running machine's control port: the operator's commands from outside.
//
//	go run ./tools/ctl -s SOCKET status
//	go run ./tools/ctl -s SOCKET fi rtc exception
//	go run ./tools/ctl -s SOCKET events
//
// SOCKET is what ./qemu.sh was given as CTL. QEMU serves one client at a time: while another one has the port, ctl says
// so and waits, for -timeout at most. It ends with status 0, 1 when the machine refused or did not answer,
// and 2 when the command line is wrong. Whatever the machine says is printed in printable ASCII.
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
	"time"

	"bennu/kernel/abi/printable"
	"bennu/rs/service"
	"bennu/tools/internal/control"
)

const (
	statusFailed = 1
	statusUsage  = 2
)

// usageError is a wrong command line.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], safe{os.Stdout}, safe{os.Stderr})
	var usage usageError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return
	case errors.As(err, &usage):
		fmt.Fprintln(safe{os.Stderr}, "ctl:", err)
		os.Exit(statusUsage)
	}
	fmt.Fprintln(safe{os.Stderr}, "ctl:", err)
	os.Exit(statusFailed)
}

// safe shows what a terminal would obey instead of having it obeyed: the machine's words are not ours.
type safe struct{ w io.Writer }

func (s safe) Write(b []byte) (int, error) {
	if _, err := s.w.Write(printable.AppendText(nil, b)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// ctl is one invocation.
type ctl struct {
	c    *control.Client
	out  io.Writer
	json bool
}

func run(ctx context.Context, args []string, out, complain io.Writer) error {
	flags := flag.NewFlagSet("ctl", flag.ContinueOnError)
	flags.SetOutput(complain)
	socket := flags.String("s", os.Getenv("CTL"), "the control port's `socket`; default $CTL")
	asJSON := flags.Bool("json", false, "print answers as they come")
	limit := flags.Duration("timeout", 10*time.Second, "how long to wait for the port and for an answer")
	trace := flags.Bool("trace", false, "show every line sent and received")
	flags.Usage = func() {
		fmt.Fprint(complain, "usage: ctl -s SOCKET [-json] [-timeout TIME] COMMAND...\n\n", help(), "\n")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return usageError{err.Error()}
	}
	request, err := parse(flags.Args())
	if err != nil {
		return err
	}
	if *socket == "" {
		return usageError{"no socket: give -s SOCKET, or set CTL"}
	}
	short, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	c, err := control.Dial(short, *socket)
	if err != nil {
		return err
	}
	defer c.Close()
	if *trace {
		c.Trace = func(direction, line string) { fmt.Fprintln(complain, direction, line) }
	}
	if err := greet(short, c, *socket, complain); err != nil {
		return fmt.Errorf("%s: %w", request.cmd, err)
	}
	t := &ctl{c: c, out: out, json: *asJSON}
	if request.cmd == "events" {
		return t.events(ctx, short, request)
	}
	return t.do(short, request)
}

// patience is how long the port may be silent before the user hears of it.
const patience = time.Second

// greet waits until the port serves this client, and says why it waits.
func greet(ctx context.Context, c *control.Client, socket string, complain io.Writer) error {
	early, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := c.Greet(early)
	if err == nil || !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		return err
	}
	fmt.Fprintf(complain, "ctl: waiting for %s: %s\n", socket, c.Diagnose())
	return c.Greet(ctx)
}

// request is what the command line asks for.
type request struct {
	cmd  string
	args control.Args
	op   service.Request // of the operator's commands
}

// own are the commands that only the control port has, with their usage.
var own = []struct{ name, usage, help string }{
	{"hello", "hello", "who serves the port"},
	{"events", "events [SINCE]", "what happens, from event number SINCE on, until interrupted"},
	{"echo", "echo LABEL", "ask a service for a sign of life"},
	{"console", "console TEXT...", "write a line to the operator's console"},
	{"call", "call ENDPOINT TYPE [ARG...]", "send a message to a task and show its answer"},
}

// help lists the commands.
func help() string {
	var b strings.Builder
	line := func(usage, help string) { fmt.Fprintf(&b, "  %-28s %s\n", usage, help) }
	for _, c := range service.Commands() {
		line(strings.TrimPrefix(c.Usage(), "service "), c.Help)
	}
	for _, c := range own {
		line(c.usage, c.help)
	}
	return b.String()
}

// names lists the commands.
func names() (all []string) {
	for _, c := range service.Commands() {
		all = append(all, c.Name)
	}
	for _, c := range own {
		all = append(all, c.name)
	}
	return all
}

// group tells whether a word may stand before commands, as it does at the shell.
func group(word string) bool {
	for _, c := range service.Commands() {
		if c.Group == word {
			return word != ""
		}
	}
	return false
}

// parse reads the words of the command. Errors: usageError.
func parse(words []string) (request, error) {
	if len(words) == 0 {
		return request{}, usageError{"no command; ctl -help lists them"}
	}
	for _, c := range own {
		if c.name == words[0] {
			args, err := ownArgs(words[0], words[1:])
			if err != nil {
				return request{}, usageError{"usage: " + c.usage + ": " + err.Error()}
			}
			return request{cmd: words[0], args: args}, nil
		}
	}
	line := strings.Join(words, " ")
	switch c, ok := service.ByName(words[0]); {
	case ok && c.Group != "":
		line = c.Group + " " + line
	case !ok && !group(words[0]):
		return request{}, usageError{fmt.Sprintf("no command %q: expected one of %s", words[0], strings.Join(names(), ", "))}
	}
	c, fields, err := service.Fields(line)
	if err != nil {
		return request{}, usageError{fmt.Sprintf("%q: %v", line, err)}
	}
	op, _, err := service.Parse(line)
	if err != nil {
		return request{}, usageError{err.Error()}
	}
	args := control.Args{}
	for name, text := range fields {
		args[name] = text
	}
	return request{cmd: c.Name, args: args, op: op}, nil
}
