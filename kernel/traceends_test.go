package kernel

import (
	"fmt"
	"slices"
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// Each op needs the right, be it on an endpoint or on an account; nobody has it on itself, on its own account, or on the root task.
func TestTraceRights(t *testing.T) {
	s := newScope(t)
	other := s.make(rights())
	for op := abi.TracePeek; op <= abi.TraceEnd; op++ {
		if op == abi.TraceNext {
			continue
		}
		of := func(x *task.Task) uint64 {
			if accountOp(op) {
				return uint64(x.Account)
			}
			return uint64(x.Endpoint)
		}
		for _, x := range []*task.Task{other, s.root} {
			if e, _ := s.trace(op, of(x), code.Data, 1, 1); e != abi.EPERM {
				t.Errorf("op %d on who is not named: %s", op, e.Name())
			}
		}
		itself := abi.EINVAL
		if accountOp(op) {
			itself = abi.EPERM
		}
		if e, _ := s.trace(op, of(s.by), code.Data, 1, 1); e != itself {
			t.Errorf("op %d on itself: %s", op, e.Name())
		}
		if e, _ := s.call(other, abi.CallTrace, uint64(op), of(s.x), code.Data, 1, 1); e != abi.EPERM {
			t.Errorf("op %d by who may trace nobody: %s", op, e.Name())
		}
	}
	s.by.Priv.Traces = [2]uint64{^uint64(0), ^uint64(0)}
	for _, id := range []abi.AccountID{abi.AccountKernel, s.by.Account, abi.MaxAccounts} {
		e, _ := s.trace(abi.TraceAttach, uint64(id), 0)
		s.rig.want(fmt.Sprintf("account %d with every right", id), e, abi.EPERM)
	}
	e, _ := s.trace(abi.TraceAttach, uint64(abi.AccountRoot), 0) // its bit is set
	s.rig.want("the root task's", e, abi.OK)
	e, _ = s.trace(abi.TraceDetach, uint64(abi.AccountRoot))
	s.rig.want("the root task's", e, abi.OK)
	e, _ = s.trace(abi.TraceAttach, uint64(other.Account)+1, 0)
	s.rig.want("no account", e, abi.ESRCH)
	e, _ = s.trace(abi.TraceAttach, uint64(s.x.Account), 1<<4)
	s.rig.want("no class", e, abi.EINVAL)
	e, _ = s.call(s.root, abi.CallTrace, uint64(abi.TraceAttach), uint64(s.x.Account), 0)
	s.rig.want("by the root task", e, abi.OK)
	e, _ = s.call(s.root, abi.CallTrace, uint64(abi.TraceAttach), uint64(abi.AccountRoot), 0)
	s.rig.want("the root task itself", e, abi.EINVAL)
	e, _ = s.trace(abi.TraceAttach, uint64(s.x.Account), 0)
	s.rig.want("another's", e, abi.EBUSY)
	for _, op := range []abi.TraceOp{abi.TraceDetach, abi.TraceCeiling} {
		e, _ = s.trace(op, uint64(s.x.Account), 5)
		s.rig.want("another's", e, abi.EINVAL)
	}
	s.exception(s.x, arch.VectorBreakpoint, 0, 0)
	e, _ = s.trace(abi.TraceContinue, uint64(s.x.Endpoint), 0)
	s.rig.want("stopped for another", e, abi.EINVAL)
	e, _ = s.trace(abi.TraceNext, 0)
	s.rig.want("stopped for another", e, abi.EAGAIN)
}

// What a life is stopped for takes its course when its tracer ends: a fault ends it, everything else goes on; ports, ceiling and lines are as
// they were. The next life is nobody's to trace. A tracer that lets go does the same.
func TestTracerEnds(t *testing.T) {
	stops := map[string]func(s *scope){
		"breakpoint": func(s *scope) { s.exception(s.x, arch.VectorBreakpoint, 0, 0) },
		"fault":      func(s *scope) { s.exception(s.x, 6, 0, 0) },
		"call":       func(s *scope) { s.makes(abi.CallNotify, uint64(s.root.Endpoint)) },
		"guarded":    func(s *scope) { s.makes(abi.CallPortIO, uint64(abi.PortOut), 0x64, 0xae) },
		"wait": func(s *scope) {
			s.makes(abi.CallReceive, uint64(s.root.Endpoint), abi.NoTimeout)
			s.goes(abi.TraceGo)
			s.until("it waits", func() bool { return s.x.Wait&task.Receiving != 0 })
		},
		"nothing": func(s *scope) { s.exception(s.x, arch.VectorSpurious, 0, 0) },
		"watch": func(s *scope) {
			s.must(abi.TraceWatch, uint64(s.x.Endpoint), code.Data, 1, 1)
			s.cpu.DebugStatus = arch.DebugWatched
			s.exception(s.x, arch.VectorDebug, 0, 0)
		},
	}
	for what, stop := range stops {
		for how, end := range map[string]func(s *scope){
			"kill":   func(s *scope) { s.kill(s.by, abi.DeathRecord{Cause: abi.CauseKilled}) },
			"detach": func(s *scope) { s.must(abi.TraceDetach, uint64(s.x.Account)) },
		} {
			s := newScope(t)
			s.attach(abi.TraceExceptions | abi.TraceCalls | abi.TracePorts)
			s.must(abi.TraceCeiling, uint64(s.x.Account), 3)
			stop(s)
			dies := what == "breakpoint" || what == "fault"
			if stopped := s.x.Wait&task.Stopped != 0; stopped != (what != "nothing" && what != "wait") {
				t.Fatalf("%s: stopped: %v", what, stopped)
			}
			end(s)
			s.until("the tracer's end", func() bool { return s.tracers[s.x.Account].by == 0 })
			if f := s.check(); f.Broken() {
				t.Fatalf("%s, %s: %s: %#x, %#x", what, how, f.What, f.A, f.B)
			}
			s.until("its course", func() bool { return !s.x.Aside || s.x.Dying || s.x.Wait&task.Receiving != 0 })
			if s.x.Live == dies || s.x.Live && s.x.Wait&task.Stopped != 0 {
				t.Errorf("%s, %s: it lives: %v, wait %#x", what, how, s.x.Live, s.x.Wait)
			}
			if got := s.accounts.Get(s.x.Account).Frames.Ceiling(); got != 200 {
				t.Errorf("%s, %s: a ceiling of %d", what, how, got)
			}
			if what == "call" && s.root.Notified>>s.x.Slot&1 == 0 || what == "guarded" && len(s.in.log) != 1 {
				t.Errorf("%s, %s: the call was not made", what, how)
			}
			if what == "wait" {
				s.call(s.root, abi.CallNotify, uint64(s.x.Endpoint))
				s.until("it goes on", func() bool { return s.x.Wait == 0 && !s.x.Aside })
			}
			if !dies {
				s.exception(s.x, arch.VectorSpurious, 0, 0)
				if !s.isOpen(s.x, 0x3f8) {
					t.Errorf("%s, %s: its ports are closed", what, how)
				}
				s.exception(s.x, arch.VectorBreakpoint, 0, 0)
			}
			s.until("its end", func() bool { return !s.x.Live && !s.x.Dying })
			if x := s.again(s.x); x.Aside {
				t.Errorf("%s, %s: the next life is traced", what, how)
			}
		}
	}
}

// Who is traced by a task whose end has begun stops for nobody, whatever step that end has come to.
func TestTracerDying(t *testing.T) {
	s := newScope(t)
	s.attach(abi.TraceCalls | abi.TraceExceptions)
	y := s.make(rights())
	s.by.Priv.MayTrace(y.Account)
	s.must(abi.TraceAttach, uint64(y.Account), uint64(abi.TraceExceptions))
	s.kill(s.by, abi.DeathRecord{Cause: abi.CauseKilled})
	if s.by.Live || !s.by.Dying {
		t.Fatal("it is gone at once")
	}
	s.exception(y, 6, 0, 0)
	s.until("the end of both", func() bool { return !y.Live && !y.Dying && !s.by.Dying })
	if s.tracing.by != 0 {
		t.Errorf("tracers left: %#x", s.tracing.by)
	}
}

// Nothing is left of a life that was killed while it was stopped, nor of many lives, tracers and stops: what is free afterwards is what was.
func TestTraceLeavesNothing(t *testing.T) {
	s := newScope(t)
	id, ports := s.x.Account, s.x.Priv
	s.kill(s.x, abi.DeathRecord{Cause: abi.CauseKilled})
	s.kill(s.by, abi.DeathRecord{Cause: abi.CauseKilled})
	s.death(abi.CauseKilled)
	s.death(abi.CauseKilled)
	by := s.by.Account
	before := s.counts()
	for n := range 40 {
		g := rights()
		g.MayTrace(id)
		s.by = s.begin(by, g)
		s.call(s.root, abi.CallPrivCtl, uint64(abi.PrivAllow), uint64(s.by.Endpoint))
		s.attach(abi.TraceClass(n % 16))
		s.must(abi.TraceCeiling, uint64(id), uint64(n%3)*60)
		g = grant{Privilege: ports}
		s.x = s.begin(id, g)
		s.call(s.root, abi.CallPrivCtl, uint64(abi.PrivAllow), uint64(s.x.Endpoint))
		s.until("its birth", func() bool { return s.x.FirstRunNS != 0 || s.x.Wait != 0 })
		if s.x.Wait != 0 {
			s.goes(abi.TraceStep)
		}
		s.exception(s.x, arch.VectorPageFault, faultWrite, abi.RAMBase)
		s.must(abi.TracePoke1, uint64(s.x.Endpoint), code.Text, 0xcc)
		s.exception(s.x, arch.VectorBreakpoint, 0, 0)
		if f := s.check(); f.Broken() {
			t.Fatalf("%s: %#x, %#x", f.What, f.A, f.B)
		}
		ends := []*task.Task{s.x, s.by}
		if n%2 == 0 {
			slices.Reverse(ends)
		}
		for _, x := range ends {
			if x.Live {
				s.kill(x, abi.DeathRecord{Cause: abi.CauseKilled})
			}
		}
		s.until("their end", func() bool { return s.nDead == 2 })
		s.takeDeath(false)
		s.takeDeath(false)
		if after := s.counts(); after != before {
			t.Fatalf("free\n%+v, was\n%+v", after, before)
		}
	}
}

// Who is stopped first is told first, whatever its slot; each tracer is told of its own.
func TestTraceOrder(t *testing.T) {
	s := newScope(t)
	lives := []*task.Task{s.x, s.make(rights()), s.make(rights())}
	other := s.make(rights())
	for _, x := range append(lives, other) {
		by := s.by
		if x == other {
			by = s.root
		}
		by.Priv.MayTrace(x.Account)
		e, _ := s.call(by, abi.CallTrace, uint64(abi.TraceAttach), uint64(x.Account), 0)
		s.rig.want("attach", e, abi.OK)
	}
	s.exception(other, arch.VectorBreakpoint, 0, 0)
	for _, i := range []int{1, 2, 0} {
		s.exception(lives[i], arch.VectorBreakpoint, 0, 0)
	}
	s.kill(lives[2], abi.DeathRecord{Cause: abi.CauseKilled})
	for _, want := range []*task.Task{lives[1], lives[0]} {
		s.must(abi.TraceNext, 0)
		var stop abi.TraceStop
		copy(abi.Bytes(&stop), s.by.Call.Buf[:])
		if stop.Endpoint != want.Endpoint {
			t.Errorf("told of %d, want %d", stop.Endpoint, want.Endpoint)
		}
	}
	e, _ := s.trace(abi.TraceNext, 0)
	s.rig.want("no more", e, abi.EAGAIN)
	e, _ = s.call(s.root, abi.CallTrace, uint64(abi.TraceNext), 0)
	s.rig.want("the other tracer's", e, abi.OK)
	e, _ = s.call(s.root, abi.CallTrace, uint64(abi.TraceNext), 1)
	s.rig.want("with a second argument", e, abi.EINVAL)
}

// Who waits when its tracer comes is stopped by what ends the wait no sooner than it runs, and not past the tracer.
func TestTraceAttachedWhileItWaits(t *testing.T) {
	s := newScope(t)
	s.call(s.x, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
	s.attach(abi.TraceCalls)
	if f := s.check(); f.Broken() {
		t.Fatalf("%s: %#x, %#x", f.What, f.A, f.B)
	}
	says(s.root, 0x901, 1)
	s.syscall(s.root, abi.CallSendRec, uint64(s.x.Endpoint), abi.NoTimeout)
	s.m.hands, s.entered = 100, s.entered[:0]
	s.until("asked", func() bool { return s.x.Wait == 0 })
	s.m.hands = 0
	if s.m.hand != 0 {
		t.Error("handed over to a task that is traced")
	}
	s.makes(abi.CallReceive, uint64(abi.Self), 0)
	s.next(abi.StopCall)
}
