package main

import (
	"fmt"
	"io"
	"strings"

	"bennu/tools/internal/figure"
)

// text prints the table.
func (r *Report) text(w io.Writer) {
	commit := r.Commit
	if r.Dirty {
		commit += " with changes"
	}
	fmt.Fprintf(w, "guest instructions, counted by %s (-icount shift=0,sleep=off), %s\ncommit %s, %s\n", r.QEMU, r.Machine, commit, r.Date)
	section := ""
	for i := range r.Figures {
		f := &r.Figures[i]
		if f.Section != section {
			section = f.Section
			fmt.Fprintf(w, "\n%-58s %6s %13s %13s %13s %13s  %s\n", section, "n", "min", "median", "p99", "max", "target")
		}
		fmt.Fprintf(w, "%-58s %6d %13s %13s %13s %13s  %s\n", f.Name, f.N, figure.Group(f.Min), figure.Group(f.Median), figure.Group(f.P99), figure.Group(f.Max), verdict(f))
	}
	for i, f := range r.Linux {
		if i == 0 {
			fmt.Fprintf(w, "\n%s, in the same QEMU\n", r.LinuxOf)
		}
		fmt.Fprintf(w, "%-58s %6d %13s %13s %13s %13s\n", f.Name, f.N, figure.Group(f.Min), figure.Group(f.Median), figure.Group(f.P99), figure.Group(f.Max))
	}
	targeted := 0
	for _, f := range r.Figures {
		if f.Met != nil {
			targeted++
		}
	}
	fmt.Fprintf(w, "\n%d figures have a target, %d miss it; host time %.1f s\n", targeted, r.missed(), r.HostS)
	for _, f := range r.Failures {
		fmt.Fprintln(w, "FAILED", f)
	}
}

// verdict is the target, whether it is met by the worst sample, and how Linux compares.
func verdict(f *figure.Figure) string {
	var s []string
	switch {
	case f.Met == nil:
	case *f.Met:
		s = append(s, "≤ "+figure.Group(f.Target)+" ok")
	default:
		s = append(s, "≤ "+figure.Group(f.Target)+" MISSED by "+figure.Group(f.Max-f.Target))
	}
	if f.Linux > 0 {
		s = append(s, fmt.Sprintf("Linux %s: %.2f× (%s)", figure.Group(f.Linux), f.Ratio, f.LinuxName))
	}
	return strings.Join(s, "; ")
}
