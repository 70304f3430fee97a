package service

import (
	"testing"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/service/fake"
)

const peerA, peerB abi.Endpoint = 0x8005, 0x8006

// ended collects how requests ended, by name.
type ended map[string][]string

func (n ended) as(what string) func(*abi.Msg, abi.Errno) {
	return func(m *abi.Msg, e abi.Errno) {
		s := e.Name()
		if m != nil {
			s += " answered"
		}
		n[what] = append(n[what], s)
	}
}

func (n ended) want(t *testing.T, what string, how ...string) {
	t.Helper()
	if len(n[what]) != len(how) || len(how) == 1 && n[what][0] != how[0] {
		t.Errorf("%s ended with %q, want %q", what, n[what], how)
	}
}

// Answers come in any order, each goes to its own request, once.
func TestAskAnswersByTag(t *testing.T) {
	f, n := fake.New(), ended{}
	a := NewAsker(f)
	for _, what := range []string{"one", "two", "three"} {
		a.Ask(peerA, abi.Msg{Type: 0x900}, time.Second, n.as(what))
	}
	if a.Waiting() != 3 || len(f.Outbox) != 3 {
		t.Fatalf("%d wait, %d sent; want 3, 3", a.Waiting(), len(f.Outbox))
	}
	two, one := f.Outbox[1].Reply(abi.EBUSY), f.Outbox[0].Reply(abi.OK)
	forged := *two
	forged.Source = peerB
	if a.Answer(&forged) {
		t.Error("an answer from another task was taken")
	}
	for _, m := range []*abi.Msg{two, one} {
		if !a.Answer(m) {
			t.Error("an answer was not awaited")
		}
		if a.Answer(m) {
			t.Error("an answer was taken twice")
		}
	}
	n.want(t, "one", "OK answered")
	n.want(t, "two", "EBUSY answered")
	n.want(t, "three")
	if a.Waiting() != 1 {
		t.Errorf("%d wait, want 1", a.Waiting())
	}
}

// A peer that does not give the tag back answers in order; what was given up stays in the
// order, so that a late answer is not taken for another request's.
func TestAskUntaggedPeer(t *testing.T) {
	f, n := fake.New(), ended{}
	a := NewAsker(f)
	a.Ask(peerA, abi.Msg{Type: 0x900}, time.Second, n.as("slow"))
	f.Pass(2 * time.Second)
	a.Run()
	n.want(t, "slow", "ETIMEDOUT")
	a.Ask(peerA, abi.Msg{Type: 0x900}, time.Second, n.as("next"))
	untagged := &abi.Msg{Source: peerA, Type: abi.MsgReply}
	a.Answer(untagged)
	n.want(t, "next")
	a.Answer(untagged)
	n.want(t, "next", "OK answered")
	n.want(t, "slow", "ETIMEDOUT")
}

// Each way in which there is no answer is told once.
func TestAskWithoutAnswer(t *testing.T) {
	f, n := fake.New(), ended{}
	a := NewAsker(f)
	f.Errno[peerB] = abi.ECALLDENIED
	a.Ask(peerB, abi.Msg{Type: 0x900}, time.Second, n.as("denied"))
	n.want(t, "denied") // not from within Ask
	if at, ok := a.Next(); !ok || at != f.Now() {
		t.Errorf("next is %d, %v; want now", at, ok)
	}
	a.Run()
	n.want(t, "denied", "ECALLDENIED")

	a.Ask(peerA, abi.Msg{Type: 0x900}, 3*time.Second, n.as("dead"))
	a.Ask(fake.RSEndpoint, abi.Msg{Type: 0x700}, 5*time.Second, n.as("alive"))
	if at, ok := a.Next(); !ok || at != f.Now()+3e9 {
		t.Errorf("next is %d, %v; want in 3 s", at, ok)
	}
	a.Dead(peerA)
	a.Dead(peerA)
	n.want(t, "dead", "EDEADSRCDST")
	n.want(t, "alive")

	f.Pass(5 * time.Second)
	a.Run()
	a.Run()
	n.want(t, "alive", "ETIMEDOUT")
	if _, ok := a.Next(); ok {
		t.Error("something is due, but nothing waits")
	}
}

// What waits is bounded, and the one too many is told so.
func TestAskLimit(t *testing.T) {
	f, n := fake.New(), ended{}
	a := NewAsker(f)
	for range MaxAsks {
		a.Ask(peerA, abi.Msg{Type: 0x900}, time.Second, n.as("fits"))
	}
	a.Ask(peerA, abi.Msg{Type: 0x900}, time.Second, n.as("more"))
	a.Run()
	n.want(t, "fits")
	n.want(t, "more", "ENOSPC")
	f.Pass(time.Second)
	a.Run()
	if len(n["fits"]) != MaxAsks {
		t.Fatalf("%d timed out, want %d", len(n["fits"]), MaxAsks)
	}
	a.Ask(peerA, abi.Msg{Type: 0x900}, time.Second, n.as("later"))
	a.Answer(f.Outbox[len(f.Outbox)-1].Reply(abi.OK))
	n.want(t, "later", "OK answered")
}

// RS tells of several requests that it has refused by one answer: each ends, once, and no other.
func TestAskRefusedTogether(t *testing.T) {
	f, n := fake.New(), ended{}
	a := NewAsker(f)
	for _, what := range []string{"one", "two", "three"} {
		a.Ask(fake.RSEndpoint, abi.Msg{Type: 0x900}, time.Second, n.as(what))
	}
	for _, what := range []string{"four", "five"} {
		a.Ask(fake.RSEndpoint, abi.Msg{Type: 0x901}, LimitLife, n.as(what))
	}
	a.Ask(peerA, abi.Msg{Type: 0x900}, time.Second, n.as("other"))
	m := f.Outbox[1].Refuse(abi.EAGAIN, abi.WhyTooMany, 0)
	m.Arg[1] = 3
	a.Answer(m)
	for _, what := range []string{"two", "three", "four"} {
		n.want(t, what, "EAGAIN answered")
	}
	for _, what := range []string{"one", "five", "other"} {
		n.want(t, what)
	}
}

// done may ask again, whatever ended the request.
func TestAskFromDone(t *testing.T) {
	f, n := fake.New(), ended{}
	a := NewAsker(f)
	for range 3 {
		a.Ask(peerA, abi.Msg{Type: 0x900}, time.Second, func(_ *abi.Msg, _ abi.Errno) {
			a.Ask(peerB, abi.Msg{Type: 0x900}, time.Second, n.as("again"))
		})
	}
	a.Dead(peerA)
	if a.Waiting() != 3 {
		t.Fatalf("%d wait, want 3", a.Waiting())
	}
	f.Pass(time.Second)
	a.Run()
	n.want(t, "again", "ETIMEDOUT", "ETIMEDOUT", "ETIMEDOUT")
}

func TestAfter(t *testing.T) {
	f := fake.New()
	a := NewAsker(f)
	var order []string
	a.After(2*time.Second, func() { order = append(order, "two") })
	a.After(time.Second, func() {
		order = append(order, "one")
		a.After(0, func() { order = append(order, "zero") })
	})
	a.Run()
	if len(order) != 0 {
		t.Fatalf("%q too early", order)
	}
	f.Pass(time.Second)
	a.Run()
	a.Run()
	f.Pass(time.Second)
	a.Run()
	a.Run()
	if len(order) != 3 || order[0] != "one" || order[1] != "zero" || order[2] != "two" {
		t.Errorf("order %q, want one zero two", order)
	}
}

// No more are on their way to one task than it can answer without losing some; slow ones do not
// hold up quick ones, nor one task another. All end, in order.
func TestAskWindow(t *testing.T) {
	f, n := fake.New(), ended{}
	a := NewAsker(f)
	if left := abi.RSOpen - slowWindow - quickWindow; left < 3 {
		t.Errorf("of the places that RS has for a service %d are left for the SDK's own requests", left)
	}
	for range 10 {
		a.Ask(peerA, abi.Msg{Type: 0x901}, LimitLife, n.as("slow"))
	}
	for range 10 {
		a.Ask(peerA, abi.Msg{Type: 0x900}, time.Second, n.as("quick"))
	}
	a.Ask(peerB, abi.Msg{Type: 0x900}, time.Second, n.as("other"))
	if len(f.Outbox) != slowWindow+quickWindow+1 || a.Waiting() != 21 {
		t.Fatalf("%d are sent, %d wait; want %d, 21", len(f.Outbox), a.Waiting(), slowWindow+quickWindow+1)
	}
	last := uint64(0)
	for len(n["quick"]) < 10 {
		var s fake.Sent
		for i, o := range f.Outbox {
			if o.Msg.Type == 0x900 && o.To == peerA {
				s = o
				f.Outbox = append(f.Outbox[:i:i], f.Outbox[i+1:]...)
				break
			}
		}
		if s.Tag <= last {
			t.Fatalf("request %d was sent after %d", s.Tag, last)
		}
		last = s.Tag
		a.Answer(s.Reply(abi.OK))
	}
	a.Dead(peerA)
	a.Run()
	if len(n["slow"]) != 10 || n["slow"][9] != "EDEADSRCDST" {
		t.Errorf("slow requests ended with %q", n["slow"])
	}
	n.want(t, "other")
	for range 10 {
		a.Ask(peerB, abi.Msg{Type: 0x900}, time.Second, n.as("late"))
	}
	f.Pass(time.Second)
	a.Run()
	if len(n["late"]) != 10 || n["late"][9] != "ETIMEDOUT" || a.Waiting() != 0 {
		t.Errorf("requests to one that does not answer ended with %q, %d wait", n["late"], a.Waiting())
	}
}
