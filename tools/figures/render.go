package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"bennu/tools/internal/figure"
)

// of says of what the figures are.
func (b *bench) of() string {
	commit := b.Commit[:min(12, len(b.Commit))]
	if b.Dirty {
		commit += " with changes"
	}
	day := b.Date
	if t, err := time.Parse(time.RFC3339, b.Date); err == nil {
		day = t.Format(time.DateOnly)
	}
	emulator, _, _ := strings.Cut(strings.Replace(b.QEMU, "emulator version ", "", 1), " (")
	return fmt.Sprintf("commit %s, %s (TCG), %s, 256 MiB, %s", commit, emulator, b.Machine, day)
}

// measured says of what all figures are.
func measured(r *record) (string, error) {
	s := "Measured: " + r.Bench.of()
	if r.Bench.LinuxOf != "" {
		s += "; " + r.Bench.LinuxOf + " in the same run"
	}
	return s + ".\n", nil
}

// line is a row of README's table.
type line struct {
	section, name, text string
	optional            bool // measured with a C compiler only
}

var summaryLines = []line{
	{section: "kernel", name: "null kernel call", text: "null kernel call"},
	{section: "kernel", name: "round trip: sendrec", text: "round trip between two Go tasks, 64-byte messages"},
	{section: "kernel", name: "round trip to a driver", text: "the same to a driver of the SDK"},
	{section: "kernel", name: "interrupt taken to driver, idle", text: "interrupt to the driver's handler, idle"},
	{section: "kernel", name: "interrupt taken to driver, busy", text: "the same, busy"},
	{section: "rebirth", name: "Go (faulty), nil pointer: fault to RS's decision", text: "a Go driver's fault to RS's decision"},
	{section: "rebirth", name: "Go (faulty), nil pointer: fault to TaskCreate", text: "… to RS's calling TaskCreate"},
	{section: "rebirth", name: "Go (faulty), nil pointer: fault to first instruction", text: "… to the next life's first instruction"},
	{section: "rebirth", name: "Go (faulty), nil pointer: fault to ready", text: "… until it is ready"},
	{section: "rebirth", name: "Go (faulty), nil pointer: fault to a waiting client's answer", text: "… until a client that waited has its answer"},
	{section: "rebirth", name: "Go (faulty, cold), nil pointer: fault to a waiting client's answer", text: "… the same where lives begin cold (`snapshot no`)"},
	{section: "rebirth", name: "C, nil pointer: fault to a waiting client's answer", text: "the same, a service in C", optional: true},
	{section: "rebirth", name: "assembly, undefined instruction: fault to a waiting client's answer", text: "the same, a service in assembly"},
	{section: "boot", name: "reset to all services ready", text: "reset to all services ready"},
	{section: "kernel", name: "longest stay in ring 0, boot (", text: "longest stay in ring 0: boot"},
	{section: "kernel", name: "longest stay in ring 0, boot and rebirths", text: "longest stay in ring 0: with deaths"},
}

// summary is README's table.
func summary(r *record) (string, error) {
	var b strings.Builder
	linux := r.Bench.LinuxOf != ""
	of, err := measured(r)
	if err != nil {
		return "", err
	}
	b.WriteString("Guest instructions. " + of + "\n| | median | worst |")
	if linux {
		b.WriteString(" Linux, best median |")
	}
	b.WriteString("\n|---|---:|---:|" + strings.Repeat("---:|", count(linux)) + "\n")
	for _, l := range summaryLines {
		f, err := r.find(l.section, l.name)
		if err != nil {
			if l.optional {
				continue
			}
			return "", err
		}
		fmt.Fprintf(&b, "| %s | %s | %s |", l.text, figure.Group(f.Median), figure.Group(f.Max))
		if linux {
			b.WriteString(" " + onLinux(f) + " |")
		}
		b.WriteString("\n")
	}
	return b.String(), nil
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func onLinux(f *figure.Figure) string {
	if f.Linux == 0 {
		return ""
	}
	return fmt.Sprintf("%s (%s)", figure.Group(f.Linux), f.LinuxName)
}

// demonstration is what one run of the demo showed.
func demonstration(r *record) (string, error) {
	d := &r.Demo
	var b strings.Builder
	fmt.Fprintf(&b, "One run of `make demo`, %d deaths, in guest time at 125 million instructions a second (%s).\n"+
		"Its client lives in the host's time, so those of another run differ:\n\n", len(d.Deaths), r.Bench.of())
	fmt.Fprintf(&b, "- kernel entry to all services running: %.3f s\n", d.BootS)
	for _, l := range []struct {
		text string
		s    *figure.Spread
	}{
		{"fault to RS's decision", &d.Summary.Detected},
		{"injection to RS's decision, where only missed heartbeats tell", &d.Summary.Missed},
		{"fault to ready, started at once", &d.Summary.Direct},
		{"fault to ready, the policy's backoff included", &d.Summary.BackedOff},
		{"injection to ready, where only missed heartbeats tell", &d.Summary.Hung},
		{"the reincarnation server's own fault to its next life's being ready", &d.Summary.Root},
		{"the oldest request that it had not taken when it hung to its next life's being ready", &d.Summary.RootHung},
	} {
		if l.s.N > 0 {
			fmt.Fprintf(&b, "- %s: %s to %s (%d)\n", l.text, duration(l.s.Min), duration(l.s.Max), l.s.N)
		}
	}
	var memory []string
	for _, t := range d.Tasks {
		memory = append(memory, fmt.Sprintf("%s %s", t.Label, size(t.FramesPeak*4096)))
	}
	fmt.Fprintf(&b, "- most memory that each task had by its end, shared text not counted: %s\n", strings.Join(memory, ", "))
	return b.String(), nil
}

// meanings is what the rows begin and end with. Figures of one meaning share a line.
func meanings(r *record) (string, error) {
	var b strings.Builder
	b.WriteString("| figure | from | to |\n|---|---|---|\n")
	type meaning struct{ begins, ends string }
	var order []meaning
	names := map[meaning][]string{}
	for i := range r.Bench.Figures {
		f := &r.Bench.Figures[i]
		m := meaning{f.Begins, f.Ends}
		if names[m] == nil {
			order = append(order, m)
		}
		names[m] = append(names[m], f.Name)
	}
	for _, m := range order {
		n := names[m]
		if len(n) > 4 {
			n = append(n[:3:3], fmt.Sprintf("… (%d)", len(names[m])))
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", strings.Join(n, "; "), m.begins, m.ends)
	}
	return b.String(), nil
}

// table is all figures.
func table(r *record) (string, error) {
	var b strings.Builder
	linux := r.Bench.LinuxOf != ""
	section := ""
	for i := range r.Bench.Figures {
		f := &r.Bench.Figures[i]
		if f.Section != section {
			if section != "" {
				b.WriteString("\n")
			}
			section = f.Section
			fmt.Fprintf(&b, "| %s | n | least | median | worst | target |", section)
			if linux {
				b.WriteString(" Linux, best median |")
			}
			b.WriteString("\n|---|---:|---:|---:|---:|---:|" + strings.Repeat("---:|", count(linux)) + "\n")
		}
		target := ""
		if f.Target > 0 {
			target = figure.Group(f.Target)
		}
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s | %s |", f.Name, f.N, figure.Group(f.Min), figure.Group(f.Median), figure.Group(f.Max), target)
		if linux {
			b.WriteString(" " + onLinux(f) + " |")
		}
		b.WriteString("\n")
	}
	return b.String(), nil
}

// linuxTable is what Linux did.
func linuxTable(r *record) (string, error) {
	if len(r.Bench.Linux) == 0 {
		return "No Linux was measured beside these figures.\n", nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| %s | n | least | median | worst |\n|---|---:|---:|---:|---:|\n", r.Bench.LinuxOf)
	for i := range r.Bench.Linux {
		f := &r.Bench.Linux[i]
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s |\n", f.Name, f.N, figure.Group(f.Min), figure.Group(f.Median), figure.Group(f.Max))
	}
	return b.String(), nil
}

// duration of ns in the unit that leaves one to three digits before the point, three digits in all.
func duration(ns uint64) string {
	unit, name := uint64(1), "ns"
	switch {
	case ns >= 1e9:
		unit, name = 1e9, "s"
	case ns >= 1e6:
		unit, name = 1e6, "ms"
	case ns >= 1e3:
		unit, name = 1e3, "µs"
	}
	digits := 0
	if unit > 1 {
		digits = 3 - len(strconv.FormatUint(ns/unit, 10))
	}
	return strconv.FormatFloat(float64(ns)/float64(unit), 'f', digits, 64) + " " + name
}

// size of bytes.
func size(b uint64) string {
	if b >= 1<<20 {
		return strconv.FormatFloat(float64(b)/(1<<20), 'f', 1, 64) + " MiB"
	}
	return strconv.FormatUint(b>>10, 10) + " KiB"
}
