package sdk_test

import (
	"testing"
	"time"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// answering is a driver that answers each request with its first argument, and then does more.
func answering(more func(c *sdk.Context, m *abi.Msg)) *driver {
	return &driver{message: func(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
		c.Answer(m, abi.OK, m.Arg[0])
		if more != nil {
			more(c, m)
		}
	}}
}

func wantAnswer(t *testing.T, m abi.Msg, came bool, arg uint64) {
	t.Helper()
	if !came || m.Type != abi.MsgReply || m.Arg[0] != uint64(abi.OK) || m.Arg[1] != arg {
		t.Errorf("answer %+v, %v; want %d", m, came, arg)
	}
}

// An answer that is the handler's last word takes no kernel call of its own.
func TestAnswer(t *testing.T) {
	k, _ := start(t, answering(nil))
	k.Run()
	for i := range uint64(3) {
		before := k.Made[abi.CallReceive] + k.Made[abi.CallSendNB] + k.Made[abi.CallSendA]
		m, came := k.Request(fake.Client, echo, i)
		wantAnswer(t, m, came, i)
		if n := k.Made[abi.CallReceive] + k.Made[abi.CallSendNB] + k.Made[abi.CallSendA] - before; n != 0 || k.Made[abi.CallReplyReceive] != int(i)+1 {
			t.Errorf("request %d: %d other calls, %d that answer and receive", i, n, k.Made[abi.CallReplyReceive])
		}
	}
}

// Whatever becomes of the handler, or of who asked, what was answered leaves, once.
func TestAnswerLeaves(t *testing.T) {
	for name, c := range map[string]struct {
		more func(c *sdk.Context, m *abi.Msg)
		over bool
	}{
		"a second answer": {more: func(c *sdk.Context, m *abi.Msg) { c.Answer(&abi.Msg{Source: fake.Other}, abi.OK, 9) }},
		"a reply":         {more: func(c *sdk.Context, m *abi.Msg) { c.Reply(&abi.Msg{Source: fake.Other}, abi.OK, 9) }},
		"a panic":         {more: func(*sdk.Context, *abi.Msg) { panic("now") }, over: true},
		"an exit":         {more: func(c *sdk.Context, _ *abi.Msg) { c.Exit(3) }, over: true},
		"something waits": {more: func(c *sdk.Context, _ *abi.Msg) { c.Sleep(time.Millisecond) }},
	} {
		k, ctx := start(t, answering(c.more))
		if name == "something waits" { // and is put off until the handler has returned
			k.At(time.Microsecond, func() { k.Post(abi.Msg{Source: fake.Root, Type: abi.RSNews, Arg: [7]uint64{1}}, abi.KindSendA) })
		}
		m, came := k.Request(fake.Client, echo, 5)
		wantAnswer(t, m, came, 5)
		if m, again := k.Take(fake.Client); again {
			t.Errorf("%s: a second answer, %+v", name, m)
		}
		if over, _, _ := ctx.Over(); over != c.over {
			t.Errorf("%s: over %v", name, over)
		}
	}
}

// An asker that does not receive finds its answer later; one that died is nobody's fault; while other goroutines have work the loop
// does not wait in the kernel.
func TestAnswerOtherwise(t *testing.T) {
	k, _ := start(t, answering(nil))
	k.Deaf[fake.Client] = true
	k.Deliver(abi.Msg{Source: fake.Client, Type: echo, Arg: [7]uint64{1}}, abi.KindSendA)
	if m, came := k.Take(fake.Client); came {
		t.Errorf("who does not receive got %+v", m)
	}
	k.Deaf[fake.Client] = false
	k.Advance(time.Second)
	m, came := k.Take(fake.Client)
	wantAnswer(t, m, came, 1)

	k, _ = start(t, answering(func(*sdk.Context, *abi.Msg) { k.Dead[fake.Other] = true }))
	k.Deliver(abi.Msg{Source: fake.Other, Type: echo}, abi.KindSendA)
	if len(k.Lines) != 0 {
		t.Errorf("an asker that died is logged: %q", k.Lines)
	}
	m, came = k.Request(fake.Client, echo, 2)
	wantAnswer(t, m, came, 2)

	k, c := start(t, answering(nil))
	c.SetScheduler(func() int64 { return int64(k.Now()) + 1e9 }, func() {}, func() uint { return 0 })
	before := k.Made[abi.CallReplyReceive]
	m, came = k.Request(fake.Client, echo, 3)
	wantAnswer(t, m, came, 3)
	if k.Made[abi.CallReplyReceive] != before {
		t.Error("it waits without a limit while another goroutine has a timer")
	}
}
