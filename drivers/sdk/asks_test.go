package sdk_test

import (
	"testing"

	"bennu/drivers/sdk"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

// answersAs has a task answer a request that was left with the kernel.
func answersAs(k *fake.Kernel, from abi.Endpoint, tag uint64, args ...uint64) {
	m := abi.Msg{Source: from, Type: abi.MsgReply}
	copy(m.Arg[:], args)
	m.Arg[6] = tag
	k.Deliver(m, abi.KindSendA)
}

// Of the reincarnation server's answers to one request the first counts; another task's are the driver's business.
func TestSecondAnswerIsDropped(t *testing.T) {
	d := &driver{}
	k, c := start(t, d)
	for _, tag := range []uint64{7, 8, 7} { // a driver may use a tag twice
		if e := c.Ask(fake.Root, &abi.Msg{Type: abi.RSLookup}, tag); e != abi.OK {
			t.Fatal(e.Name())
		}
	}
	for range 3 {
		answersAs(k, fake.Root, 7)
		answersAs(k, fake.Root, 8)
		answersAs(k, fake.Root, 9) // nobody has asked that
		answersAs(k, fake.Other, 10)
	}
	wantLog(t, d, "reply OK tag 7", "reply OK tag 8", "reply OK tag 10", "reply OK tag 7", "reply OK tag 10", "reply OK tag 10")
}

// One refusal stands for several requests, none of which is open then.
func TestRefusalClosesAll(t *testing.T) {
	d := &driver{}
	k, c := start(t, d)
	for tag := range uint64(6) {
		c.Ask(fake.Root, &abi.Msg{Type: abi.RSLookup}, tag)
	}
	answersAs(k, fake.Root, 1, uint64(abi.EAGAIN), 3, 0, 0, 0, uint64(abi.WhyTooMany))
	for tag := range uint64(6) {
		answersAs(k, fake.Root, tag)
	}
	wantLog(t, d, "reply EAGAIN tag 1", "reply OK tag 0", "reply OK tag 4", "reply OK tag 5")
}

// It may owe so many answers; then there is no more room until one has come. Others may owe any number.
func TestAsksAreBounded(t *testing.T) {
	const most = 64
	d := &driver{}
	k, c := start(t, d)
	for tag := range uint64(most) {
		if e := c.Ask(fake.Root, &abi.Msg{Type: abi.RSLookup}, tag); e != abi.OK {
			t.Fatalf("ask %d: %s", tag, e.Name())
		}
		c.Ask(fake.Other, &abi.Msg{Type: echo}, tag)
	}
	if e := c.Ask(fake.Root, &abi.Msg{Type: abi.RSLookup}, most); e != abi.EAGAIN {
		t.Errorf("one more: %s, want EAGAIN", e.Name())
	}
	if e := c.Ask(fake.Other, &abi.Msg{Type: echo}, most); e != abi.OK {
		t.Errorf("one more of another: %s", e.Name())
	}
	answersAs(k, fake.Root, 30)
	if e := c.Ask(fake.Root, &abi.Msg{Type: abi.RSLookup}, most); e != abi.OK {
		t.Errorf("after an answer: %s", e.Name())
	}
	for tag := range uint64(most + 1) {
		answersAs(k, fake.Root, tag)
	}
	if n := len(d.log); n != most+1 || d.log[n-1] != "reply OK tag "+sdk.Dec(most) {
		t.Errorf("%d answers, the last %q", n, d.log[n-1])
	}
}
