package fake

import (
	"strconv"

	"bennu/kernel/abi"
	"bennu/kernel/task"
	"bennu/kernel/usys"
)

var _ usys.Kernel = (*Task)(nil)

// CallArea, StartInfo, … are usys.Kernel.

func (t *Task) CallArea() *abi.CallArea   { return t.k.Call }
func (t *Task) StartInfo() *abi.StartInfo { return t.Info }
func (t *Task) ClockInfo() *abi.ClockInfo { return &t.m.Wall }
func (t *Task) Module() []byte            { return t.m.Archive }
func (t *Task) Now() uint64               { return t.m.now }

// In reads a port; where nothing is all bits are set, as on a PC's bus.
func (t *Task) In(port uint16, size int) uint32 {
	if t.Device == nil {
		return 1<<(8*size) - 1
	}
	return t.Device.In(port, size)
}

// Out writes a port.
func (t *Task) Out(port uint16, size int, v uint32) {
	if t.Device != nil {
		t.Device.Out(port, size, v)
	}
}

// Load and Store are a task's that has no device: what nothing answers reads as all ones.

func (t *Task) Load(uint64, int) uint64   { return ^uint64(0) }
func (t *Task) Store(uint64, int, uint64) {}

// Syscall is usys.Kernel. A call that waits does so by giving way; one that the test itself makes has the hook for it. A
// task that has ended has every call fail.
func (t *Task) Syscall(nr abi.CallNr, a1, a2, a3, a4, a5 uint64) (abi.Errno, uint64) {
	c := Call{nr, [5]uint64{a1, a2, a3, a4, a5}}
	h := t.Hooks
	for {
		if t.Dead() {
			return abi.EDEADSRCDST, 0
		}
		if h != nil && h.Before != nil {
			if e, v, instead := h.Before(c); instead {
				return e, v
			}
			if t.Dead() {
				return t.gone()
			}
		}
		at := t.gaveUp
		if t.enter(c); t.Dead() {
			return t.gone()
		}
		if t.begin {
			return t.Errno(), t.value()
		}
		if c.mayWait() && !t.wait(c) {
			return t.gone()
		}
		if t.gaveUp != at && t.Running() { // the test has made a call for the task in between: it waits anew
			if c.Nr == abi.CallReplyReceive { // its answer has left
				c = Call{abi.CallReceive, [5]uint64{uint64(abi.Any), abi.NoTimeout}}
			}
			continue
		}
		e, v := t.Errno(), t.value()
		if h != nil && h.After != nil {
			h.After(c, e, v)
			if t.Dead() {
				return t.gone()
			}
		}
		return e, v
	}
}

// gone is a call that does not return: the task's code is unwound. The test's own goes on.
func (t *Task) gone() (abi.Errno, uint64) {
	if t.Running() {
		panic(stopped{})
	}
	return abi.EDEADSRCDST, 0
}

// Errno is what the last call returned.
func (t *Task) Errno() abi.Errno { return abi.Errno(t.k.Ctx.Frame.AX) }

// value is the second result of the last call.
func (t *Task) value() uint64 { return t.k.Ctx.Frame.DX }

// enter is the kernel's part of a call. Afterwards it is over, or the task waits.
func (t *Task) enter(c Call) {
	a, x := &c.Arg, t.m.x
	switch c.Nr {
	case abi.CallSend:
		x.Send(t.k, c.To())
	case abi.CallSendNB:
		x.SendNB(t.k, c.To())
	case abi.CallReplyReceive:
		x.ReplyReceive(t.k, c.To())
	case abi.CallSendA:
		x.SendA(t.k, c.To(), a[1])
	case abi.CallReceive:
		if t == t.m.root {
			t.m.Payer = abi.AccountRoot
		}
		x.Receive(t.k, c.To(), a[1])
	case abi.CallSendRec:
		x.SendRec(t.k, c.To(), a[1])
	case abi.CallNotify:
		x.Notify(t.k, c.To())
	default:
		if c.Nr != abi.CallExit && t.k.Priv.CallMask&abi.CallBit(c.Nr) == 0 {
			t.k.Result(abi.ECALLDENIED, 0)
			return
		}
		e, v := t.kernelCall(c)
		if e != abi.OK {
			v = 0
		}
		t.k.Result(e, v)
	}
}

// kernelCall is a call that does not wait.
//
//check:size a switch over calls
func (t *Task) kernelCall(c Call) (abi.Errno, uint64) {
	a, m := &c.Arg, t.m
	switch c.Nr {
	case abi.CallExit:
		t.exit(a[0], abi.ExitKind(a[1]))
		return abi.EDEADSRCDST, 0
	case abi.CallSetClock:
		if a[0] == 0 || a[0] > abi.MaxUnixNS {
			return abi.EDOM, 0
		}
		m.Wall.UnixNS = a[0]
		return abi.OK, 0
	case abi.CallEntropy:
		if a[0] > abi.MaxEntropy {
			return abi.E2BIG, 0
		}
		return m.entropy.Read(t.k.Call.Buf[:a[0]], m.now), 0
	case abi.CallSetAlarm:
		return abi.OK, t.setAlarm(a[0])
	case abi.CallTimes:
		if ep := c.To(); ep != abi.Self && m.Find(ep) == nil {
			return abi.EDEADSRCDST, 0
		}
		return abi.OK, 0 // nobody's time is charged
	case abi.CallGetInfo:
		return t.info(abi.InfoKind(a[0]), a[1])
	case abi.CallDiag:
		if h := t.Hooks; h != nil && h.Line != nil {
			h.Line(a[1], t.k.Call.Buf[:min(a[0], abi.LogLineMax)])
		}
		return abi.OK, 0
	case abi.CallCopyFrom:
		return t.copy(c, abi.GrantRead), 0
	case abi.CallCopyTo:
		return t.copy(c, abi.GrantWrite), 0
	case abi.CallPortIO:
		return t.portIO(abi.PortOp(a[0]), a[1], a[2])
	case abi.CallIRQCtl:
		return t.irqCtl(c)
	case abi.CallAccount:
		return m.account(t, abi.AccountOp(a[0]), abi.AccountID(a[1]))
	case abi.CallPrivCtl:
		return m.privCtl(t, abi.PrivOp(a[0]), abi.Endpoint(a[1]))
	case abi.CallTaskCreate:
		return m.create(t)
	case abi.CallWindow:
		return t.window(c)
	case abi.CallSnapshot:
		return abi.EPERM, 0
	case abi.CallTaskKill:
		to := m.Find(c.To())
		switch {
		case to == nil:
			return abi.EDEADSRCDST, 0
		case to == m.root:
			return abi.EPERM, 0
		}
		if a := m.kept[to.k.Account]; a != nil && c.Arg[1] == abi.KillHung && !to.k.Traced && to.k.Wait == 0 {
			a.area.Hung(to.k.Call.Reading)
		}
		m.Die(to, abi.DeathRecord{Cause: abi.CauseKilled})
		return abi.OK, 0
	case abi.CallImageCreate, abi.CallImageWrite, abi.CallImageSeal, abi.CallImageFree, abi.CallImageModule:
		return m.image(t, c)
	case abi.CallTrace:
		return m.trace(t, c)
	case abi.CallKeep:
		return m.callKeep(t, c), 0
	case abi.CallShutdown:
		m.Off = &Off{abi.ShutdownHow(a[0]), a[1]}
		return abi.OK, 0
	}
	panic("kernel/fake: there is no system call " + strconv.FormatUint(uint64(c.Nr), 10))
}

// exit ends the task.
func (t *Task) exit(status uint64, kind abi.ExitKind) {
	cause := abi.CauseExit
	if kind == abi.ExitPanic {
		cause = abi.CausePanic
	}
	r := abi.DeathRecord{Cause: cause, Status: status}
	if t == t.m.root {
		t.m.RootDies(r)
		return
	}
	t.m.Die(t, r)
}

func (t *Task) setAlarm(ns uint64) (left uint64) {
	if t.alarm != never {
		left = t.alarm - min(t.alarm, t.m.now)
	}
	t.alarm, t.k.Alarm = never, false
	if ns != 0 {
		t.alarm = t.m.now + min(ns, never-1-t.m.now)
	}
	return left
}

func (t *Task) portIO(op abi.PortOp, port, v uint64) (abi.Errno, uint64) {
	g := t.m.Guard
	switch {
	case g == nil || port > 0xffff:
		return abi.EPERM, 0
	case op == abi.PortIn:
		b, e := g.In(uint16(port))
		return e, uint64(b)
	case op == abi.PortOut && v <= 0xff:
		return g.Out(uint16(port), uint8(v)), 0
	}
	return abi.EINVAL, 0
}

func (t *Task) irqCtl(c Call) (abi.Errno, uint64) {
	irqs, n := t.m.irqs, c.Arg[1]
	switch abi.IRQOp(c.Arg[0]) {
	case abi.IRQSetPolicy:
		if !t.free && !mayIRQ(&t.k.Priv, n) {
			return abi.EPERM, 0
		}
		hook, e := irqs.Claim(t.Endpoint, uint32(n), c.Arg[2])
		return e, uint64(hook)
	case abi.IRQRmPolicy:
		return irqs.Release(t.Endpoint, n), 0
	case abi.IRQDisable:
		return irqs.Disable(t.Endpoint, n), 0
	case abi.IRQEnable:
		bit, again, e := irqs.Enable(t.Endpoint, n)
		if again {
			t.m.Interrupt(t, bit)
		}
		return e, 0
	}
	return abi.EINVAL, 0
}

func mayIRQ(p *abi.Privilege, line uint64) bool {
	for _, l := range p.IRQs[:p.NIRQs] {
		if uint64(l) == line {
			return true
		}
	}
	return false
}

// info is CallGetInfo.
func (t *Task) info(kind abi.InfoKind, index uint64) (abi.Errno, uint64) {
	m := t.m
	switch kind {
	case abi.InfoTask:
		if index >= abi.MaxTasks {
			return abi.EDOM, 0
		}
		o := m.tasks[index]
		if o == nil {
			return abi.ESRCH, 0
		}
		i := abi.TaskInfo{Endpoint: o.Endpoint, State: o.k.State(), Label: o.k.Label, Incarnation: o.k.Incarnation, Account: o.k.Account, Peer: abi.None}
		return put(t.k, abi.OK, &i)
	case abi.InfoMachine:
		return put(t.k, abi.OK, &m.Facts)
	case abi.InfoCounts:
		c := abi.Counts{Frames: m.Memory / abi.PageSize, Tasks: m.table.Free(), Open: m.Open, Orphans: m.Orphans}
		return put(t.k, abi.OK, &c)
	case abi.InfoAsync:
		var r abi.AsyncResult
		e := m.x.TakeResult(t.k, &r)
		return put(t.k, e, &r)
	case abi.InfoDeath:
		return m.takeDeath(t, index == 1)
	case abi.InfoAccount:
		if m.Rows == nil { // else the test has the whole table
			return m.accountInfo(t, index)
		}
	case abi.InfoLives:
		return m.livesOf(t)
	case abi.InfoPCI:
		return row(t, m.PCI, index, abi.ESRCH)
	case abi.InfoBuses:
		return row(t, m.Buses, index, abi.EPERM)
	case abi.InfoDMA:
		return row(t, m.Faults, index, abi.EPERM)
	case abi.InfoLatency:
		if index == 1 && t != m.root {
			return abi.EPERM, 0
		}
		e, n := put(t.k, abi.OK, &m.Latency)
		if index == 1 {
			m.Latency = abi.Latency{}
		}
		return e, n
	}
	switch {
	case m.Rows == nil && kind == abi.InfoImage:
		return m.imageInfo(t, index)
	case m.Rows == nil:
		return abi.EINVAL, 0
	}
	b, e := m.Rows(kind, index)
	if e != abi.OK {
		return e, 0
	}
	return abi.OK, uint64(copy(t.k.Call.Buf[:], b))
}

func put[T any](k *task.Task, e abi.Errno, v *T) (abi.Errno, uint64) {
	if e != abi.OK {
		return e, 0
	}
	return abi.OK, uint64(copy(k.Call.Buf[:], abi.Bytes(v)))
}

// row is a row of a table that only the root task sees.
func row[T any](t *Task, rows []T, index uint64, other abi.Errno) (abi.Errno, uint64) {
	if t != t.m.root {
		return other, 0
	}
	if index >= uint64(len(rows)) {
		return abi.EDOM, 0
	}
	return put(t.k, abi.OK, &rows[index])
}
