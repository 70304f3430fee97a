//go:build tamago

package main

import (
	"strconv"
	"strings"
	"time"

	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

// options are the arguments: work=mix|read|write deaths=N (the work goes on until then; 0: as long as it lasts) ops=N every=NS (0: when a life has answered) most=TSC seed=N sectors=N.
type options struct {
	work    string
	kills   uint64
	ops     uint64        // of work=mix, at least
	every   time.Duration // between two deaths
	most    uint64        // counts of a life's own time until it ends, at most
	seed    uint64
	sectors uint64 // of the device that are used; 0: all
}

func (o *options) read(args []string) error {
	*o = options{work: "mix", ops: 1000, most: 500_000, seed: 1}
	for _, a := range args {
		name, value, _ := strings.Cut(a, "=")
		if name == "work" && (value == "mix" || value == "read" || value == "write") {
			o.work = value
			continue
		}
		n, err := strconv.ParseUint(value, 10, 62)
		switch name {
		case "deaths":
			o.kills = n
		case "ops":
			o.ops = n
		case "every":
			o.every = time.Duration(n)
		case "most":
			o.most = max(n, 1)
		case "seed":
			o.seed = n
		case "sectors":
			o.sectors = n
		default:
			err = strconv.ErrSyntax
		}
		if err != nil {
			return sdk.Fail(abi.EINVAL, a, ": expected work=mix, read or write, deaths=, ops=, every=, most=, seed= or sectors= and a number")
		}
	}
	return nil
}
