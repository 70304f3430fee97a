//go:build qemu && !long

package main

// What a run has: make test-long has more of both.
var (
	manyDeaths = 200
	hogsTested = []string{"mix", "seed=1", "deaf"}
)
