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

// machine is a running system, with this program as the one client of its control port.
type machine struct {
	o      *options
	r      *Report
	vm     *qemu.VM
	c      *control.Client
	events *control.Events // from the first on
}

// system boots what `make image` made and measures the boot and what it leaves.
func system(ctx context.Context, o *options, r *Report) error {
	return booted(ctx, o, r, o.archive, func(m *machine) error {
		limit, cancel := context.WithTimeout(ctx, bootLimit)
		defer cancel()
		if err := m.boot(limit); err != nil {
			return err
		}
		return m.memory(limit)
	})
}

// booted boots an archive, subscribes to its events, has it measured and ends it.
func booted(ctx context.Context, o *options, r *Report, archive string, measure func(*machine) error) error {
	c := o.config(archive)
	c.Control = true
	vm, err := qemu.Start(ctx, c)
	if err != nil {
		return err
	}
	defer vm.Close()
	m := &machine{o: o, r: r, vm: vm}
	if err = m.attach(ctx); err == nil {
		err = measure(m)
	}
	if err != nil {
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

func (m *machine) attach(ctx context.Context) error {
	limit, cancel := context.WithTimeout(ctx, bootLimit)
	defer cancel()
	conn, err := m.vm.Dial(limit)
	if err != nil {
		return err
	}
	m.c = control.New(conn)
	m.events = m.c.Events(true)
	if err := m.c.Subscribe(limit, 0); err != nil {
		return fmt.Errorf("the control port does not answer: %w", err)
	}
	return nil
}

// allReady hands on the events of the boot, until all services are ready.
func (m *machine) allReady(ctx context.Context, each func(control.Event)) error {
	for {
		e, err := m.events.Next(ctx)
		if err != nil {
			return fmt.Errorf("waited for the end of the boot: %w", err)
		}
		switch e.Kind {
		case "refuse", "give-up", "death":
			return fmt.Errorf("%s of %s during the boot: %s", e.Kind, e.Label, e.Reason)
		}
		if each(e); e.Kind == "boot" {
			return nil
		}
	}
}

// boot takes the boot apart: the kernel's phases, then each service's way to ready.
func (m *machine) boot(ctx context.Context) error {
	started, total := map[string]float64{}, 0.0
	err := m.allReady(ctx, func(e control.Event) {
		switch e.Kind {
		case "start":
			started[e.Label] = e.T
		case "ready":
			m.r.add(single(sectionBoot, "service "+e.Label+": start to ready", nanoseconds(e.T-started[e.Label])))
		case "boot":
			total = e.T
		}
	})
	if err != nil {
		return err
	}
	return m.phases(ctx, nanoseconds(total))
}

// phases are the kernel's own notes. total is the time since its first instruction.
func (m *machine) phases(ctx context.Context, total uint64) error {
	i, err := m.c.Info(ctx)
	if err != nil {
		return err
	}
	k := i.Machine
	if k.RootTSC < k.HardwareTSC || k.HardwareTSC < k.RuntimeTSC || k.RuntimeTSC < k.EntryTSC || k.ClockTSC > k.HardwareTSC-k.RuntimeTSC || total < k.RootTSC-k.EntryTSC {
		return fmt.Errorf("the phases of the boot are out of order: %+v, all services at %d", k, total)
	}
	m.r.add(single(sectionBoot, "reset to kernel entry (firmware)", k.EntryTSC),
		single(sectionBoot, "kernel entry to main.main", k.RuntimeTSC-k.EntryTSC),
		single(sectionBoot, "main.main to hardware ready", k.HardwareTSC-k.RuntimeTSC),
		single(sectionBoot, "calibrating the clocks", k.ClockTSC),
		single(sectionBoot, "hardware ready to first entry to ring 3", k.RootTSC-k.HardwareTSC),
		single(sectionBoot, "first entry to ring 3 to all services ready", total-(k.RootTSC-k.EntryTSC)),
		single(sectionBoot, bootTotal, total),
		single(sectionBoot, bootApart, total-k.ClockTSC),
		single(sectionBoot, bootReset, k.EntryTSC+total))
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
