package kernel

import (
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// says puts a message into a task's call page.
func says(t *task.Task, m abi.MsgType, arg uint64) {
	t.Call.Msg = abi.Msg{Type: m, Arg: [7]uint64{arg}}
}

// A call stops a life before it is made and when it has returned, whether it waits in between or not. Kernel calls do not.
func TestTraceCalls(t *testing.T) {
	s := newScope(t)
	s.attach(abi.TraceCalls)
	if e, _ := s.call(s.x, abi.CallTimes, uint64(abi.Self)); e != abi.OK {
		t.Errorf("a kernel call: %s", e.Name())
	}
	s.makes(abi.CallReceive, uint64(s.root.Endpoint), 0)
	before := s.next(abi.StopCall)
	if before.Regs.GPR[0] != uint64(abi.CallReceive) || before.Regs.GPR[7] != uint64(s.root.Endpoint) {
		t.Errorf("%+v", before.Regs)
	}
	s.goes(abi.TraceGo)
	s.until("it has returned", func() bool { return s.x.Wait != 0 })
	if after := s.next(abi.StopReturn); abi.Errno(after.Regs.GPR[0]) != abi.EAGAIN || after.Regs.RIP != before.Regs.RIP || after.Stops != 2 {
		t.Errorf("%+v", after)
	}
	s.goes(abi.TraceGo)

	s.makes(abi.CallReceive, uint64(s.root.Endpoint), abi.NoTimeout)
	s.next(abi.StopCall)
	s.goes(abi.TraceGo)
	s.until("it waits", func() bool { return s.x.Wait&task.Receiving != 0 })
	s.quiet()
	says(s.root, 0x901, 42)
	if e, _ := s.call(s.root, abi.CallSendNB, uint64(s.x.Endpoint)); e != abi.OK {
		t.Fatalf("sent: %s", e.Name())
	}
	s.until("it has returned", func() bool { return s.x.Wait != 0 })
	if after := s.next(abi.StopReturn); after.Regs.GPR[0] != 0 || s.x.Call.Msg.Arg[0] != 42 {
		t.Errorf("%+v, %+v", after.Regs, s.x.Call.Msg)
	}
	s.goes(abi.TraceGo)
	s.quiet()
}

// A tracer drops a call with the result that it likes, changes what is sent, and to whom, and has a call made twice.
func TestTraceCallsChanged(t *testing.T) {
	s := newScope(t)
	s.attach(abi.TraceCalls)
	s.call(s.by, abi.CallTimes, uint64(abi.Self))
	peer := s.make(rights())
	s.x.SendTo |= 1 << peer.Slot
	receive := func() abi.Errno { e, _ := s.call(peer, abi.CallReceive, uint64(abi.Any), 0); return e }
	send := func() abi.TraceStop {
		says(s.x, 0x902, 7)
		s.makes(abi.CallSendA, uint64(peer.Endpoint), 1)
		return s.next(abi.StopCall)
	}
	set := func(r *abi.Registers) {
		copy(s.by.Call.Buf[:], abi.Bytes(r))
		s.must(abi.TraceSetRegs, uint64(s.x.Endpoint))
	}
	stop := send()
	stop.Regs.GPR[0], stop.Regs.GPR[2] = 3, 9
	set(&stop.Regs)
	s.goes(abi.TraceSkip)
	s.quiet()
	if f := &s.x.Ctx.Frame; receive() != abi.EAGAIN || f.AX != 3 || f.DX != 9 {
		t.Errorf("a call that was dropped: %d, %d", f.AX, f.DX)
	}

	send()
	s.must(abi.TracePoke, uint64(s.x.Endpoint), abi.CallPage+8, 8)
	s.goes(abi.TraceGo)
	s.until("it has returned", func() bool { return s.x.Wait != 0 })
	after := s.next(abi.StopReturn)
	if receive() != abi.OK || peer.Call.Msg.Arg[0] != 8 || peer.Call.Msg.Source != s.x.Endpoint {
		t.Errorf("a message that was changed: %+v", peer.Call.Msg)
	}
	again := after.Regs
	again.RIP, again.GPR[0] = again.RIP-syscallSize, uint64(abi.CallSendA)
	set(&again)
	s.goes(abi.TraceGo)
	s.does(s.x, func(c *arch.Context) uint64 {
		if c.Frame.IP != again.RIP || c.Frame.AX != uint64(abi.CallSendA) {
			t.Errorf("it goes on at %#x with %d", c.Frame.IP, c.Frame.AX)
		}
		c.Frame.IP, c.Frame.Vector = c.Frame.IP+syscallSize, arch.VectorSyscall
		return arch.VectorSyscall
	})
	s.until("once more", func() bool { return s.x.Wait != 0 })
	s.next(abi.StopCall)
	s.goes(abi.TracePass)
	s.until("it has returned", func() bool { return s.x.Wait != 0 })
	s.next(abi.StopReturn)
	if receive() != abi.OK || receive() != abi.EAGAIN {
		t.Error("made twice, it was not sent a second time")
	}
	s.goes(abi.TraceGo)
	e, _ := s.trace(abi.TraceContinue, uint64(s.x.Endpoint), uint64(abi.TraceGo))
	s.rig.want("it is not stopped", e, abi.EINVAL)
	s.makes(abi.CallReceive, uint64(abi.Self), 0)
	s.next(abi.StopCall)
	for _, how := range []uint64{uint64(abi.TraceSkip) + 1, ^uint64(0)} {
		e, _ := s.trace(abi.TraceContinue, uint64(s.x.Endpoint), how)
		s.rig.want("no way to go on", e, abi.EINVAL)
	}
}

// A call that works in steps, which a tracer has put in the place of a message, is made to its end.
func TestTraceCallsInSteps(t *testing.T) {
	s := newScope(t)
	s.attach(abi.TraceCalls)
	s.makes(abi.CallNotify, uint64(s.root.Endpoint))
	stop := s.next(abi.StopCall)
	stop.Regs.GPR[0], stop.Regs.GPR[7], stop.Regs.GPR[6] = uint64(abi.CallWindow), uint64(abi.WindowCreate), 100*abi.PageSize
	stop.Regs.GPR[2] = 0
	copy(s.by.Call.Buf[:], abi.Bytes(&stop.Regs))
	s.must(abi.TraceSetRegs, uint64(s.x.Endpoint))
	s.goes(abi.TraceGo)
	s.until("it has returned", func() bool { return s.x.Wait != 0 })
	if after := s.next(abi.StopReturn); after.Regs.GPR[0] != 0 || after.Regs.GPR[2] < abi.WindowBase || after.Regs.RIP != stop.Regs.RIP {
		t.Errorf("%+v", after.Regs)
	}
}

// No short way passes a tracer by: neither the handover to and from a traced task, nor an interrupt that wakes it.
func TestTraceShortWays(t *testing.T) {
	s := newScope(t)
	s.attach(abi.TraceCalls)
	receive := func() {
		s.makes(abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
		s.next(abi.StopCall)
		s.goes(abi.TraceGo)
		s.until("it waits", func() bool { return s.x.Wait&task.Receiving != 0 })
	}
	receive()
	asker := s.make(rights())
	s.call(asker, abi.CallTimes, uint64(abi.Self)) // it has run
	for range 3 {                                  // asked, where the processor is handed over
		says(asker, 0x901, 1)
		s.syscall(asker, abi.CallSendRec, uint64(s.x.Endpoint), abi.NoTimeout)
		s.m.hands, s.entered = 100, s.entered[:0]
		s.until("asked", func() bool { return s.x.Wait == task.Stopped })
		s.m.hands = 0
		if s.m.hand != 0 {
			t.Fatal("handed over to a task that is traced")
		}
		s.next(abi.StopReturn)
		s.goes(abi.TraceGo)
		says(s.x, abi.MsgReply, 0)
		s.x.Call.Msg.Seq = asker.Seq
		s.m.hands, s.entered = 100, s.entered[:0]
		s.makes(abi.CallReplyReceive, uint64(asker.Endpoint))
		s.m.hands = 0
		if s.m.hand != 0 || asker.Wait == 0 {
			t.Fatal("handed over by a task that is traced")
		}
		s.next(abi.StopCall)
		s.goes(abi.TraceGo)
		s.until("it waits", func() bool { return s.x.Wait&task.Receiving != 0 })
		s.until("answered", func() bool { return asker.Wait == 0 })
	}
	g := rights()
	g.NIRQs, g.IRQs[0] = 1, 5
	d := s.make(g)
	s.by.Priv.MayTrace(d.Account)
	s.must(abi.TraceAttach, uint64(d.Account), 0)
	s.call(d, abi.CallIRQCtl, uint64(abi.IRQSetPolicy), 5, 9)
	for _, o := range []*task.Task{s.by, s.root} {
		s.call(o, abi.CallReceive, uint64(abi.Self), 1_000_000)
	}
	s.call(d, abi.CallReceive, uint64(abi.Any), abi.NoTimeout)
	handed := s.latency.Handed
	s.m.irq = arch.VectorIRQ + 5
	s.until("the interrupt", func() bool { return d.Wait == 0 })
	if s.latency.Handed != handed || d.Call.Msg.Arg[0] != 1<<9 {
		t.Errorf("woken by the short way, with %+v", d.Call.Msg)
	}
}

// A life is stopped before its first instruction, each anew; one that has begun when its tracer comes is not.
func TestTraceBirth(t *testing.T) {
	s := newScope(t)
	s.exception(s.x, arch.VectorSpurious, 0, 0)
	s.attach(abi.TraceBirth)
	s.quiet()
	for range 2 {
		s.kill(s.x, abi.DeathRecord{Cause: abi.CauseKilled})
		s.death(abi.CauseKilled)
		x := s.begin(s.x.Account, rights())
		s.quiet()
		s.x = x
		e, _ := s.call(s.root, abi.CallPrivCtl, uint64(abi.PrivAllow), uint64(x.Endpoint))
		s.rig.want("allow", e, abi.OK)
		s.until("its birth", func() bool { return x.Wait != 0 })
		if stop := s.next(abi.StopBirth); stop.Regs.RIP != code.Text || stop.Stops != 1 || x.FirstRunNS != 0 {
			t.Errorf("%+v, run at %d", stop, x.FirstRunNS)
		}
		s.goes(abi.TraceGo)
		s.until("it runs", func() bool { return x.FirstRunNS != 0 })
		s.quiet()
	}
	s.kill(s.x, abi.DeathRecord{Cause: abi.CauseKilled}) // stopped when it dies
	s.death(abi.CauseKilled)
	s.x = s.again(s.x)
	s.until("its birth", func() bool { return s.x.Wait != 0 })
	s.kill(s.x, abi.DeathRecord{Cause: abi.CauseKilled})
	s.death(abi.CauseKilled)
	s.by.SysBits = 0
	s.quiet()
}

// Ports are closed to a task whose tracer is its device, and opened again after it; by the call for guarded ones it stops.
func TestTracePorts(t *testing.T) {
	s := newScope(t)
	s.attach(abi.TracePorts)
	s.exception(s.x, arch.VectorSpurious, 0, 0)
	if s.isOpen(s.x, 0x3f8) || s.isOpen(s.x, 0x3ff) {
		t.Error("its ports are open")
	}
	s.exception(s.x, 13, 0, 0)
	s.next(abi.StopFault)
	s.goes(abi.TraceGo)
	s.makes(abi.CallPortIO, uint64(abi.PortIn), 0x64)
	stop := s.next(abi.StopCall)
	stop.Regs.GPR[0], stop.Regs.GPR[2] = 0, 0x5a
	copy(s.by.Call.Buf[:], abi.Bytes(&stop.Regs))
	s.must(abi.TraceSetRegs, uint64(s.x.Endpoint))
	s.goes(abi.TraceSkip)
	s.makes(abi.CallPortIO, uint64(abi.PortOut), 0x64, 0xae)
	s.next(abi.StopCall)
	if len(s.in.log) != 0 {
		t.Errorf("written before its tracer let it: %v", s.in.log)
	}
	s.goes(abi.TraceGo)
	s.until("it has returned", func() bool { return s.x.Wait != 0 })
	s.next(abi.StopReturn)
	if len(s.in.log) != 1 {
		t.Errorf("let write: %v", s.in.log)
	}
	s.must(abi.TraceDetach, uint64(s.x.Account))
	s.exception(s.x, arch.VectorSpurious, 0, 0)
	for port := uint64(0x3f0); port < 0x408; port++ {
		if s.isOpen(s.x, port) != (port >= 0x3f8 && port <= 0x3ff) {
			t.Errorf("port %#x afterwards", port)
		}
	}
}
