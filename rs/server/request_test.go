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
	f.busy(160 * time.Millisecond)
	f.post(f.task("a"), abi.KindSend, abi.Msg{Type: abi.RSHeartbeat})
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

// Each service of the table is found by its name, the first and the last too, and by nothing that is nearly it.
func TestEachIsFound(t *testing.T) {
	labels := []string{"a", "bb", "a-label-of-16-xx", "a-label-of-16-xy", "z"}
	config := ""
	for _, l := range labels {
		config += "service " + l + " { uid 0; burst none; };"
	}
	f := boot(t, config)
	f.ready(labels...)
	for i, l := range labels {
		if a, ok := f.ask("a", named(abi.RSLookup, l)); !ok || a.Arg[0] != 0 || abi.Endpoint(a.Arg[1]) != f.ep(l) {
			t.Errorf("%s, row %d: %v, %v", l, i, a.Arg, ok)
		}
	}
	if a, ok := f.ask("z", named(abi.RSLookup, "rs")); !ok || a.Arg[0] != 0 || abi.Endpoint(a.Arg[1]) != f.rs.Endpoint {
		t.Errorf("rs: %v, %v", a.Arg, ok)
	}
	for _, l := range []string{"b", "bbb", "a-label-of-16-x", "a-label-of-16-xz"} {
		if e := f.answer("a", named(abi.RSLookup, l)); e != abi.ESRCH {
			t.Errorf("%s: %s, want ESRCH", l, e.Name())
		}
	}
}

// Who is refused is told the reason, and not that of another refusal.
func TestWhyOfEach(t *testing.T) {
	f := boot(t, "service op { uid 0; burst none; }; service a { control b; burst none; }; service b { burst none; }; service bad { irqs 8; };")
	f.ready("op", "a", "b")
	noLabel := func(typ abi.MsgType) abi.Msg { return abi.Msg{Type: typ, Arg: [7]uint64{1 << 63, 1}} }
	for _, c := range []struct {
		from string
		m    abi.Msg
		e    abi.Errno
		why  abi.Why
	}{
		{"a", named(abi.RSUp, "b"), abi.EPERM, abi.WhyNotOperator}, {"a", named(abi.RSDown, "b"), abi.EPERM, abi.WhyNotOperator},
		{"b", named(abi.RSRefresh, "a"), abi.EPERM, abi.WhyNotControl}, {"b", named(abi.RSRestart, "a"), abi.EPERM, abi.WhyNotControl},
		{"op", noLabel(abi.RSUp), abi.EINVAL, abi.WhyLabel}, {"op", noLabel(abi.RSLookup), abi.EINVAL, abi.WhyLabel},
		{"op", named(abi.RSUp, "none"), abi.ESRCH, abi.WhyUnknown}, {"op", named(abi.RSLookup, "none"), abi.ESRCH, abi.WhyUnknown},
		{"op", named(abi.RSUp, "bad"), abi.EINVAL, abi.WhyRefused}, {"op", named(abi.RSLookup, "bad"), abi.ESRCH, abi.WhyRefused},
		{"b", named(0x800, "key"), abi.ENOSYS, abi.WhyRequest}, // the data store was RS's once
		{"b", abi.Msg{Type: 0x7f3}, abi.ENOSYS, abi.WhyRequest},
	} {
		if a, ok := f.ask(c.from, c.m); !ok || abi.Errno(a.Arg[0]) != c.e || abi.Why(a.Arg[5]) != c.why {
			t.Errorf("%#x %v of %s: %s, why %d, answered %v; want %s, %d", uint32(c.m.Type), c.m.Arg, c.from, abi.Errno(a.Arg[0]).Name(), a.Arg[5], ok, c.e.Name(), c.why)
		}
	}
}
