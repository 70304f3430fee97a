package policy

import (
	"testing"
	"time"

	"bennu/kernel/abi"
)

// started is a service that has come up.
func started(script ...line) []line {
	return append([]line{{0, up(1), "start 0 inc 0; start 0"}, {0, isReady, "ready 0; reply 1 OK"}}, script...)
}

func TestScripts(t *testing.T) {
	for _, c := range []struct {
		name   string
		script []line
	}{
		{"two ups", []line{
			{0, up(1), "start 0 inc 0; start 0"},
			{1, up(2), "reply 2 EBUSY"},
			{2, isReady, "ready 0; reply 1 OK"},
			{3, up(3), "reply 3 EBUSY"},
		}},
		{"down while starting", []line{
			{0, up(1), "start 0 inc 0; start 0"},
			{1, down(2), "reply 1 EINTR; stop 0"},
			{2, isReady, ""},
			{3, exits(0, 3), "death 0 stopped; down 0 stopped; reply 2 OK"},
			{4, down(3), "reply 3 ESRCH"},
			{5, up(4), "start 0 inc 1; start 0"},
		}},
		{"down while in backoff", started(
			line{1, dies(exc, 1), "death 0 exception; start 0 inc 1 again; start 0"},
			line{2, dies(exc, 2), "death 0 exception after 10ms"},
			line{3, down(2), "down 0 exception; reply 2 OK"},
			line{10*ms + 2, tick, ""},
		)},
		{"down of a failed service", []line{
			{0, up(1), "start 0 inc 0; start 0"},
			{1, dies(exc, 1), "death 0 exception; give-up 0 exception EIO; reply 1 EIO"},
			{2, down(2), "down 0 exception; reply 2 OK"},
		}},
		{"down while being refreshed", started(
			line{1, refresh(2), "stop 0"},
			line{2, down(3), "reply 2 EINTR"},
			line{3, refresh(4), "reply 4 EBUSY"},
			line{4, exits(0, 4), "death 0 stopped; down 0 stopped; reply 3 OK"},
		)},
		{"refresh while starting", []line{
			{0, up(1), "start 0 inc 0; start 0"},
			{1, refresh(2), "reply 2 EBUSY"},
		}},
		{"requests to a service that is down", []line{
			{0, down(1), "reply 1 ESRCH"},
			{0, refresh(2), "reply 2 ESRCH"},
			{0, restart(3), "reply 3 ESRCH"},
			{0, beat, ""}, {0, isReady, ""}, {0, inject(abi.FaultKill), ""}, {0, dies(exc, 0), ""}, {0, tick, ""},
		}},
		{"restart of a running one", started(line{1, restart(2), "reply 2 EBUSY"})},
		{"restart while in backoff", started(
			line{1, dies(exc, 1), "death 0 exception; start 0 inc 1 again; start 0"},
			line{2, dies(exc, 2), "death 0 exception after 10ms"},
			line{3, restart(2), "start 0 inc 2 again; start 0"},
			line{4, restart(3), "reply 3 EBUSY"},
			line{5, isReady, "ready 0; reply 2 OK"},
		)},
		{"first init answers an error", []line{
			{0, up(1), "start 0 inc 0; start 0"},
			{1, Event{Kind: Ready, Errno: abi.ENODEV}, "kill 0"},
			{2, isReady, ""},
			{3, exits(1, 2), "death 0 init-failed ENODEV; give-up 0 init-failed ENODEV; reply 1 ENODEV"},
			{4, up(2), "start 0 inc 1; start 0"},
		}},
		{"a later init answers an error", started(
			line{1, dies(exc, 1), "death 0 exception; start 0 inc 1 again; start 0"},
			line{2, Event{Kind: Ready, Errno: abi.EIO}, "kill 0"},
			line{3, dies(abi.CauseKilled, 3), "death 0 init-failed EIO after 10ms"},
			line{10*ms + 3, tick, "start 0 inc 2 again; start 0"},
			line{1010*ms + 3, tick, "kill 0"},
			line{1010*ms + 4, dies(abi.CauseKilled, 1010*ms+4), "death 0 init-timeout ETIMEDOUT after 10ms"},
		)},
		{"a burst gives up, a restart tries again", started(
			line{1, dies(exc, 1), "death 0 exception; start 0 inc 1 again; start 0"},
			line{2, dies(exc, 2), "death 0 exception after 10ms"},
			line{20 * ms, tick, "start 0 inc 2 again; start 0"},
			line{21 * ms, dies(exc, 21*ms), "death 0 exception after 10ms"},
			line{40 * ms, tick, "start 0 inc 3 again; start 0"},
			line{41 * ms, dies(exc, 41*ms), "death 0 exception after 10ms"},
			line{60 * ms, tick, "start 0 inc 4 again; start 0"},
			line{61 * ms, dies(exc, 61*ms), "death 0 exception; give-up 0 exception EIO"},
			line{time.Hour, tick, ""},
			line{time.Hour, restart(2), "start 0 inc 5 again; start 0"},
			line{time.Hour, isReady, "ready 0; reply 2 OK"},
			line{time.Hour, dies(exc, time.Hour), "death 0 exception after 10ms"},
		)},
		{"deaths outside the window are no burst", started(
			line{1, dies(exc, 1), "death 0 exception; start 0 inc 1 again; start 0"},
			line{2, dies(exc, 2), "death 0 exception after 10ms"},
			line{11 * time.Second, tick, "start 0 inc 2 again; start 0"},
			line{12 * time.Second, dies(exc, 12*time.Second), "death 0 exception after 10ms"},
			line{13 * time.Second, tick, "start 0 inc 3 again; start 0"},
			line{14 * time.Second, dies(exc, 14*time.Second), "death 0 exception after 10ms"},
			line{15 * time.Second, tick, "start 0 inc 4 again; start 0"},
			line{16 * time.Second, dies(exc, 16*time.Second), "death 0 exception after 10ms"},
		)},
		{"a quiet time takes restarts back", started(
			line{1, dies(exc, 1), "death 0 exception; start 0 inc 1 again; start 0"},
			line{2, isReady, "ready 0"},
			line{650 * ms, dies(exc, 650*ms), "death 0 exception; start 0 inc 2 again; start 0"},
		)},
		{"heartbeats keep it alive", started(
			line{99 * ms, tick, ""},
			line{100 * ms, tick, "ping 0"},
			line{150 * ms, beat, ""},
			line{200 * ms, tick, "ping 0"},
			line{300 * ms, tick, "ping 0"},
			line{399 * ms, beat, ""},
			line{400 * ms, tick, "ping 0"},
			line{599 * ms, tick, "ping 0"},
			line{600 * ms, tick, "kill 0"},
		)},
		{"a heartbeat nobody asked for is no answer to the next ping", started(
			line{50 * ms, beat, ""},
			line{100 * ms, tick, "ping 0"},
			line{200 * ms, tick, "ping 0"},
			line{300 * ms, tick, "kill 0"},
		)},
		{"RS was late: one more period, once", started(
			line{100 * ms, tick, "ping 0"},
			line{900 * ms, tick, "ping 0"},
			line{999 * ms, tick, ""},
			line{1000 * ms, tick, "kill 0"},
		)},
		{"a hang is pinged at once", started(
			line{10 * ms, inject(abi.FaultHang), "ping 0"},
			line{110 * ms, tick, "ping 0"},
			line{210 * ms, tick, "kill 0"},
			line{211 * ms, dies(abi.CauseKilled, 211*ms), "death 0 no-heartbeat; start 0 inc 1 again; start 0"},
		)},
		{"an injected exception is an exception", started(
			line{10 * ms, inject(abi.FaultException), "ping 0"},
			line{11 * ms, dies(exc, 11*ms), "death 0 exception; start 0 inc 1 again; start 0"},
		)},
		{"a service told to misbehave", started(
			line{10 * ms, inject(abi.FaultSelf), ""},
			line{11 * ms, dies(abi.CauseMemory, 11*ms), "death 0 memory; start 0 inc 1 again; start 0"},
			line{12 * ms, dies(abi.CauseBadCall, 12*ms), "death 0 bad-call after 10ms"},
		)},
		{"a kill is injected into one that stops", started(
			line{1, down(2), "stop 0"},
			line{2, inject(abi.FaultKill), "kill 0"},
			line{3, dies(abi.CauseKilled, 3), "death 0 injected; down 0 injected; reply 2 OK"},
		)},
		{"it crashes when asked to stop", started(
			line{1, down(2), "stop 0"},
			line{2, dies(exc, 2), "death 0 exception; down 0 exception; reply 2 OK"},
		)},
		{"refresh of one that RS is killing", started(
			line{100 * ms, tick, "ping 0"}, line{200 * ms, tick, "ping 0"}, line{300 * ms, tick, "kill 0"},
			line{300 * ms, refresh(2), ""},
			line{301 * ms, dies(abi.CauseKilled, 300*ms), "death 0 no-heartbeat; start 0 inc 1 again; start 0"},
			line{302 * ms, isReady, "ready 0; reply 2 OK"},
		)},
		{"its own end", started(
			line{1, Event{Kind: Refresh, Asker: Asker{From: 0, Endpoint: 5, Tag: 7}}, "reply 7 OK; stop 0"},
			line{2, exits(0, 2), "death 0 stopped; start 0 inc 1 again; start 0"},
			line{3, isReady, "ready 0"},
			line{4, Event{Kind: Down, Asker: Asker{From: 0, Endpoint: 5, Tag: 8}}, "reply 8 OK; stop 0"},
		)},
	} {
		t.Run(c.name, func(t *testing.T) { play(t, []Config{usual}, nil, c.script) })
	}
}

func of(id ID, e Event) Event { e.ID = id; return e }

func TestBoot(t *testing.T) {
	manual := usual
	manual.Boot = false
	boot := Event{Kind: Boot}
	play(t, []Config{usual, manual, usual, usual}, []abi.Errno{abi.OK, abi.ENOEXEC}, []line{
		{0, boot, "start 0 inc 0; start 2 inc 0; start 3 inc 0; start 0; death 2 init-failed ENOEXEC; give-up 2 init-failed ENOEXEC; start 3"},
		{1, of(3, isReady), "ready 3"},
		{2, of(0, dies(exc, 1)), "death 0 exception; give-up 0 exception EIO; boot"},
	})
	play(t, []Config{manual}, nil, []line{{0, boot, "boot"}})
}

func TestShutdown(t *testing.T) {
	off := Event{Kind: Shutdown, Asker: asker(50)}
	play(t, []Config{usual, usual, usual}, nil, []line{
		{0, of(0, up(1)), "start 0 inc 0; start 0"},
		{0, of(1, up(2)), "start 1 inc 0; start 1"},
		{0, of(2, up(3)), "start 2 inc 0; start 2"},
		{1, of(0, isReady), "ready 0; reply 1 OK"},
		{1, of(1, isReady), "ready 1; reply 2 OK"},
		{2, of(1, dies(exc, 2)), "death 1 exception; start 1 inc 1 again; start 1"},
		{3, of(1, dies(exc, 3)), "death 1 exception after 10ms"},
		{4, off, "reply 50 OK; down 1 exception; reply 3 EINTR; stop 2"},
		{5, off, "reply 50 EBUSY"},
		{5, of(1, up(4)), "reply 4 EBUSY"},
		{5, of(0, refresh(5)), "reply 5 EBUSY"},
		{6, of(2, exits(0, 6)), "death 2 stopped; down 2 stopped; stop 0"},
		{6 + 200*ms, tick, "kill 0"},
		{7 + 200*ms, dies(abi.CauseKilled, 7+200*ms), "death 0 stopped; down 0 stopped; power-off"},
	})
	play(t, []Config{usual}, nil, []line{{0, off, "reply 50 OK; power-off"}})
}

// Who is to stop, and waits for RS, hears EINTR first; who died waiting hears nothing.
func TestWaiterStops(t *testing.T) {
	by1 := Asker{From: 1, Endpoint: 7, Tag: 9}
	begin := []line{
		{0, of(1, up(1)), "start 1 inc 0; start 1"},
		{0, of(1, isReady), "ready 1; reply 1 OK"},
		{1, Event{Kind: Up, Asker: by1}, "start 0 inc 0; start 0"},
	}
	play(t, []Config{usual, usual}, nil, append(begin[:3:3],
		line{2, of(1, down(2)), "reply 9 EINTR; stop 1"},
		line{3, isReady, "ready 0"},
	))
	s := play(t, []Config{usual, usual}, nil, append(begin[:3:3],
		line{2, of(1, dies(exc, 2)), "death 1 exception; start 1 inc 1 again; start 1"},
		line{3, isReady, "ready 0"},
	))
	if len(s.waiters) != 0 {
		t.Error("a dead asker still waits")
	}
}

func TestTooManyWaiters(t *testing.T) {
	s := New([]Config{usual})
	s.Step(0, &Event{Kind: Up})
	s.Step(0, &Event{Kind: Started})
	for n := uint64(0); n < MaxWaiters; n++ {
		e := down(n)
		if got := words(s.Step(1, &e)); n > 0 && got != "" {
			t.Fatalf("waiter %d: %s", n, got)
		}
	}
	e := down(1000)
	if got := words(s.Step(2, &e)); got != "reply 1000 EAGAIN" {
		t.Errorf("one too many: %s", got)
	}
	e = exits(0, 3)
	if got := len(s.Step(3, &e)); got != MaxWaiters+2 {
		t.Errorf("%d actions, want death, down and %d replies", got, MaxWaiters)
	}
}

func TestStatus(t *testing.T) {
	s := play(t, []Config{usual}, nil, started(
		line{1, dies(exc, 1), "death 0 exception; start 0 inc 1 again; start 0"},
		line{2, isReady, "ready 0"},
	))
	var st abi.ServiceStatus
	s.Status(0, 599*ms, &st)
	if st.State != abi.ServiceRunning || st.Restarts != 1 || st.Incarnation != 1 || st.Deaths != 1 || st.LastReason != abi.ReasonException || st.RecoveryNS != 1 || st.Errno != 0 {
		t.Errorf("running: %+v", st)
	}
	if s.Status(0, 602*ms, &st); st.Restarts != 0 {
		t.Errorf("after a quiet time: %d restarts", st.Restarts)
	}
	death := dies(exc, 30*ms)
	s.Step(30*ms, &death)
	if s.Status(0, 31*ms, &st); st.State != abi.ServiceBackoff || st.BackoffNS != uint64(40*ms) || st.Restarts != 1 {
		t.Errorf("in backoff: %+v", st)
	}
}

// What the figures of events are measured from.
func TestFigures(t *testing.T) {
	figure := func(s *State, at time.Duration, e Event, kind abi.EventKind) Action {
		for _, a := range s.Step(at, &e) {
			if a.Kind == Emit && a.Event == kind {
				return a
			}
		}
		t.Fatalf("no %v", kind)
		return Action{}
	}
	s := play(t, []Config{usual}, nil, started())
	if a := figure(s, 12*ms, dies(exc, 10*ms), abi.EventDeath); a.Detect != 2*ms {
		t.Errorf("exception: detected after %v", a.Detect)
	}
	if a := figure(s, 15*ms, isReady, abi.EventReady); a.Recovery != 5*ms {
		t.Errorf("recovered after %v", a.Recovery)
	}
	hang := inject(abi.FaultHang)
	s.Step(20*ms, &hang)
	s.Step(120*ms, &tick)
	s.Step(220*ms, &tick)
	if a := figure(s, 221*ms, dies(abi.CauseKilled, 220*ms), abi.EventDeath); a.Detect != 201*ms || a.Backoff != 10*ms {
		t.Errorf("hang: detected after %v, backoff %v", a.Detect, a.Backoff)
	}
	s.Step(231*ms, &tick)
	if a := figure(s, 240*ms, isReady, abi.EventReady); a.Recovery != 220*ms {
		t.Errorf("hang: recovered after %v", a.Recovery)
	}
}

func TestLookup(t *testing.T) {
	s := New([]Config{usual})
	step := func(at time.Duration, e Event, want abi.Errno) {
		t.Helper()
		s.Step(at, &e)
		if got := s.Lookup(0); got != want {
			t.Errorf("lookup %s, want %s", got.Name(), want.Name())
		}
	}
	step(0, tick, abi.ESRCH)
	step(0, up(1), abi.EAGAIN)
	step(1, isReady, abi.OK)
	step(2, refresh(2), abi.EAGAIN)
	step(3, exits(0, 3), abi.EAGAIN)
	step(4, isReady, abi.OK)
	step(5, dies(exc, 5), abi.EAGAIN)
	step(6, dies(exc, 6), abi.EAGAIN)
	step(7, restart(3), abi.EAGAIN)
	step(8, isReady, abi.OK)
	step(9, down(4), abi.ESRCH)
	step(10, exits(0, 10), abi.ESRCH)
}
