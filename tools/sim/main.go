// Command sim runs the reincarnation server on a simulated kernel (rs/sim), a world of a few services after the other, until there were -n events.
// What breaks an invariant is cut down to the shortest list of events that still does, and printed with the command that runs it again.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"bennu/rs/sim"
)

func main() {
	n := flag.Int("n", 1_000_000, "how many events")
	seed := flag.Uint64("seed", 0, "of the first world; 0: the clock's")
	only := flag.String("only", "", "run one world, and of its events only these: 3,17-20; none: it boots, and is taken down")
	kills := flag.Bool("kills", true, "the server itself ends, too")
	limit := flag.Duration("shrink", time.Minute, "how long it may take to cut down what fails")
	flag.Parse()
	debug.SetGCPercent(sim.GCPercent)
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	if *only != "" {
		steps, err := indices(*only)
		if err != nil {
			fmt.Fprintf(os.Stderr, "sim: -only %s: %v\n", *only, err)
			os.Exit(2)
		}
		replay(sim.Plan{Seed: *seed, Kills: *kills, Steps: steps})
		return
	}
	fmt.Printf("seed %d\n", *seed)
	var total sim.Count
	began := time.Now()
	bad, res := sim.Many(*seed, *n, *kills, &total)
	if bad != nil {
		fmt.Printf("world %d: %s\n", bad.Seed, res.Violation)
		p, r := sim.Shrink(*bad, res, 1<<20, *limit)
		fmt.Printf("%s%s\nagain: %s\n", sim.List(p), r.Violation, p.Command())
		os.Exit(1)
	}
	fmt.Printf("%s\n%d events, %.0f a second\n", total.String(), *n, float64(*n)/time.Since(began).Seconds())
}

// replay runs one world and tells all that happens.
func replay(p sim.Plan) {
	p.Log = func(line string) { fmt.Println(line) }
	res := sim.Run(p)
	if res.Violation != "" {
		fmt.Println(res.Violation)
		os.Exit(1)
	}
	fmt.Println("no invariant is broken")
}

// indices reads a list of numbers and ranges.
func indices(s string) (all []int, err error) {
	all = []int{}
	if s == "none" {
		return all, nil
	}
	for _, part := range strings.Split(s, ",") {
		first, last, isRange := strings.Cut(part, "-")
		a, err := strconv.Atoi(first)
		b := a
		if err == nil && isRange {
			b, err = strconv.Atoi(last)
		}
		if err != nil || a < 0 || b < a || b > maxIndex || len(all) > 0 && a <= all[len(all)-1] {
			return nil, fmt.Errorf("%q, expected a number or a range of numbers, each above those before", part)
		}
		for ; a <= b; a++ {
			all = append(all, a)
		}
	}
	return all, nil
}

// maxIndex bounds the place of an event in its world.
const maxIndex = 1 << 20
