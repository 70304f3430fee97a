package kernel

import (
	"bennu/kernel/arch"
	"bennu/kernel/ipc"
	"bennu/kernel/sched"
	"bennu/kernel/task"
)

// rest is the work when no task is ready: fill all budgets, look at messages that were held back, and wait for an
// interrupt. It returns the task that runs then, if that is known.
func (k *Kernel) rest() *task.Task {
	if k.sched.Idle() {
		k.refilled()
		return nil
	}
	if k.nUnlogged > 0 {
		k.logDeaths()
		return nil
	}
	k.arm(nil)
	if k.showing() || k.prepare() {
		k.poll()
		return nil
	}
	left := k.cpu.TSC()
	k.charge(left)
	v := k.cpu.Idle()
	return k.resumed(v, left)
}

// poll takes an interrupt that is pending, so that work in steps keeps nobody waiting.
func (k *Kernel) poll() {
	left := k.cpu.TSC()
	k.charge(left)
	if v, came := k.cpu.Poll(); came {
		k.resumed(v, left)
	} else {
		k.stayed(left, k.cpu.TSC())
	}
}

// resumed handles the interrupt that ended a wait of ring 0 with interrupts on. The wait began at TSC left. It returns the task that runs
// then, if that is known.
func (k *Kernel) resumed(v, left uint64) *task.Task {
	back := k.cpu.TSC()
	k.stayed(left, back)
	k.idle += back - left
	k.since, k.slot = back, -1
	k.why = 1000 + v
	if t := k.wake(v); t != nil {
		return t
	}
	k.event(nil, v)
	return nil
}

// wake handles the interrupt v that is for one task, which waits for it, when nobody else has anything to do: event and pick in one, each
// of which would find that out anew. nil: nothing was done.
func (k *Kernel) wake(v uint64) *task.Task {
	if v < arch.VectorIRQ || k.chores || k.longWay {
		return nil
	}
	id, owner, bit, ok := k.irqs.Direct(uint32(v - arch.VectorIRQ)) // none has a hook on what is no line
	if !ok {
		return nil
	}
	t := k.tasks.Lookup(owner)
	if t == nil || !ipc.Wakes(t) {
		return nil
	}
	payer, left, limited, ok := k.sched.Wake(t.Slot)
	if !ok {
		return nil
	}
	k.entropy.Stir(k.entered)
	k.payer, k.how, k.slot, k.due = payer, sched.Alone, t.Slot, sched.Never
	if limited {
		k.due = k.since + uint64(max(left, 1))
	}
	if ipc.Wake(t, bit, k.Now()) {
		k.ClearLimit(t)
	}
	k.irqs.Told(id)
	k.m.EndInterrupt()
	if t.Ctx != k.cpu.Current {
		k.cpu.Switch(t.Ctx, t.Space.Root) // nobody else is ready, so nobody has to wait from now on
	}
	if k.timers.Next() < k.armed {
		k.arm(t)
	}
	k.settled = k.generation()
	k.latency.Handed++
	return t
}
