package kernel

import (
	"testing"

	"bennu/board/x86"
	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// scope is a rig with a tracer and a task that it may trace.
type scope struct {
	*rig
	by, x *task.Task
	in    *pins // the machine's ports
}

func newScope(t *testing.T) *scope {
	r := newRig(t)
	pins := r.guarded()
	r.cfg.Ports = pins
	x := r.make(withPorts(abi.PortRange{First: 0x3f8, Last: 0x3ff}, abi.PortRange{First: 0x64, Last: 0x64}, abi.PortRange{First: 0x70, Last: 0x71}))
	g := rights()
	g.MayTrace(x.Account)
	return &scope{r, r.make(g), x, pins}
}

// trace makes CallTrace by the tracer.
func (s *scope) trace(op abi.TraceOp, args ...uint64) (abi.Errno, uint64) {
	s.t.Helper()
	return s.call(s.by, abi.CallTrace, append([]uint64{uint64(op)}, args...)...)
}

// must is trace that succeeds.
func (s *scope) must(op abi.TraceOp, args ...uint64) uint64 {
	s.t.Helper()
	e, v := s.trace(op, args...)
	if e != abi.OK {
		s.t.Fatalf("op %d: %s", op, e.Name())
	}
	return v
}

func (s *scope) attach(c abi.TraceClass) { s.must(abi.TraceAttach, uint64(s.x.Account), uint64(c)) }

// next is the stop that must be there.
func (s *scope) next(why abi.TraceWhy) (out abi.TraceStop) {
	s.t.Helper()
	if s.by.SysBits != abi.SystemTrace {
		s.t.Errorf("the tracer is told %#x", s.by.SysBits)
	}
	s.by.SysBits = 0
	s.must(abi.TraceNext, 0)
	copy(abi.Bytes(&out), s.by.Call.Buf[:])
	if out.Why != why || out.Endpoint != s.x.Endpoint || out.Account != s.x.Account || s.x.Wait&task.Stopped == 0 || s.x.State() != abi.StateStopped {
		s.t.Fatalf("stopped for %d, want %d: %+v, wait %#x", out.Why, why, out, s.x.Wait)
	}
	e, _ := s.trace(abi.TraceNext, 0)
	s.rig.want("it is told once", e, abi.EAGAIN)
	return out
}

// goes lets the task go on.
func (s *scope) goes(how abi.TraceHow) {
	s.t.Helper()
	s.must(abi.TraceContinue, uint64(s.x.Endpoint), uint64(how))
}

// makes has the traced task make a call, and steps until it has entered ring 0 with it.
func (s *scope) makes(nr abi.CallNr, args ...uint64) {
	s.t.Helper()
	s.syscall(s.x, nr, args...)
	s.until("a call of the traced task", func() bool { return s.m.next[s.x.Slot] == nil })
}

// quiet fails if the tracer hears of anything.
func (s *scope) quiet() {
	s.t.Helper()
	for range 50 {
		s.Step()
	}
	if e, _ := s.trace(abi.TraceNext, 0); e != abi.EAGAIN || s.by.SysBits != 0 {
		s.t.Fatalf("TraceNext: %s, told %#x", e.Name(), s.by.SysBits)
	}
}

// Breakpoints stop a life for its tracer, who has it go on, elsewhere, or die; without a tracer they are its end.
func TestTraceBreakpoint(t *testing.T) {
	s := newScope(t)
	s.attach(0)
	s.quiet()
	s.does(s.x, func(c *arch.Context) uint64 {
		c.Frame.IP, c.Frame.BX, c.Frame.Vector = code.Text+9, 77, arch.VectorBreakpoint
		return arch.VectorBreakpoint
	})
	s.until("the breakpoint", func() bool { return s.x.Wait != 0 })
	stop := s.next(abi.StopBreak)
	if stop.Regs.RIP != code.Text+9 || stop.Regs.GPR[3] != 77 || stop.Vector != 3 || stop.Stops != 1 || stop.TimeNS == 0 {
		t.Errorf("%+v", stop)
	}
	entered := len(s.entered)
	s.quiet()
	for _, slot := range s.entered[entered:] {
		if slot == s.x.Slot {
			t.Fatal("it runs while it is stopped")
		}
	}
	stop.Regs.RIP--
	copy(s.by.Call.Buf[:], abi.Bytes(&stop.Regs))
	s.must(abi.TraceSetRegs, uint64(s.x.Endpoint))
	s.goes(abi.TraceGo)
	at := uint64(0)
	s.does(s.x, func(c *arch.Context) uint64 {
		at = c.Frame.IP
		c.Frame.Vector = arch.VectorBreakpoint
		return arch.VectorBreakpoint
	})
	s.until("it goes on", func() bool { return at != 0 })
	if at != code.Text+8 {
		t.Errorf("it went on at %#x", at)
	}
	if stop := s.next(abi.StopBreak); stop.Stops != 2 {
		t.Errorf("%d stops", stop.Stops)
	}
	s.goes(abi.TracePass)
	s.until("its end", func() bool { return !s.x.Live })
	if d := s.death(abi.CauseException); d.Vector != 3 {
		t.Errorf("%+v", d)
	}
	s.x = s.again(s.x)
	s.must(abi.TraceDetach, uint64(s.x.Account))
	s.exception(s.x, arch.VectorBreakpoint, 0, 0)
	s.death(abi.CauseException)
}

// again makes the next life on a task's account, and lets it run.
func (r *rig) again(of *task.Task) *task.Task {
	r.t.Helper()
	x := r.begin(of.Account, rights())
	e, _ := r.call(r.root, abi.CallPrivCtl, uint64(abi.PrivAllow), uint64(x.Endpoint))
	r.want("allow", e, abi.OK)
	return x
}

// Other exceptions stop it only when the tracer has asked for them; what is asked for is changed by attaching anew; the death is that which
// it would have been, and a page that is given stops nobody.
func TestTraceExceptions(t *testing.T) {
	s := newScope(t)
	s.attach(0)
	s.exception(s.x, arch.VectorPageFault, faultWrite, abi.RAMBase)
	s.exception(s.x, 6, 0, 0)
	if d := s.death(abi.CauseException); d.Vector != 6 {
		t.Errorf("%+v", d)
	}
	s.x = s.again(s.x)
	s.attach(abi.TraceExceptions)
	for _, c := range []struct{ vector, err, cr2 uint64 }{{6, 0, 0}, {13, 0x18, 0}, {14, faultWrite, 0x123}, {14, faultPresent, code.Text}} {
		s.exception(s.x, arch.VectorPageFault, faultWrite, abi.RAMBase+abi.PageSize)
		s.quiet()
		s.exception(s.x, c.vector, c.err, c.cr2)
		stop := s.next(abi.StopFault)
		if stop.Vector != uint32(c.vector) || stop.ErrorCode != c.err || stop.CR2 != c.cr2 {
			t.Errorf("%+v, want %+v", stop, c)
		}
		s.goes(abi.TraceGo)
		s.quiet()
		s.exception(s.x, c.vector, c.err, c.cr2)
		s.next(abi.StopFault)
		s.goes(abi.TracePass)
		s.until("its end", func() bool { return !s.x.Live })
		if d := s.death(abi.CauseException); d.Vector != uint32(c.vector) || d.ErrorCode != c.err || d.CR2 != c.cr2 {
			t.Errorf("%+v, want %+v", d, c)
		}
		s.x = s.again(s.x)
	}
	s.must(abi.TraceCeiling, uint64(s.x.Account), s.x.Space.Used())
	s.exception(s.x, arch.VectorPageFault, faultWrite, abi.RAMBase)
	if stop := s.next(abi.StopFault); stop.Vector != 14 || stop.CR2 != abi.RAMBase {
		t.Errorf("%+v", stop)
	}
	s.goes(abi.TracePass)
	s.until("its end", func() bool { return !s.x.Live })
	s.death(abi.CauseMemory)
}

// A step is one instruction: the flag for it is there in ring 3 only. A call is one instruction, and is told when it has returned, however
// long that takes.
func TestTraceStep(t *testing.T) {
	s := newScope(t)
	s.attach(0)
	s.exception(s.x, arch.VectorBreakpoint, 0, 0)
	s.next(abi.StopBreak)
	step := func(do func(c *arch.Context) uint64) {
		t.Helper()
		s.goes(abi.TraceStep)
		ran := false
		s.does(s.x, func(c *arch.Context) uint64 {
			ran = true
			if c.Frame.Flags&x86.FlagTF == 0 || c.Frame.Vector == arch.VectorSyscall {
				t.Errorf("it runs with flags %#x, and comes out of %#x", c.Frame.Flags, c.Frame.Vector)
			}
			c.Frame.Vector = arch.VectorDebug
			s.cpu.DebugStatus = x86.DR6Clear | arch.DebugStepped
			return do(c)
		})
		s.until("a step", func() bool { return ran })
		if s.x.Ctx.Frame.Flags&x86.FlagTF != 0 {
			t.Error("the flag is left")
		}
	}
	step(func(c *arch.Context) uint64 { c.Frame.IP++; return arch.VectorDebug })
	if stop := s.next(abi.StopStep); stop.Regs.RFLAGS&x86.FlagTF != 0 || stop.Vector != 1 || stop.ErrorCode != arch.DebugStepped {
		t.Errorf("%+v", stop)
	}
	step(func(c *arch.Context) uint64 { return arch.VectorSpurious }) // an interrupt comes first
	s.does(s.x, func(c *arch.Context) uint64 { return arch.VectorDebug })
	s.until("the step behind an interrupt", func() bool { return s.x.Wait != 0 })
	s.next(abi.StopStep)
	call := func(nr abi.CallNr, args ...uint64) {
		step(func(c *arch.Context) uint64 {
			s.syscall(s.x, nr, args...)
			do := s.m.next[s.x.Slot]
			delete(s.m.next, s.x.Slot)
			c.Frame.R11 = c.Frame.Flags
			return do(c)
		})
	}
	call(abi.CallTimes, uint64(abi.Self))
	if stop := s.next(abi.StopStep); stop.Regs.GPR[11]&x86.FlagTF != 0 || stop.Regs.GPR[0] != 0 {
		t.Errorf("a call: %+v", stop.Regs)
	}
	call(abi.CallReceive, uint64(s.root.Endpoint), abi.NoTimeout)
	s.quiet()
	s.call(s.root, abi.CallNotify, uint64(s.x.Endpoint))
	s.until("the call is over", func() bool { return s.x.Wait != 0 })
	s.next(abi.StopStep)
	s.goes(abi.TraceGo)
	s.quiet()
	s.cpu.DebugStatus = x86.DR6Clear | arch.DebugStepped // its own, by POPF: not the tracer's step
	s.exception(s.x, arch.VectorDebug, 0, 0)
	s.next(abi.StopFault)
}

// What a step's PUSHF has pushed is without the flag of the step.
func TestTraceStepHidesItself(t *testing.T) {
	for _, c := range []struct {
		code  string
		after byte
	}{{"\x9c", 0x02}, {"\x66\x9c", 0x02}, {"\x48\x9c", 0x02}, {"\x48\x9d", 0x03}, {"\x50", 0x03}} {
		s := newScope(t)
		s.attach(0)
		s.exception(s.x, arch.VectorBreakpoint, 0, 0)
		s.next(abi.StopBreak)
		for i := range len(c.code) {
			s.must(abi.TracePoke1, uint64(s.x.Endpoint), code.Text+uint64(i), uint64(c.code[i]))
		}
		s.must(abi.TracePoke, uint64(s.x.Endpoint), abi.RAMBase, 0x302)
		s.must(abi.TraceSetPC, uint64(s.x.Endpoint), code.Text)
		s.goes(abi.TraceStep)
		s.does(s.x, func(f *arch.Context) uint64 {
			f.Frame.SP, f.Frame.Vector = abi.RAMBase, arch.VectorDebug
			s.cpu.DebugStatus = arch.DebugStepped
			return arch.VectorDebug
		})
		s.until("the step", func() bool { return s.x.Wait != 0 })
		s.next(abi.StopStep)
		if b := s.memory(s.x, abi.RAMBase, 2); b[1] != c.after || b[0] != 2 {
			t.Errorf("% x: % x is on the stack", c.code, b)
		}
	}
}

// A watch is in the processor while its task is in ring 3, and at no other time.
func TestTraceWatch(t *testing.T) {
	s := newScope(t)
	ep := uint64(s.x.Endpoint)
	e, _ := s.trace(abi.TraceWatch, ep, code.Data, abi.TraceWatchWrite, 8)
	s.rig.want("without attaching", e, abi.EINVAL)
	s.attach(0)
	for _, bad := range [][3]uint64{{code.Data + 4, 1, 8}, {code.Data, 2, 8}, {code.Data, 1, 3}, {code.Data, 1, 0}, {1 << 47, 1, 8}, {0x1000, 3, 4}} {
		e, _ := s.trace(abi.TraceWatch, ep, bad[0], bad[1], bad[2])
		s.rig.want("a watch that cannot be", e, abi.EINVAL)
	}
	s.must(abi.TraceWatch, ep, code.Data+8, abi.TraceWatchAccess, 4)
	ran := false
	s.does(s.x, func(c *arch.Context) uint64 {
		ran = true
		if at, control := watch(s.cpu); at != code.Data+8 || control != 0xf0401 {
			t.Errorf("DR0 %#x, DR7 %#x", at, control)
		}
		c.Frame.Vector, s.cpu.DebugStatus = arch.VectorDebug, x86.DR6Clear|arch.DebugWatched
		return arch.VectorDebug
	})
	s.does(s.by, func(c *arch.Context) uint64 {
		if _, control := watch(s.cpu); control&^0x400 != 0 {
			t.Errorf("another runs with DR7 %#x", control)
		}
		return arch.VectorSpurious
	})
	s.until("both", func() bool { return ran && s.m.next[s.by.Slot] == nil })
	_, control := watch(s.cpu)
	if stop := s.next(abi.StopWatch); stop.ErrorCode != arch.DebugWatched || control != x86.DR7Clear {
		t.Errorf("%+v, DR7 %#x", stop, control)
	}
	s.must(abi.TraceWatch, ep, 0, 0, 0)
	s.goes(abi.TraceGo)
	s.does(s.x, func(c *arch.Context) uint64 {
		if _, control := watch(s.cpu); control&^0x400 != 0 {
			t.Error("the watch is over")
		}
		return arch.VectorSpurious
	})
	s.quiet()
}
