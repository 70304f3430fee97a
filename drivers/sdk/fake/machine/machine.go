// Package machine is the kernel's own message passing on the host: kernel/ipc and kernel/task as
// they are, among tasks whose code is a coroutine or the test itself. A test says when time passes
// and who runs, so that nothing in it depends on luck.
//
// It knows no memory, no priorities and no interrupt lines.
package machine

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/ipc"
	"bennu/kernel/task"
)

// Machine is the tasks and a clock.
type Machine struct {
	x     *ipc.IPC
	table *task.Table
	tasks [abi.MaxTasks]*Task
	now   uint64
	pages [abi.MaxTasks]pages
}

// pages are what a task shares with the kernel; they serve the next life of the slot too.
type pages struct {
	ctx  *arch.Context
	call *abi.CallArea
}

// New makes a machine without tasks at a time.
func New(now uint64) *Machine {
	m := &Machine{table: task.NewTable(), now: now}
	m.x = ipc.New(m.table, kernel{m})
	return m
}

// kernel is what kernel/ipc needs of the kernel around it.
type kernel struct{ m *Machine }

func (k kernel) Ready(*task.Task)                      {}
func (k kernel) Block(*task.Task)                      {}
func (k kernel) SetLimit(t *task.Task, timeout uint64) { k.m.tasks[t.Slot].limit = k.m.now + timeout }
func (k kernel) ClearLimit(t *task.Task)               { k.m.tasks[t.Slot].limit = never }
func (k kernel) Now() uint64                           { return k.m.now }
func (k kernel) Held(*task.Task, *task.Task) bool      { return false }
func (k kernel) Pays(*task.Task, *task.Task)           {}

const never = ^uint64(0)

// Task is one life of a task.
type Task struct {
	Endpoint abi.Endpoint
	m        *Machine
	k        *task.Task
	limit    uint64 // when its wait ends by itself
	alarm    uint64 // when its alarm comes
	begun    bool   // Begin… was called, Took not yet
	body     *body
}

// Add makes a task that may do everything and send to everybody, under an endpoint of the
// caller's choice. Precondition: nobody lives in that slot.
func (m *Machine) Add(ep abi.Endpoint) *Task {
	k, p := &m.table.Tasks[ep.Slot()], &m.pages[ep.Slot()]
	if p.ctx == nil {
		*p = pages{new(arch.Context), new(abi.CallArea)}
	}
	*p.ctx, *p.call = arch.Context{}, abi.CallArea{}
	*k = task.Task{
		Slot: ep.Slot(), Generation: ep.Generation(), Live: true, Endpoint: ep,
		Ctx: p.ctx, Call: p.call,
		Senders: task.None, LastSend: task.None, NextSend: task.None,
	}
	m.allowAll(k)
	t := &Task{Endpoint: ep, m: m, k: k, limit: never, alarm: never}
	m.tasks[k.Slot] = t
	return t
}

// allowAll opens both ways between a task and every other.
func (m *Machine) allowAll(k *task.Task) {
	k.Priv = abi.Privilege{TrapMask: abi.AllTraps}
	k.SendTo = ^uint64(0)
	for i := range m.table.Tasks {
		m.table.Tasks[i].SendTo |= 1 << k.Slot
	}
}

// Reset ends all tasks and sets the clock.
func (m *Machine) Reset(now uint64) {
	for _, t := range m.tasks {
		if t != nil {
			m.Kill(t)
		}
	}
	m.now = now
}

// At is the task that lives in a slot; nil when there is none.
func (m *Machine) At(slot int) *Task { return m.tasks[slot] }

// Find is the living task that an endpoint names; nil when there is none.
func (m *Machine) Find(ep abi.Endpoint) *Task {
	if s := ep.Slot(); s < len(m.tasks) && m.tasks[s] != nil && m.tasks[s].Endpoint == ep {
		return m.tasks[s]
	}
	return nil
}

// Kill ends a task as the kernel does: its peers hear of it, its slot is free.
func (m *Machine) Kill(t *Task) {
	if t.Dead() {
		return
	}
	t.k.Live, t.k.Dying = false, true
	for !m.x.Forget(t.k) {
	}
	t.k.Dying = false
	m.tasks[t.k.Slot] = nil
	t.stop()
}

// Dead tells whether the task has ended.
func (t *Task) Dead() bool { return t.m.tasks[t.Endpoint.Slot()] != t }

// Waits tells whether the task waits in a call.
func (t *Task) Waits() bool { return t.k.Wait != 0 }

// WaitsForAny tells whether it waits for a message from anybody.
func (t *Task) WaitsForAny() bool { return t.k.Wait == task.Receiving && t.k.RecvFrom == abi.Any }

// Listens tells whether it waits for a message, an answer included, that nobody has to receive first.
func (t *Task) Listens() bool { return t.k.Wait == task.Receiving }

// Receives tells whether a message from ep would be delivered at once.
func (t *Task) Receives(ep abi.Endpoint) bool {
	return t.k.Wait == task.Receiving && (t.k.RecvFrom == abi.Any || t.k.RecvFrom == ep)
}

// Now is the time.
func (m *Machine) Now() uint64 { return m.now }

// Next is when the next wait ends by itself or the next alarm comes; ok is false when there is none.
func (m *Machine) Next() (at uint64, ok bool) {
	at = never
	for _, t := range m.tasks {
		if t != nil {
			at = min(at, t.limit, t.alarm)
		}
	}
	return at, at != never
}

// Pass lets time go on to at, and what is due by then happen, in order of time, then of slots.
func (m *Machine) Pass(at uint64) {
	for {
		due, ok := m.Next()
		if !ok || due > at {
			m.now = max(m.now, at)
			return
		}
		m.now = max(m.now, due)
		for _, t := range m.tasks {
			if t != nil && t.limit <= m.now {
				m.x.WaitOver(t.k)
			}
			if t != nil && t.alarm <= m.now {
				t.alarm = never
				m.x.Alarm(t.k, m.now)
			}
		}
	}
}

// Alarm has a task's alarm come now.
func (m *Machine) Alarm(t *Task) { m.x.Alarm(t.k, m.now) }

// Interrupt has a line fire: bit of the task's notification from Hardware.
func (m *Machine) Interrupt(t *Task, bit uint) { m.x.Interrupt(t.k, bit, m.now) }

// System makes bits pending at a task, from System.
func (m *Machine) System(t *Task, bits uint64) { m.x.SystemEvent(t.k, bits) }
