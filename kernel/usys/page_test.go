package usys

import (
	"bytes"
	"slices"
	"testing"

	"bennu/kernel/abi"
)

// What is sent is in the page when the call is made, and what was received is taken out of it; after an error the caller's message
// is as it was.
func TestMessages(t *testing.T) {
	came := abi.Msg{Source: peer, Type: 0x902, Arg: [7]uint64{9}}
	for name, c := range map[string]struct {
		do              func(g Gate, m *abi.Msg) abi.Errno
		sends, receives bool
	}{
		"Send":    {func(g Gate, m *abi.Msg) abi.Errno { return g.Send(peer, m) }, true, false},
		"SendNB":  {func(g Gate, m *abi.Msg) abi.Errno { return g.SendNB(peer, m) }, true, false},
		"SendA":   {func(g Gate, m *abi.Msg) abi.Errno { return g.SendA(peer, 0, m) }, true, false},
		"SendRec": {func(g Gate, m *abi.Msg) abi.Errno { return g.SendRec(peer, m) }, true, true},
		"ReplyReceive": {func(g Gate, m *abi.Msg) abi.Errno {
			k, e := g.ReplyReceive(peer, m)
			if k != abi.KindSendA {
				t.Errorf("received as %d", k)
			}
			return e
		}, true, true},
		"Receive": {func(g Gate, m *abi.Msg) abi.Errno {
			k, e := g.Receive(peer, 0, m)
			if k != abi.KindSendA {
				t.Errorf("received as %d", k)
			}
			return e
		}, false, true},
	} {
		for _, e := range []abi.Errno{abi.OK, abi.EDEADSRCDST} {
			r := &recorder{e: e, value: uint64(abi.KindSendA), answer: func(a *abi.CallArea) { a.Msg = came }}
			m, want := sent, sent
			if c.receives && e == abi.OK {
				want = came
			}
			if got := c.do(NewGate(r), &m); got != e || m != want {
				t.Errorf("%s: %s with %+v, want %s with %+v", name, got.Name(), m, e.Name(), want)
			}
			if c.sends && r.pages[0].Msg != sent {
				t.Errorf("%s sent %+v", name, r.pages[0].Msg)
			}
		}
	}
	r := &recorder{e: abi.ETIMEDOUT, value: 1}
	if sent, e := NewGate(r).SendRecTimeout(peer, 1, &abi.Msg{}); !sent || e != abi.ETIMEDOUT {
		t.Errorf("a request that was received: %v, %s", sent, e.Name())
	}
}

// What a call takes from the page's buffer is there when it is made.
func TestBufferIn(t *testing.T) {
	account, priv, spec := abi.AccountSpec{Priority: 3}, abi.Privilege{NIRQs: 2}, abi.TaskSpec{Image: 5}
	for name, c := range map[string]struct {
		do   func(g Gate)
		want []byte
	}{
		"AccountSet": {func(g Gate) { g.AccountSet(0, &account) }, abi.Bytes(&account)},
		"PrivSet":    {func(g Gate) { g.PrivSet(peer, &priv) }, abi.Bytes(&priv)},
		"TaskCreate": {func(g Gate) { g.TaskCreate(&spec) }, abi.Bytes(&spec)},
		"Diag":       {func(g Gate) { g.Diag(string(line)) }, line},
		"DiagBytes":  {func(g Gate) { g.DiagBytes(line) }, line},
		"DiagAbout":  {func(g Gate) { g.DiagAbout(4, line) }, line},
	} {
		r := &recorder{}
		if c.do(NewGate(r)); !bytes.HasPrefix(r.pages[0].Buf[:], c.want) {
			t.Errorf("%s gave the kernel %x, want %x", name, r.pages[0].Buf[:len(c.want)], c.want)
		}
	}
}

// What a call leaves in the buffer is the caller's: as much as the kernel says, and as there is room for.
func TestBufferOut(t *testing.T) {
	regs, priv := abi.Registers{RIP: 6}, abi.Privilege{NPorts: 1}
	leave := func(b []byte) func(a *abi.CallArea) { return func(a *abi.CallArea) { copy(a.Buf[:], b) } }
	var gotRegs abi.Registers
	if NewGate(&recorder{answer: leave(abi.Bytes(&regs))}).TraceRegs(peer, &gotRegs); gotRegs != regs {
		t.Errorf("registers %+v", gotRegs)
	}
	var gotPriv abi.Privilege
	if NewGate(&recorder{answer: leave(abi.Bytes(&priv))}).PrivQuery(peer, &gotPriv); gotPriv != priv {
		t.Errorf("privilege %+v", gotPriv)
	}
	for _, c := range []struct {
		e     abi.Errno
		value uint64
		room  int
		want  string
	}{{abi.OK, 6, 10, "a line"}, {abi.OK, 6, 2, "a "}, {abi.OK, 3, 10, "a l"}, {abi.EAGAIN, 6, 10, ""}, {abi.OK, 1 << 40, 6, "a line"}} {
		out := make([]byte, c.room)
		n, e := NewGate(&recorder{e: c.e, value: c.value, answer: leave(line)}).GetInfo(abi.InfoTask, 0, out)
		if e != c.e || n != len(c.want) || string(out[:n]) != c.want || len(bytes.Trim(out[n:], "\x00")) > 0 {
			t.Errorf("%d bytes for room of %d: %s, %q", c.value, c.room, e.Name(), out[:n])
		}
	}
}

// A call's value is the method's, whatever its type.
func TestValues(t *testing.T) {
	g := NewGate(&recorder{e: abi.EBUSY, value: 0x41})
	values := map[string]func() (uint64, abi.Errno){
		"AccountSet":   func() (uint64, abi.Errno) { v, e := g.AccountSet(0, &abi.AccountSpec{}); return uint64(v), e },
		"TaskCreate":   func() (uint64, abi.Errno) { v, e := g.TaskCreate(&abi.TaskSpec{}); return uint64(v), e },
		"ImageCreate":  func() (uint64, abi.Errno) { v, e := g.ImageCreate(1); return uint64(v), e },
		"ImageModule":  func() (uint64, abi.Errno) { v, e := g.ImageModule(4096, 1); return uint64(v), e },
		"ImageSealSum": func() (uint64, abi.Errno) { v, e := g.ImageSealSum(1); return uint64(v), e },
		"IRQSetPolicy": func() (uint64, abi.Errno) { v, e := g.IRQSetPolicy(1, 1); return uint64(v), e },
		"SetAlarm":     func() (uint64, abi.Errno) { return g.SetAlarm(1) },
		"Times":        func() (uint64, abi.Errno) { return g.Times(peer) },
		"PortIn":       func() (uint64, abi.Errno) { v, e := g.PortIn(1); return uint64(v), e },
		"Trace":        func() (uint64, abi.Errno) { return g.Trace(abi.TracePeek, peer, 0, 0) },
	}
	for name, do := range values {
		if v, e := do(); v != 0x41 || e != abi.EBUSY {
			t.Errorf("%s: %#x, %s", name, v, e.Name())
		}
	}
}

// An image is written piece by piece, and no further than to the first that is refused.
func TestImageWrite(t *testing.T) {
	b := make([]byte, 2*abi.MaxCopy+1)
	for _, e := range []abi.Errno{abi.OK, abi.EINVAL} {
		r := &recorder{e: e}
		want := []call{{abi.CallImageWrite, [5]uint64{3, 100, where, abi.MaxCopy}}}
		if e == abi.OK {
			want = append(want, call{abi.CallImageWrite, [5]uint64{3, 100 + abi.MaxCopy, where, abi.MaxCopy}},
				call{abi.CallImageWrite, [5]uint64{3, 100 + 2*abi.MaxCopy, where, 1}})
		}
		if got := NewGate(r).ImageWrite(3, 100, b); got != e || !slices.Equal(r.calls, want) {
			t.Errorf("%s: %s after %v, want %v", e.Name(), got.Name(), r.calls, want)
		}
	}
}

// A grant is a row of the page, without a call; so is its end.
func TestGrantInThePage(t *testing.T) {
	r := &recorder{}
	g := NewGate(r)
	id, ok := g.Grant(peer, line, abi.GrantRead)
	row := &r.area.Grants[id&0x3f]
	if want := (abi.CopyGrant{Flags: abi.GrantRead | abi.GrantValid, Seq: uint32(id) >> 8, To: peer, Start: where, Len: 6}); !ok || *row != want {
		t.Errorf("the row is %+v, want %+v", *row, want)
	}
	if &r.given[0] != &line[0] || len(r.given) != len(line) {
		t.Error("the address is another memory's")
	}
	if g.Revoke(id); row.Flags != 0 || len(r.calls) != 0 {
		t.Errorf("revoked: %+v, calls %v", *row, r.calls)
	}
}
