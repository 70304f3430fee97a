// Bench boots the machine with its instructions counted (QEMU's -icount shift=0,sleep=off: one guest
// instruction is one nanosecond of guest time) and prints what everything costs, in guest
// instructions, beside what it should cost at most.
//
//	go run ./tools/bench                 the table
//	go run ./tools/bench -json           one JSON object, with commit, QEMU's version and date
//	go run ./tools/bench -strict         ends with status 1 when a target is missed
//	go run ./tools/bench -linux VMLINUZ  the same work on a Linux too, in the same QEMU; needs cc and xz
//
// Three boots: the kernel's own benchmark (boot/kbench, out/bench.tar), which measures calls, messages,
// interrupts and lives of tasks without a reincarnation server; the whole system (out/boot.tar), whose boot and memory are
// measured; and the system with a client, in which services are broken and the client waits for them. rows.go says of each figure
// what it begins and ends with, and docs/BENCHMARKS.md has the same table. The status is 1 when something could not be measured.
// `make image` makes what it boots.
package main
