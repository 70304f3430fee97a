// reap boots the whole system with a service that ends lives of the reincarnation server (or of others), after numbers of their instructions
// that are drawn uniformly, or in ways that make them die by themselves, and with one that uses the machine meanwhile by numbered requests. It
// prints what that one noticed: a gap, a repetition, another endpoint or life of a service that nobody had touched, an answer that is not the
// request's. Nothing is what it should.
//
//	go run ./tools/reap -kills 10000                     # rs, ended by the kernel after 1 to 200,000 of its instructions
//	go run ./tools/reap -ways exception,exit,bad-call          # it dies by itself
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"bennu/boot/reap/say"
	"bennu/tools/internal/qemu"
	"bennu/tools/seed"
)

func main() {
	var o options
	flag.StringVar(&o.victims, "victims", "rs", "whose lives are ended: labels, joined by commas")
	flag.StringVar(&o.ways, "ways", "end", "how: "+strings.Join(say.Ways, ", ")+"; several are drawn from, all: each of them")
	flag.IntVar(&o.kills, "kills", 1000, "how many lives")
	flag.Uint64Var(&o.most, "most", 200_000, "a life is ended after 1 to so many of its own instructions (way end)")
	flag.Uint64Var(&o.seed, "seed", 0, "of all that is drawn; 0 takes the clock's")
	flag.StringVar(&o.bin, "bin", "out/bin", "the folder of the executables")
	flag.StringVar(&o.config.Kernel, "kernel", "", "the kernel's ELF; default out/kernel.elf")
	flag.StringVar(&o.config.Machine, "machine", "", "q35 or pc")
	flag.BoolVar(&o.twice, "twice", false, "rs runs twice (the kernel's rs=twice)")
	limit := flag.Duration("timeout", 30*time.Minute, "how long it may take in all")
	verbose := flag.Bool("v", false, "show the kernel's log")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "reap: expected no arguments, got", flag.Args())
		os.Exit(2)
	}
	if o.seed == 0 {
		var err error
		if o.seed, err = seed.Short(); err != nil {
			fmt.Fprintf(os.Stderr, "reap: %v\n", err)
			os.Exit(2)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	began := time.Now()
	r, err := run(ctx, &o)
	if *verbose {
		fmt.Fprint(os.Stderr, r.log)
	}
	for _, l := range r.noticed {
		fmt.Println(l)
	}
	if r.last != "" {
		fmt.Println(r.last)
	}
	fmt.Printf("seed %d, host time %.1f s\n", o.seed, time.Since(began).Seconds())
	if err != nil {
		fmt.Fprintln(os.Stderr, "reap:", err)
		var infra *qemu.InfraError
		if errors.As(err, &infra) {
			os.Exit(3)
		}
		os.Exit(1)
	}
}
