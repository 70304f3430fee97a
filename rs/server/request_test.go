package server

import (
	"testing"
	"time"

	"bennu/kernel/abi"
)

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
