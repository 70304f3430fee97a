package kernel

import (
	"bennu/kernel/abi"
	"bennu/kernel/task"
)

// How the CPU is shared. Who is ready and has the best priority runs; equals take turns of a quantum.
// But priority is no licence to starve others: in each window of budgetWindows quanta a task may use one quantum at
// its own priority, and runs behind everybody for the rest of it. So a driver that loops, with calls or
// without, or that plays ping-pong with another, leaves at least three quarters of the CPU to those
// below it, and they answer their pings. The root task is trusted.

const (
	budgetWindows = 4
	lastLevel     = abi.Priorities - 1
)

// Ready implements ipc.Machine.
func (k *Kernel) Ready(t *task.Task) {
	if k.queue.Queued(t.Slot) {
		return // it runs: what it asked for was there
	}
	t.ReadyNS = k.now
	if t.Level != t.Priv.Priority && k.now >= t.WindowNS {
		k.refill(t)
	}
	k.queue.Push(t.Slot, t.Level)
}

// Block implements ipc.Machine.
func (k *Kernel) Block(t *task.Task) { k.queue.Remove(t.Slot) }

// refill begins t's next window.
func (k *Kernel) refill(t *task.Task) {
	t.Level, t.BudgetNS = t.Priv.Priority, t.Priv.QuantumNS
	t.WindowNS = k.now + budgetWindows*t.Priv.QuantumNS
}

// spend takes ran off what t may use. A task whose turn is over goes behind its equals; one whose
// budget is used up goes behind everybody.
func (k *Kernel) spend(t *task.Task, ran uint64) {
	level, over := t.Level, false
	if over = ran >= t.SliceNS; over {
		t.SliceNS = t.Priv.QuantumNS
	} else {
		t.SliceNS -= ran
	}
	switch {
	case t.Root:
	case k.now >= t.WindowNS:
		k.refill(t)
	case ran >= t.BudgetNS:
		t.BudgetNS, t.Level = 0, lastLevel
	default:
		t.BudgetNS -= ran
	}
	if (over || t.Level != level) && t.Live && t.Wait == 0 {
		t.Preempted++
		k.queue.Remove(t.Slot)
		k.queue.Push(t.Slot, t.Level)
	}
}

// arm sets the timer for what comes first: a deadline, or, when others are ready, the end of t's turn
// or of its budget. The timer is left alone when it is set for something earlier: it is looked at
// again then.
func (k *Kernel) arm(t *task.Task) {
	at := k.timers.Next()
	if t != nil && k.queue.Len() > 1 {
		if k.queue.Shared(t.Slot) {
			at = min(at, k.now+t.SliceNS)
		}
		if t.BudgetNS > 0 && !t.Root {
			at = min(at, k.now+t.BudgetNS)
		}
	}
	if at >= k.armed {
		return
	}
	k.armed = at
	d := uint64(1)
	if at > k.now {
		d = at - k.now
	}
	k.m.ArmTimer(d)
}
