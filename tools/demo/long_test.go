//go:build qemu && long

package main

// What a run has.
var (
	manyDeaths = 1000
	hogsTested = []string{"mix", "seed=1", "deaf", "seed=2", "answer", "crash"}
)
