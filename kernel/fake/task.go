package fake

import (
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
	"bennu/kernel/usys"
)

// Task is one life of a task. It is the usys.Kernel of its code.
type Task struct {
	Endpoint abi.Endpoint
	Info     *abi.StartInfo  // its start page
	Spec     *abi.TaskSpec   // what it was made of
	Regs     abi.Registers   // what a tracer reads
	Code     map[uint64]byte // what a tracer has written, by address
	Areas    []Area          // what tracers find of its memory
	Device   Device          // what is at its I/O ports; nil: nothing
	Hooks    *Hooks          // of the test, or nil

	m        *Machine
	k        *task.Task
	free     bool   // it may do everything
	taken    bool   // its slot is the table's
	recorded bool   // which is its record, too, until that is done with
	limit    uint64 // when its wait ends by itself
	alarm    uint64 // when its alarm comes
	begin    bool   // its calls return before they are over: Begin…
	begun    bool   // Begin… was called, Took not yet
	gaveUp   int    // how often GiveUp ended a wait of its
	body     *body
	memory   memory

	stopped abi.TraceStop // the last one
	untold  bool
	stops   uint64
}

// Device is what answers at the I/O ports. size is 1, 2 or 4 bytes.
type Device interface {
	In(port uint16, size int) uint32
	Out(port uint16, size int, v uint32)
}

// Hooks are where a test looks on at a task's calls, and interferes. Each may be nil.
type Hooks struct {
	// Before is called before a call takes effect. instead: it takes none, and has this result.
	Before func(c Call) (e abi.Errno, value uint64, instead bool)
	// After is called when a call is over.
	After func(c Call, e abi.Errno, value uint64)
	// Stuck is called, again and again, while a call waits that was not made by a coroutine: it has something happen,
	// or ends the test.
	Stuck func(c Call)
	// Line is called with each line of the task's for the log.
	Line func(account uint64, line []byte)
}

// Call is a system call.
type Call struct {
	Nr  abi.CallNr
	Arg [5]uint64
}

// mayWait tells whether it can wait. A task that waits makes no others, but the test may for it.
func (c Call) mayWait() bool {
	return c.Nr == abi.CallSend || c.Nr == abi.CallReceive || c.Nr == abi.CallSendRec || c.Nr == abi.CallReplyReceive
}

// To is the first argument of those that name a task first.
func (c Call) To() abi.Endpoint { return abi.Endpoint(c.Arg[0]) }

// Add makes a task that may do everything and send to everybody, under an endpoint of the
// caller's choice. Precondition: nobody lives in that slot.
func (m *Machine) Add(ep abi.Endpoint) *Task {
	k := m.table.Settle(ep)
	k.Wait = 0
	t := m.live(k)
	t.free = true
	m.allowAll(k)
	return t
}

// AddRoot makes the root task of a machine without tasks.
func (m *Machine) AddRoot() *Task {
	k := m.table.Take()
	k.Wait, k.Root, k.PrivSet, k.Server, k.Account = 0, true, true, true, abi.AccountRoot
	k.Label, _ = abi.MakeLabel("rs")
	k.Priv = abi.Privilege{TrapMask: abi.AllTraps, CallMask: ^uint64(0)}
	m.keep(abi.AccountRoot, RootKept)
	return m.rootLife(k)
}

// rootLife begins a life of the root task.
func (m *Machine) rootLife(k *task.Task) *Task {
	t := m.live(k)
	t.taken, t.Info.Root = true, k.Endpoint
	m.root = t
	t.born(abi.AccountRoot)
	return t
}

// live gives a slot's new life its pages.
func (m *Machine) live(k *task.Task) *Task {
	p := &m.pages[k.Slot]
	if p.ctx == nil {
		*p = pages{new(arch.Context), new(abi.CallArea), new(abi.StartInfo)}
	}
	*p.ctx, *p.call = arch.Context{}, abi.CallArea{}
	k.Ctx, k.Call = p.ctx, p.call
	*p.start = abi.StartInfo{Magic: abi.StartMagic, Version: abi.Version, Endpoint: k.Endpoint, Label: k.Label}
	t := &Task{Endpoint: k.Endpoint, Info: p.start, m: m, k: k, limit: never, alarm: never}
	m.tasks[k.Slot] = t
	return t
}

// allowAll opens both ways between a task and every other.
func (m *Machine) allowAll(k *task.Task) {
	k.Priv = abi.Privilege{TrapMask: abi.AllTraps, CallMask: ^uint64(0)}
	k.SendTo = ^uint64(0)
	for i := range m.table.Tasks {
		m.table.Tasks[i].SendTo |= 1 << k.Slot
		task.Meet(k, &m.table.Tasks[i])
	}
}

// Kill ends a task as the kernel does: its peers hear of it, its slot is free.
func (m *Machine) Kill(t *Task) {
	if t.Dead() {
		return
	}
	m.table.Bury(t.k)
	m.irqs.ReleaseAll(t.Endpoint)
	for !m.x.Forget(t.k) {
	}
	t.endWindows()
	for id, r := range m.tracers {
		if r.by == t.Endpoint {
			delete(m.tracers, id)
			m.letGo(id)
		}
	}
	if !t.taken {
		t.k.Dying = false
	} else if !t.recorded {
		m.table.Release(t.k)
	}
	m.tasks[t.k.Slot] = nil
	t.stop()
}

// Die is Kill with a record, of which the root task hears: the slot is free when that is done with. What r leaves open of whose it is is filled in.
func (m *Machine) Die(t *Task, r abi.DeathRecord) {
	if t.Dead() {
		return
	}
	t.identify(&r)
	m.Deaths = append(m.Deaths, r)
	if a := m.kept[t.k.Account]; a != nil && byItself(r.Cause) && !t.k.Traced {
		a.area.Died(&r, t.k.Call.Reading)
	}
	if m.root != nil {
		t.recorded = true
		m.System(m.root, abi.SystemDeath)
	}
	m.Kill(t)
}

// identify fills in whose record r is.
func (t *Task) identify(r *abi.DeathRecord) {
	r.Endpoint, r.Label, r.Incarnation, r.Account, r.StartedNS, r.DiedNS = t.Endpoint, t.k.Label, t.k.Incarnation, t.k.Account, t.k.StartedNS, t.m.now
}

func byItself(c abi.Cause) bool { return c != abi.CauseKilled }

// Gate is the task's.
func (t *Task) Gate() usys.Gate { return usys.NewGate(t) }

// Label is its service's name.
func (t *Task) Label() string { return t.k.Label.String() }

// SetAccount puts a task that a test has added on an account that was made.
func (t *Task) SetAccount(a abi.AccountID) { t.k.Account = a }

// SetLabel names a task that nobody made from a label.
func (t *Task) SetLabel(l abi.Label) { t.k.Label = l }

// Priv is what the task may do; nil: nobody has said so yet.
func (t *Task) Priv() *abi.Privilege {
	if !t.free && !t.k.PrivSet {
		return nil
	}
	return &t.k.Priv
}

// Allowed tells whether the task may run.
func (t *Task) Allowed() bool { return t.k.Wait&task.NoPriv == 0 }

// Dead tells whether the task has ended.
func (t *Task) Dead() bool { return t.m.tasks[t.Endpoint.Slot()] != t }

// Waits tells whether the task waits in a call.
func (t *Task) Waits() bool { return t.k.Wait&(task.Sending|task.Receiving) != 0 }

// WaitsForAny tells whether it waits for a message from anybody.
func (t *Task) WaitsForAny() bool {
	return t.k.Wait&^task.NoPriv == task.Receiving && t.k.RecvFrom == abi.Any
}

// Listens tells whether it waits for a message, an answer included, that nobody has to receive first.
func (t *Task) Listens() bool { return t.k.Wait&^task.NoPriv == task.Receiving }

// Receives tells whether a message from ep would be delivered at once.
func (t *Task) Receives(ep abi.Endpoint) bool {
	return t.Listens() && !t.k.InSendRec() && (t.k.RecvFrom == abi.Any || t.k.RecvFrom == ep)
}

// Pending tells whether a receive from anybody would bring something at once.
func (t *Task) Pending() bool {
	k := t.k
	return k.Notified|k.IRQBits|k.SysBits != 0 || k.Alarm || k.AsyncFirst != nil || k.Senders != task.None
}

// AlarmAt is when the task's alarm comes; ok is false when none is set.
func (t *Task) AlarmAt() (at uint64, ok bool) { return t.alarm, t.alarm != never }
