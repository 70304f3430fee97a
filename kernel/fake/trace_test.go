package fake

import (
	"testing"

	"bennu/kernel/abi"
)

// What a tracer does with the fake is what it does with the kernel: it plants a breakpoint, is told that it was reached, and lets the life go on.
func TestTrace(t *testing.T) {
	m := New(0)
	by, x := m.Add(abi.MakeEndpoint(1, 1)), m.Add(abi.MakeEndpoint(2, 1))
	x.Areas = []Area{{Start: abi.RAMBase, Rights: 3, Kind: 2, Bytes: make([]byte, 20)}, {Start: abi.ImageBase, Rights: 5, Kind: 1, Bytes: []byte("0123456789")}}
	g, id := by.Gate(), x.k.Account
	want := func(what string, got, want abi.Errno) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %s, want %s", what, got.Name(), want.Name())
		}
	}
	var s abi.TraceStop
	if m.Reach(x, abi.ImageBase) || m.Stop(x, s) {
		t.Error("stopped for nobody")
	}
	want("attach", g.TraceAttach(id, abi.TraceCalls), abi.OK)
	if c, ok := m.Traced(id); !ok || c != abi.TraceCalls {
		t.Errorf("traced: %d, %v", c, ok)
	}
	want("nothing", g.TraceNext(&s), abi.EAGAIN)
	b := make([]byte, 20)
	if n, e := g.TraceRead(x.Endpoint, abi.ImageBase+7, b); n != 3 || e != abi.OK || string(b[:3]) != "789" {
		t.Errorf("read %d, %s: %q", n, e.Name(), b)
	}
	want("write", g.TraceWrite(x.Endpoint, abi.ImageBase+4, []byte{0xcc}), abi.OK)
	want("write past the end", g.TraceWrite(x.Endpoint, abi.ImageBase+9, []byte{7, 8}), abi.EFAULT)
	var a abi.TraceArea
	want("region", g.TraceRegion(x.Endpoint, abi.ImageBase+10, &a), abi.OK)
	if a != (abi.TraceArea{Start: abi.RAMBase, End: abi.RAMBase + 20, Rights: 3, Kind: 2}) {
		t.Errorf("region %+v", a)
	}
	want("no region", g.TraceRegion(x.Endpoint, abi.RAMBase+20, &a), abi.EDOM)
	want("it runs", g.TraceSetRegs(x.Endpoint, &abi.Registers{}), abi.EBUSY)
	if m.Reach(x, abi.ImageBase+3) || !m.Reach(x, abi.ImageBase+4) || !x.Stopped() || x.Runs() {
		t.Fatal("where the breakpoint is, and where not")
	}
	want("next", g.TraceNext(&s), abi.OK)
	if s.Endpoint != x.Endpoint || s.Why != abi.StopBreak || s.Regs.RIP != abi.ImageBase+5 {
		t.Errorf("%+v", s)
	}
	s.Regs.RIP--
	want("set", g.TraceSetRegs(x.Endpoint, &s.Regs), abi.OK)
	var how []abi.TraceHow
	m.Continued = func(t *Task, h abi.TraceHow) { how = append(how, h) }
	want("skip a breakpoint", g.TraceContinue(x.Endpoint, abi.TraceSkip), abi.EINVAL)
	want("step", g.TraceContinue(x.Endpoint, abi.TraceStep), abi.OK)
	want("once more", g.TraceContinue(x.Endpoint, abi.TraceStep), abi.EINVAL)
	m.Stop(x, abi.TraceStop{Why: abi.StopFault})
	m.Kill(by)
	if x.Stopped() || len(how) != 2 || how[0] != abi.TraceStep || how[1] != abi.TracePass || x.Regs.RIP != abi.ImageBase+4 {
		t.Errorf("stopped %v, went on by %v at %#x", x.Stopped(), how, x.Regs.RIP)
	}
}
