package sdk_test

import (
	"testing"
	"time"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// More answers than can be put off: the Call ends instead, and every one of them comes.
func TestCallFull(t *testing.T) {
	var results []abi.Errno
	d := &driver{}
	k, _ := start(t, d)
	d.message = func(c *sdk.Context, r *abi.Msg, _ abi.ReceiveKind) {
		results = append(results, c.Call(fake.Other, &abi.Msg{Type: echo}, time.Second), c.Sleep(time.Second))
	}
	k.Peers[fake.Other] = func(abi.Msg) fake.Answer { return fake.Answer{After: 500 * time.Millisecond} }
	const asks = 100
	for i := range asks {
		k.At(time.Duration(2*i)*time.Millisecond, func() { // the kernel keeps as many as come in a slice
			k.Post(abi.Msg{Source: fake.Other, Type: abi.MsgReply, Arg: [7]uint64{6: uint64(i)}}, abi.KindSendA)
		})
	}
	k.Request(fake.Client, echo)
	k.Advance(time.Second)
	if len(results) != 2 || results[0] != abi.EAGAIN || results[1] != abi.EAGAIN {
		t.Errorf("results %v, want EAGAIN twice", results)
	}
	if n := len(d.log) - 1; n != asks || d.log[asks] != "reply OK tag 99" {
		t.Errorf("%d answers came, want %d: %q", n, asks, d.log)
	}
}

// The callee is just sending to the driver: what it has sent is received, so that it can go on, and served afterwards. One that waits for
// the driver's answer cannot go on, and has it afterwards.
func TestCallOfASender(t *testing.T) {
	for kind, want := range map[abi.ReceiveKind]abi.Errno{abi.KindSend: abi.OK, abi.KindSendRec: abi.ELOCKED} {
		var e abi.Errno
		d := &driver{}
		k, _ := start(t, d)
		d.message = func(c *sdk.Context, r *abi.Msg, _ abi.ReceiveKind) {
			if r.Type == echo {
				k.Post(abi.Msg{Source: fake.Other, Type: 0xd05}, kind)
				e = c.Call(fake.Other, &abi.Msg{Type: echo}, time.Second)
			}
			c.Reply(r, abi.OK)
		}
		k.Peers[fake.Other] = func(abi.Msg) fake.Answer { return fake.Answer{} }
		k.Request(fake.Client, echo)
		if e != want {
			t.Errorf("kind %d: %s, want %s", kind, e.Name(), want.Name())
		}
		wantLog(t, d, "message 0xd00", "message 0xd05")
		if _, ok := k.Take(fake.Other); !ok {
			t.Errorf("kind %d: the sender was not answered", kind)
		}
	}
}

// The reincarnation server has no place for the request until the driver has fetched what is there for it.
func TestCallWithoutAPlace(t *testing.T) {
	d := &driver{}
	k, c := start(t, d)
	refused := 0
	k.Peers[fake.Root] = func(m abi.Msg) fake.Answer {
		if m.Type != abi.RSLookup || m.Arg[0] != 3 || m.Arg[1] != 0 || m.Arg[5] != 0 {
			t.Errorf("asked %+v", m)
		}
		if refused++; refused == 1 {
			return fake.Answer{Msg: abi.Msg{Arg: [7]uint64{0: uint64(abi.EAGAIN), 1: 1, 5: uint64(abi.WhyTooMany)}}}
		}
		return fake.Answer{Msg: abi.Msg{Arg: [7]uint64{1: 77}}}
	}
	m := abi.Msg{Type: abi.RSLookup, Arg: [7]uint64{3}}
	if e := c.Call(fake.Root, &m, time.Second); e != abi.OK || m.Arg[1] != 77 || refused != 2 {
		t.Errorf("%s, %v, asked %d times", e.Name(), m.Arg, refused)
	}
	if b, ok := k.Take(fake.Root); !ok || b.Type != abi.RSHeartbeat {
		t.Errorf("nothing was fetched: %+v", b)
	}
}

// Nothing else is asked twice: not what was refused for another reason, and not by another task.
func TestCallRefused(t *testing.T) {
	d := &driver{}
	k, c := start(t, d)
	for _, r := range []struct {
		by  abi.Endpoint
		e   abi.Errno
		why abi.Why
	}{
		{fake.Root, abi.EAGAIN, abi.WhyArgument}, {fake.Root, abi.EBUSY, abi.WhyTooMany}, {fake.Root, abi.OK, abi.WhyTooMany}, {fake.Root, abi.EPERM, abi.WhyStranger},
		{fake.Other, abi.EAGAIN, abi.WhyTooMany}, {fake.Other, abi.EAGAIN, abi.WhyNone},
	} {
		asked := 0
		k.Peers[r.by] = func(abi.Msg) fake.Answer {
			asked++
			return fake.Answer{Msg: abi.Msg{Arg: [7]uint64{0: uint64(r.e), 1: 7, 5: uint64(r.why)}}}
		}
		m := abi.Msg{Type: abi.RSLookup}
		if e := c.Call(r.by, &m, time.Second); e != r.e || asked != 1 || m.Arg[1] != 7 {
			t.Errorf("%s, why %d, of %#x: %s, asked %d times, %v", r.e.Name(), r.why, r.by, e.Name(), asked, m.Arg)
		}
	}
	if b, ok := k.Take(fake.Root); ok {
		t.Errorf("sent %+v", b)
	}
}

// A later life of the reincarnation server may answer what a former one was asked; a later life of another task may not.
func TestCallAnsweredByTheNextLife(t *testing.T) {
	for _, to := range []abi.Endpoint{fake.Root, fake.Other} {
		var e abi.Errno
		d := &driver{}
		k, _ := start(t, d)
		next := abi.MakeEndpoint(to.Slot(), to.Generation()+1)
		d.message = func(c *sdk.Context, r *abi.Msg, _ abi.ReceiveKind) {
			if r.Type == echo {
				e = c.Call(to, &abi.Msg{Type: abi.RSWatch}, time.Second)
			}
		}
		k.Peers[to] = func(m abi.Msg) fake.Answer {
			k.At(10*time.Millisecond, func() {
				k.Post(abi.Msg{Source: next, Type: abi.MsgReply, Arg: [7]uint64{6: m.Arg[6]}}, abi.KindSendA)
			})
			return fake.Answer{Silent: true}
		}
		k.Request(fake.Client, echo)
		if e != abi.EDEADSRCDST {
			t.Errorf("from %#x: %s, want EDEADSRCDST", to, e.Name())
		}
		if k.Advance(time.Second); len(d.log) != 1 {
			t.Errorf("the late answer was handled: %q", d.log)
		}
	}
}
