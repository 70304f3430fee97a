package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"bennu/rs/service"
	"bennu/tools/internal/control"
)

// figure sums up a number of measurements in ns.
type figure struct {
	N      int    `json:"n"`
	Min    uint64 `json:"min"`
	Median uint64 `json:"median"`
	P99    uint64 `json:"p99"`
	Max    uint64 `json:"max"`
}

func newFigure(ns []uint64) figure {
	if len(ns) == 0 {
		return figure{}
	}
	s := slices.Clone(ns)
	slices.Sort(s)
	return figure{len(s), s[0], s[len(s)/2], s[min(len(s)-1, len(s)*99/100)], s[len(s)-1]}
}

func (f figure) String() string {
	return fmt.Sprintf("median %s, min %s, p99 %s, max %s (%d)", service.Duration(f.Median), service.Duration(f.Min), service.Duration(f.P99), service.Duration(f.Max), f.N)
}

// figures is what was measured, in guest time.
type figures struct {
	BootS    float64           `json:"boot_s"`
	KernelS  float64           `json:"kernel_s"` // from the kernel's first instruction to the first task
	Detect   map[string]figure `json:"detect_ns"`
	Recovery map[string]figure `json:"recovery_ns"` // from the fault to ready, without backoff
	Echo     map[string]figure `json:"echo_ns"`     // from ctl to the service and back
	Info     control.Info      `json:"info"`
	Tasks    []control.Task    `json:"tasks"`
	Failures []string          `json:"failures,omitempty"`
}

const (
	samples = 50 // deaths by exception
	echoes  = 200
	hangs   = 5
)

// measure takes the figures. Each sample begins when the service has run undisturbed for a
// moment, so that there is no backoff.
func (m *machine) measure(ctx context.Context) (f *figures, err error) {
	f = &figures{BootS: m.boot.T, Detect: map[string]figure{}, Recovery: map[string]figure{}, Echo: map[string]figure{}}
	if err := m.c.Do(ctx, "info", control.Args{"delays": "reset"}, nil); err != nil {
		return f, err
	}
	table, err := m.status(ctx)
	if err != nil {
		return f, err
	}
	for _, l := range others(table, "") {
		var ns []uint64
		for range echoes {
			_, t, err := m.c.Echo(ctx, l)
			if err != nil {
				return f, err
			}
			ns = append(ns, t)
		}
		f.Echo[l] = newFigure(ns)
	}
	for way, n := range map[string]int{"exception": samples, "kill": samples, "nil": samples, "exit": samples, "hang": hangs} {
		if err := m.sample(ctx, f, way, n); err != nil {
			return f, err
		}
	}
	if f.Info, err = m.c.Info(ctx); err != nil {
		return f, err
	}
	if hz := float64(f.Info.Machine.TSCHz); hz > 0 {
		f.KernelS = float64(f.Info.Machine.RootTSC-f.Info.Machine.EntryTSC) / hz
	}
	f.Tasks, err = m.c.Tasks(ctx)
	return f, err
}

func (m *machine) sample(ctx context.Context, f *figures, way string, n int) error {
	events := m.c.Events(false)
	var detect, recovery []uint64
	for range n {
		dead, ready, err := m.once(ctx, events, way)
		if err != nil {
			return fmt.Errorf("death by %s: %w", way, err)
		}
		detect, recovery = append(detect, dead.DetectNS), append(recovery, ready.RecoveryNS-dead.BackoffUS*1000)
	}
	f.Detect[way], f.Recovery[way] = newFigure(detect), newFigure(recovery)
	return nil
}

func (f *figures) ok() bool { return len(f.Failures) == 0 }

func (f *figures) text(w io.Writer) {
	fmt.Fprintf(w, "boot: kernel %.3f s, all services ready at %.3f s\n", f.KernelS, f.BootS)
	for _, way := range []string{"exit", "nil", "exception", "kill", "hang"} {
		fmt.Fprintf(w, "%-10s detection %s\n%-10s recovery  %s\n", way, f.Detect[way], "", f.Recovery[way])
	}
	for _, l := range []string{"tty", "rtc", "kbd", "faulty", "shell"} {
		fmt.Fprintf(w, "echo %-7s %s\n", l, f.Echo[l])
	}
	printDelays(w, f.Info.Latency, f.Tasks)
	printMemory(w, f.Info, f.Tasks)
}
