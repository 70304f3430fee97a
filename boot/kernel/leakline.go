package main

import "bennu/board/pc/cpu"

// leakLine tells what the processor leaks by speculation, what is done about it, and what is not.
func leakLine(p *cpu.Processor, wish cpu.Mitigation, clear cpu.Clear, open cpu.Leak) string {
	s := "leaks: " + orNone(p.Leaks.String())
	if p.Assumed {
		s += " (assumed: the processor tells nothing)"
	}
	s += "; mitigate=" + wish.String() + " clears on a switch: " + orNone(clear.String()) + "; open: " + orNone(open.String())
	if open&cpu.Meltdown != 0 {
		s += "; by meltdown a task can read all memory, through the direct map in its page tables"
	}
	return s
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
