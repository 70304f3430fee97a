package kernel

import (
	"fmt"
	"strings"
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// laden is a rig whose root task has one of everything, and is in the middle of much with others.
type laden struct {
	*rig
	tracer    *task.Task // may trace the root task
	queued    *task.Task // in a sendrec that the root task has not received
	heard     *task.Task // in one that it has received and not answered
	stranger  *task.Task // may not send to the root task
	friend    *task.Task // has let the root task memory, by a grant and by a window, and notified it
	stopped   *task.Task // the root task is its tracer, and it is stopped
	own, lent abi.WindowID
	image     uint32
}

func newLaden(t *testing.T) *laden {
	r := newRig(t)
	l := &laden{rig: r}
	l.image = r.load(code.New().Stop().ELF())
	g := rights()
	g.MayTrace(abi.AccountRoot)
	l.tracer = r.make(g)
	l.queued, l.heard, l.stopped = r.make(rights()), r.make(rights()), r.make(rights())
	l.friend = r.make(rights())
	deaf := rights()
	deaf.Deaf = true
	l.stranger = r.make(deaf)
	root := uint64(r.root.Endpoint)
	r.call(r.root, abi.CallSetAlarm, 1<<40)
	r.call(r.root, abi.CallSendA, uint64(l.friend.Endpoint), 1)
	r.root.Call.Grants[3] = abi.CopyGrant{Flags: abi.GrantValid | abi.GrantRead, To: l.friend.Endpoint, Start: abi.RAMBase, Len: 8}
	l.friend.Call.Grants[3] = abi.CopyGrant{Flags: abi.GrantValid | abi.GrantRead, To: r.root.Endpoint, Start: abi.RAMBase, Len: 8}
	l.own = l.window(r.root, l.friend)
	l.lent = l.window(l.friend, r.root)
	for _, w := range []struct {
		by, owner *task.Task
		id        abi.WindowID
	}{{r.root, l.friend, l.lent}, {l.friend, r.root, l.own}} {
		e, _ := r.call(w.by, abi.CallWindow, uint64(abi.WindowMap), uint64(w.id), uint64(w.owner.Endpoint))
		r.want("map", e, abi.OK)
	}
	r.call(r.root, abi.CallTrace, uint64(abi.TraceAttach), uint64(l.stopped.Account), uint64(abi.TraceExceptions))
	r.exception(l.stopped, arch.VectorBreakpoint, 0, 0)
	l.heard.Call.Msg = abi.Msg{Type: 0x999, Arg: [7]uint64{42}}
	r.call(l.heard, abi.CallSendRec, root, abi.NoTimeout)
	e, _ := r.call(r.root, abi.CallReceive, uint64(l.heard.Endpoint), 0)
	r.want("receive", e, abi.OK)
	l.queued.Call.Msg = abi.Msg{Type: 0x998}
	r.call(l.queued, abi.CallSendRec, root, abi.NoTimeout)
	r.call(l.friend, abi.CallNotify, root)
	return l
}

// window makes one of by's that to may see.
func (l *laden) window(by, to *task.Task) abi.WindowID {
	l.t.Helper()
	e, _ := l.call(by, abi.CallWindow, uint64(abi.WindowCreate), 8192, 0)
	l.want("window", e, abi.OK)
	var v abi.WindowView
	copy(abi.Bytes(&v), by.Call.Buf[:])
	e, _ = l.call(by, abi.CallWindow, uint64(abi.WindowAllow), uint64(v.ID), uint64(to.Endpoint), 3)
	l.want("allow", e, abi.OK)
	return v.ID
}

// born steps until the root task lives again.
func (r *rig) born() {
	r.t.Helper()
	r.until("the root task's next life", func() bool { return r.stage == lives })
}

// ends is every way in which the root task's life ends.
var ends = []struct {
	name  string
	do    func(l *laden)
	cause abi.Cause
}{
	{"exit", func(l *laden) { l.call(l.root, abi.CallExit, 3) }, abi.CauseExit},
	{"panic", func(l *laden) { l.call(l.root, abi.CallExit, 2, uint64(abi.ExitPanic)) }, abi.CausePanic},
	{"exception", func(l *laden) { l.exception(l.root, 6, 0, 0) }, abi.CauseException},
	{"page fault", func(l *laden) { l.exception(l.root, 14, 7, 0x1000) }, abi.CauseException},
	{"bad call", func(l *laden) { l.call(l.root, 9) }, abi.CauseBadCall},
	{"bad buffer", func(l *laden) { l.call(l.root, abi.CallKeep, uint64(abi.KeepStage), 0, 0x1000, 8) }, abi.CauseBadCall},
	{"memory", func(l *laden) {
		a := l.accounts.Get(abi.AccountRoot)
		a.Frames.Limit(a.Frames.Used())
		l.exception(l.root, 14, 6, abi.RAMBase+1<<20)
		l.limitFrames(abi.AccountRoot)
	}, abi.CauseMemory},
	{"kill", func(l *laden) { l.call(l.tracer, abi.CallTaskKill, uint64(l.root.Endpoint)) }, abi.CauseKilled},
	{"while it waits", func(l *laden) {
		l.call(l.root, abi.CallReceive, uint64(abi.Self), 1<<40)
		l.call(l.tracer, abi.CallTaskKill, uint64(l.root.Endpoint))
	}, abi.CauseKilled},
	{"while it asks", func(l *laden) {
		l.call(l.root, abi.CallSendRec, uint64(l.friend.Endpoint), 1<<40)
		l.call(l.tracer, abi.CallTaskKill, uint64(l.root.Endpoint))
	}, abi.CauseKilled},
	{"while it is stopped", func(l *laden) {
		e, _ := l.call(l.tracer, abi.CallPrivCtl, uint64(abi.PrivDisallow), uint64(l.root.Endpoint))
		l.want("disallow", e, abi.OK)
		l.call(l.tracer, abi.CallTaskKill, uint64(l.root.Endpoint))
	}, abi.CauseKilled},
	{"while it is traced", func(l *laden) {
		l.call(l.tracer, abi.CallTrace, uint64(abi.TraceAttach), uint64(abi.AccountRoot), uint64(abi.TraceExceptions))
		l.exception(l.root, 6, 0, 0)
		e, _ := l.call(l.tracer, abi.CallTrace, uint64(abi.TraceContinue), uint64(l.root.Endpoint), uint64(abi.TracePass))
		l.want("pass", e, abi.OK)
		l.until("its end", func() bool { return l.stage != lives })
	}, abi.CauseException},
}

// Whatever ends the root task's life, the machine goes on, and so does the root task: its endpoint is as it was, and what others have with it. What
// the life had itself is gone.
func TestRootIsReborn(t *testing.T) {
	for _, end := range ends {
		t.Run(end.name, func(t *testing.T) {
			l := newLaden(t)
			ep, images := l.root.Endpoint, l.images.Free()
			seq, sendTo := l.heard.Seq, l.root.SendTo
			end.do(l)
			l.born()
			if len(l.m.shutdown) != 0 {
				t.Fatalf("the machine has ended: %q", l.m.console)
			}
			l.rebornAs(ep, end.cause)
			if l.images.Free() != images || l.images.Sealed(int(l.image)) == nil {
				t.Error("its images are gone")
			}
			if l.root.SendTo != sendTo || l.stranger.SendTo>>l.root.Slot&1 != 0 || l.friend.SendTo>>l.root.Slot&1 == 0 {
				t.Error("who may send to whom has changed")
			}
			l.nothingLeft()
			l.othersGoOn(seq, !strings.HasPrefix(end.name, "while it waits")) // else it was done with what it had been asked
		})
	}
}

// rebornAs looks at the start page, the record and the log's line of the next life.
func (l *laden) rebornAs(ep abi.Endpoint, cause abi.Cause) {
	l.t.Helper()
	s := l.startInfo(l.root)
	if l.root.Endpoint != ep || s.Endpoint != ep || s.Root != ep || s.Incarnation != 1 || s.Init != abi.InitRestart || s.KeptSize != rootKept*abi.PageSize ||
		s.ModuleSize != l.module.Size || s.Magic != abi.StartMagic || s.Label != l.root.Label {
		l.t.Errorf("start page %+v", s)
	}
	h := &l.Kernel.kept[abi.AccountRoot].Header
	if unsettled := uint32(1); h.Lives != 2 || cause != abi.CauseKilled && h.Unsettled != unsettled || cause == abi.CauseKilled && h.Unsettled != 0 {
		l.t.Errorf("%d lives, %d unsettled", h.Lives, h.Unsettled)
	}
	e, _ := l.call(l.root, abi.CallReceive, uint64(abi.System), 0)
	if l.want("told", e, abi.OK); l.root.Call.Msg.Arg[0] != abi.SystemDeath {
		l.t.Errorf("told of %#x", l.root.Call.Msg.Arg[0])
	}
	d := l.death(cause)
	if d.Endpoint != ep || d.Incarnation != 0 || d.Account != abi.AccountRoot || d.CleanNS < d.DiedNS {
		l.t.Errorf("record %+v", d)
	}
	if _, e := l.takeDeath(true); e != abi.EAGAIN {
		l.t.Error("a second record")
	}
	l.logDeaths()
	if want := fmt.Sprintf("kernel: death label=rs ep=%d inc=0 cause=%s", ep, cause); strings.Count(l.logged(), want) != 1 {
		l.t.Errorf("log %q, want %q", l.logged(), want)
	}
}

// nothingLeft: no right of the life before is left.
func (l *laden) nothingLeft() {
	l.t.Helper()
	if _, ok := l.timers.Deadline(alarmID(l.root)); ok || l.root.Alarm {
		l.t.Error("its alarm is left")
	}
	if granted(l.root.Call) {
		l.t.Error("its grants are left")
	}
	if e, _ := l.call(l.friend, abi.CallCopyFrom, uint64(l.root.Endpoint), 3, 0, abi.RAMBase, 8); e != abi.EPERM {
		l.t.Errorf("a grant of the life before: %s", e.Name())
	}
	if l.tracers[l.stopped.Account].by != 0 {
		l.t.Error("it is a tracer")
	}
	l.until("what was stopped for it takes its course", func() bool { return l.nDead > 0 })
	l.death(abi.CauseException)
	l.call(l.root, abi.CallReceive, uint64(abi.System), 0)
	if e, _ := l.call(l.friend, abi.CallReceive, uint64(abi.Any), 0); e != abi.EAGAIN {
		l.t.Errorf("a message of the life before: %s", e.Name())
	}
	var w abi.WindowInfo
	for row := range uint64(abi.WindowRows) {
		if l.windows.Info(row, &w) == abi.OK && w.ID == l.own {
			l.t.Error("its window is left")
		}
	}
}

// othersGoOn: who waits, waits on, and is answered by the life that there is; what is let to the root task is.
func (l *laden) othersGoOn(seq uint64, flown bool) {
	l.t.Helper()
	if l.heard.Wait&task.Receiving == 0 || l.queued.Wait&task.Sending == 0 || l.heard.Seq != seq {
		l.t.Fatalf("who waits for it does not: %d, %d", l.heard.Wait, l.queued.Wait)
	}
	e, _ := l.call(l.root, abi.CallWindow, uint64(abi.WindowMap), uint64(l.lent), uint64(l.friend.Endpoint))
	l.want("map what was let", e, abi.OK)
	e, _ = l.call(l.root, abi.CallCopyFrom, uint64(l.friend.Endpoint), 3, 0, abi.RAMBase, 8)
	l.want("copy from a grant", e, abi.OK)
	e, _ = l.call(l.root, abi.CallKeep, uint64(abi.KeepSettled))
	l.want("settled", e, abi.OK)
	notified := func() {
		e, v := l.call(l.root, abi.CallReceive, uint64(abi.Any), 0)
		if m := &l.root.Call.Msg; e != abi.OK || v != uint64(abi.KindNotify) || m.Source != l.friend.Endpoint {
			l.t.Errorf("received %s, %d, %+v, want the notification", e.Name(), v, m)
		}
	}
	if !flown {
		notified()
	}
	for i, x := range []*task.Task{l.heard, l.queued} { // in the order in which they asked
		if i == 1 && flown {
			notified()
		}
		e, v := l.call(l.root, abi.CallReceive, uint64(abi.Any), 0)
		if m := l.root.Call.Msg; e != abi.OK || v != uint64(abi.KindSendRec) || m.Source != x.Endpoint || m.Seq != x.Seq {
			l.t.Fatalf("received %s, %d, %+v, want what %d asks", e.Name(), v, m, x.Endpoint)
		}
		l.root.Call.Msg.Type = abi.MsgReply
		e, _ = l.call(l.root, abi.CallSendNB, uint64(x.Endpoint))
		if l.want("answer", e, abi.OK); x.Wait != 0 {
			l.t.Errorf("%d waits on", x.Endpoint)
		}
	}
}

// Nobody goes on with a life that has ended, though the root task is ready before and after, and nothing else has changed.
func TestNobodyGoesOnAsTheDead(t *testing.T) {
	r := newRig(t)
	r.settled = r.generation()
	if r.finish(r.root, end{cause: abi.CauseExit}); r.same() {
		t.Error("it goes on")
	}
}

// A life of the root task takes as much as the one before, and each step of its making is bounded by what a task's is.
func TestRebirthsLeaveNothing(t *testing.T) {
	r := newRig(t)
	r.exception(r.root, 6, 0, 0)
	r.born()
	r.death(abi.CauseException)
	before := r.counts()
	for n := range 50 {
		r.exception(r.root, 14, 6, abi.RAMBase+uint64(n)<<20)
		e, _ := r.call(r.root, abi.CallKeep, uint64(abi.KeepSettled))
		r.want("settled", e, abi.OK)
		r.exception(r.root, 6, 0, 0)
		r.born()
		r.death(abi.CauseException)
		if after := r.counts(); after != before {
			t.Fatalf("life %d: counts %+v\nbefore %+v", n, after, before)
		}
	}
	if i := r.startInfo(r.root).Incarnation; i != 51 {
		t.Errorf("incarnation %d", i)
	}
	var a abi.AccountInfo
	if r.accountInfo(uint64(abi.AccountRoot), &a); a.Tasks != 1 || a.Lives != 52 {
		t.Errorf("%d tasks, %d lives", a.Tasks, a.Lives)
	}
}

// Records that the dead life has taken and not consumed come again, behind its own; what it has consumed does not.
func TestRebirthGivesRecordsAgain(t *testing.T) {
	r := newRig(t)
	var eps []abi.Endpoint
	for range 4 {
		x := r.make(rights())
		eps = append(eps, x.Endpoint)
		r.kill(x, abi.DeathRecord{Cause: abi.CauseKilled})
	}
	r.takeDeath(true)
	r.call(r.root, abi.CallKeep, uint64(abi.KeepConsume))
	r.takeDeath(true)
	r.takeDeath(true)
	free := r.counts().Tasks
	for n := range 3 {
		r.exception(r.root, 6, 0, 0)
		r.born()
		for i, want := range append([]abi.Endpoint{r.root.Endpoint}, eps[1:]...) {
			d, e := r.takeDeath(true)
			if e != abi.OK || d.Endpoint != want || int(d.Waiting) != 3-i {
				t.Fatalf("life %d: record %d is of %d, %d wait; want %d, %s", n, i, d.Endpoint, d.Waiting, want, e.Name())
			}
			if i == 0 && d.Incarnation != uint32(n) {
				t.Errorf("its own record is of life %d, want %d", d.Incarnation, n)
			}
		}
		if _, e := r.takeDeath(true); e != abi.EAGAIN {
			t.Error("one more record")
		}
	}
	r.call(r.root, abi.CallKeep, uint64(abi.KeepConsume))
	if n := r.counts().Tasks; n != free+3 {
		t.Errorf("%d slots free, want %d", n, free+3)
	}
	r.exception(r.root, 6, 0, 0)
	r.born()
	r.death(abi.CauseException)
	if _, e := r.takeDeath(true); e != abi.EAGAIN {
		t.Error("a record that was consumed")
	}
}

// The root task begins with its snapshot, and not any more when so many lives have not come to settle.
func TestRootSnapshot(t *testing.T) {
	r := newRig(t)
	b, e := r.bytes(r.root, abi.RAMBase, 1, true)
	r.want("store", e, abi.OK)
	b[0] = 7
	r.root.Ctx.Frame.BX = 0x1234
	e, v := r.call(r.root, abi.CallSnapshot)
	if r.want("snapshot", e, abi.OK); v != 0 {
		t.Errorf("told %d", v)
	}
	for n := range unsettledMost + 2 {
		r.exception(r.root, 6, 0, 0)
		r.born()
		r.death(abi.CauseException)
		warm := n < unsettledMost-1
		if f := &r.root.Ctx.Frame; r.root.Warm != warm || warm && (f.BX != 0x1234 || f.DX != 1 || r.memory(r.root, abi.RAMBase, 1)[0] != 7) {
			t.Errorf("life %d: warm %v, want %v", n, r.root.Warm, warm)
		}
		if len(r.m.shutdown) != 0 {
			t.Fatalf("%q", r.m.console)
		}
	}
	if r.snapshots[abi.AccountRoot].Exists() {
		t.Error("the snapshot's frames are taken")
	}
}

// Where a tracer's ceiling or the snapshot leaves no memory for a life, they go; with nothing left to give up the machine ends, and says why.
func TestRebirthWithoutMemory(t *testing.T) {
	l := newLaden(t)
	e, _ := l.call(l.tracer, abi.CallTrace, uint64(abi.TraceAttach), uint64(abi.AccountRoot), 0)
	l.want("attach", e, abi.OK)
	e, _ = l.call(l.tracer, abi.CallTrace, uint64(abi.TraceCeiling), uint64(abi.AccountRoot), 1)
	l.want("ceiling", e, abi.OK)
	l.call(l.tracer, abi.CallTaskKill, uint64(l.root.Endpoint))
	l.born()
	if len(l.m.shutdown) != 0 || l.tracers[abi.AccountRoot].ceiling != 0 {
		t.Errorf("%q", l.m.console)
	}
	r := newRig(t)
	a := r.accounts.Get(abi.AccountRoot)
	for va := uint64(abi.RAMBase); va < abi.RAMBase+20*abi.PageSize; va += abi.PageSize {
		_, e := r.bytes(r.root, va, 1, true)
		r.want("store", e, abi.OK)
	}
	e, _ = r.call(r.root, abi.CallSnapshot)
	r.want("snapshot", e, abi.OK)
	a.Frames.Limit(a.Frames.Used() - r.root.Space.Used() + 5)
	r.exception(r.root, 6, 0, 0)
	r.born()
	if len(r.m.shutdown) != 0 || r.snapshots[abi.AccountRoot].Exists() || r.root.Warm {
		t.Errorf("%q", r.m.console)
	}
	a.Frames.Limit(5)
	r.exception(r.root, 6, 0, 0)
	r.until("the end", func() bool { return len(r.m.shutdown) != 0 })
	if r.broken = true; r.m.shutdown[1] != StatusPanic || !strings.Contains(string(r.m.console), "kernel: panic: no memory for the next life of the root task\n") {
		t.Errorf("%v, %q", r.m.shutdown, r.m.console)
	}
}

// While there is no life, who asks for something of it is told so, and nothing that others do disturbs the next one's coming.
func TestBetweenLives(t *testing.T) {
	l := newLaden(t)
	l.root.Call.Grants[4] = abi.CopyGrant{Flags: abi.GrantValid | abi.GrantRead, To: l.tracer.Endpoint, Start: abi.RAMBase, Len: 8}
	l.finish(l.root, end{cause: abi.CauseException, vector: 6})
	ep := uint64(l.root.Endpoint)
	for steps := 0; l.stage != lives; steps++ {
		for what, c := range map[string]struct {
			nr   abi.CallNr
			args []uint64
			want abi.Errno
		}{
			"peek":     {abi.CallTrace, []uint64{uint64(abi.TracePeek), ep, abi.RAMBase}, abi.EAGAIN},
			"regs":     {abi.CallTrace, []uint64{uint64(abi.TraceRegs), ep}, abi.EAGAIN},
			"kill":     {abi.CallTaskKill, []uint64{ep}, abi.OK},
			"disallow": {abi.CallPrivCtl, []uint64{uint64(abi.PrivDisallow), ep}, abi.EPERM},
			"allow":    {abi.CallPrivCtl, []uint64{uint64(abi.PrivAllow), ep}, abi.EPERM},
			"copy":     {abi.CallCopyFrom, []uint64{ep, 4, 0, abi.RAMBase, 8}, abi.EPERM},
			"info":     {abi.CallGetInfo, []uint64{uint64(abi.InfoTask), uint64(l.root.Slot)}, abi.OK},
			"notify":   {abi.CallNotify, []uint64{ep}, abi.OK},
			"sendnb":   {abi.CallSendNB, []uint64{ep}, abi.ENOTREADY},
			"senda":    {abi.CallSendA, []uint64{ep, uint64(steps)}, abi.OK},
		} {
			f := &l.tracer.Ctx.Frame
			*f = arch.Frame{AX: uint64(c.nr)}
			for i, p := range []*uint64{&f.DI, &f.SI, &f.DX, &f.R10, &f.R8} {
				if i < len(c.args) {
					*p = c.args[i]
				}
			}
			l.Kernel.call(l.tracer, c.nr)
			l.want(what, abi.Errno(f.AX), c.want)
		}
		l.root.Wait |= 0
		l.aside(l.root)
		if f := l.check(); f.Broken() {
			t.Fatalf("step %d: %s: %#x, %#x", steps, f.What, f.A, f.B)
		}
		if steps > 200 {
			t.Fatal("no life")
		}
	}
	if l.root.Notified>>l.tracer.Slot&1 == 0 || l.root.AsyncFirst == nil {
		t.Error("what was sent meanwhile is lost")
	}
}
