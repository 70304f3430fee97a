package sdk_test

import (
	"testing"
	"time"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// TestOwed: when one who does not receive has all the kernel's places and all of the driver's own that it may have, nobody
// else loses an answer, and its own come when it receives.
func TestOwed(t *testing.T) {
	d := &driver{}
	k, _ := start(t, d)
	k.Deaf[fake.Client], k.Deaf[fake.Other], k.Full = true, true, true
	kept := 0
	d.message = func(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
		for kept < 1000 && c.Reply(m, abi.OK, uint64(kept)) == abi.OK {
			kept++
		}
	}
	k.Deliver(abi.Msg{Source: fake.Client, Type: echo}, abi.KindSendA)
	if kept == 0 || kept > 64 {
		t.Fatalf("%d answers kept for one asker", kept)
	}
	wantLine(t, k, `error="answer lost"`)
	d.message = func(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
		if e := c.Reply(m, abi.OK, 4711); e != abi.OK {
			t.Errorf("the answer to another: %s", e.Name())
		}
	}
	k.Deliver(abi.Msg{Source: fake.Other, Type: echo}, abi.KindSendA)
	if m, ok := k.Take(fake.Other); ok {
		t.Fatalf("who does not receive got %+v", m)
	}
	k.Advance(time.Second)
	k.Deaf[fake.Other] = false // the kernel still has no place
	k.Advance(time.Second)
	if m, ok := k.Take(fake.Other); !ok || m.Type != abi.MsgReply || m.Arg[1] != 4711 {
		t.Errorf("when it receives it gets %+v, %v", m, ok)
	}
	k.Deaf[fake.Client], k.Full = false, false
	k.Advance(time.Second)
	for i := range kept {
		if m, ok := k.Take(fake.Client); !ok || m.Arg[1] != uint64(i) {
			t.Errorf("answer %d: %+v, %v", i, m, ok)
		}
	}
	if n := len(k.Waits); k.Waits[n-1] != abi.NoTimeout {
		t.Errorf("with nothing owed it looks again after %d ns", k.Waits[n-1])
	}
}
