package main

import (
	"testing"

	"bennu/board/pc/cpu"
)

func TestLeakLine(t *testing.T) {
	for _, c := range []struct {
		p     cpu.Processor
		wish  cpu.Mitigation
		clear cpu.Clear
		open  cpu.Leak
		want  string
	}{
		{cpu.Processor{Leaks: cpu.Meltdown | cpu.MDS, Assumed: true}, cpu.MitigateAuto, 0, cpu.Meltdown | cpu.MDS,
			"leaks: meltdown mds (assumed: the processor tells nothing); mitigate=auto clears on a switch: none; open: meltdown mds; by meltdown a task can read all memory, through the direct map in its page tables"},
		{cpu.Processor{Leaks: cpu.MDS | cpu.SSB}, cpu.MitigateOn, cpu.ClearBuffers | cpu.ClearL1, cpu.SSB,
			"leaks: mds ssb; mitigate=on clears on a switch: buffers l1d; open: ssb"},
		{cpu.Processor{}, cpu.MitigateOff, 0, 0, "leaks: none; mitigate=off clears on a switch: none; open: none"},
	} {
		if got := leakLine(&c.p, c.wish, c.clear, c.open); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
