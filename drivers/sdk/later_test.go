package sdk_test

import (
	"slices"
	"testing"
	"time"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// An answer is taken from whom it was asked of: one with the right tag from the reincarnation server, which was not asked, is none.
func TestCallAnsweredByAnother(t *testing.T) {
	var e abi.Errno
	d := &driver{}
	k, _ := start(t, d)
	d.message = func(c *sdk.Context, r *abi.Msg, _ abi.ReceiveKind) {
		e = c.Call(fake.Other, &abi.Msg{Type: echo}, 200*time.Millisecond)
	}
	k.Peers[fake.Other] = func(m abi.Msg) fake.Answer {
		k.At(10*time.Millisecond, func() {
			k.Post(abi.Msg{Source: fake.Root, Type: abi.MsgReply, Arg: [7]uint64{6: m.Arg[6]}}, abi.KindSendA)
		})
		return fake.Answer{Silent: true}
	}
	k.Request(fake.Client, echo)
	if e != abi.ETIMEDOUT {
		t.Errorf("%s, want ETIMEDOUT", e.Name())
	}
}

// Orders are the reincarnation server's: what another task calls so while the driver waits is a request like any.
func TestOrdersOfAnother(t *testing.T) {
	d := &driver{}
	k, c := start(t, d)
	d.message = func(c *sdk.Context, r *abi.Msg, _ abi.ReceiveKind) {
		if r.Type == echo {
			c.Call(fake.Other, &abi.Msg{Type: echo}, time.Second)
		}
	}
	k.Peers[fake.Other] = func(abi.Msg) fake.Answer { return fake.Answer{After: 50 * time.Millisecond} }
	for _, order := range []abi.MsgType{abi.RSStop, abi.RSNews, abi.DriverFault} {
		k.At(5*time.Millisecond, func() { k.Post(abi.Msg{Source: fake.Other, Type: order}, abi.KindSendA) })
	}
	k.Request(fake.Client, echo)
	wantLog(t, d, "message 0xd00", "message "+sdk.Hex(uint64(abi.RSStop)), "message "+sdk.Hex(uint64(abi.RSNews)), "message "+sdk.Hex(uint64(abi.DriverFault)))
	if over, _, _ := c.Over(); over || c.Stopping() {
		t.Error("it has stopped")
	}
}

// What the reincarnation server keeps for a driver that had no room for it is fetched when the handler has returned, without another
// ping.
func TestFetchAfterTheHandler(t *testing.T) {
	d := &driver{}
	k, c := start(t, d)
	for i := range uint64(3) {
		if e := c.Ask(fake.Root, &abi.Msg{Type: abi.RSLookup}, 101+i); e != abi.OK {
			t.Fatal(e.Name())
		}
	}
	d.message = func(c *sdk.Context, r *abi.Msg, _ abi.ReceiveKind) {
		if e := c.Call(fake.Other, &abi.Msg{Type: echo}, time.Second); e != abi.EAGAIN {
			t.Errorf("%s, want EAGAIN: there is no more room", e.Name())
		}
	}
	k.Peers[fake.Other] = func(abi.Msg) fake.Answer { return fake.Answer{Silent: true} }
	const room = 32 // answers that can be put off
	for i := range room - 1 {
		k.At(time.Duration(2*i)*time.Millisecond, func() {
			k.Post(abi.Msg{Source: fake.Other, Type: abi.MsgReply, Arg: [7]uint64{6: uint64(i + 1)}}, abi.KindSendA)
		})
	}
	k.At(70*time.Millisecond, func() {
		for i := range 3 {
			k.Mail = append(k.Mail, abi.Msg{Type: abi.MsgReply, Arg: [7]uint64{6: uint64(101 + i)}})
		}
		k.Post(abi.Msg{Source: fake.Root, Type: abi.MsgNotify}, abi.KindNotify)
	})
	k.Request(fake.Client, echo)
	k.Advance(10 * time.Millisecond)
	want := []string{"message 0xd00"}
	for i := range room - 1 {
		want = append(want, "reply OK tag "+sdk.Dec(uint64(i+1)))
	}
	wantLog(t, d, append(want, "reply OK tag 101", "reply OK tag 102", "reply OK tag 103")...)
	if len(k.Mail) != 0 {
		t.Errorf("%d answers are left with the server", len(k.Mail))
	}
}

// As many tasks as there is room for may notify while a handler calls them; then it gets no further, and none is forgotten.
func TestNotesOverflow(t *testing.T) {
	const room = 16
	d := &driver{}
	k, c := start(t, d)
	var got []abi.Errno
	d.message = func(c *sdk.Context, r *abi.Msg, _ abi.ReceiveKind) {
		for i := range room + 1 {
			got = append(got, c.Call(abi.MakeEndpoint(20+i, 1), &abi.Msg{Type: echo}, time.Second))
		}
	}
	want, all := []string{"message 0xd00"}, []abi.Errno{}
	for i := range room + 1 {
		ep := abi.MakeEndpoint(20+i, 1)
		k.Peers[ep] = func(abi.Msg) fake.Answer {
			k.At(time.Millisecond, func() { k.Post(abi.Msg{Source: ep, Type: abi.MsgNotify}, abi.KindNotify) })
			return fake.Answer{After: 50 * time.Millisecond}
		}
		if i < room {
			want, all = append(want, "notified "+sdk.Hex(uint64(ep))), append(all, abi.OK)
		}
	}
	// The last note has the last place before the answer to its Call has come.
	all[room-1] = abi.EAGAIN
	k.Request(fake.Client, echo)
	wantLog(t, d, want...)
	if all = append(all, abi.EAGAIN); !slices.Equal(got, all) {
		t.Errorf("the calls: %v, want %v", got, all)
	}
	if over, _, _ := c.Over(); over {
		t.Errorf("it has ended: %q", k.Lines)
	}
}
