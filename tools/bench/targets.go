package main

import "strings"

// target is what figures should cost at most, the worst sample included: all of a section whose
// name begins with prefix.
type target struct {
	section, prefix string
	most            uint64
	linux           uint64 // Linux 6.1's median for the same work in the same QEMU; 0: none is comparable
}

func (t *target) is(f *Figure) bool {
	return f.Section == t.section && strings.HasPrefix(f.Name, t.prefix)
}

// Names of the figures that targets are about and that this program makes.
const (
	decided     = "to decided: "
	ready       = "to ready: "
	bootTotal   = "kernel entry to all services ready"
	bootArchive = "boot archive"
	taskRow     = "task "
)

const mib = 1 << 20

// targets are docs/BENCHMARKS.md's. Linux's figures: getppid; a pipe there and back, 64 bytes, two
// processes; a Go process that crashed, respawned by its parent and ready.
var targets = []target{
	{sectionKernel, "null kernel call", 400, 337},
	{sectionKernel, "round trip", 4_000, 11_869},
	{sectionKernel, "interrupt taken to driver", 5_000, 0},
	{sectionKernel, "alarm: from its time to its task", 5_000, 0},
	{sectionDeath, decided, 50_000, 0},
	{sectionDeath, ready, 2_000_000, 5_488_000},
	{sectionBoot, bootTotal, 300_000_000, 1_678_000_000},
	{sectionMemory, "task rtc", 4 * mib, 0},
	{sectionMemory, "task kbd", 4 * mib, 0},
	{sectionMemory, "task faulty", 4 * mib, 0},
	{sectionSize, bootArchive, 16 * mib, 0},
}
