package kernel

import (
	"bytes"
	"slices"
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/arch"
	"bennu/kernel/task"
)

// What is written is read, over pages of all kinds and in whatever steps, into copies of the life's own; what is not there ends a copy where
// it begins.
func TestTraceReadWrite(t *testing.T) {
	s := newScope(t)
	ep, buffer := uint64(s.x.Endpoint), uint64(abi.RAMBase)
	other := s.make(rights())
	put := func(b []byte) {
		for i := range b {
			m, e := s.bytes(s.by, buffer+uint64(i), 1, true)
			s.rig.want("buffer", e, abi.OK)
			m[0] = b[i]
		}
	}
	pattern := make([]byte, 5*abi.PageSize+77)
	for i := range pattern {
		pattern[i] = byte(i*7 + i>>8)
	}
	for _, va := range []uint64{code.Data + 5, abi.RAMBase + 3*abi.PageSize - 9} {
		put(pattern)
		s.must(abi.TraceWrite, ep, va, buffer, uint64(len(pattern)))
		if got := s.memory(s.x, va, uint64(len(pattern))); !bytes.Equal(got, pattern) {
			t.Errorf("%#x: what was written is not there", va)
		}
		put(make([]byte, len(pattern)))
		if n := s.must(abi.TraceRead, ep, va, buffer, uint64(len(pattern))); n != uint64(len(pattern)) || !bytes.Equal(s.memory(s.by, buffer, n), pattern) {
			t.Errorf("%#x: %d bytes read, or others", va, n)
		}
	}
	put([]byte("text"))
	shared := s.memory(other, code.Text, 4)
	s.must(abi.TraceWrite, ep, code.Text, buffer, 4)
	if string(s.memory(s.x, code.Text, 4)) != "text" || !s.x.Traced || !bytes.Equal(s.memory(other, code.Text, 4), shared) {
		t.Error("text")
	}
	untouched := uint64(abi.RAMBase) + 100*abi.PageSize
	if n := s.must(abi.TraceRead, ep, untouched, buffer, 8); n != 0 || s.must(abi.TraceRead, ep, 0x1000, buffer, 8) != 0 {
		t.Errorf("%d bytes of a page that was not touched", n)
	}
	s.must(abi.TracePoke1, ep, untouched-1, 5)
	if n := s.must(abi.TraceRead, ep, untouched-3, buffer, 8); n != 3 {
		t.Errorf("%d bytes up to a page that was not touched", n)
	}
	put([]byte("text"))
	e, _ := s.trace(abi.TraceWrite, ep, abi.RAMBase+abi.RAMSize-2, buffer, 8)
	s.rig.want("past the end", e, abi.EFAULT)
	if got := s.memory(s.x, abi.RAMBase+abi.RAMSize-2, 2); string(got) != "te" {
		t.Errorf("before the end: %q", got)
	}
	for _, op := range []abi.TraceOp{abi.TraceRead, abi.TraceWrite} {
		e, _ = s.trace(op, ep, code.Data, buffer, abi.MaxCopy+1)
		s.rig.want("too long", e, abi.E2BIG)
	}
	s.must(abi.TraceAttach, uint64(s.x.Account), 0)
	s.must(abi.TraceCeiling, uint64(s.x.Account), s.x.Space.Used())
	for _, write := range []func() abi.Errno{
		func() abi.Errno {
			e, _ := s.trace(abi.TraceWrite, ep, untouched+20*abi.PageSize, buffer, 8)
			return e
		},
		func() abi.Errno { e, _ := s.trace(abi.TracePoke, ep, untouched+20*abi.PageSize, 8); return e },
		func() abi.Errno { e, _ := s.trace(abi.TracePoke1, ep, untouched+20*abi.PageSize, 8); return e },
	} {
		s.rig.want("without memory", write(), abi.ENOMEM)
	}
	s.must(abi.TraceCeiling, uint64(s.x.Account), 0)
	s.must(abi.TraceWrite, ep, untouched+20*abi.PageSize, buffer, 8)
	s.syscall(s.by, abi.CallTrace, uint64(abi.TraceRead), ep, code.Data, 0x1000, 8)
	s.until("a buffer that is not its memory", func() bool { return s.nDead > 0 })
	if d := s.death(abi.CauseBadCall); d.Status != uint64(abi.CallTrace) {
		t.Errorf("%+v", d)
	}
}

// The pieces of a task's memory, in order, and what they are.
func TestTraceRegions(t *testing.T) {
	s := newScope(t)
	w := s.window(s.x, 3*abi.PageSize, 0)
	var got []abi.TraceArea
	for at := uint64(0); ; {
		e, _ := s.trace(abi.TraceRegion, uint64(s.x.Endpoint), at)
		if e == abi.EDOM {
			break
		}
		s.rig.want("region", e, abi.OK)
		var a abi.TraceArea
		copy(abi.Bytes(&a), s.by.Call.Buf[:])
		got = append(got, a)
		at = a.End
	}
	want := []abi.TraceArea{
		{Start: abi.StartPage, End: abi.StartPage + abi.PageSize, Rights: 1, Kind: 3}, {Start: abi.CallPage, End: abi.CallPage + abi.PageSize, Rights: 3, Kind: 4},
		{Start: abi.ClockPage, End: abi.ClockPage + abi.PageSize, Rights: 1, Kind: 5}, {Start: abi.ImageBase, End: abi.ImageBase + abi.PageSize, Rights: 5, Kind: 1},
		{Start: code.Data, End: code.Data + code.DataSize, Rights: 3, Kind: 1}, {Start: abi.RAMBase, End: abi.RAMBase + abi.RAMSize, Rights: 3, Kind: 2},
		{Start: w.Address, End: w.Address + 3*abi.PageSize, Rights: 3, Kind: 6},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
}

// Of the registers of a life that is stopped all are set, but flags that are not a program's to set, and none that the processor would refuse.
func TestTraceSetRegs(t *testing.T) {
	s := newScope(t)
	r := abi.Registers{RIP: code.Text + 3, RFLAGS: ^uint64(0), FSBase: 1<<47 - 1, GSBase: 5}
	for i := range r.GPR {
		r.GPR[i] = uint64(100 + i)
	}
	set := func() abi.Errno {
		copy(s.by.Call.Buf[:], abi.Bytes(&r))
		e, _ := s.trace(abi.TraceSetRegs, uint64(s.x.Endpoint))
		return e
	}
	s.rig.want("it runs", set(), abi.EBUSY)
	s.attach(abi.TraceCalls)
	s.makes(abi.CallReceive, uint64(abi.Self), 0)
	s.next(abi.StopCall)
	s.x.Done = 4
	for _, bad := range []func(*abi.Registers){
		func(r *abi.Registers) { r.RIP = 1 << 47 }, func(r *abi.Registers) { r.RIP = 0 }, func(r *abi.Registers) { r.FSBase = 1 << 47 },
		func(r *abi.Registers) { r.GSBase = ^uint64(0) },
	} {
		good, before := r, *s.x.Ctx
		bad(&r)
		s.rig.want("what the processor refuses", set(), abi.EFAULT)
		if r = good; *s.x.Ctx != before {
			t.Error("refused, and changed")
		}
	}
	s.rig.want("set", set(), abi.OK)
	var got abi.Registers
	s.must(abi.TraceRegs, uint64(s.x.Endpoint))
	copy(abi.Bytes(&got), s.by.Call.Buf[:])
	want := r
	want.RFLAGS = 0x240ed7 // CF 1 PF AF ZF SF IF DF OF AC ID
	if got != want || s.x.Done != 0 || !s.x.Traced || s.x.Ctx.Frame.Vector == arch.VectorSyscall {
		t.Errorf("got  %x\nwant %x, vector %#x", got, want, s.x.Ctx.Frame.Vector)
	}
	s.goes(abi.TraceSkip)
}

// A tracer reaches the ports that the task has, by the task's ways, and no others.
func TestTracePortAccess(t *testing.T) {
	s := newScope(t)
	ep := uint64(s.x.Endpoint)
	for _, c := range []struct {
		port, width uint64
		want        abi.Errno
		value       uint64
	}{
		{0x3f8, 1, abi.OK, 0}, {0x3fe, 2, abi.OK, 0x1234}, {0x3fc, 4, abi.OK, 0x12345678}, {0x3ff, 2, abi.EPERM, 0}, {0x3fd, 4, abi.EPERM, 0}, {0x3f7, 1, abi.EPERM, 0},
		{0x64, 1, abi.OK, 0}, {0x64, 2, abi.EPERM, 0}, {0x70, 2, abi.EPERM, 0}, {0x60, 1, abi.EPERM, 0}, {0x3f8, 3, abi.EINVAL, 0}, {0x3f8, 0, abi.EINVAL, 0}, {0x103f8, 1, abi.EINVAL, 0},
		{0xffff, 2, abi.EINVAL, 0}, {^uint64(0), 1, abi.EINVAL, 0},
	} {
		if e, v := s.trace(abi.TracePortIn, ep, c.port, c.width); e != c.want || v != c.value {
			t.Errorf("in %#x, %d: %s, %#x", c.port, c.width, e.Name(), v)
		}
		s.in.log = nil
		e, _ := s.trace(abi.TracePortOut, ep, c.port, c.width, 0xae)
		if e != c.want || (len(s.in.log) == 1) != (e == abi.OK) {
			t.Errorf("out %#x, %d: %s, %v", c.port, c.width, e.Name(), s.in.log)
		}
	}
	s.in.log = nil
	for _, c := range []struct{ port, value uint64 }{{0x64, 0xfe}, {0x64, 0x1ae}, {0x3f8, 0x100}} {
		if e, _ := s.trace(abi.TracePortOut, ep, c.port, 1, c.value); e == abi.OK || len(s.in.log) != 0 {
			t.Errorf("out %#x=%#x: %s, %v", c.port, c.value, e.Name(), s.in.log)
		}
	}
}

// An interrupt that did not come is told, one that came is not, and those after it are; a line without a hook is nobody's.
func TestTraceLines(t *testing.T) {
	s := newScope(t)
	g := rights()
	g.NIRQs, g.IRQs[0], g.IRQs[1] = 2, 5, 17
	s.x = s.make(g)
	s.by.Priv.MayTrace(s.x.Account)
	ep := uint64(s.x.Endpoint)
	hooks := map[uint64]uint64{}
	for _, line := range []uint64{5, 17} {
		_, hooks[line] = s.call(s.x, abi.CallIRQCtl, uint64(abi.IRQSetPolicy), line, line)
	}
	s.must(abi.TraceRaise, ep, 17)
	if s.x.IRQBits != 1<<17 {
		t.Errorf("told %#x", s.x.IRQBits)
	}
	for _, op := range []abi.TraceOp{abi.TraceRaise, abi.TraceLose} {
		want := abi.EPERM
		if op == abi.TraceLose {
			e, _ := s.trace(op, ep, 5, 1)
			s.rig.want("without attaching", e, abi.EINVAL)
			s.attach(0)
		}
		e, _ := s.trace(op, ep, 6, 1)
		s.rig.want("no hook", e, want)
		e, _ = s.trace(op, ep, 99, 1)
		s.rig.want("no line", e, abi.EINVAL)
	}
	for _, line := range []uint64{5, 17} {
		for _, waits := range []bool{false, true} {
			s.must(abi.TraceLose, ep, line, 2)
			for n := range 4 {
				s.x.IRQBits = 0
				if waits && s.x.Wait == 0 {
					s.call(s.x, abi.CallReceive, uint64(abi.Hardware), abi.NoTimeout)
				}
				if !s.m.open[uint32(line)] {
					t.Fatalf("line %d is masked before interrupt %d", line, n)
				}
				s.x.Call.Msg = abi.Msg{}
				s.m.irq = arch.VectorIRQ + line
				s.until("the interrupt", func() bool { return s.m.irq == 0 })
				s.Step()
				told := s.x.IRQBits != 0 || s.x.Call.Msg.Arg[0] != 0
				if told != (n >= 2) {
					t.Errorf("line %d, interrupt %d: told: %v", line, n, told)
				}
				if told {
					s.until("it runs", func() bool { return s.x.Wait == 0 })
					e, _ := s.call(s.x, abi.CallIRQCtl, uint64(abi.IRQEnable), hooks[line])
					s.rig.want("enable", e, abi.OK)
				}
			}
			s.ipc.WaitOver(s.x)
			s.until("it runs", func() bool { return s.x.Wait == 0 })
		}
	}
	s.must(abi.TraceLose, ep, 5, 1000)
	s.must(abi.TraceDetach, uint64(s.x.Account))
	s.x.IRQBits, s.m.irq = 0, arch.VectorIRQ+5
	s.until("the interrupt", func() bool { return s.m.irq == 0 })
	if s.x.IRQBits == 0 {
		t.Error("lost though nobody traces it any more")
	}
}

// The ceiling of an account goes down for its tracer, never up, and a spec that RS sets meanwhile is in force when it ends.
func TestTraceCeiling(t *testing.T) {
	s := newScope(t)
	a := s.accounts.Get(s.x.Account)
	e, _ := s.trace(abi.TraceCeiling, uint64(s.x.Account), 5)
	s.rig.want("without attaching", e, abi.EINVAL)
	s.attach(0)
	owed := s.pool.Owed()
	for _, c := range []struct{ pages, want uint64 }{{50, 50}, {1, 1}, {201, 200}, {^uint64(0), 200}, {0, 200}, {60, 60}} {
		s.must(abi.TraceCeiling, uint64(s.x.Account), c.pages)
		if got := a.Frames.Ceiling(); got != c.want || s.pool.Owed() != owed {
			t.Errorf("%d pages: a ceiling of %d; %d owed, were %d", c.pages, got, s.pool.Owed(), owed)
		}
	}
	spec := a.Spec
	spec.CeilingFrames, spec.ReserveFrames = 90, 70
	copy(s.root.Call.Buf[:], abi.Bytes(&spec))
	e, _ = s.call(s.root, abi.CallAccount, uint64(abi.AccountSet), uint64(s.x.Account))
	s.rig.want("set", e, abi.OK)
	if got := a.Frames.Ceiling(); got != 60 {
		t.Errorf("a new spec: a ceiling of %d", got)
	}
	s.must(abi.TraceCeiling, uint64(s.x.Account), 0)
	if got := a.Frames.Ceiling(); got != 90 {
		t.Errorf("it ends: a ceiling of %d", got)
	}
}

// A damaged byte of the image, or of the snapshot, is found, wherever it is; nothing is changed by looking.
func TestTraceVerify(t *testing.T) {
	s := newService(t)
	g := rights()
	g.MayTrace(s.acct)
	by, other := s.make(g), s.make(g)
	verify := func(by *task.Task) abi.Errno {
		e, _ := s.call(by, abi.CallTrace, uint64(abi.TraceVerify), uint64(s.acct))
		return e
	}
	s.want("nobody lives", verify(by), abi.ESRCH)
	x := s.worn(abi.TaskSnapshot)
	s.want("an image", verify(by), abi.OK)
	s.want("snapshot", s.snapshot(x), abi.OK)
	for range 2 {
		s.want("both", verify(by), abi.OK)
	}
	text, ok := x.Space.Peek(code.Text)
	if !ok {
		t.Fatal("no text")
	}
	ram, _ := s.snapshots[s.acct].Kept(s.phys, abi.RAMBase)
	for what, b := range map[string]*byte{
		"the image": &s.phys.Bytes(text, abi.PageSize)[7], "the image's last byte": &s.phys.Bytes(text, abi.PageSize)[(code.Text-abi.ImageBase)%abi.PageSize],
		"the snapshot": &s.phys.Bytes(ram, abi.PageSize)[0],
	} {
		for bit := range 8 {
			*b ^= 1 << bit
			s.want(what+", damaged", verify(by), abi.EIO)
			*b ^= 1 << bit
			s.want(what+", mended", verify(by), abi.OK)
		}
	}
	s.must(other, x.Endpoint)
	s.want("changed text of a life is not the image", verify(by), abi.OK)
	for range 4 { // two look at once, and RS
		s.syscall(other, abi.CallTrace, uint64(abi.TraceVerify), uint64(s.acct))
		s.want("by one of two", verify(by), abi.OK)
		s.want("RS's look", s.op(abi.AccountCheckSnapshot), abi.OK)
	}
	s.end(x)
	s.want("a snapshot without a life", verify(by), abi.ESRCH)
}

// must pokes a life's text.
func (s *service) must(by *task.Task, ep abi.Endpoint) {
	s.t.Helper()
	e, _ := s.call(by, abi.CallTrace, uint64(abi.TracePoke1), uint64(ep), code.Text, 0xcc)
	s.want("poke", e, abi.OK)
}
