package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
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
		fmt.Fprintf(w, "%-58s %6d %13s %13s %13s %13s  %s\n", f.Name, f.N, group(f.Min), group(f.Median), group(f.P99), group(f.Max), f.verdict())
	}
	for i, f := range r.Linux {
		if i == 0 {
			fmt.Fprintf(w, "\n%s, in the same QEMU\n", r.LinuxOf)
		}
		fmt.Fprintf(w, "%-58s %6d %13s %13s %13s %13s\n", f.Name, f.N, group(f.Min), group(f.Median), group(f.P99), group(f.Max))
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
func (f *Figure) verdict() string {
	var s []string
	switch {
	case f.Met == nil:
	case *f.Met:
		s = append(s, "≤ "+group(f.Target)+" ok")
	default:
		s = append(s, "≤ "+group(f.Target)+" MISSED by "+group(f.Max-f.Target))
	}
	if f.Linux > 0 {
		s = append(s, fmt.Sprintf("Linux %s: %.2f× (%s)", group(f.Linux), f.Ratio, f.LinuxName))
	}
	return strings.Join(s, "; ")
}

// group writes a number with a thin mark between thousands.
func group(v uint64) string {
	s := strconv.FormatUint(v, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
