// disk is the experiment with a disk whose driver dies: a machine reads a whole image whose SHA-256 is known, or writes one and reads it back, and the driver is ended never, or
// after each so much of the guest's time, by the kernel, half of the lives after a drawn number of their own instructions, the other half wherever they are. Nothing may be lost.
//
//	go run ./tools/disk                              # read 32 MiB: never, each 1 s, each 0.2 s; a table
//	go run ./tools/disk -work write -every 0,200ms -json
//	go run ./tools/disk -work mix -deaths 10000      # drawn requests, a death as soon as a life has answered three; the image is compared afterwards
//
// Bytes per second are of the guest's time, which an instruction moves by a nanosecond, and a wait for the disk to the next timer (QEMU, -icount shift=0,sleep=off).
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"bennu/tools/internal/qemu"
	"bennu/tools/seed"
)

func main() {
	o := options{confine: true}
	flag.StringVar(&o.work, "work", "read", "read: a whole image; write: a pattern, flushed and read back; mix: drawn reads, writes and flushes")
	every := flag.String("every", "0,1s,200ms", "a run for each: between two deaths, of the guest's time; 0: none")
	flag.IntVar(&o.deaths, "deaths", 0, "with -work mix: so many deaths, one after the other")
	flag.IntVar(&o.ops, "ops", 1000, "with -work mix: so many operations at least")
	flag.IntVar(&o.mib, "mib", 32, "MiB of the disk")
	flag.Uint64Var(&o.seed, "seed", 0, "of all that is drawn; 0 takes the clock's")
	flag.StringVar(&o.bin, "bin", "out/bin", "the folder of the executables")
	flag.StringVar(&o.config.Kernel, "kernel", "", "the kernel's ELF; default out/kernel.elf")
	flag.StringVar(&o.config.Machine, "machine", "", "q35 or pc")
	flag.StringVar(&o.drive, "drive", "", "more of QEMU's -drive: ,throttling.iops-total=100")
	limit := flag.Duration("timeout", 30*time.Minute, "how long it may take in all")
	asJSON := flag.Bool("json", false, "print JSON, one object a run")
	verbose := flag.Bool("v", false, "show the kernel's log")
	flag.Parse()
	if err := experiment(&o, *every, *limit, *asJSON, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "disk:", err)
		var infra *qemu.InfraError
		if errors.As(err, &infra) {
			os.Exit(3)
		}
		os.Exit(1)
	}
}

func experiment(o *options, every string, limit time.Duration, asJSON, verbose bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if o.seed == 0 {
		var err error
		if o.seed, err = seed.Short(); err != nil {
			return err
		}
	}
	periods := strings.Split(every, ",")
	if o.work == "mix" {
		periods = []string{"0"}
	}
	if !asJSON {
		fmt.Println("every    bytes      MiB/s   loss  deaths in flight  recovery mean   worst       again  replayed  data")
	}
	base := 0.0
	for _, p := range periods {
		d, err := time.ParseDuration(p)
		if err != nil {
			return err
		}
		o.everyNS = uint64(d)
		began := time.Now()
		r, err := run(ctx, o)
		if verbose || err != nil {
			fmt.Fprint(os.Stderr, r.log)
		}
		if err != nil {
			return fmt.Errorf("every %s, seed %d: %w\n%s", p, o.seed, err, strings.Join(r.told, "\n"))
		}
		if base == 0 {
			base = r.perSecond()
		}
		if asJSON {
			if err := json.NewEncoder(os.Stdout).Encode(struct {
				Every string `json:"every"`
				*result
				PerSecond float64 `json:"bytes_per_guest_second"`
			}{p, &r, r.perSecond()}); err != nil {
				return err
			}
			continue
		}
		fmt.Printf("%-7s %11d %8.1f %5.1f%% %6d %9d %14v %11v %7d %8d  right (seed %d, %.0f s of host)\n", p, r.Bytes, r.perSecond()/(1<<20), 100-100*r.perSecond()/base, r.Deaths, r.InFlight,
			time.Duration(r.MeanNS).Round(time.Microsecond), time.Duration(r.WorstNS).Round(time.Microsecond), r.Again, r.Replayed, o.seed, time.Since(began).Seconds())
	}
	return nil
}
