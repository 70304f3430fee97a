package sdk_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// driver is a Driver whose handlers are the test's.
type driver struct {
	init    func(*sdk.Context) error
	message func(*sdk.Context, *abi.Msg, abi.ReceiveKind)
	irq     func(*sdk.Context, uint64)
	fault   func(way uint64)
	log     []string // what happened, in order
}

func (d *driver) Init(c *sdk.Context) error {
	if d.init != nil {
		return d.init(c)
	}
	return nil
}

func (d *driver) Message(c *sdk.Context, m *abi.Msg, kind abi.ReceiveKind) {
	d.log = append(d.log, "message "+sdk.Hex(uint64(m.Type)))
	if d.message != nil {
		d.message(c, m, kind)
		return
	}
	c.Reply(m, abi.OK, m.Arg[1:6]...)
}

func (d *driver) Interrupt(c *sdk.Context, bits uint64) {
	d.log = append(d.log, "interrupt "+sdk.Hex(bits))
	if d.irq != nil {
		d.irq(c, bits)
	}
}

func (d *driver) Alarm(*sdk.Context)               { d.log = append(d.log, "alarm") }
func (d *driver) Stop(*sdk.Context)                { d.log = append(d.log, "stop") }
func (d *driver) Fault(_ *sdk.Context, way uint64) { d.fault(way) }
func (d *driver) CanFault(way uint64) abi.Errno {
	if d.fault == nil {
		return abi.ENOSYS
	}
	return abi.OK
}
func (d *driver) News(_ *sdk.Context, next uint64) { d.log = append(d.log, "news "+sdk.Dec(next)) }
func (d *driver) Notified(_ *sdk.Context, from abi.Endpoint) {
	d.log = append(d.log, "notified "+sdk.Hex(uint64(from)))
}
func (d *driver) Reply(_ *sdk.Context, m *abi.Msg) {
	d.log = append(d.log, "reply "+abi.Errno(m.Arg[0]).Name()+" tag "+sdk.Dec(m.Arg[6]))
}

const echo abi.MsgType = 0xd00

func start(t *testing.T, d sdk.Driver) (*fake.Kernel, *sdk.Context) {
	t.Helper()
	k := fake.New(t, "probe")
	c := k.Start(d)
	if m, ok := k.Take(fake.Root); !ok || m.Type != abi.RSReady || m.Arg[0] != 0 {
		t.Fatalf("init answer: %+v, %v", m, ok)
	}
	return k, c
}

func wantLog(t *testing.T, d *driver, want ...string) {
	t.Helper()
	if !reflect.DeepEqual(d.log, want) {
		t.Errorf("happened: %q\nwant:     %q", d.log, want)
	}
}

func wantLine(t *testing.T, k *fake.Kernel, want string) {
	t.Helper()
	for _, l := range k.Lines {
		if strings.Contains(l, want) {
			return
		}
	}
	t.Errorf("no line of log has %q: %q", want, k.Lines)
}

func wantOver(t *testing.T, c *sdk.Context, status uint64, kind abi.ExitKind) {
	t.Helper()
	if over, s, kd := c.Over(); !over || s != status || kd != kind {
		t.Errorf("over %v, status %d, kind %d; want true, %d, %d", over, s, kd, status, kind)
	}
}

func TestInitFails(t *testing.T) {
	for _, c := range []struct {
		err  error
		want abi.Errno
	}{
		{sdk.Fail(abi.ENODEV, "no chip at ", sdk.Hex(0x70)), abi.ENODEV},
		{abi.EBUSY.Err(), abi.EBUSY},
		{errors.New("whatever"), abi.EIO},
		{errors.Join(errors.New("x")), abi.EIO},
	} {
		k := fake.New(t, "probe")
		ctx := k.Start(&driver{init: func(*sdk.Context) error { return c.err }})
		if m, _ := k.Take(fake.Root); m.Type != abi.RSReady || abi.Errno(m.Arg[0]) != c.want {
			t.Errorf("%v: answered %#x %s, want %s", c.err, m.Type, abi.Errno(m.Arg[0]).Name(), c.want.Name())
		}
		wantOver(t, ctx, sdk.ExitInit, abi.ExitNormal)
	}
}

func TestReadyRefused(t *testing.T) {
	k := fake.New(t, "probe")
	k.Refuse = abi.EPERM
	wantOver(t, k.Start(&driver{}), sdk.ExitInit, abi.ExitNormal)
	wantLine(t, k, `error="ready was not accepted" errno=EPERM`)
}

func TestWrongVersion(t *testing.T) {
	k := fake.New(t, "probe")
	k.Info.Version++
	wantOver(t, k.Start(&driver{init: func(*sdk.Context) error { t.Error("Init called"); return nil }}), sdk.ExitInit, abi.ExitNormal)
}

func TestPing(t *testing.T) {
	d := &driver{}
	k, c := start(t, d)
	if !k.Ping() {
		t.Error("ping not answered")
	}
	c.IgnorePings(true)
	if k.Ping() {
		t.Error("ping answered though ignored")
	}
	if r, ok := k.Request(fake.Client, echo, 0, 5); !ok || r.Arg[1] != 5 {
		t.Errorf("request while pings are ignored: %+v, %v", r, ok)
	}
}

// The reincarnation server is busy: the driver waits for it with its heartbeat.
func TestPingWaitsForTheServer(t *testing.T) {
	k, c := start(t, &driver{})
	began := c.Now()
	k.BusyTo[fake.Root] = began + 300*time.Millisecond
	k.Deliver(abi.Msg{Source: fake.Root, Type: abi.MsgNotify}, abi.KindNotify)
	if m, ok := k.Take(fake.Root); !ok || m.Type != abi.RSHeartbeat || c.Now() != began+300*time.Millisecond {
		t.Errorf("heartbeat %+v, %v at %v", m, ok, c.Now()-began)
	}
}

func TestReply(t *testing.T) {
	d := &driver{}
	k, _ := start(t, d)
	r, ok := k.Request(fake.Client, echo, 0, 11, 12, 13, 14, 15, 77)
	if want := [7]uint64{0, 11, 12, 13, 14, 15, 77}; !ok || r.Type != abi.MsgReply || r.Arg != want {
		t.Errorf("answer %+v, %v; want Arg %v", r, ok, want)
	}
	k.Deaf[fake.Client] = true
	k.Deliver(abi.Msg{Source: fake.Client, Type: echo}, abi.KindSendA)
	if len(k.Out) != 0 {
		t.Errorf("a task that does not receive got %+v", k.Out)
	}
	k.Deaf[fake.Client] = false
	if k.Run(); len(k.Out) != 1 || k.Out[0].How != abi.KindSendA {
		t.Errorf("when it receives it gets %+v, want a senda", k.Out)
	}
	k.Deaf[fake.Client], k.Out = true, nil
	k.Full = true
	d.message = func(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
		for c.Reply(m, abi.OK) == abi.OK { // those that are kept for it
		}
		if e := c.Reply(m, abi.OK); e != abi.EAGAIN {
			t.Errorf("reply with nothing free: %s", e.Name())
		}
	}
	k.Deliver(abi.Msg{Source: fake.Client, Type: echo}, abi.KindSendA)
	wantLine(t, k, `error="answer lost"`)
	k.Dead[fake.Client] = true
	d.message = func(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
		if e := c.Reply(m, abi.OK); e != abi.EDEADSRCDST {
			t.Errorf("reply to the dead: %s", e.Name())
		}
	}
	k.Deliver(abi.Msg{Source: fake.Client, Type: echo}, abi.KindSendA)
}

func TestReplyDoesNotAllocate(t *testing.T) {
	d := &driver{}
	k, c := start(t, d)
	d.log = make([]string, 0, 1) // never grows below
	d.message = func(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
		if n := testing.AllocsPerRun(100, func() {
			k.Out = k.Out[:0]
			c.Reply(m, abi.OK, m.Arg[1], m.Arg[2])
		}); n != 0 {
			t.Errorf("a reply allocates %v times", n)
		}
	}
	_ = c
	k.Request(fake.Client, echo)
}

// What a driver asks of others and of the reincarnation server leaves its heap as it was.
func TestCallDoesNotAllocate(t *testing.T) {
	d := &driver{}
	k, _ := start(t, d)
	k.Peers[fake.Other] = func(m abi.Msg) fake.Answer { return fake.Answer{} }
	k.Labels["x"] = fake.Other
	d.log = make([]string, 0, 1)
	d.message = func(c *sdk.Context, _ *abi.Msg, _ abi.ReceiveKind) {
		for what, do := range map[string]func() abi.Errno{
			"a call": func() abi.Errno {
				m := abi.Msg{Type: echo}
				return c.Call(fake.Other, &m, time.Second)
			},
			"a lookup":   func() abi.Errno { _, _, e := c.Lookup("x"); return e },
			"to publish": func() abi.Errno { return c.Publish("key", sdk.Value{1}) },
			"an ask":     func() abi.Errno { return c.Ask(fake.Other, &abi.Msg{Type: echo}, 1) },
		} {
			if n := testing.AllocsPerRun(100, func() {
				k.Out = k.Out[:0]
				if e := do(); e != abi.OK {
					t.Errorf("%s: %s", what, e.Name())
				}
			}); n != 0 {
				t.Errorf("%s allocates %v times", what, n)
			}
		}
	}
	k.Request(fake.Client, echo)
}

func TestInterrupt(t *testing.T) {
	var bit4, bit7 uint64
	d := &driver{}
	d.init = func(c *sdk.Context) error {
		bit4, _ = c.IRQ(4)
		bit7, _ = c.IRQ(7)
		return nil
	}
	k, _ := start(t, d)
	d.irq = func(c *sdk.Context, bits uint64) {
		if bits != bit7 || k.Enables(7) != 0 {
			t.Errorf("bits %#x, enabled %d times before the handler returned", bits, k.Enables(7))
		}
	}
	if bit4 == bit7 || !k.Interrupt(7) || k.Enables(7) != 1 || k.Enables(4) != 0 {
		t.Errorf("bits %#x %#x, enabled %d and %d times, want 1 and 0", bit4, bit7, k.Enables(7), k.Enables(4))
	}
	wantLog(t, d, "interrupt "+sdk.Hex(bit7))
}

func TestAlarm(t *testing.T) {
	d := &driver{init: func(c *sdk.Context) error { c.Alarm(50 * time.Millisecond); return nil }}
	k, c := start(t, d)
	k.Advance(49 * time.Millisecond)
	wantLog(t, d)
	k.Advance(time.Millisecond)
	wantLog(t, d, "alarm")
	c.Alarm(time.Second)
	if left, _ := c.Alarm(0); left != time.Second {
		t.Errorf("left %v, want 1s", left)
	}
	k.Advance(2 * time.Second)
	wantLog(t, d, "alarm")
}

func TestOrders(t *testing.T) {
	d := &driver{}
	d.fault = func(way uint64) { d.log = append(d.log, "fault "+sdk.Dec(way)) }
	k, c := start(t, d)
	k.Deliver(abi.Msg{Source: fake.Root, Type: abi.RSNews, Arg: [7]uint64{42}}, abi.KindSendA)
	k.Deliver(abi.Msg{Source: fake.Root, Type: abi.DriverFault, Arg: [7]uint64{0: 3, 6: 77}}, abi.KindSendA)
	if m, ok := k.Take(fake.Root); !ok || m.Type != abi.RSFaulted || m.Arg[0] != 0 || m.Arg[1] != 77 {
		t.Errorf("the order was answered %+v, %v", m, ok)
	}
	k.Deliver(abi.Msg{Source: fake.Client, Type: abi.RSStop}, abi.KindSendA) // not his to order
	k.Deliver(abi.Msg{Source: fake.Other, Type: abi.MsgNotify}, abi.KindNotify)
	wantLog(t, d, "news 42", "fault 3", "message 0x716", "notified "+sdk.Hex(uint64(fake.Other)))
	if over, _, _ := c.Over(); over {
		t.Fatal("stopped by a client")
	}
	k.Stop()
	wantOver(t, c, 0, abi.ExitNormal)
	if d.log[len(d.log)-1] != "stop" {
		t.Errorf("happened: %q, want stop last", d.log)
	}
}

// A new life of the reincarnation server is recognised by its slot.
func TestRootComesBack(t *testing.T) {
	k, c := start(t, &driver{})
	next := abi.MakeEndpoint(fake.Root.Slot(), fake.Root.Generation()+1)
	k.Deliver(abi.Msg{Source: next, Type: abi.MsgNotify}, abi.KindNotify)
	if m, ok := k.Take(next); !ok || m.Type != abi.RSHeartbeat || c.Root() != next {
		t.Errorf("answer %+v, %v; root %#x", m, ok, c.Root())
	}
}

//go:noinline
func breakThings(m map[string]int) { m["x"] = 1 }

func TestPanic(t *testing.T) {
	d := &driver{message: func(*sdk.Context, *abi.Msg, abi.ReceiveKind) { breakThings(nil) }}
	k, c := start(t, d)
	if _, ok := k.Request(fake.Client, echo); ok {
		t.Error("answered")
	}
	wantOver(t, c, sdk.ExitPanic, abi.ExitPanic)
	wantLine(t, k, `panic="assignment to entry in nil map"`)
	wantLine(t, k, "at=bennu/drivers/sdk_test.breakThings line=sdk/sdk_test.go:")
	if len(k.Lines) < 3 || !strings.Contains(k.Lines[1], "breakThings") || !strings.Contains(k.Lines[2], "TestPanic") {
		t.Errorf("frames are not innermost first: %q", k.Lines)
	}
}

type awkward struct{}

func (awkward) Error() string { panic("again") }

func TestPanicValues(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string
	}{
		{"words", "panic=words"},
		{errors.New("err"), "panic=err"},
		{-7, "panic=-7"},
		{uint64(7), "panic=7"},
		{abi.ReasonExit, "panic=exit"},
		{awkward{}, `panic="a value whose text panics"`},
		{struct{}{}, `panic="a value of a type without text"`},
	} {
		d := &driver{message: func(*sdk.Context, *abi.Msg, abi.ReceiveKind) { panic(c.v) }}
		k, _ := start(t, d)
		k.Request(fake.Client, echo)
		wantLine(t, k, c.want)
	}
}

func TestPanicInInit(t *testing.T) {
	k := fake.New(t, "probe")
	c := k.Start(&driver{init: func(*sdk.Context) error { panic("early") }})
	wantOver(t, c, sdk.ExitPanic, abi.ExitPanic)
	if m, ok := k.Take(fake.Root); ok {
		t.Errorf("sent %+v after a panic in Init", m)
	}
}

func TestExit(t *testing.T) {
	d := &driver{message: func(c *sdk.Context, _ *abi.Msg, _ abi.ReceiveKind) { c.Exit(9) }}
	k, c := start(t, d)
	k.Request(fake.Client, echo)
	wantOver(t, c, 9, abi.ExitNormal)
	if len(k.Lines) != 0 {
		t.Errorf("an exit was logged: %q", k.Lines)
	}
}

func TestLog(t *testing.T) {
	k, c := start(t, &driver{})
	c.Log("event", "overrun", "lost", sdk.Dec(3), "why", "too \"fast\"", "none", "")
	c.Log("long", strings.Repeat("x", 1000))
	if want := `event=overrun lost=3 why="too \"fast\"" none=""`; k.Lines[0] != want {
		t.Errorf("line %q, want %q", k.Lines[0], want)
	}
	if len(k.Lines[1]) != 240 {
		t.Errorf("long line has %d bytes, want 240", len(k.Lines[1]))
	}
}

func TestArgs(t *testing.T) {
	full := strings.Repeat("x", abi.ArgsSize)
	for args, want := range map[string][]string{
		"": nil, " ": nil, "a": {"a"}, "port=3f8 irq=4": {"port=3f8", "irq=4"}, "  port=3f8 \tirq=4": {"port=3f8", "irq=4"}, "a b\x00c ": {"a", "b", "c"}, full: {full},
	} {
		k := fake.New(t, "probe")
		k.Info.ArgsLen = uint32(copy(k.Info.Args[:], args))
		if c := k.Start(&driver{}); !reflect.DeepEqual(c.Args(), want) {
			t.Errorf("%q: args %q, want %q", args, c.Args(), want)
		}
	}
}
