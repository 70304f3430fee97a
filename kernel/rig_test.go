package kernel

import (
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/crc32c"
	"bennu/kernel/mem"
	"bennu/kernel/paging"
	"bennu/kernel/sched"
	"bennu/kernel/task"
)

// rig is a kernel on a machine of which the test is the processor: a task's stay in ring 3 is what the test
// says it does next.
type rig struct {
	*Kernel
	t       testing.TB
	m       *machine
	image   uint32
	enough  int  // stays in ring 3 that a test may need
	broken  bool // the test has broken the kernel: invariants do not hold in the end
	entered []int
}

// machine is a Machine. A nanosecond is a count of the TSC.
type machine struct {
	r        *rig
	tsc      uint64
	next     map[int]func(c *arch.Context) uint64 // by slot: what the task does when it runs next
	cr2      uint64
	armed    uint64 // time at which the timer comes; 0: not set
	spin     uint64 // how long a task with nothing to do runs
	handling uint64 // what each interrupt takes in ring 0
	open     map[uint32]bool
	onMask   func(line uint32)
	reading  uint64 // ticks that a look at the counter takes
	hands    int    // the processor is handed over where it can be (handOver), during so many stays in ring 3
	hand     int    // times that it was
	anew     bool   // nothing is as pick left it: whoever comes back from ring 3 is looked at from scratch
	polled   func() // called when the kernel lets interrupts in
	console  []byte
	busy     bool   // the console takes nothing
	irq      uint64 // vector that comes next; 0: none
	debug    []byte
	shutdown []uint64
	left     []string // words for the next boot
	spaces   []mem.Addr
	random   []uint64 // what the processor's generator gives, once
	invalid  []uint64 // addresses
	withheld uint32   // vectors that were sent

	message   func(f abi.Function, vector uint64) (uint64, uint32, bool) // of an IOMMU; nil: none looks at messages
	forbidden []uint64                                                   // vectors that no message has any more
	spurious  bool                                                       // the last spurious interrupt was sent

	// Of a root task that runs twice: whose context has done what the root task does next, and what the other one does differently.
	did   *arch.Context
	spoil func(c *arch.Context, vector uint64) uint64
}

func (m *machine) Random() (v uint64, ok bool) {
	if len(m.random) == 0 {
		return 0, false
	}
	v, m.random = m.random[0], m.random[1:]
	return v, true
}

func (m *machine) Level(line uint32) bool { return line >= 16 }
func (m *machine) Mask(line uint32) {
	m.open[line] = false
	if m.onMask != nil {
		m.onMask(line)
	}
}
func (m *machine) Unmask(line uint32)              { m.open[line] = true }
func (m *machine) Masked(line uint32) (bool, bool) { return !m.open[line], line < 24 }
func (m *machine) Pending(uint32) bool             { return false }
func (m *machine) Switched(root mem.Addr)          { m.spaces = append(m.spaces, root) }
func (m *machine) Invalidate(va uint64)            { m.invalid = append(m.invalid, va) }
func (m *machine) FaultAddress() uint64            { return m.cr2 }
func (m *machine) TSC() uint64                     { m.tsc += m.reading; return m.tsc }
func (m *machine) ArmTimer(ns uint64)              { m.armed = m.tsc + ns }
func (m *machine) EndInterrupt()                   { m.tsc += m.handling }
func (m *machine) IRQLine(vector uint64) (uint32, bool) {
	return uint32(vector - arch.VectorIRQ), vector-arch.VectorIRQ < 24
}
func (m *machine) EndSpurious() bool { return m.spurious }
func (m *machine) Withheld() uint32  { return m.withheld }
func (m *machine) Message(f abi.Function, vector uint64) (uint64, uint32, bool) {
	if m.message != nil {
		return m.message(f, vector)
	}
	return 0xfee0_0000, uint32(vector), true
}
func (m *machine) NoMessage(vector uint64) { m.forbidden = append(m.forbidden, vector) }
func (m *machine) Remaps() bool            { return m.message != nil }

func (m *machine) Resolve(n uint32) (uint32, bool) { return n, n < 24 && n != 2 }
func (m *machine) Console(b []byte) int {
	if m.busy {
		return 0
	}
	if m.r != nil && m.r.Kernel != nil && m.r.running {
		b = b[:min(len(b), 16)]
	}
	m.console = append(m.console, b...)
	return len(b)
}
func (m *machine) Debug(b []byte) int {
	m.debug = append(m.debug, b...)
	return len(b)
}
func (m *machine) HeapAllocs() (inUse, allocs uint64) { return 0, 0 }
func (m *machine) Shutdown(how abi.ShutdownHow, status uint64) {
	m.shutdown = append(m.shutdown, uint64(how), status)
}

func (m *machine) Leave(words []byte) { m.left = append(m.left, string(words)) }

func (m *machine) Enter(c *arch.Context) (vector, left, back uint64) {
	left = m.tsc
	for vector = m.stay(c); len(m.r.entered) < m.hands && vector == arch.VectorSyscall; vector = m.stay(c) {
		if handOverCalls>>(c.Frame.AX&63)&1 == 0 {
			break
		}
		to := handOver(m.r.Kernel, c, left, m.tsc)
		if to == nil {
			break
		}
		c, left = to, m.tsc
		m.r.cpu.Switch(c, m.r.tasks.Tasks[c.Slot].Space.Root)
		m.hand++
	}
	return vector, left, m.tsc
}

// stay lets the current task do its next thing. With none it runs until the timer, at most spin.
func (m *machine) stay(c *arch.Context) uint64 {
	slot := -1
	for i := range m.r.tasks.Tasks {
		if k := &m.r.tasks.Tasks[i]; k.Live && k.Ctx == c {
			slot = i
		}
	}
	if slot < 0 || m.r.current() != &m.r.tasks.Tasks[slot] {
		m.r.t.Fatalf("entered a context that is not the current task's (slot %d)", slot)
	}
	m.r.entered = append(m.r.entered, slot)
	if m.anew {
		m.r.settled, m.r.longWay = 0, true
	}
	if do := m.next[slot]; do != nil && m.did != c {
		m.tsc += 100
		if m.r.twice(&m.r.tasks.Tasks[slot]) {
			return m.oneOfBoth(c, do)
		}
		delete(m.next, slot)
		return do(c)
	}
	if v := m.irq; v != 0 {
		m.irq = 0
		return v
	}
	if m.armed != 0 && m.armed <= m.tsc+m.spin {
		m.tsc = max(m.tsc, m.armed)
		m.armed = 0
		return arch.VectorTimer
	}
	m.tsc += m.spin
	return arch.VectorSpurious
}

// oneOfBoth lets a body of the root task do what both do. They have what the test has put into its call page, the kernel's, in their own.
func (m *machine) oneOfBoth(c *arch.Context, do func(c *arch.Context) uint64) uint64 {
	k := m.r.Kernel
	if m.did == nil {
		m.did = c
		copy(said(k.twin.mine), said(k.root.Call))
		copy(said(k.twin.page), said(k.root.Call))
		return do(c)
	}
	m.did = nil
	delete(m.next, k.root.Slot)
	v := do(c)
	if spoil := m.spoil; spoil != nil {
		m.spoil = nil
		v = spoil(c, v)
	}
	return v
}

func (m *machine) Poll() (uint64, bool) {
	if m.polled != nil {
		m.polled()
	}
	if m.armed == 0 || m.armed > m.tsc {
		return 0, false
	}
	m.armed = 0
	return arch.VectorTimer, true
}

func (m *machine) Idle() uint64 {
	if v := m.irq; v != 0 {
		m.irq = 0
		m.tsc += 100
		return v
	}
	if m.armed == 0 {
		m.r.t.Fatal("idle with no timer set: nothing would ever happen")
	}
	m.tsc = max(m.tsc, m.armed)
	m.armed = 0
	return arch.VectorTimer
}

const frames = 3000

// packed puts a program that does nothing at the end of memory, as a boot archive.
func packed(phys mem.Physical, size mem.Addr) (Module, Root) {
	b := code.New().Stop().ELF()
	m := Module{Start: size - mem.Addr(len(b)+abi.PageSize-1)&^(abi.PageSize-1), Size: uint64(len(b))}
	copy(phys.Bytes(m.Start, m.Size), b)
	return m, Root{Size: m.Size, CRC32C: crc32c.Sum(b)}
}

func newRig(t testing.TB) *rig {
	t.Helper()
	return newRigOf(t, false)
}

// newRigOf is newRig; twice: its root task runs twice.
func newRigOf(t testing.TB, twice bool) *rig {
	t.Helper()
	buf := make([]byte, (frames+1)*abi.PageSize)
	t.Cleanup(func() { clear(buf[:1]) }) // it stays alive until here
	phys, size := mem.Simulated(buf)
	pool := mem.NewPool(phys)
	module, file := packed(phys, size)
	pool.Add(1, module.Start)
	template, tss := pool.Get(nil), pool.Get(nil)
	if !paging.ClosedIO(pool, template, tss) {
		t.Fatal("ClosedIO")
	}
	m := &machine{tsc: 1000, next: map[int]func(*arch.Context) uint64{}, open: map[uint32]bool{}, spin: 50_000}
	r := &rig{t: t, m: m, enough: 10_000}
	m.r = r
	r.Kernel = New(Config{Machine: m, CPU: played(m), Pool: pool, Template: template, TSCHz: 1e9, TSCMult: 1 << 32, Seed: [4]uint64{1, 2, 3, 4}, Twice: twice})
	l, _ := abi.MakeLabel("rs")
	if e := r.StartRoot(l, module, file); e != abi.OK {
		t.Fatalf("StartRoot: %s", e.Name())
	}
	t.Cleanup(func() {
		if f := r.check(); f.Broken() && !r.broken && !t.Failed() {
			t.Errorf("in the end: %s: %#x, %#x", f.What, f.A, f.B)
		}
	})
	return r
}

// level puts the root task on a level of others', without limit.
func (r *rig) level(priority uint32) {
	r.sched.Set(abi.AccountRoot, sched.Share{Level: sched.Level(priority), Budget: 1 << 30, Period: 1 << 30, Turn: 200_000}, r.since)
}

// until steps until done, and gives up after enough steps.
func (r *rig) until(what string, done func() bool) {
	r.t.Helper()
	for range r.enough {
		if done() {
			return
		}
		r.Step()
	}
	r.t.Fatalf("%s: not within %d steps", what, r.enough)
}

// does lets t do something when it runs next.
func (r *rig) does(t *task.Task, do func(c *arch.Context) uint64) { r.m.next[t.Slot] = do }

// syscall lets t make a call when it runs next.
func (r *rig) syscall(t *task.Task, nr abi.CallNr, args ...uint64) {
	r.does(t, func(c *arch.Context) uint64 {
		f := &c.Frame
		f.AX, f.Vector = uint64(nr), arch.VectorSyscall
		f.IP += syscallSize
		for i, p := range []*uint64{&f.DI, &f.SI, &f.DX, &f.R10, &f.R8} {
			*p = 0
			if i < len(args) {
				*p = args[i]
			}
		}
		return arch.VectorSyscall
	})
}

// call makes a call of t and returns what came of it. A task that died or waits gives 0xdead.
func (r *rig) call(t *task.Task, nr abi.CallNr, args ...uint64) (abi.Errno, uint64) {
	r.t.Helper()
	r.syscall(t, nr, args...)
	r.until("call", func() bool { return r.m.next[t.Slot] == nil })
	for t.Live && t.DoneIP == t.Ctx.Frame.IP+syscallSize { // it makes the call once more
		r.syscall(t, nr, args...)
		r.until("call, another step", func() bool { return r.m.next[t.Slot] == nil })
	}
	r.until("steps for both", func() bool { return !r.twice(t) || r.twin.phase != inSteps })
	if !t.Live || t.Wait != 0 {
		return 0xdead, 0
	}
	e, v := abi.Errno(t.Ctx.Frame.AX), t.Ctx.Frame.DX
	if e != abi.OK && v != 0 && nr != abi.CallSendRec {
		r.t.Errorf("call %d: %s with a value, %#x", nr, e.Name(), v)
	}
	return e, v
}

// kill ends t, for what a record has of why.
func (r *rig) kill(t *task.Task, d abi.DeathRecord) {
	r.finish(t, end{cause: d.Cause, vector: d.Vector, err: d.ErrorCode, cr2: d.CR2, status: d.Status})
}

// exception is an exception of t when it runs next.
func (r *rig) exception(t *task.Task, vector, err, cr2 uint64) {
	r.t.Helper()
	r.does(t, func(c *arch.Context) uint64 {
		c.Frame.Vector, c.Frame.Err, r.m.cr2 = vector, err, cr2
		return vector
	})
	r.until("exception", func() bool { return r.m.next[t.Slot] == nil })
}

func (r *rig) want(what string, got, want abi.Errno) {
	r.t.Helper()
	if got != want {
		r.t.Errorf("%s: %s, want %s", what, got.Name(), want.Name())
	}
}

// grant is what a test's task may do and use.
type grant struct {
	abi.Privilege
	abi.AccountSpec
	Deaf bool // may send to nobody
}

// rights is every right that needs no hardware, without limit at the root task's level: tasks with nothing to do take
// turns.
func rights() grant {
	return grant{Privilege: abi.Privilege{TrapMask: abi.AllTraps, CallMask: ^uint64(0)},
		AccountSpec: abi.AccountSpec{Priority: 1, BudgetNS: 1e9, PeriodNS: 1e9, QuantumNS: 200_000, CeilingFrames: 200, Images: 1}}
}

// account makes one by the root task's call.
func (r *rig) account(s *abi.AccountSpec) abi.AccountID {
	r.t.Helper()
	copy(r.root.Call.Buf[:], abi.Bytes(s))
	e, id := r.call(r.root, abi.CallAccount, uint64(abi.AccountSet), 0)
	r.want("account", e, abi.OK)
	return abi.AccountID(id)
}

// load makes a sealed image of the root task's.
func (r *rig) load(elf []byte) uint32 {
	r.t.Helper()
	a := r.accounts.Get(abi.AccountRoot)
	id, e := r.images.Create(uint64(len(elf)), r.root.Endpoint, a.ID, &a.Frames)
	if e == abi.OK {
		a.Images++
		e = r.images.Write(id, 0, elf)
	}
	for more := true; more && e == abi.OK; {
		more, e = r.images.Seal(id)
	}
	r.want("image", e, abi.OK)
	return uint32(id)
}

// make makes a task by the root task's calls and lets it run.
func (r *rig) make(g grant) *task.Task {
	r.t.Helper()
	r.level(1)
	t := r.begin(r.account(&g.AccountSpec), g)
	e, _ := r.call(r.root, abi.CallPrivCtl, uint64(abi.PrivAllow), uint64(t.Endpoint))
	r.want("allow", e, abi.OK)
	return t
}

// begin makes a task on an account that does not run yet.
func (r *rig) begin(a abi.AccountID, g grant) *task.Task {
	r.t.Helper()
	return r.beginWith(r.load(code.ELF(code.New().Stop().Text(), code.Pattern(3))), a, g)
}

// beginWith is begin of an image's task, and the end of the root task's interest in the image.
func (r *rig) beginWith(id uint32, a abi.AccountID, g grant) *task.Task {
	r.t.Helper()
	s := abi.TaskSpec{Image: id, Account: a}
	s.Label, _ = abi.MakeLabel("peer")
	copy(r.root.Call.Buf[:], abi.Bytes(&s))
	e, ep := r.call(r.root, abi.CallTaskCreate)
	r.want("create", e, abi.OK)
	r.images.Unref(int(id))
	for i := range r.tasks.Tasks {
		if o := &r.tasks.Tasks[i]; o.Live && !g.Deaf {
			g.MaySend(o.Endpoint)
		}
	}
	copy(r.root.Call.Buf[:], abi.Bytes(&g.Privilege))
	e, _ = r.call(r.root, abi.CallPrivCtl, uint64(abi.PrivSet), ep)
	r.want("set", e, abi.OK)
	return r.tasks.Lookup(abi.Endpoint(ep))
}

// memory is n bytes of x's memory from va on.
func (r *rig) memory(x *task.Task, va, n uint64) (out []byte) {
	r.t.Helper()
	for uint64(len(out)) < n {
		b, e := r.bytes(x, va+uint64(len(out)), n-uint64(len(out)), false)
		r.want("memory", e, abi.OK)
		out = append(out, b...)
	}
	return out
}

// death takes the record that must be there.
func (r *rig) death(cause abi.Cause) (d abi.DeathRecord) {
	r.t.Helper()
	record, e := r.takeDeath(false)
	if e != abi.OK || record.Cause != cause {
		r.t.Fatalf("death: %s, %+v, want %s", e.Name(), record, cause)
	}
	return *record
}
