package main

import (
	"context"
	"fmt"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/service"
	"bennu/tools/internal/control"
	"bennu/tools/internal/qemu"
)

// Limits of what is waited for, in host time; a machine that works is far from them.
const (
	bootLimit  = 60 * time.Second
	deathLimit = 30 * time.Second
)

// victim is the service that dies: it can do so in every way.
const victim = "faulty"

// slowWays take missed heartbeats to be noticed, at the victim's period, and much host time.
var slowWays = map[string]bool{"loop": true, "loop-calls": true, "no-heartbeat": true, "hang": true}

// ways is every way of dying: the victim's own, then those from outside.
func ways() (all []string) {
	for w := abi.FaultyWay(1); w < abi.FaultyWays; w++ {
		all = append(all, w.String())
	}
	return append(all, "exception", "kill", "hang")
}

// system boots everything and measures what needs a reincarnation server.
func system(ctx context.Context, o *options, r *Report) error {
	c := o.config(o.archive)
	c.Control = true
	vm, err := qemu.Start(ctx, c)
	if err != nil {
		return err
	}
	defer vm.Close()
	m := &machine{o: o, r: r, vm: vm}
	if err := m.measure(ctx); err != nil {
		return fmt.Errorf("%w\nconsole:\n%s", err, vm.Log())
	}
	limit, cancel := context.WithTimeout(ctx, deathLimit)
	defer cancel()
	if err := m.c.PowerOff(limit, 0); err != nil {
		return err
	}
	status, err := vm.Wait(limit)
	if err == nil && status != qemu.StatusOff {
		err = fmt.Errorf("the system ended with status %d (%s)", status, qemu.StatusText(status))
	}
	return err
}

// machine is the running system.
type machine struct {
	o  *options
	r  *Report
	vm *qemu.VM
	c  *control.Client
}

func (m *machine) measure(ctx context.Context) error {
	limit, cancel := context.WithTimeout(ctx, bootLimit)
	defer cancel()
	conn, err := m.vm.Dial(limit)
	if err != nil {
		return err
	}
	m.c = control.New(conn)
	events := m.c.Events(true)
	if err := m.c.Subscribe(limit, 0); err != nil {
		return fmt.Errorf("the control port does not answer: %w", err)
	}
	if err := m.boot(limit, events); err != nil {
		return err
	}
	if err := m.memory(limit); err != nil {
		return err
	}
	if err := m.c.Do(limit, "info", control.Args{"delays": "reset"}, nil); err != nil {
		return err
	}
	for _, w := range ways() {
		if err := m.die(ctx, w); err != nil {
			return err
		}
	}
	return m.latency(ctx, "with deaths")
}

// boot takes the boot apart: the kernel's phases, then each service's way to ready.
func (m *machine) boot(ctx context.Context, events *control.Events) error {
	started := map[string]float64{}
	for {
		e, err := events.Next(ctx)
		if err != nil {
			return fmt.Errorf("waited for the end of the boot: %w", err)
		}
		switch e.Kind {
		case "start":
			started[e.Label] = e.T
		case "ready":
			m.r.add(single(sectionBoot, "service "+e.Label+": start to ready", nanoseconds(e.T-started[e.Label])))
		case "boot":
			return m.phases(ctx, nanoseconds(e.T))
		case "refuse", "give-up", "death":
			return fmt.Errorf("%s of %s during the boot: %s", e.Kind, e.Label, e.Reason)
		}
	}
}

// phases are the kernel's own notes. total is the time since its first instruction.
func (m *machine) phases(ctx context.Context, total uint64) error {
	i, err := m.c.Info(ctx)
	if err != nil {
		return err
	}
	k := i.Machine
	if k.RootTSC < k.HardwareTSC || k.HardwareTSC < k.RuntimeTSC || k.RuntimeTSC < k.EntryTSC || total < k.RootTSC-k.EntryTSC {
		return fmt.Errorf("the phases of the boot are out of order: %+v, all services at %d", k, total)
	}
	m.r.add(single(sectionBoot, "reset to kernel entry (firmware)", k.EntryTSC),
		single(sectionBoot, "kernel entry to main.main", k.RuntimeTSC-k.EntryTSC),
		single(sectionBoot, "main.main to hardware ready", k.HardwareTSC-k.RuntimeTSC),
		single(sectionBoot, "hardware ready to first entry to ring 3", k.RootTSC-k.HardwareTSC),
		single(sectionBoot, "first entry to ring 3 to all services ready", total-(k.RootTSC-k.EntryTSC)),
		single(sectionBoot, bootTotal, total))
	return m.latency(ctx, "boot")
}

// nanoseconds of a time in seconds, to the microsecond that the control port tells.
func nanoseconds(s float64) uint64 { return uint64(s*1e6+0.5) * 1000 }

// latency is the longest stretch with interrupts off so far.
func (m *machine) latency(ctx context.Context, when string) error {
	i, err := m.c.Info(ctx)
	if err != nil {
		return err
	}
	m.r.add(single(sectionKernel, fmt.Sprintf("longest stay in ring 0, %s (%s)", when, service.Stay(i.Latency.MaxKernelCall)), i.Latency.MaxKernelNS))
	return nil
}

// memory is what each task has touched by the end of the boot.
func (m *machine) memory(ctx context.Context) error {
	tasks, err := m.c.Tasks(ctx)
	if err != nil {
		return err
	}
	i, err := m.c.Info(ctx)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		m.r.add(single(sectionMemory, taskRow+t.Label, t.FramesPeak*abi.PageSize))
	}
	m.r.add(single(sectionMemory, "kernel image", i.Machine.KernelBytes), single(sectionMemory, "kernel heap in use", i.Counts.HeapInUse))
	return nil
}

// die has the victim die a number of times in one way.
func (m *machine) die(ctx context.Context, way string) error {
	n := m.o.deaths
	if slowWays[way] {
		n = min(n, m.o.slow)
	}
	var detect, recover []uint64
	for i := range n {
		dead, up, err := m.once(ctx, way)
		if err != nil {
			return fmt.Errorf("death %d by %s: %w", i+1, way, err)
		}
		back := up.RecoveryNS - dead.BackoffUS*1000
		if slowWays[way] {
			back -= dead.DetectNS
		}
		detect, recover = append(detect, dead.DetectNS), append(recover, back)
	}
	if slowWays[way] {
		// Two missed pings: a matter of the period that system.conf gives, not of speed.
		m.r.add(summed(sectionDeath, "noticed by heartbeat: "+way, detect), summed(sectionDeath, "decided "+ready+way, recover))
		return nil
	}
	m.r.add(summed(sectionDeath, decided+way, detect), summed(sectionDeath, ready+way, recover))
	return nil
}

// once has the victim die and waits for its next life.
func (m *machine) once(ctx context.Context, way string) (dead, up control.Event, err error) {
	ctx, cancel := context.WithTimeout(ctx, deathLimit)
	defer cancel()
	events := m.c.Events(false)
	if err = m.c.Fault(ctx, victim, way); err != nil {
		return
	}
	is := func(kind string) func(*control.Event) bool {
		return func(e *control.Event) bool { return e.Is(kind, victim) }
	}
	if dead, err = events.Wait(ctx, "the death", is("death")); err != nil {
		return
	}
	up, err = events.Wait(ctx, "the next life", is("ready"))
	return
}
