package main

import (
	"context"
	"fmt"
	"io"

	"bennu/kernel/abi"
	"bennu/rs/service"
	"bennu/tools/internal/control"
	"bennu/tools/internal/figure"
)

// shown is the demo's result.
type shown struct {
	Rows      []row            `json:"deaths"`
	Untouched []string         `json:"untouched"` // services that never restarted in the part that broke faulty
	Before    resources        `json:"resources_before"`
	After     resources        `json:"resources_after"`
	Info      control.Info     `json:"info"`
	Tasks     []control.Task   `json:"tasks"`
	Accounts  control.Accounts `json:"accounts"`
	BootS     float64          `json:"boot_s"`
	Summary   summary          `json:"summary"`
	Failures  []string         `json:"failures,omitempty"`
}

// summary is the ranges of the table's figures, in ns. Deaths that RS has to notice by missed heartbeats are apart, as are lives that
// the policy made wait: nothing is taken off.
type summary struct {
	Detected  figure.Spread `json:"detect_ns"`              // fault to RS's decision
	Missed    figure.Spread `json:"detect_missed_ns"`       // the same, by missed heartbeats
	Direct    figure.Spread `json:"recovery_direct_ns"`     // fault to ready, started at once
	BackedOff figure.Spread `json:"recovery_backed_off_ns"` // fault to ready, after a wait
	Hung      figure.Spread `json:"recovery_missed_ns"`     // injection to ready, noticed by missed heartbeats
	Root      figure.Spread `json:"recovery_rs_ns"`         // the reincarnation server's fault to its next life's being ready
	RootHung  figure.Spread `json:"recovery_rs_hang_ns"`    // the oldest request that it had not taken to its next life's being ready
}

func summed(rows []row) summary {
	var detected, missed, direct, backedOff, hung, root, rootHung []uint64
	for _, r := range rows {
		switch {
		case r.Incarnation == 0: // it did not come back
		case r.Reason == abi.ReasonHang.String():
			rootHung = append(rootHung, r.RecoveryNS)
		case r.Label == rootLabel:
			root = append(root, r.RecoveryNS)
		case r.Reason == abi.ReasonNoHeartbeat.String():
			missed, hung = append(missed, r.DetectNS), append(hung, r.RecoveryNS)
		case r.BackoffUS > 0:
			detected, backedOff = append(detected, r.DetectNS), append(backedOff, r.RecoveryNS)
		default:
			detected, direct = append(detected, r.DetectNS), append(direct, r.RecoveryNS)
		}
	}
	return summary{figure.Of(detected), figure.Of(missed), figure.Of(direct), figure.Of(backedOff), figure.Of(hung), figure.Of(root), figure.Of(rootHung)}
}

func (s *summary) text(w io.Writer) {
	for _, l := range []struct {
		what string
		f    figure.Spread
	}{
		{"fault to RS's decision", s.Detected}, {"injection to RS's decision, by missed heartbeats", s.Missed}, {"fault to ready, started at once", s.Direct},
		{"fault to ready, the backoff included", s.BackedOff}, {"injection to ready, by missed heartbeats", s.Hung},
		{"rs: fault to ready", s.Root}, {"rs: hang to ready", s.RootHung},
	} {
		if l.f.N > 0 {
			fmt.Fprintf(w, "%s: %s to %s (%d)\n", l.what, service.Duration(l.f.Min), service.Duration(l.f.Max), l.f.N)
		}
	}
}

// show breaks every service in every way.
func (m *machine) show(ctx context.Context, progress io.Writer, only string) (s *shown, err error) {
	s = &shown{BootS: m.boot.T}
	first, err := m.status(ctx)
	if err != nil {
		return s, err
	}
	if _, err := m.c.Measure(ctx); err != nil {
		return s, err
	}
	if s.Before, _, err = m.resources(ctx); err != nil {
		return s, err
	}
	var rest []string
	for _, l := range sorted(first) {
		if l != "faulty" {
			rest = append(rest, l)
		}
	}
	fmt.Fprintf(progress, "kernel entry to all services running: %.3f s of guest time; services %v\n\n", m.boot.T, sorted(first))
	fmt.Fprintf(progress, "%-7s %-13s %-18s %10s %10s %10s %4s %-5s %7s  %s\n", "LABEL", "WAY", "RS SAW", "DETECTED", "RECOVERED", "BACKOFF", "INC", "BEGAN", "PROBES", "SLOWEST OTHER")
	for _, d := range plan(rest) {
		if only != "" && only != d.label {
			continue
		}
		if d.label != "faulty" && s.Untouched == nil {
			if s.Untouched, err = m.untouched(ctx, first); err != nil {
				return s, err
			}
		}
		r, err := m.die(ctx, d)
		s.Rows = append(s.Rows, r)
		r.print(progress)
		if err != nil {
			return s, err
		}
	}
	s.Summary = summed(s.Rows)
	return s, m.finish(ctx, s)
}

// untouched are the services that live the life that they lived at first.
func (m *machine) untouched(ctx context.Context, first map[string]control.Service) (labels []string, err error) {
	now, err := m.status(ctx)
	for _, l := range sorted(first) {
		if now[l].Endpoint == first[l].Endpoint && now[l].Deaths == first[l].Deaths {
			labels = append(labels, l)
		}
	}
	return labels, err
}

// finish compares the machine with what it was.
func (m *machine) finish(ctx context.Context, s *shown) (err error) {
	if s.After, err = m.settle(ctx, s.Before); err != nil {
		return err
	}
	if !s.After.same(s.Before) {
		s.Failures = append(s.Failures, fmt.Sprintf("expected the resources of before, %+v; they are %+v", s.Before, s.After))
	}
	if s.Info, err = m.c.Info(ctx); err != nil {
		return err
	}
	if s.Tasks, err = m.c.Tasks(ctx); err != nil {
		return err
	}
	if s.Accounts, err = m.accounts(ctx); err != nil {
		s.Failures = append(s.Failures, err.Error())
	}
	return nil
}

func (s *shown) ok() bool {
	for _, r := range s.Rows {
		if len(r.Failures) > 0 {
			return false
		}
	}
	return len(s.Failures) == 0 && len(s.Rows) > 0
}

// print is a line of the table, with what was not as expected below.
func (r *row) print(w io.Writer) {
	saw := r.Reason
	if r.Exception != "" {
		saw += " " + r.Exception
	}
	began := "cold"
	if r.Warm {
		began = "warm"
	}
	fmt.Fprintf(w, "%-7s %-13s %-18s %10s %10s %10s %4d %-5s %7d  %s %s\n", r.Label, r.Way, saw, service.Duration(r.DetectNS), service.Duration(r.RecoveryNS),
		service.Duration(r.BackoffUS*1000), r.Incarnation, began, r.Probes, service.Duration(r.WorstNS), r.WorstLabel)
	for _, f := range r.Failures {
		fmt.Fprintf(w, "        FAILED %s\n", f)
	}
	if r.Label == rootLabel && len(r.Failures) == 0 {
		fmt.Fprintf(w, "        the others noticed: nothing, but that who asked rs then had to wait, for at most %s\n", service.Duration(r.RecoveryNS))
	}
}

func (s *shown) text(w io.Writer) {
	bad, good := len(s.Failures), 0
	for _, r := range s.Rows {
		if bad += len(r.Failures); len(r.Failures) == 0 {
			good++
		}
	}
	fmt.Fprintf(w, "\nafter %d of %d deaths every service answered, the dead endpoint gave EDEADSRCDST, `date` told the time, the data store had what was put\n"+
		"there, a line written to the console came out of COM1, and the shell answered a command typed there; only the victim had restarted\n", good, len(s.Rows))
	s.textRoot(w)
	fmt.Fprintf(w, "while faulty died, these did not restart: %v\n", s.Untouched)
	for _, f := range s.Failures {
		fmt.Fprintf(w, "FAILED %s\n", f)
	}
	if s.After.same(s.Before) {
		fmt.Fprintf(w, "resources before and after are equal: %d frames, %d tasks, %d images, %d hooks, %d ports, %d alarms, %d messages free\n",
			s.After.Frames, s.After.Tasks, s.After.Images, s.After.Hooks, s.After.Ports, s.After.Alarms, s.After.Async)
	}
	s.Summary.text(w)
	printDelays(w, s.Info.Latency, s.Tasks)
	printMemory(w, s.Info, s.Tasks)
	fmt.Fprintf(w, "%d deaths, %d checks failed\n", len(s.Rows), bad)
}

// textRoot tells what the others noticed of the reincarnation server's deaths.
func (s *shown) textRoot(w io.Writer) {
	deaths, asked, bad := 0, 0, 0
	for _, r := range s.Rows {
		if r.Label == rootLabel {
			deaths, asked, bad = deaths+1, asked+r.Probes, bad+len(r.Failures)
		}
	}
	if deaths > 0 && bad == 0 {
		fmt.Fprintf(w, "while rs died %d times, the others noticed: nothing. Each kept its endpoint and its life, rs its endpoint too, and all %d requests of then had their answers\n", deaths, asked)
	}
}

// printDelays tells how long those that were ready had to wait. RS waits for nobody but the kernel;
// a driver may wait for its equals' time slices.
func printDelays(w io.Writer, l control.Latency, tasks []control.Task) {
	who, rs := fmt.Sprintf("a former life, endpoint %d", l.MaxReadyTask), ""
	for _, t := range tasks {
		if t.Endpoint == l.MaxReadyTask {
			who = t.Label
		}
		if t.Label == "rs" {
			rs = service.Duration(t.WorstWaitUS * 1000)
		}
	}
	if l.MaxReadyNS == 0 {
		who = "none waited"
	}
	fmt.Fprintf(w, "worst delay while ready: of a driver %s (%s), of RS since boot %s; longest stay in the kernel %s (%s)\n",
		service.Duration(l.MaxReadyNS), who, rs, service.Duration(l.MaxKernelNS), service.Stay(l.MaxKernelCall))
}

// printMemory tells what tasks and images take.
func printMemory(w io.Writer, i control.Info, tasks []control.Task) {
	images := map[uint32]control.Image{}
	for _, g := range i.Images {
		images[g.Image] = g
	}
	for _, t := range tasks {
		fmt.Fprintf(w, "%-7s memory %s (peak %s), shared text %s, executable %s, CPU %s\n", t.Label, service.Size(t.Frames*4096), service.Size(t.FramesPeak*4096),
			service.Size(t.SharedPages*4096), service.Size(images[t.Image].Bytes), service.Duration(t.CPUUS*1000))
	}
	fmt.Fprintf(w, "kernel  image %s, heap in use %s, boot archive %s\n", service.Size(i.Machine.KernelBytes), service.Size(i.Counts.HeapInUse), service.Size(i.Machine.ModuleBytes))
}
