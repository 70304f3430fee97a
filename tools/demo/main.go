package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"bennu/tools/internal/qemu"
)

// options are the command line.
type options struct {
	config qemu.Config
	json   bool
	deaths int
	only   string
	trace  io.Writer
	// hogs says which tables of hogs run; "": none. seconds is how long each does, in the guest's time.
	hogs    string
	seconds float64
}

func main() {
	var o options
	trace := flag.Bool("trace", false, "show the control port's lines")
	verbose := flag.Bool("v", false, "show COM1")
	limit := flag.Duration("timeout", 4*time.Minute, "how long it may take in all")
	flag.BoolVar(&o.json, "json", false, "print one JSON object")
	flag.IntVar(&o.deaths, "deaths", 0, "this many deaths of faulty, and nothing else")
	flag.StringVar(&o.only, "only", "", "deaths of this service only")
	flag.StringVar(&o.hogs, "hogs", "", "services that take what they can get, beside the others, and nothing else: mix, seed=N (16 drawn), a role (16 of it), or each (every role in turn)")
	flag.Float64Var(&o.seconds, "seconds", 5, "how long hogs run, in guest time")
	flag.StringVar(&o.config.Kernel, "kernel", "", "the kernel's ELF; default out/kernel.elf")
	flag.StringVar(&o.config.Archive, "archive", "", "the boot archive; default out/boot.tar")
	flag.StringVar(&o.config.Machine, "machine", "", "q35 or pc")
	flag.StringVar(&o.config.Accel, "accel", "", "tcg or kvm")
	flag.StringVar(&o.config.Icount, "icount", "3", "guest instructions as time, 2^N ns each, so that a busy host cannot make a heartbeat late; \"\": real time")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "demo: expected no arguments, got", flag.Args())
		os.Exit(2)
	}
	if o.hogs != "" && (o.deaths > 0 || o.only != "") {
		fmt.Fprintln(os.Stderr, "demo: -hogs does nothing else: expected no -deaths and no -only beside it")
		os.Exit(2)
	}
	if *trace {
		o.trace = os.Stderr
	}
	if *verbose {
		o.config.Console = os.Stderr
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	if o.hogs != "" {
		os.Exit(runHogs(ctx, o, os.Stdout))
	}
	os.Exit(run(ctx, o, os.Stdout))
}

// result is what a mode hands back to be printed.
type result interface {
	text(w io.Writer)
	ok() bool
}

// run does one mode of the demo; it returns the exit status.
func run(ctx context.Context, o options, out io.Writer) int {
	return boot(ctx, o, out, func(m *machine) (result, error) {
		if o.deaths > 0 {
			return m.manyDeaths(ctx, o.deaths)
		}
		progress := out
		if o.json {
			progress = io.Discard
		}
		return m.show(ctx, progress, o.only)
	})
}

// boot boots a machine, has something done with it and prints the result; it returns the exit status.
func boot(ctx context.Context, o options, out io.Writer, do func(*machine) (result, error)) int {
	began := time.Now()
	m, err := start(ctx, o.config, o.trace)
	if err != nil {
		return complain(err)
	}
	defer m.vm.Close()
	r, err := do(m)
	if err == nil {
		err = m.powerOff(ctx)
	} else {
		err = m.explain(err)
	}
	if o.json {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		if err := e.Encode(r); err != nil {
			return complain(err)
		}
	} else {
		r.text(out)
		fmt.Fprintf(out, "host time %.1f s\n", time.Since(began).Seconds())
	}
	if err != nil {
		return complain(err)
	}
	if !r.ok() {
		return 1
	}
	return 0
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, "demo:", err)
	var infra *qemu.InfraError
	if errors.As(err, &infra) {
		return 3
	}
	return 1
}
