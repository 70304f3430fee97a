package server

import (
	"testing"
	"time"

	"bennu/kernel/abi"
)

// What `make mutants` found that no other test would have noticed.

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
