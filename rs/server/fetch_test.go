package server

import (
	"slices"
	"testing"
	"time"

	"bennu/kernel/abi"
)

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
		f.pass(hushMost)
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

// Who does not receive is tried at once, then after a millisecond, then after twice as long each time, up to a second.
func TestTries(t *testing.T) {
	f := boot(t, "service a { burst none; }; service b { burst none; };")
	f.ready("a", "b")
	a := f.task("a")
	a.waiting, a.wakes = false, false
	began := f.now()
	f.send(f.ep("a"), abi.KindSendA, named(abi.RSLookup, "b"))
	f.pass(4 * time.Second)
	at, pause := began, time.Duration(0)
	for i, tried := range a.tried {
		if tried != at {
			t.Fatalf("try %d came %v after the request, want %v", i, tried-began, at-began)
		}
		pause = min(max(time.Millisecond, 2*pause), time.Second)
		at += pause
	}
	if at-began <= 4*time.Second {
		t.Errorf("%d tries, the last %v after the request", len(a.tried), a.tried[len(a.tried)-1]-began)
	}
}
