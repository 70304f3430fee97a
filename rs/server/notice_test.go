package server

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
)

// What changes that were made on purpose (`make mutants`, reviews) showed no other test to notice.

// Who may control one service may not control another.
func TestControlOfOne(t *testing.T) {
	f := boot(t, "service a { control b; }; service b { burst none; }; service c { burst none; };")
	f.ready("a", "b", "c")
	for target, want := range map[string]abi.Errno{"c": abi.EPERM, "a": abi.EPERM} {
		if e := f.answer("a", named(abi.RSRefresh, target)); e != want {
			t.Errorf("refresh of %s: %s, want %s", target, e.Name(), want.Name())
		}
	}
	if a, ok := f.ask("a", named(abi.RSRefresh, "b")); ok && a.Arg[0] != 0 {
		t.Errorf("refresh of b: %s", abi.Errno(a.Arg[0]).Name())
	}
	if got := f.task("b").got; len(got) != 1 || got[0].Type != abi.RSStop {
		t.Errorf("b was told %v, want RSStop", got)
	}
}

// A heartbeat that waits when the time to judge has come is heard first.
func TestHeartbeatBeforeTheTick(t *testing.T) {
	f := boot(t, "service a { period 100ms; burst none; };")
	f.ready("a")
	f.pass(150 * time.Millisecond) // pinged
	f.calls = nil
	// RS is late: the next two alarms are over, and the heartbeat came meanwhile.
	f.now += 160 * time.Millisecond
	f.inbox = append(f.inbox, arrived{abi.Msg{Source: f.ep("a"), Type: abi.RSHeartbeat}, abi.KindSend})
	f.run()
	f.pass(50 * time.Millisecond)
	for _, c := range f.calls {
		if c == "kill a" {
			t.Errorf("killed with its heartbeat unheard: %v", f.calls)
		}
	}
	if f.ep("a") == abi.None {
		t.Error("it lives no more")
	}
}

// Answers that were not taken at once are handed over in the order in which they were given, whatever places the requests had.
func TestAnswersInOrder(t *testing.T) {
	f := boot(t, "service a { burst none; }; service b { burst none; };")
	f.ready("a", "b")
	a := f.task("a")
	a.waiting, a.wakes = false, false
	request := func(tag uint64) {
		m := named(abi.RSLookup, "b")
		m.Arg[6] = tag
		f.send(f.ep("a"), abi.KindSendA, m)
	}
	fetch := func() uint64 {
		t.Helper()
		a.waiting, a.got = true, nil
		f.send(f.ep("a"), abi.KindSendRec, abi.Msg{Type: abi.RSHeartbeat, Arg: [7]uint64{6: 999}})
		a.waiting = false
		if len(a.got) != 1 {
			t.Fatalf("fetched %v", a.got)
		}
		return a.got[0].Arg[6]
	}
	request(1)
	request(2)
	if got := fetch(); got != 1 {
		t.Errorf("first came the answer to %d", got)
	}
	request(3) // has the place that 1 had
	for _, want := range []uint64{2, 3, 999} {
		if got := fetch(); got != want {
			t.Errorf("then came the answer to %d, want %d", got, want)
		}
	}
}

// The longest line about an event fits into the memory that is there for it.
func TestLongestLine(t *testing.T) {
	label := strings.Repeat("x", abi.LabelSize)
	f := boot(t, "service "+label+" { burst none; };")
	l, _ := abi.MakeLabel(label)
	w := &f.s.table[0].words
	w.set(1<<32-1, bytes.Repeat([]byte{'"'}, abi.RSMaxLen))
	longest := 0
	for reason := range abi.ReasonBadCall + 1 {
		for why := range abi.Whys {
			e := abi.Event{
				Kind: abi.EventDeath, Label: l, Incarnation: 1<<32 - 1, Reason: reason, Why: why, Errno: abi.EDEADSRCDST,
				Vector: 14, RIP: 1<<64 - 1, CR2: 1<<64 - 1, Status: 1<<64 - 1, Endpoint: abi.None - 1,
				BackoffNS: 1<<64 - 1, DetectNS: 1<<64 - 1, RecoveryNS: 1<<64 - 1,
			}
			line := f.s.appendWords(appendEvent(nil, &e, abi.EventGiveUp), &e)
			longest = max(longest, len(line))
		}
	}
	if longest <= 2*abi.RSMaxLen || longest > lineSize {
		t.Errorf("a line of %d bytes, room for %d", longest, lineSize)
	}
}

// News that a service has not taken are told once, with what is then the newest.
func TestNewsAreToldOnce(t *testing.T) {
	f := boot(t, "service a { burst none; }; service b { burst none; }; service c { burst none; }; service d { burst none; };")
	f.ready("a", "b", "c", "d")
	a := f.task("a")
	a.wakes = false
	for _, other := range []string{"b", "c", "d"} {
		a.waiting = true
		f.send(f.ep("a"), abi.KindSendA, abi.Msg{Type: abi.RSWatch, Arg: [7]uint64{f.s.events.seq}})
		a.waiting = false
		f.dead(other, abi.CauseException)
	}
	var got []string
	for range 3 {
		a.waiting, a.got = true, nil
		f.send(f.ep("a"), abi.KindSendRec, abi.Msg{Type: abi.RSHeartbeat})
		a.waiting = false
		for _, m := range a.got {
			if m.Type == abi.RSNews && m.Arg[0] == f.s.events.seq {
				got = append(got, "news")
			} else if m.Type == abi.MsgReply {
				got = append(got, "nothing")
			} else {
				t.Errorf("told %#x %v", uint32(m.Type), m.Arg)
			}
		}
	}
	if !slices.Equal(got, []string{"news", "nothing", "nothing"}) || f.s.owing != 0 {
		t.Errorf("fetched %q, %d have mail", got, f.s.owing)
	}
}

// Who has not received for long and then sends a sign of life is tried again soon.
func TestHeartbeatBringsMail(t *testing.T) {
	f := boot(t, "service a { burst none; }; service b { burst none; };")
	f.ready("a", "b")
	a := f.task("a")
	a.waiting, a.wakes = false, false
	f.send(f.ep("a"), abi.KindSendA, named(abi.RSLookup, "b"))
	f.pass(5 * time.Second)
	if p := f.s.table[0].mail.pause; p != lastTry {
		t.Errorf("after a long time there is a try each %v, want %v", p, lastTry)
	}
	f.send(f.ep("a"), abi.KindSendA, abi.Msg{Type: abi.RSHeartbeat})
	a.waiting, a.got = true, nil
	f.pass(firstTry)
	if len(a.got) != 1 || a.got[0].Type != abi.MsgReply {
		t.Errorf("got %v, want the answer", a.got)
	}
}

// A service that orders itself to misbehave is answered before it does, as it could not wait for its own word.
func TestOrderToItself(t *testing.T) {
	f := boot(t, "service a { uid 0; burst none; };")
	f.ready("a")
	m := named(abi.RSFault, "a")
	m.Arg[2], m.Arg[3] = uint64(abi.FaultSelf), 5
	if a, ok := f.ask("a", m); !ok || a.Arg[0] != 0 {
		t.Errorf("answered %v, %v", ok, a.Arg)
	}
	if got := f.task("a").got; len(got) != 2 || got[1].Type != abi.DriverFault || got[1].Arg[0] != 5 {
		t.Errorf("told %v, want the answer and the order", got)
	}
}

// The record of a task that is no service's hides none that come after it.
func TestDeathAfterAStrangers(t *testing.T) {
	f := boot(t, "service a { burst none; };")
	f.ready("a")
	was, stranger := f.ep("a"), abi.MakeEndpoint(9, 1)
	f.tasks[stranger] = &fakeTask{}
	f.dies(stranger, abi.CauseExit, 0)
	f.dies(was, abi.CauseException, 0)
	f.run()
	if e := f.last(abi.EventDeath, "a"); e.Endpoint != was {
		t.Errorf("died: %d, want %d", e.Endpoint, was)
	}
}

// What was asked in a life that is over is not answered in the next one, whose request in the same place stays open.
func TestAnswerToTheDead(t *testing.T) {
	f := boot(t, "service a { uid 0; burst none; }; service b { burst none; };")
	f.ready("a", "b")
	m := named(abi.RSFault, "b")
	m.Arg[2], m.Arg[3] = uint64(abi.FaultSelf), 5
	if a, ok := f.ask("a", m); ok {
		t.Fatalf("answered at once: %v", a.Arg)
	}
	order := f.task("b").got[0]
	f.dead("a", abi.CauseException)
	f.ready("a")
	if a, ok := f.ask("a", named(abi.RSDown, "b")); ok { // the new life's, in the old one's place
		t.Fatalf("answered at once: %v", a.Arg)
	}
	f.send(f.ep("b"), abi.KindSendA, abi.Msg{Type: abi.RSFaulted, Arg: [7]uint64{uint64(abi.OK), order.Arg[6]}})
	if got := f.task("a").got; len(got) != 0 {
		t.Errorf("the new life got %v", got)
	}
	if p := f.s.table[0].mail.places[0]; p.state != placeOpen {
		t.Errorf("its place is in state %d, want %d", p.state, placeOpen)
	}
}
