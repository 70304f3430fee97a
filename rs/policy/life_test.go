package policy

import (
	"testing"
	"time"

	"bennu/kernel/abi"
)

// quietly is one service that decays a restart in a second.
func quietly() Config {
	c := usual
	c.Quiet, c.BackoffMax, c.Burst, c.Period = time.Second, 1000*ms, 0, 0
	return c
}

// A quiet time takes one restart off the count, two take two; not all, and not none.
func TestDecayByQuietTimes(t *testing.T) {
	script := []line{{0, Event{Kind: Boot}, "start 0 inc 0; start 0"}, {1 * ms, isReady, "ready 0; boot"}}
	at, inc := 10*ms, 1
	// Deaths in quick succession, each waited for twice as long as the last: 0, 20 ms, 40 ms, 80 ms.
	s := play(t, []Config{quietly()}, nil, script)
	die := func(at time.Duration) time.Duration {
		for _, a := range s.Step(at, &Event{Kind: Death, Record: Record{Cause: abi.CausePanic, Died: at}}) {
			if a.Kind == Emit && a.Event == abi.EventDeath {
				return a.Backoff
			}
		}
		t.Fatalf("no death at %v", at)
		return 0
	}
	live := func(at time.Duration) {
		s.Step(at, &Event{Kind: Tick})
		s.Step(at, &Event{Kind: Started})
		s.Step(at, &isReady)
		inc++
	}
	for n, want := range []time.Duration{0, 20 * ms, 40 * ms, 80 * ms} {
		if got := die(at); got != want {
			t.Fatalf("death %d: waits %v, want %v", n, got, want)
		}
		at += want + ms
		live(at)
		at += ms
	}
	// Four restarts so far. After two quiet times and a half, two are left: 40 ms.
	at += 2500 * ms
	if got := die(at); got != 40*ms {
		t.Errorf("after two quiet times: waits %v, want 40ms", got)
	}
}

// RS's own lateness is forgiven once in a row, however late it is: a service that hangs on a busy machine dies.
func TestLatenessIsForgivenOnce(t *testing.T) {
	s := play(t, []Config{usual}, nil, []line{{0, Event{Kind: Boot}, "start 0 inc 0; start 0"}, {1 * ms, isReady, "ready 0; boot"}})
	at := 101 * ms // the first ping
	for range 4 {
		for _, a := range s.Step(at, &tick) {
			if a.Kind == Kill {
				if at < 101*ms+2*usual.Period {
					t.Errorf("killed at %v", at)
				}
				return
			}
		}
		at += 5 * usual.Period // every tick comes much too late
	}
	t.Errorf("still alive at %v without a heartbeat", at)
}

// A heartbeat that was sent before a hang is heard after it: the hang still began when it was injected.
func TestHeartbeatFromBeforeTheHang(t *testing.T) {
	s := play(t, []Config{usual}, nil, []line{{0, Event{Kind: Boot}, "start 0 inc 0; start 0"}, {1 * ms, isReady, "ready 0; boot"}})
	s.Step(50*ms, &Event{Kind: Fault, Fault: abi.FaultHang})
	s.Step(51*ms, &beat)
	killed := time.Duration(0)
	for at := 52 * ms; killed == 0 && at < time.Second; at += ms {
		for _, a := range s.Step(at, &tick) {
			if a.Kind == Kill {
				killed = at
			}
		}
	}
	for _, a := range s.Step(killed+ms, &Event{Kind: Death, Record: Record{Cause: abi.CauseKilled, Died: killed}}) {
		if a.Kind == Emit && a.Event == abi.EventDeath {
			if want := killed + ms - 50*ms; a.Detect != want {
				t.Errorf("detected after %v, want %v: since the injection", a.Detect, want)
			}
			return
		}
	}
	t.Errorf("no death; killed at %v", killed)
}

// The boot is over when every service has settled, whatever one of them does twice meanwhile.
func TestBootWaitsForAll(t *testing.T) {
	over := func(actions []Action) bool {
		for _, a := range actions {
			if a.Kind == Emit && a.Event == abi.EventBoot {
				return true
			}
		}
		return false
	}
	s := play(t, []Config{quietly(), quietly()}, nil, []line{{0, Event{Kind: Boot}, "start 0 inc 0; start 1 inc 0; start 0; start 1"}})
	for i, e := range []Event{isReady, dies(abi.CausePanic, 2*ms), {Kind: Started}, isReady, dies(abi.CausePanic, 4*ms)} {
		if over(s.Step(time.Duration(i+1)*ms, &e)) {
			t.Fatalf("the boot is over at step %d, and service 1 has not answered", i)
		}
	}
	if !over(s.Step(10*ms, &Event{Kind: Ready, ID: 1})) {
		t.Error("the boot is not over")
	}
}

// One that had been given up has not recovered when it is brought up again; one that waited in backoff has, since its death.
func TestRecoveryOfTheRevived(t *testing.T) {
	c := usual
	c.Burst, c.Window, c.BackoffUnit, c.BackoffMax = 3, time.Hour, 100*ms, 100*ms
	for _, give := range []bool{false, true} {
		s := play(t, []Config{c}, nil, []line{{0, Event{Kind: Boot}, "start 0 inc 0; start 0"}, {1 * ms, isReady, "ready 0; boot"}})
		at, deaths := 10*ms, 0
		for state := abi.ServiceRunning; state != abi.ServiceBackoff && !give || state != abi.ServiceFailed && give; {
			if deaths++; deaths > 10 {
				t.Fatalf("after %d deaths it is in state %v", deaths, state)
			}
			if state == abi.ServiceBackoff {
				at += 100 * ms
				s.Step(at, &tick)
				s.Step(at, &Event{Kind: Started})
			}
			s.Step(at, &isReady)
			e := dies(exc, at)
			s.Step(at, &e)
			var st abi.ServiceStatus
			s.Status(0, at, &st)
			state = st.State
		}
		again := restart(9)
		s.Step(at+40*ms, &again)
		s.Step(at+40*ms, &Event{Kind: Started})
		want := 50 * ms
		if give {
			want = 0
		}
		got := time.Duration(-1)
		for _, a := range s.Step(at+50*ms, &isReady) {
			if a.Kind == Emit && a.Event == abi.EventReady {
				got = a.Recovery
			}
		}
		if got != want {
			t.Errorf("given up %v: recovered in %v, want %v", give, got, want)
		}
	}
}
