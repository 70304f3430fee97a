package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

const mostTicks = 1 << 62 // years

// traceEnd has a life end after so much of its own time in ring 3. It runs as if it were traced.
func (k *Kernel) traceEnd(to *task.Task, ticks uint64) {
	l := &k.traced[to.Slot]
	if !to.Aside {
		k.trace(to)
	}
	l.end = 0
	if ticks != 0 {
		l.end = addSaturated(to.Ticks, min(ticks, mostTicks))
	}
}

// armEnd has the timer come when a life that runs now has run so long, from where it last took lag to come to ring 3.
func (k *Kernel) armEnd(ticks uint64) {
	ns := max(k.ns(ticks+k.lag), 1)
	if at := k.sinceBoot(k.cpu.TSC()) + ns; at < k.armed {
		k.armed = at
		k.m.ArmTimer(ns)
	}
}

// over ends a life whose time is over. An interrupt that it comes back for is handled; nothing else is.
func (k *Kernel) over(t *task.Task, v uint64) {
	k.why = 1000 + v
	if v >= arch.VectorIRQ && v != arch.VectorSyscall {
		k.event(t, v)
	}
	k.finish(t, end{cause: abi.CauseKilled})
}
