package policy

import (
	"testing"
	"time"

	"bennu/kernel/abi"
)

// keeps is a service with a snapshot, of whose lives two in a row may fail before they are ready.
func keeps() Config {
	c := usual
	c.Snapshot, c.Check, c.Period = 2, 10*time.Second, 0
	return c
}

// TestSnapshot plays lives of a service whose first has taken a snapshot. Each step is an event, the actions that follow, and whether
// the life that then begins is warm.
func TestSnapshot(t *testing.T) {
	died := dies(exc, 0)
	found := func(e abi.Errno) Event {
		d := died
		d.Errno = e
		return d
	}
	type step struct {
		event Event
		want  string
		warm  bool
	}
	for _, c := range []struct {
		name  string
		cfg   func(c *Config)
		steps []step
	}{
		{"it stays as long as lives come up", nil, []step{
			{died, "death 0 exception; start 0 inc 1 again", true}, {isReady, "ready 0", false},
			{died, "death 0 exception after 10ms", false}, {tick, "start 0 inc 2 again", true}, {isReady, "ready 0", false},
		}},
		{"lives that do not come up", nil, []step{
			{died, "death 0 exception; start 0 inc 1 again", true},
			{died, "death 0 exception after 10ms", false}, {tick, "start 0 inc 2 again", true},
			{died, "drop 0; snapshot 0 EAGAIN; death 0 exception after 10ms", false}, {tick, "start 0 inc 3 again", false},
			{died, "death 0 exception after 10ms", false},
		}},
		{"one that comes up in between", nil, []step{
			{died, "death 0 exception; start 0 inc 1 again", true},
			{died, "death 0 exception after 10ms", false}, {tick, "start 0 inc 2 again", true}, {isReady, "ready 0", false},
			{died, "death 0 exception after 10ms", false}, {tick, "start 0 inc 3 again", true},
			{died, "death 0 exception after 10ms", false},
		}},
		{"damaged, seen at a death", nil, []step{
			{died, "death 0 exception; start 0 inc 1 again", true},
			{found(abi.EIO), "drop 0; snapshot 0 EIO; death 0 exception after 10ms", false},
		}},
		{"looked at and whole", nil, []step{
			{died, "death 0 exception; start 0 inc 1 again", true},
			{found(abi.OK), "death 0 exception after 10ms", false},
		}},
		{"short of memory, even when it was ready", nil, []step{
			{died, "death 0 exception; start 0 inc 1 again", true}, {isReady, "ready 0", false},
			{dies(abi.CauseMemory, 0), "drop 0; snapshot 0 ENOMEM; death 0 memory after 10ms", false},
		}},
		{"a cold life short of memory", nil, []step{
			{dies(abi.CauseMemory, 0), "death 0 memory; start 0 inc 1 again", false},
		}},
		{"asked to end before it is ready", nil, []step{
			{refresh(0), "stop 0", false}, {exits(0, 0), "death 0 stopped; start 0 inc 1 again", true},
			{inject(abi.FaultKill), "kill 0", false}, {dies(abi.CauseKilled, 0), "death 0 injected; start 0 inc 2 again", true},
			{died, "death 0 exception after 10ms", false},
		}},
		{"one try", func(c *Config) { c.Snapshot = 1 }, []step{
			{died, "death 0 exception; start 0 inc 1 again", true},
			{died, "drop 0; snapshot 0 EAGAIN; death 0 exception after 10ms", false},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := keeps()
			cfg.Burst = 0
			if c.cfg != nil {
				c.cfg(&cfg)
			}
			s := New([]Config{cfg})
			now := time.Duration(0)
			do := func(e Event) []Action {
				now += 10 * ms
				if e.Kind == Death {
					e.Record.Died = now
				}
				return s.Step(now, &e)
			}
			do(Event{Kind: Up})
			do(Event{Kind: Started})
			do(isReady)
			for n, st := range c.steps {
				actions := do(st.event)
				if got := words(actions); got != st.want {
					t.Fatalf("step %d:\n got %s\nwant %s", n, got, st.want)
				}
				for _, a := range actions {
					if a.Kind == Start {
						if !a.Snapshot {
							t.Errorf("step %d: the life may have no snapshot", n)
						}
						do(Event{Kind: Started, Warm: st.warm})
						var out abi.ServiceStatus
						if s.Status(0, now, &out); out.Warm == 1 != st.warm {
							t.Errorf("step %d: status says warm %d", n, out.Warm)
						}
					}
				}
			}
		})
	}
}

// The first look comes soon after the life is ready in which a snapshot may have been taken, the next ones now and then, none where there
// is nothing to look at.
func TestSnapshotLooks(t *testing.T) {
	for _, c := range []struct {
		name  string
		found []abi.Errno
		tries int
		want  []time.Duration
	}{
		{"whole", []abi.Errno{abi.OK, abi.OK, abi.OK}, 1, []time.Duration{firstCheck, firstCheck + 10*time.Second, firstCheck + 20*time.Second, firstCheck + 30*time.Second}},
		{"damaged", []abi.Errno{abi.OK, abi.EIO}, 1, []time.Duration{firstCheck, firstCheck + 10*time.Second}},
		{"none", []abi.Errno{abi.ESRCH}, 1, []time.Duration{firstCheck}},
		{"not wanted", nil, 0, nil},
	} {
		cfg := keeps()
		cfg.Snapshot = c.tries
		s := New([]Config{cfg})
		s.Step(0, &Event{Kind: Up})
		s.Step(0, &Event{Kind: Started})
		s.Step(0, &isReady)
		var at []time.Duration
		for n := 0; ; n++ {
			next, ok := s.Next()
			if !ok {
				break
			}
			at = append(at, next)
			if got := words(s.Step(next, &tick)); got != "check 0" {
				t.Fatalf("%s: at %v: %s", c.name, next, got)
			}
			if n == len(c.found) {
				break
			}
			got := words(s.Step(next, &Event{Kind: Checked, Errno: c.found[n]}))
			if want := map[abi.Errno]string{abi.EIO: "drop 0; snapshot 0 EIO"}[c.found[n]]; got != want {
				t.Errorf("%s: look %d: %s, want %s", c.name, n, got, want)
			}
		}
		if len(at) != len(c.want) {
			t.Fatalf("%s: looks at %v, want %v", c.name, at, c.want)
		}
		for i := range at {
			if at[i] != c.want[i] {
				t.Errorf("%s: looks at %v, want %v", c.name, at, c.want)
			}
		}
	}
}
