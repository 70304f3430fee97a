// Bench boots the machine with its instructions counted (QEMU's -icount shift=0,sleep=off: one guest
// instruction is one nanosecond of guest time) and prints what everything costs, in guest
// instructions, beside what it should cost at most.
//
//	go run ./tools/bench             the table
//	go run ./tools/bench -json       one JSON object
//	go run ./tools/bench -strict     ends with status 1 when a target is missed
//
// Two boots: the kernel's own benchmark (kernel/kbench, out/bench.tar), which measures calls, messages,
// interrupts and lives of tasks without a reincarnation server; and the whole system
// (out/boot.tar), in which services die in every way while the control port listens. The figures
// repeat from run to run, but for the worst of those that wait for an interrupt, and for deaths, between
// which the control port answers a client that lives in the host's time. The status is 1 when something could not be measured. `make image` makes what
// it boots. docs/BENCHMARKS.md explains the figures.
package main
