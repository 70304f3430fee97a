package main

import (
	"fmt"
	"slices"

	"bennu/rs/service"
)

// figure sums up a number of measurements in ns.
type figure struct {
	N      int    `json:"n"`
	Min    uint64 `json:"min"`
	Median uint64 `json:"median"`
	P99    uint64 `json:"p99"`
	Max    uint64 `json:"max"`
}

func newFigure(ns []uint64) figure {
	if len(ns) == 0 {
		return figure{}
	}
	s := slices.Clone(ns)
	slices.Sort(s)
	return figure{len(s), s[0], s[len(s)/2], s[min(len(s)-1, len(s)*99/100)], s[len(s)-1]}
}

func (f figure) String() string {
	return fmt.Sprintf("median %s, min %s, p99 %s, max %s (%d)", service.Duration(f.Median), service.Duration(f.Min), service.Duration(f.P99), service.Duration(f.Max), f.N)
}
