package policy

import (
	"testing"
	"time"

	"bennu/kernel/abi"
)

// adopts is an Adopt: the life has endpoint ep.
func adopts(ep abi.Endpoint, inc uint32) Event {
	return Event{Kind: Adopt, Incarnation: inc, Record: Record{Endpoint: ep, Started: 2 * ms}}
}

func lives(ep abi.Endpoint) Event { return Event{Kind: Started, Record: Record{Endpoint: ep}} }

// What a State that has lost something makes of what the kernel says.
func TestReconcile(t *testing.T) {
	type step struct {
		event Event
		want  string
	}
	reborn := Event{Kind: Reborn}
	lost := Event{Kind: Lost, Record: Record{Endpoint: 7}}
	for _, c := range []struct {
		name  string
		steps []step
		state abi.ServiceState
		inc   uint32
	}{
		{"nothing is lost", []step{
			{up(1), "start 0 inc 0"}, {lives(7), "start 0"}, {isReady, "ready 0; reply 1 OK"}, {reborn, ""}, {adopts(7, 0), ""},
		}, abi.ServiceRunning, 0},
		{"one that starts goes on starting", []step{
			{up(1), "start 0 inc 0"}, {lives(7), "start 0"}, {reborn, ""}, {adopts(7, 0), "ping 0"}, {isReady, "ready 0; reply 1 OK"},
		}, abi.ServiceRunning, 0},
		{"one that said it was ready to who has lost it", []step{
			{up(1), "start 0 inc 0"}, {lives(7), "start 0"}, {reborn, ""}, {adopts(7, 0), "ping 0"}, {beat, "ready 0; reply 1 OK"}, {beat, ""},
		}, abi.ServiceRunning, 0},
		{"a heartbeat of one whose start was being done", []step{{up(1), "start 0 inc 0"}, {reborn, ""}, {beat, ""}, {adopts(7, 0), "start 0"}, {isReady, "ready 0; reply 1 OK"}}, abi.ServiceRunning, 0},
		{"one whose start was being done", []step{
			{up(1), "start 0 inc 0"}, {reborn, ""}, {adopts(7, 0), "start 0"}, {isReady, "ready 0; reply 1 OK"},
		}, abi.ServiceRunning, 0},
		{"a life that nobody knows", []step{{reborn, ""}, {adopts(7, 4), "start 0; ready 0"}, {adopts(7, 4), ""}}, abi.ServiceRunning, 4},
		{"a life after a death that is lost", []step{
			{up(1), "start 0 inc 0"}, {lives(7), "start 0"}, {isReady, "ready 0; reply 1 OK"}, {reborn, ""},
			{adopts(8, 2), "death 0 lost; start 0; ready 0"},
		}, abi.ServiceRunning, 2},
		{"a life where a restart was due", []step{
			{up(1), "start 0 inc 0"}, {lives(7), "start 0"}, {isReady, "ready 0; reply 1 OK"},
			{dies(exc, 0), "death 0 exception; start 0 inc 1 again"}, {lives(8), "start 0"}, {dies(exc, 0), "death 0 exception after 10ms"},
			{restart(2), "start 0 inc 2 again"}, {Event{Kind: StartFailed, Errno: abi.ENOMEM}, "death 0 init-failed ENOMEM after 10ms"},
			{reborn, ""}, {adopts(9, 2), "start 0; ready 0; reply 2 OK"}, {Event{Kind: Tick}, ""},
		}, abi.ServiceRunning, 2},
		{"neither a life nor a record", []step{
			{up(1), "start 0 inc 0"}, {lives(7), "start 0"}, {isReady, "ready 0; reply 1 OK"}, {reborn, ""},
			{lost, "death 0 lost; start 0 inc 1 again"}, {lost, "death 0 lost after 10ms"}, {lost, ""},
		}, abi.ServiceBackoff, 1},
		{"one that was to end, and has", []step{
			{up(1), "start 0 inc 0"}, {lives(7), "start 0"}, {isReady, "ready 0; reply 1 OK"}, {down(2), "stop 0"}, {reborn, ""},
			{lost, "death 0 stopped; down 0 stopped; reply 2 OK"},
		}, abi.ServiceDown, 0},
		{"one that never came up, and is lost", []step{
			{up(1), "start 0 inc 0"}, {lives(7), "start 0"}, {reborn, ""}, {lost, "death 0 lost; give-up 0 lost EIO; reply 1 EIO"},
		}, abi.ServiceFailed, 0},
		{"an end that is not looked at", []step{
			{up(1), "start 0 inc 0"}, {lives(7), "start 0"}, {isReady, "ready 0; reply 1 OK"}, {reborn, ""},
			{Event{Kind: GiveUp, Record: Record{Endpoint: 7}}, "death 0 lost; give-up 0 lost EIO"}, {restart(2), "start 0 inc 1 again"},
		}, abi.ServiceStarting, 1},
		{"such an end in a shutdown", []step{
			{up(1), "start 0 inc 0"}, {lives(7), "start 0"}, {isReady, "ready 0; reply 1 OK"}, {Event{Kind: Shutdown}, "stop 0"}, {reborn, ""},
			{Event{Kind: GiveUp, Record: Record{Endpoint: 7}}, "death 0 lost; down 0 lost; power-off"}, {Event{Kind: GiveUp}, ""},
		}, abi.ServiceDown, 0},
		{"a State that knows nothing starts what does not live", []step{{reborn, ""}, {adopts(7, 4), "start 0; ready 0"}, {Event{Kind: Boot}, "boot"}}, abi.ServiceRunning, 4},
		{"and what does not, it starts", []step{{reborn, ""}, {Event{Kind: Boot}, "start 0 inc 0"}}, abi.ServiceStarting, 0},
		{"a life in a shutdown", []step{
			{up(1), "start 0 inc 0"}, {lives(7), "start 0"}, {Event{Kind: Shutdown}, "reply 1 EINTR; stop 0"}, {reborn, ""},
			{adopts(8, 1), "death 0 lost; start 0; ready 0; stop 0"}, {exits(0, 0), "death 0 stopped; down 0 stopped; power-off"},
		}, abi.ServiceDown, 1},
	} {
		s := New([]Config{usual})
		for n, step := range c.steps {
			if got := words(s.Step(0, &step.event)); got != step.want {
				t.Errorf("%s, step %d: %s, want %s", c.name, n, got, step.want)
			}
			if err := s.check(); err != nil {
				t.Errorf("%s, step %d: %v", c.name, n, err)
			}
		}
		if s.rows[0].state != c.state || s.Incarnation(0) != c.inc {
			t.Errorf("%s: %v, incarnation %d, want %v, %d", c.name, s.rows[0].state, s.Incarnation(0), c.state, c.inc)
		}
	}
}

// An adopted life is pinged soon, its endpoint is known, and it is judged like any other.
func TestAdoptedIsPinged(t *testing.T) {
	s := New([]Config{usual})
	e := adopts(7, 3)
	s.Step(50*ms, &e)
	if s.Living(0) != 7 {
		t.Errorf("living: %v", s.Living(0))
	}
	if at, ok := s.Next(); !ok || at > 50*ms+1 {
		t.Fatalf("next at %v, %v", at, ok)
	}
	if got := words(s.Step(51*ms, &tick)); got != "ping 0" {
		t.Errorf("then: %s", got)
	}
	for at := 52 * ms; at < 300*ms; at += 10 * ms {
		if got := words(s.Step(at, &tick)); got == "kill 0" {
			if at < 251*ms {
				t.Errorf("killed at %v", at)
			}
			return
		}
	}
	t.Error("it hangs, and lives")
}

// Heartbeats that came while nobody was there are forgiven: an age later, nobody is killed, and the next ping is a period later.
func TestRebornForgives(t *testing.T) {
	s := New([]Config{usual})
	for at, e := range []Event{up(1), lives(7), isReady} {
		s.Step(time.Duration(at), &e)
	}
	s.Step(102*ms, &tick) // the ping; its heartbeat met nobody
	if s.rows[0].missed != 1 {
		t.Fatalf("%d pings", s.rows[0].missed)
	}
	s.Step(time.Second, &Event{Kind: Reborn})
	if at, _ := s.Next(); at != time.Second+usual.Period || s.rows[0].missed != 0 {
		t.Errorf("next at %v, %d missed", at, s.rows[0].missed)
	}
	if got := words(s.Step(time.Second, &tick)); got != "" {
		t.Errorf("at once: %s", got)
	}
	if got := words(s.Step(time.Second+usual.Period, &tick)); got != "ping 0" {
		t.Errorf("a period later: %s", got)
	}
}

// A start whose limit has passed meanwhile may have said that it is ready: that is heard first.
func TestRebornWaitsForStarts(t *testing.T) {
	s := New([]Config{usual, usual})
	for id := range ID(2) {
		s.Step(0, &Event{Kind: Up, ID: id})
		s.Step(0, &Event{Kind: Started, ID: id, Record: Record{Endpoint: abi.Endpoint(7 + id)}})
	}
	s.Step(1, &Event{Kind: Down, ID: 1})
	s.Step(time.Hour, &Event{Kind: Reborn})
	if got := words(s.Step(time.Hour+mercy-1, &tick)); got != "" {
		t.Errorf("at once: %s", got)
	}
	if got := words(s.Step(time.Hour+mercy, &tick)); got != "kill 0; kill 1" {
		t.Errorf("then: %s", got)
	}
}

// One that waits for others, by a State that has lost something, may live already: nobody begins before all that live are known.
func TestWaitingIsAdopted(t *testing.T) {
	s := New(related(nil, requires(0), requires(0)))
	e := of(1, adopts(9, 3))
	for n, step := range []struct {
		event Event
		want  string
	}{
		{bootUp, "start 0 inc 0"}, {lives(7), "start 0"}, {Event{Kind: Reborn}, ""}, {adopts(8, 2), "death 0 lost; start 0; ready 0"},
		{e, "start 1; ready 1"}, {tick, "start 2 inc 0"},
	} {
		if got := words(s.Step(0, &step.event)); got != step.want {
			t.Errorf("step %d: %s, want %s", n, got, step.want)
		}
	}
}
