package sdk_test

import (
	"testing"
	"time"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// calling makes a driver that, on a request, calls fake.Other with limit and keeps the result.
func calling(limit time.Duration, e *abi.Errno, m *abi.Msg) *driver {
	return &driver{message: func(c *sdk.Context, r *abi.Msg, _ abi.ReceiveKind) {
		*m = abi.Msg{Type: echo, Arg: [7]uint64{1, 2}}
		*e = c.Call(fake.Other, m, limit)
	}}
}

func reply(args ...uint64) (m abi.Msg) {
	copy(m.Arg[:], args)
	return m
}

func TestCall(t *testing.T) {
	const limit = time.Second
	for _, c := range []struct {
		name string
		peer fake.Answer
		busy time.Duration
		want abi.Errno
		took time.Duration
	}{
		{"at once", fake.Answer{Msg: reply(0, 9)}, 0, abi.OK, 0},
		{"its error", fake.Answer{Msg: reply(uint64(abi.ENODEV), 9)}, 0, abi.ENODEV, 0},
		{"after many slices", fake.Answer{Msg: reply(0, 9), After: 500 * time.Millisecond}, 0, abi.OK, 500 * time.Millisecond},
		{"busy at first", fake.Answer{Msg: reply(0, 9)}, 300 * time.Millisecond, abi.OK, 300 * time.Millisecond},
		{"never answers", fake.Answer{Silent: true}, 0, abi.ETIMEDOUT, limit},
		{"never receives", fake.Answer{}, time.Hour, abi.ETIMEDOUT, limit},
		{"dies over it", fake.Answer{Dies: true, After: 70 * time.Millisecond}, 0, abi.EDEADSRCDST, 70 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			var e abi.Errno
			var m abi.Msg
			d := calling(limit, &e, &m)
			k, ctx := start(t, d)
			asked := 0
			k.Peers[fake.Other] = func(abi.Msg) fake.Answer { asked++; return c.peer }
			before := ctx.Now()
			k.BusyTo[fake.Other] = before + c.busy
			k.At(10*time.Millisecond, func() { k.Post(abi.Msg{Source: fake.Root, Type: abi.MsgNotify}, abi.KindNotify) })
			k.Request(fake.Client, echo)
			if e != c.want {
				t.Errorf("result %s, want %s", e.Name(), c.want.Name())
			}
			if took := ctx.Now() - before; took < c.took || took > c.took+25*time.Millisecond {
				t.Errorf("took %v, want %v", took, c.took)
			}
			if c.busy < limit && asked != 1 {
				t.Errorf("asked %d times", asked)
			}
			if got := m.Type == abi.MsgReply; got != (c.want == abi.OK || c.want == abi.ENODEV) {
				t.Errorf("message is %+v", m)
			}
			k.Advance(20 * time.Millisecond)
			if r, ok := k.Take(fake.Root); !ok || r.Type != abi.RSHeartbeat {
				t.Errorf("the ping was not answered")
			}
		})
	}
}

// A ping within a long Call is answered within a slice, not at its end.
func TestCallAnswersPings(t *testing.T) {
	var e abi.Errno
	var m abi.Msg
	k, ctx := start(t, calling(10*time.Second, &e, &m))
	k.Peers[fake.Other] = func(abi.Msg) fake.Answer { return fake.Answer{Silent: true} }
	var pinged, answered time.Duration
	k.At(3*time.Second, func() {
		pinged = ctx.Now()
		k.Post(abi.Msg{Source: fake.Root, Type: abi.MsgNotify}, abi.KindNotify)
	})
	for i := range 60 {
		k.At(3*time.Second+time.Duration(i)*time.Millisecond, func() {
			if r, ok := k.Take(fake.Root); ok && r.Type == abi.RSHeartbeat {
				answered = ctx.Now()
			}
		})
	}
	k.Request(fake.Client, echo)
	if answered == 0 || answered-pinged > 25*time.Millisecond {
		t.Errorf("pinged at %v, answered by %v", pinged, answered)
	}
}

func TestCallToTheDead(t *testing.T) {
	var e abi.Errno
	var m abi.Msg
	k, _ := start(t, calling(time.Second, &e, &m))
	k.Dead[fake.Other] = true
	k.Request(fake.Client, echo)
	if e != abi.EDEADSRCDST {
		t.Errorf("result %s", e.Name())
	}
}

// The answer of a Call that gave up must not be the next one's, nor the driver's.
func TestLateAnswer(t *testing.T) {
	var e abi.Errno
	var m abi.Msg
	d := calling(100*time.Millisecond, &e, &m)
	k, _ := start(t, d)
	n := uint64(0)
	k.Peers[fake.Other] = func(abi.Msg) fake.Answer {
		n++
		return fake.Answer{Msg: reply(0, n), After: 130 * time.Millisecond / time.Duration(n)}
	}
	k.Request(fake.Client, echo)
	if e != abi.ETIMEDOUT {
		t.Fatalf("first: %s", e.Name())
	}
	k.Request(fake.Client, echo)
	if e != abi.OK || m.Arg[1] != 2 {
		t.Errorf("second: %s, answer %d, want the second", e.Name(), m.Arg[1])
	}
	k.Peers[fake.Other] = func(abi.Msg) fake.Answer { return fake.Answer{After: 200 * time.Millisecond} }
	k.Request(fake.Client, echo)
	k.Advance(time.Second)
	for _, l := range d.log {
		if l[:5] == "reply" {
			t.Errorf("late answer reached the driver: %q", d.log)
		}
	}
}

// What comes from the callee or from RS during a Call is not lost and keeps its order.
func TestCallPutsOff(t *testing.T) {
	var e abi.Errno
	var m abi.Msg
	d := calling(time.Second, &e, &m)
	k, c := start(t, d)
	d.message = func(c *sdk.Context, r *abi.Msg, _ abi.ReceiveKind) {
		if r.Type == echo {
			c.Call(fake.Other, &abi.Msg{Type: echo}, time.Second)
			d.log = append(d.log, "called")
			return
		}
		c.Reply(r, abi.OK)
	}
	k.Peers[fake.Other] = func(abi.Msg) fake.Answer { return fake.Answer{After: 100 * time.Millisecond} }
	k.At(5*time.Millisecond, func() { k.Post(abi.Msg{Source: fake.Other, Type: 0xd05}, abi.KindSendA) })
	k.At(35*time.Millisecond, func() { k.Post(abi.Msg{Source: fake.Other, Type: abi.MsgNotify}, abi.KindNotify) })
	k.At(50*time.Millisecond, func() {
		k.Post(abi.Msg{Source: fake.Root, Type: abi.RSNews, Arg: [7]uint64{5}}, abi.KindSendA)
		k.Post(abi.Msg{Source: fake.Root, Type: abi.RSStop}, abi.KindSendA)
	})
	k.Request(fake.Client, echo)
	wantLog(t, d, "message 0xd00", "called", "message 0xd05", "notified "+sdk.Hex(uint64(fake.Other)), "news 5", "stop")
	wantOver(t, c, 0, abi.ExitNormal)
}

// More than can be put off: requests are refused, not lost.
func TestCallOverflow(t *testing.T) {
	var e abi.Errno
	var m abi.Msg
	d := calling(time.Second, &e, &m)
	k, _ := start(t, d)
	d.message = func(c *sdk.Context, r *abi.Msg, _ abi.ReceiveKind) {
		if r.Type == echo {
			c.Call(fake.Other, &abi.Msg{Type: echo}, time.Second)
			return
		}
		c.Reply(r, abi.OK)
	}
	k.Peers[fake.Other] = func(abi.Msg) fake.Answer { return fake.Answer{After: 100 * time.Millisecond} }
	for _, at := range []time.Duration{30, 60} { // the kernel keeps 16
		k.At(at*time.Millisecond, func() {
			for range 10 {
				k.Post(abi.Msg{Source: fake.Other, Type: 0xd05}, abi.KindSendA)
			}
		})
	}
	k.Request(fake.Client, echo)
	answers := map[abi.Errno]int{}
	for r, ok := k.Take(fake.Other); ok; r, ok = k.Take(fake.Other) {
		answers[abi.Errno(r.Arg[0])]++
	}
	if answers[abi.OK] != 16 || answers[abi.EAGAIN] != 4 {
		t.Errorf("answers %v, want 16 OK and 4 EAGAIN", answers)
	}
}

func TestCallForever(t *testing.T) {
	var e abi.Errno
	var m abi.Msg
	d := calling(sdk.Forever, &e, &m)
	k, c := start(t, d)
	k.Peers[fake.Other] = func(abi.Msg) fake.Answer { return fake.Answer{Silent: true} }
	k.At(time.Minute, func() { k.Post(abi.Msg{Source: fake.Root, Type: abi.RSStop}, abi.KindSendA) })
	k.Request(fake.Client, echo)
	if e != abi.EINTR {
		t.Errorf("result %s, want EINTR", e.Name())
	}
	wantOver(t, c, 0, abi.ExitNormal)
}

func TestAsk(t *testing.T) {
	d := &driver{}
	k, c := start(t, d)
	if e := c.Ask(fake.Other, &abi.Msg{Type: echo}, sdk.MaxTag+1); e != abi.EINVAL {
		t.Errorf("tag too large: %s", e.Name())
	}
	c.Ask(fake.Other, &abi.Msg{Type: echo}, 5)
	m, _ := k.Take(fake.Other)
	if m.Arg[6] != 5 {
		t.Errorf("tag %d, want 5", m.Arg[6])
	}
	k.Deliver(abi.Msg{Source: fake.Other, Type: abi.MsgReply, Arg: [7]uint64{6: 5}}, abi.KindSendNB)
	k.Deaf[fake.Other] = true
	c.Ask(fake.Other, &abi.Msg{Type: echo}, 6)
	c.Tell(fake.Other, &abi.Msg{Type: echo})
	k.Kill(fake.Other)
	wantLog(t, d, "reply OK tag 5", "reply EDEADSRCDST tag 6")
}

func TestSleep(t *testing.T) {
	d := &driver{init: func(c *sdk.Context) error { return c.Sleep(time.Second).Err() }}
	k := fake.New(t, "probe")
	pinged := false
	k.At(500*time.Millisecond, func() { k.Post(abi.Msg{Source: fake.Root, Type: abi.MsgNotify}, abi.KindNotify) })
	k.At(530*time.Millisecond, func() { m, ok := k.Take(fake.Root); pinged = ok && m.Type == abi.RSHeartbeat })
	c := k.Start(d)
	if c.Now() != 2*time.Second || !pinged {
		t.Errorf("now %v, pinged %v", c.Now(), pinged)
	}
}

func TestLookup(t *testing.T) {
	k, c := start(t, &driver{})
	if _, _, e := c.Lookup("tty"); e != abi.ESRCH {
		t.Errorf("of none: %s", e.Name())
	}
	if _, _, e := c.Lookup("No Label"); e != abi.EINVAL {
		t.Errorf("of a bad label: %s", e.Name())
	}
	if ep, e := c.LookupWait("tty", time.Second); e != abi.ETIMEDOUT || ep != abi.None {
		t.Errorf("wait in vain: %#x, %s", ep, e.Name())
	}
	k.At(300*time.Millisecond, func() { k.Labels["tty"] = fake.Other })
	if ep, e := c.LookupWait("tty", time.Second); e != abi.OK || ep != fake.Other {
		t.Errorf("wait: %#x, %s", ep, e.Name())
	}
}

func TestStore(t *testing.T) {
	_, c := start(t, &driver{})
	v := sdk.Value{1, 2, 3, 4}
	if e := c.Publish("line", v); e != abi.OK {
		t.Fatal(e.Name())
	}
	if got, e := c.Retrieve("line"); e != abi.OK || got != v {
		t.Errorf("retrieved %v, %s", got, e.Name())
	}
	if e := c.Delete("line"); e != abi.OK {
		t.Error(e.Name())
	}
	if _, e := c.Retrieve("line"); e != abi.ESRCH {
		t.Errorf("after delete: %s", e.Name())
	}
	if e := c.Publish("Bad Key", v); e != abi.EINVAL {
		t.Errorf("bad key: %s", e.Name())
	}
}

func TestRS(t *testing.T) {
	k, c := start(t, &driver{})
	var last abi.Msg
	k.Peers[fake.Root] = func(m abi.Msg) fake.Answer {
		last = m
		switch m.Type {
		case abi.RSStatus, abi.RSEvents, abi.RSPCI:
			b := k.DriverGrant(fake.Root, m.Arg[0], abi.GrantWrite)
			if uint64(len(b)) != m.Arg[1] {
				t.Errorf("grant has %d bytes, message says %d", len(b), m.Arg[1])
			}
			for i := range b {
				b[i] = 1
			}
			return fake.Answer{Msg: reply(0, 2, 30, 4)}
		}
		return fake.Answer{Msg: reply(0, uint64(fake.Other))}
	}
	l, _ := abi.MakeLabel("sixteen-bytes-16")
	rs := c.RS()
	if ep, e := rs.Up(l); e != abi.OK || ep != fake.Other || last.Type != abi.RSUp || abi.UnpackLabel(last.Arg[0], last.Arg[1]) != l {
		t.Errorf("up: %#x, %s, %+v", ep, e.Name(), last)
	}
	rows := make([]abi.ServiceStatus, 4)
	if n, e := rs.Status(rows); e != abi.OK || n != 2 || rows[3].Errno != 0x01010101 {
		t.Errorf("status: %d, %s", n, e.Name())
	}
	if k.DriverGrant(fake.Root, last.Arg[0], 0) != nil && len(k.DriverGrant(fake.Root, last.Arg[0], 0)) > 0 {
		t.Error("the grant of Status is still there")
	}
	functions, bridges := make([]abi.FunctionInfo, 1), make([]abi.BridgeInfo, 1)
	if n, e := rs.Functions(functions); e != abi.OK || n != 2 || functions[0].Unfit != 0x01010101 || last.Arg[2] != uint64(abi.InfoPCI) {
		t.Errorf("functions: %d, %s, %v", n, e.Name(), last)
	}
	if n, e := rs.Bridges(bridges); e != abi.OK || n != 2 || bridges[0].Last != 0x01010101 || last.Arg[2] != uint64(abi.InfoBuses) {
		t.Errorf("bridges: %d, %s, %v", n, e.Name(), last)
	}
	events := make([]abi.Event, 1)
	if n, next, lost, e := rs.Events(events, 7); e != abi.OK || n != 1 || next != 30 || lost != 4 || last.Arg[2] != 7 {
		t.Errorf("events: %d %d %d %s", n, next, lost, e.Name())
	}
	if e := rs.Fault(l, abi.FaultSelf, 5); e != abi.OK || last.Type != abi.RSFault || last.Arg[2] != 4 || last.Arg[3] != 5 {
		t.Errorf("fault: %s, %+v", e.Name(), last)
	}
	for _, c := range []struct {
		t  abi.MsgType
		do func() abi.Errno
	}{
		{abi.RSDown, func() abi.Errno { return rs.Down(l) }},
		{abi.RSRefresh, func() abi.Errno { _, e := rs.Refresh(l); return e }},
		{abi.RSRestart, func() abi.Errno { _, e := rs.Restart(l); return e }},
		{abi.RSShutdown, func() abi.Errno { return rs.Shutdown(3) }},
		{abi.RSWatch, func() abi.Errno { return rs.Watch(3) }},
	} {
		if e := c.do(); e != abi.OK || last.Type != c.t {
			t.Errorf("%#x: %s, sent %#x", c.t, e.Name(), last.Type)
		}
	}
}
