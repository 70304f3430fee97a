//go:build qemu && long

package main

func init() {
	manyDeaths = 1000
	hogsTested = append(hogsTested, "seed=2", "answer", "crash")
}
