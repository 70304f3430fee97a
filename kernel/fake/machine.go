// Package fake is a kernel for host tests at the level of the system call: number, registers, call page. A test's code has
// it as a task has the kernel, by a usys.Gate. Message passing, the table of tasks, interrupt hooks and guarded ports are
// the kernel's own packages as they are; memory, accounts and images are only as much as their callers can see.
//
// A task's code is a coroutine, or the test itself. A test says when time passes and who runs, so that nothing in it
// depends on luck. There are no priorities: nobody's time is charged.
package fake

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/entropy"
	"bennu/kernel/ioport"
	"bennu/kernel/ipc"
	"bennu/kernel/irq"
	"bennu/kernel/task"
)

// Machine is the tasks, a clock, and what the tasks have made.
type Machine struct {
	Archive  []byte             // the boot archive, for the root task
	Wall     abi.ClockInfo      // what all tasks see of the date
	Facts    abi.Machine        // of GetInfo
	PCI      []abi.FunctionInfo // of GetInfo, to the root task
	Buses    []abi.BridgeInfo
	Faults   []abi.DMAFaults
	Latency  abi.Latency       // of GetInfo; it begins anew when the root task says so
	Memory   uint64            // bytes that are promised to nobody
	Guard    *ioport.Guard     // of the guarded ports; nil: there are none
	Deaths   []abi.DeathRecord // that the root task has not taken
	Taken    []abi.DeathRecord // that it has taken by index 1, and not consumed
	Images   []*Image          // by number, less one
	Accounts []abi.AccountSpec // made, the first is AccountRoot+1
	Payer    abi.AccountID     // of what the root task does
	Open     uint64            // of abi.Counts, as
	Orphans  uint64            // this
	// Snapshots are the accounts that have one, and what a look at it finds. Lives that may begin with it do; none is taken.
	Snapshots map[abi.AccountID]abi.Errno
	Off       *Off          // how it was ended; nil: it was not
	Born      func(t *Task) // called when a task that TaskCreate made is allowed to run

	// Rows is GetInfo of kinds that are not here: b is what it writes. nil: EINVAL.
	Rows func(kind abi.InfoKind, index uint64) (b []byte, e abi.Errno)

	// Continued is called when a life that was stopped goes on. By TracePass what it was stopped for takes its course: a fault is its death.
	Continued func(t *Task, how abi.TraceHow)
	// Trace is the ops of a tracer that are not here; nil: EINVAL.
	Trace  func(by, to *Task, c Call) (abi.Errno, uint64)
	Verify map[abi.AccountID]abi.Errno // what TraceVerify finds; OK where nothing is written

	tracers map[abi.AccountID]tracer
	stops   []*Task // in their order

	// StageStep is called between the steps of a KeepStage, where a life can end.
	StageStep func(t *Task)

	x       *ipc.IPC
	entropy *entropy.Pool // the same in each run
	table   *task.Table
	irqs    *irq.Table
	root    *Task            // the root task; nil: there is none
	ended   *abi.DeathRecord // of the root task's last life, until it is consumed
	told    bool             // and it was taken
	kept    map[abi.AccountID]*kept
	tasks   [abi.MaxTasks]*Task
	now     uint64
	pages   [abi.MaxTasks]pages

	shared *shared // nil: nobody has asked for a window
}

// Off is a shutdown.
type Off struct {
	How    abi.ShutdownHow
	Status uint64
}

// pages are what a task shares with the kernel; they serve the next life of the slot too.
type pages struct {
	ctx   *arch.Context
	call  *abi.CallArea
	start *abi.StartInfo
}

// New makes a machine without tasks at a time.
func New(now uint64) *Machine {
	m := &Machine{table: task.NewTable(), now: now, irqs: irq.NewTable(lines{}), entropy: entropy.New([4]uint64{}, true, nil)}
	m.x = ipc.New(m.table, kernel{m})
	return m
}

// lines are an interrupt controller's: the first 16 are edges, as a PC's are. Nothing comes but what a test has come.
type lines struct{}

func (lines) Level(line uint32) bool { return line >= 16 && line < 128 } // from there on they are messages
func (lines) Mask(uint32)            {}
func (lines) Unmask(uint32)          {}
func (lines) Pending(uint32) bool    { return false }

// kernel is what kernel/ipc needs of the kernel around it.
type kernel struct{ m *Machine }

func (k kernel) Ready(*task.Task)                      {}
func (k kernel) Block(*task.Task)                      {}
func (k kernel) SetLimit(t *task.Task, timeout uint64) { k.m.tasks[t.Slot].limit = k.m.now + timeout }
func (k kernel) ClearLimit(t *task.Task)               { k.m.tasks[t.Slot].limit = never }
func (k kernel) Now() uint64                           { return k.m.now }
func (k kernel) Held(*task.Task, *task.Task) bool      { return false }
func (k kernel) Pays(*task.Task, *task.Task)           {}
func (k kernel) Repeats(n uint32)                      { k.m.kept[abi.AccountRoot].area.Again(n) }

const never = ^uint64(0)

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

// Named is the living task with a label; nil when there is none.
func (m *Machine) Named(label string) *Task {
	for _, t := range m.tasks {
		if t != nil && t.k.Label.String() == label {
			return t
		}
	}
	return nil
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
func (m *Machine) Alarm(t *Task) {
	t.alarm = never
	m.x.Alarm(t.k, m.now)
}

// Interrupt has bit of a task's notification from Hardware be pending.
func (m *Machine) Interrupt(t *Task, bit uint) { m.x.Interrupt(t.k, bit, m.now) }

// Fire has an interrupt line fire, and tells whether a task was told now.
func (m *Machine) Fire(line uint32) (told bool) {
	m.irqs.Interrupt(line, func(owner abi.Endpoint, bit uint) bool {
		t := m.Find(owner)
		if told = t != nil; told {
			m.Interrupt(t, bit)
		}
		return told
	})
	return told
}

// System makes bits pending at a task, from System.
func (m *Machine) System(t *Task, bits uint64) { m.x.SystemEvent(t.k, bits) }
