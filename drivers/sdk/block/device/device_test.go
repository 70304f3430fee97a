package device

import (
	"testing"

	"bennu/drivers/protocol/block"
	"bennu/drivers/protocol/ds"
	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// user is a service with a disk.
type user struct {
	d   *Device
	err error
}

func (u *user) Init(c *sdk.Context) error {
	u.d, u.err = Open(c, "disk", 1<<16, 1<<16)
	return nil
}
func (u *user) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) { u.d.Message(m) }
func (u *user) Reply(c *sdk.Context, m *abi.Msg)                      { u.d.Reply(m) }
func (u *user) Changed(*sdk.Context, *sdk.Notice)                     {}

// serve has a life of the driver answer what it was asked to open; other requests stay with it.
func (u *user) serve(k *fake.Kernel, life abi.Endpoint, asked *[]abi.Msg) {
	k.Run()
	for m, ok := k.Take(life); ok; m, ok = k.Take(life) {
		if *asked = append(*asked, m); m.Type != block.Open {
			continue
		}
		s := block.Shape{Sectors: 64, Segments: 8, Depth: 8, MaxSectors: 64}
		a := abi.Msg{Source: life, Type: abi.MsgReply, Arg: [7]uint64{6: m.Arg[6]}}
		w := s.Words(block.MakeEpoch(life, 0), uint32(len(*asked)), 0)
		copy(a.Arg[1:], w[:])
		u.d.Reply(&a)
		k.Run()
	}
}

// News opens sessions with the life that it tells of; old news of one that lives has no effect; what had no answer is asked of the next life.
func TestLives(t *testing.T) {
	k, u := fake.New(t, "user"), new(user)
	first, second := fake.Client, fake.Other
	var subscribed ds.Flags
	k.Peers[fake.DS] = func(m abi.Msg) fake.Answer {
		subscribed = ds.Flags(m.Arg[2])
		return fake.Answer{Msg: abi.Msg{Arg: [7]uint64{1: 1}}}
	}
	var one, two []abi.Msg
	k.Start(u)
	k.Life(first)
	k.Life(second)
	if u.err != nil || subscribed&(ds.TypeLabel|ds.Initial) != ds.TypeLabel|ds.Initial || u.d.Ready() {
		t.Fatalf("%v, %#x", u.err, subscribed)
	}
	news := func(what ds.What, ep abi.Endpoint) {
		u.d.Changed(&sdk.Notice{Pattern: "disk", Entry: ds.Entry{What: what, Endpoint: ep}})
		u.serve(k, first, &one)
		u.serve(k, second, &two)
	}
	if u.d.Changed(&sdk.Notice{Pattern: "other", Entry: ds.Entry{What: ds.Published, Endpoint: first}}) || u.d.Driver() != 0 {
		t.Fatal("another's news")
	}
	news(ds.Published, first)
	if !u.d.Ready() || len(one) != 2 {
		t.Fatalf("%+v, log %q", one, k.Lines)
	}
	if e := u.d.Submit(block.Request{Op: block.Flush}, 5); e != abi.OK {
		t.Fatal(e.Name())
	}
	news(ds.Deleted, first)
	news(ds.Published, second)
	if len(one) != 3 || len(two) != 0 || u.d.Driver() != first {
		t.Fatalf("old news: %+v, %+v", one, two)
	}
	k.Dead[first] = true
	k.Labels["disk"] = second
	k.Run()
	news(ds.Missed, abi.None)
	if !u.d.Ready() || u.d.Driver() != second || len(two) != 3 || two[2].Type != block.Flush {
		t.Fatalf("%+v", two)
	}
	if u.d.Reply(&abi.Msg{Source: second, Type: abi.MsgReply, Arg: [7]uint64{6: 1}}) {
		t.Error("an answer to a request of the service's own is taken")
	}
	answer := abi.Msg{Source: second, Type: abi.MsgReply, Arg: [7]uint64{1: uint64(block.MakeEpoch(second, 0)), 6: two[2].Arg[6]}}
	u.d.Reply(&answer)
	if r, ok := u.d.Next(); !ok || r.User != 5 || r.Errno != abi.OK {
		t.Errorf("%+v, %v", r, ok)
	}
}
