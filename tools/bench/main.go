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
	"path/filepath"
	"time"

	"bennu/tools/internal/qemu"
)

// options are the command line.
type options struct {
	json, strict bool
	kernel       string
	archive      string // of the whole system
	micro        string // of the kernel's benchmark
	client       string // the executable of boot/kbench/client
	root         string // the module's folder
	machine      string
	cmdline      string
	linux        string // a Linux kernel to compare with; "": none
	deaths       int    // for each case of a rebirth
	slow         int    // for each further way to die
	console      io.Writer
}

func main() {
	var o options
	root, err := qemu.Root()
	if err != nil {
		os.Exit(complain(err))
	}
	o.root = root
	out := filepath.Join(root, "out")
	verbose := flag.Bool("v", false, "show COM1")
	limit := flag.Duration("timeout", 10*time.Minute, "how long it may take in all")
	flag.BoolVar(&o.json, "json", false, "print one JSON object")
	flag.BoolVar(&o.strict, "strict", false, "end with status 1 when a target is missed")
	flag.StringVar(&o.kernel, "kernel", filepath.Join(out, "kernel.elf"), "the kernel's ELF")
	flag.StringVar(&o.archive, "archive", filepath.Join(out, "boot.tar"), "the system's boot archive")
	flag.StringVar(&o.micro, "micro", filepath.Join(out, "bench.tar"), "the boot archive of the kernel's benchmark")
	flag.StringVar(&o.client, "client", filepath.Join(out, "bin/client"), "the executable that waits for services")
	flag.StringVar(&o.machine, "machine", "", "q35 or pc")
	flag.StringVar(&o.cmdline, "cmdline", "", "more words for the kernel's command line")
	flag.StringVar(&o.linux, "linux", "", "a Linux `kernel` (vmlinuz) to do the same work, in the same QEMU; needs cc and xz")
	flag.IntVar(&o.deaths, "deaths", 30, "how often to die in each case of a rebirth")
	flag.IntVar(&o.slow, "slow", 5, "how often to die in each further way")
	flag.Parse()
	if flag.NArg() > 0 || o.deaths < 1 || o.slow < 1 {
		fmt.Fprintln(os.Stderr, "bench: expected no arguments, and at least one death in each case and way")
		os.Exit(2)
	}
	if *verbose {
		o.console = os.Stderr
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	os.Exit(run(ctx, &o, os.Stdout))
}

// seed is the kernel's: what its tasks draw from it makes their runtimes start with a page more or less, and without
// it comes from how long the boot took.
const seed = "1"

// config is a machine whose instructions are counted. The kernel's log goes nowhere: a byte of it is an
// instruction or more.
func (o *options) config(archive string) qemu.Config {
	return qemu.Config{Kernel: o.kernel, Archive: archive, Machine: o.machine, CmdLine: o.cmdline, Icount: "0", Console: o.console, NoKernelLog: true, Seed: seed}
}

// run measures and prints; it returns the exit status.
func run(ctx context.Context, o *options, out io.Writer) int {
	began := time.Now()
	r := newReport(ctx, o)
	for _, part := range []func(context.Context, *options, *Report) error{micro, system, rebirths, roots, sizes, linux} {
		if err := part(ctx, o, r); err != nil {
			var infra *qemu.InfraError
			if errors.As(err, &infra) {
				return complain(err)
			}
			r.fail("%v", err)
		}
	}
	r.sort()
	r.judge()
	r.HostS = time.Since(began).Seconds()
	if o.json {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		if err := e.Encode(r); err != nil {
			return complain(err)
		}
	} else {
		r.text(out)
	}
	if len(r.Failures) > 0 || o.strict && r.missed() > 0 {
		return 1
	}
	return 0
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, "bench:", err)
	var infra *qemu.InfraError
	if errors.As(err, &infra) {
		return 3
	}
	return 1
}
