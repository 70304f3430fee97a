package fake

import (
	"encoding/binary"

	"bennu/kernel/abi"
	"bennu/kernel/task"
)

// Tracing, as far as a tracer's own code can see it: who may, what memory there is, stops that a test makes happen, and how they end. What
// a life that goes on does next is the test's.

// Area is a piece of a task's memory that tracers find.
type Area struct {
	Start  uint64
	Rights uint32 // as abi.TraceArea's
	Kind   uint32
	Bytes  []byte // of this life: a tracer writes there
}

// tracer is who traces an account.
type tracer struct {
	by      abi.Endpoint
	classes abi.TraceClass
}

// Stop stops a traced life, as s says of why and of what; the registers are its Regs. The tracer is told. False: nobody traces it, and the
// test has it do what it would without.
func (m *Machine) Stop(t *Task, s abi.TraceStop) bool {
	by := m.Find(m.tracers[t.k.Account].by)
	if by == nil {
		return false
	}
	t.stops++
	s.Endpoint, s.Account, s.TimeNS, s.Stops = t.Endpoint, t.k.Account, m.now, t.stops
	t.stopped, t.untold, t.k.Wait = s, true, t.k.Wait|task.Stopped
	m.stops = append(m.stops, t)
	m.System(by, abi.SystemTrace)
	return true
}

// Reach has a life come to the instruction at va: where a tracer has written INT3 the life is stopped behind it, and hit is true.
func (m *Machine) Reach(t *Task, va uint64) (hit bool) {
	a := t.area(va)
	if a == nil || a.Bytes[va-a.Start] != 0xcc {
		return false
	}
	t.Regs.RIP = va + 1
	return m.Stop(t, abi.TraceStop{Why: abi.StopBreak, Vector: 3})
}

// Traced tells which classes stop the lives of an account; ok is false when nobody traces it.
func (m *Machine) Traced(a abi.AccountID) (c abi.TraceClass, ok bool) {
	r := m.tracers[a]
	return r.classes, m.Find(r.by) != nil
}

// area is the piece of the task's memory that va is in; nil: there is none.
func (t *Task) area(va uint64) *Area {
	for i := range t.Areas {
		if a := &t.Areas[i]; va-a.Start < uint64(len(a.Bytes)) {
			return a
		}
	}
	return nil
}

// mayTrace tells whether t may trace the tasks of an account.
func (t *Task) mayTrace(a abi.AccountID) bool {
	return t == t.m.root || t.free || a != t.k.Account && a != abi.AccountKernel && t.k.Priv.Traced(a)
}

// trace is CallTrace.
func (m *Machine) trace(t *Task, c Call) (abi.Errno, uint64) {
	switch abi.TraceOp(c.Arg[0]) {
	case abi.TraceNext:
		return m.traceNext(t)
	case abi.TraceAttach, abi.TraceDetach, abi.TraceCeiling, abi.TraceVerify:
		return m.traceAccount(t, c), 0
	}
	to := m.Find(abi.Endpoint(c.Arg[1]))
	switch {
	case to == nil:
		return abi.EDEADSRCDST, 0
	case to == t:
		return abi.EINVAL, 0
	case !t.mayTrace(to.k.Account):
		return abi.EPERM, 0
	}
	switch abi.TraceOp(c.Arg[0]) {
	case abi.TracePoke, abi.TracePoke1, abi.TraceWrite, abi.TraceSetPC, abi.TraceSetRegs:
		to.k.Traced = true
	}
	switch abi.TraceOp(c.Arg[0]) {
	case abi.TraceRegs:
		return put(t.k, abi.OK, &to.Regs)
	case abi.TraceSetRegs:
		if !to.Stopped() {
			return abi.EBUSY, 0
		}
		copy(abi.Bytes(&to.Regs), t.k.Call.Buf[:])
		return abi.OK, 0
	case abi.TraceContinue:
		return m.traceContinue(t, to, abi.TraceHow(c.Arg[2])), 0
	case abi.TracePoke1:
		to.write(c.Arg[2], []byte{byte(c.Arg[3])}) // where there is no area, too: Code has it
		return abi.OK, 0
	case abi.TracePoke:
		return to.write(c.Arg[2], binary.LittleEndian.AppendUint64(nil, c.Arg[3])), 0
	case abi.TracePeek:
		var word [8]byte
		if to.read(c.Arg[2], word[:]) != len(word) {
			return abi.EFAULT, 0
		}
		return abi.OK, binary.LittleEndian.Uint64(word[:])
	case abi.TraceRead, abi.TraceWrite:
		return to.traceCopy(t, c)
	case abi.TraceRegion:
		return to.region(t, c.Arg[2])
	}
	if m.Trace != nil {
		return m.Trace(t, to, c)
	}
	return abi.EINVAL, 0
}

// traceAccount is the ops that name an account.
func (m *Machine) traceAccount(t *Task, c Call) abi.Errno {
	id := abi.AccountID(min(c.Arg[1], abi.MaxAccounts))
	r := m.tracers[id]
	switch {
	case !t.mayTrace(id):
		return abi.EPERM
	case m.Account(id) == nil && id != 0: // tasks of a test's own are on account 0
		return abi.ESRCH
	case abi.TraceOp(c.Arg[0]) == abi.TraceVerify:
		return m.Verify[id]
	case abi.TraceOp(c.Arg[0]) == abi.TraceAttach:
		if r.by != t.Endpoint && m.Find(r.by) != nil {
			return abi.EBUSY
		}
		if m.tracers == nil {
			m.tracers = map[abi.AccountID]tracer{}
		}
		m.tracers[id] = tracer{t.Endpoint, abi.TraceClass(c.Arg[2])}
		return abi.OK
	case r.by != t.Endpoint:
		return abi.EINVAL
	case abi.TraceOp(c.Arg[0]) == abi.TraceDetach:
		delete(m.tracers, id)
		m.letGo(id)
	}
	return abi.OK
}

// letGo has what the lives of an account are stopped for take its course.
func (m *Machine) letGo(id abi.AccountID) {
	for _, t := range m.tasks {
		if t != nil && t.k.Account == id && t.Stopped() {
			m.goOn(t, abi.TracePass)
		}
	}
}

// traceNext tells of the life that was stopped longest.
func (m *Machine) traceNext(t *Task) (abi.Errno, uint64) {
	for i, o := range m.stops {
		if m.tracers[o.k.Account].by != t.Endpoint {
			continue
		}
		m.stops = append(m.stops[:i:i], m.stops[i+1:]...)
		if o.Dead() || !o.untold {
			return m.traceNext(t)
		}
		o.untold, o.stopped.Regs = false, o.Regs
		return put(t.k, abi.OK, &o.stopped)
	}
	return abi.EAGAIN, 0
}

func (m *Machine) traceContinue(t, to *Task, how abi.TraceHow) abi.Errno {
	if !to.Stopped() || m.tracers[to.k.Account].by != t.Endpoint || how > abi.TraceSkip || how == abi.TraceSkip && to.stopped.Why != abi.StopCall {
		return abi.EINVAL
	}
	m.goOn(to, how)
	return abi.OK
}

// goOn ends a stop. The test says what comes of it.
func (m *Machine) goOn(t *Task, how abi.TraceHow) {
	t.untold, t.k.Wait = false, t.k.Wait&^task.Stopped
	if m.Continued != nil {
		m.Continued(t, how)
	}
}

// Stopped tells whether the task is stopped for its tracer.
func (t *Task) Stopped() bool { return t.k.Wait&task.Stopped != 0 }

// read copies the task's memory from va on, as far as there is some, and tells how much.
func (t *Task) read(va uint64, b []byte) (n int) {
	for n < len(b) {
		a := t.area(va + uint64(n))
		if a == nil {
			break
		}
		n += copy(b[n:], a.Bytes[va+uint64(n)-a.Start:])
	}
	return n
}

// write changes it. Errors: EFAULT (from some byte on there is none).
func (t *Task) write(va uint64, b []byte) abi.Errno {
	if t.Code == nil {
		t.Code = map[uint64]byte{}
	}
	e := abi.OK
	for i, c := range b {
		at := va + uint64(i)
		t.Code[at] = c
		if a := t.area(at); a != nil {
			a.Bytes[at-a.Start] = c
		} else {
			e = abi.EFAULT
		}
	}
	return e
}

// traceCopy is TraceRead and TraceWrite by another task.
func (t *Task) traceCopy(by *Task, c Call) (abi.Errno, uint64) {
	if c.Arg[4] > abi.MaxCopy {
		return abi.E2BIG, 0
	}
	b, e := by.bytes(c.Arg[3], c.Arg[4])
	switch {
	case e != abi.OK:
		panic("kernel/fake: a copy's own address is no memory: a gate gives it")
	case abi.TraceOp(c.Arg[0]) == abi.TraceRead:
		return abi.OK, uint64(t.read(c.Arg[2], b))
	}
	return t.write(c.Arg[2], b), 0
}

// region is TraceRegion by another task.
func (t *Task) region(by *Task, va uint64) (abi.Errno, uint64) {
	var first *Area
	for i := range t.Areas {
		if a := &t.Areas[i]; a.Start+uint64(len(a.Bytes)) > va && (first == nil || a.Start < first.Start) {
			first = a
		}
	}
	if first == nil {
		return abi.EDOM, 0
	}
	return put(by.k, abi.OK, &abi.TraceArea{Start: first.Start, End: first.Start + uint64(len(first.Bytes)), Rights: first.Rights, Kind: first.Kind})
}
