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

// A service that is to stop, and waits for RS, hears EINTR first; one that died waiting hears nothing.
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

// Everybody has a share of the places to wait: a service that uses up its own takes none of another's.
func TestTooManyWaiters(t *testing.T) {
	const askers = 10
	s := New(make([]Config, askers))
	s.Step(0, &Event{Kind: Up})
	s.Step(0, &Event{Kind: Started})
	from := func(id ID, tag uint64) Event {
		return Event{Kind: Down, Asker: Asker{From: id, Endpoint: 99, Tag: tag}}
	}
	stop := down(0)
	s.Step(1, &stop)
	for id := ID(1); id < askers; id++ {
		for n := range uint64(MaxOpen) {
			e := from(id, n)
			if got := words(s.Step(1, &e)); got != "" {
				t.Fatalf("asker %d, request %d: %s", id, n, got)
			}
		}
		e := from(id, 1000)
		if got := s.Step(2, &e); words(got) != "reply 1000 EAGAIN" || got[0].Why != abi.WhyTooMany {
			t.Errorf("one too many: %s, %v", words(got), got)
		}
	}
	e := exits(0, 3)
	if got, want := len(s.Step(3, &e)), 2+1+(askers-1)*MaxOpen; got != want {
		t.Errorf("%d actions, want %d: death, down and replies", got, want)
	}
	again := from(1, 7)
	s.Step(4, &Event{Kind: Up})
	s.Step(4, &Event{Kind: Started})
	if got := words(s.Step(4, &again)); got != "stop 0" {
		t.Errorf("after its answers it may not ask: %s", got)
	}
}

// Each answer of an error tells which of its causes it was.
func TestWhy(t *testing.T) {
	other := func(k Kind) Event { return Event{Kind: k, Asker: asker(9)} }
	off := Event{Kind: Shutdown, Asker: Asker{From: Nobody, Endpoint: 1, Tag: 1}}
	for _, c := range []struct {
		name   string
		before []Event
		ask    Kind
		want   abi.Errno
		why    abi.Why
	}{
		{"up of one that starts", []Event{up(1)}, Up, abi.EBUSY, abi.WhyStarting},
		{"up of one that runs", []Event{up(1), isReady}, Up, abi.EBUSY, abi.WhyUp},
		{"up of one that is taken down", []Event{up(1), isReady, down(2)}, Up, abi.EBUSY, abi.WhyStopping},
		{"up of one that is replaced", []Event{up(1), isReady, refresh(2)}, Up, abi.EBUSY, abi.WhyRestarting},
		{"up of one in backoff", []Event{up(1), isReady, dies(exc, 0), dies(exc, 0)}, Up, abi.EBUSY, abi.WhyRestarting},
		{"up in a shutdown", []Event{up(1), isReady, off}, Up, abi.EBUSY, abi.WhyShutdown},
		{"down of one that is down", nil, Down, abi.ESRCH, abi.WhyDown},
		{"refresh of one that is down", nil, Refresh, abi.ESRCH, abi.WhyDown},
		{"refresh of one that starts", []Event{up(1)}, Refresh, abi.EBUSY, abi.WhyStarting},
		{"refresh of one that is taken down", []Event{up(1), isReady, down(2)}, Refresh, abi.EBUSY, abi.WhyStopping},
		{"refresh in a shutdown", []Event{up(1), isReady, off}, Refresh, abi.EBUSY, abi.WhyShutdown},
		{"restart of one that is down", nil, Restart, abi.ESRCH, abi.WhyDown},
		{"restart of one that starts", []Event{up(1)}, Restart, abi.EBUSY, abi.WhyStarting},
		{"restart of one that runs", []Event{up(1), isReady}, Restart, abi.EBUSY, abi.WhyUp},
		{"restart of one that is replaced", []Event{up(1), isReady, refresh(2)}, Restart, abi.EBUSY, abi.WhyRestarting},
		{"a second shutdown", []Event{up(1), off}, Shutdown, abi.EBUSY, abi.WhyShutdown},
	} {
		s := New([]Config{usual})
		for i := range c.before {
			carry(s, &c.before[i])
		}
		e := other(c.ask)
		got := s.Step(0, &e)
		if len(got) != 1 || got[0].Errno != c.want || got[0].Why != c.why {
			t.Errorf("%s: %s (%v), want %s, %v", c.name, words(got), got[0].Why, c.want.Name(), c.why)
		}
	}
}

// carry does one event, and says that every start it caused was done.
func carry(s *State, e *Event) (actions []Action) {
	actions = append(actions, s.Step(0, e)...)
	for _, a := range actions {
		if a.Kind == Start {
			actions = append(actions, s.Step(0, &Event{Kind: Started, ID: a.ID})...)
		}
	}
	return actions
}

// Those who wait for a service to be ready are told what became of it.
func TestWhyWaitersAreTold(t *testing.T) {
	for _, c := range []struct {
		name   string
		events []Event
		want   abi.Errno
		why    abi.Why
		detail uint64
	}{
		{"its Init fails", []Event{{Kind: Ready, Errno: abi.ENODEV}, dies(abi.CauseExit, 0)}, abi.ENODEV, abi.WhyInit, 0},
		{"its Init hangs", []Event{tick, dies(abi.CauseKilled, 0)}, abi.ETIMEDOUT, abi.WhyInitTimeout, uint64(usual.Init)},
		{"it dies", []Event{{Kind: Death, Record: Record{Cause: exc, Vector: 14}}}, abi.EIO, abi.WhyDied, uint64(abi.ReasonException) | 14<<32},
		{"it exits", []Event{exits(0, 0)}, abi.EIO, abi.WhyDied, uint64(abi.ReasonExit)},
		{"a step of its start fails", []Event{{Kind: StartFailed, Errno: abi.EBUSY, Why: abi.WhyPorts}}, abi.EBUSY, abi.WhyPorts, 0},
		{"it is taken down", []Event{down(2)}, abi.EINTR, abi.WhyTakenDown, 0},
		{"the machine is shut down", []Event{{Kind: Shutdown}}, abi.EINTR, abi.WhyShutdown, 0},
	} {
		s := New([]Config{usual})
		e := up(1)
		carry(s, &e)
		var got []Action
		for i := range c.events {
			for _, a := range s.Step(usual.Init, &c.events[i]) {
				if a.Kind == Reply && a.Asker.Tag == 1 {
					got = append(got, a)
				}
			}
		}
		if len(got) != 1 || got[0].Errno != c.want || got[0].Why != c.why || got[0].Detail != c.detail {
			t.Errorf("%s: %+v, want %s, %v, %#x", c.name, got, c.want.Name(), c.why, c.detail)
		}
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
		if got, why := s.Lookup(0); got != want || (got != abi.OK) != (why != abi.WhyNone) {
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

// A service between two lives when the machine is being shut down has no next one.
func TestLookupInShutdown(t *testing.T) {
	s := New([]Config{usual, usual})
	for id := range ID(2) {
		s.Step(0, &Event{Kind: Up, ID: id})
		s.Step(1, &Event{Kind: Ready, ID: id})
	}
	s.Step(2, &Event{Kind: Refresh, ID: 0})
	if e, why := s.Lookup(0); e != abi.EAGAIN || why != abi.WhyRestarting {
		t.Errorf("lookup of one that is replaced: %s, %s", e.Name(), why)
	}
	s.Step(3, &Event{Kind: Shutdown}) // the other one is stopped first
	if e, why := s.Lookup(0); e != abi.ESRCH || why != abi.WhyShutdown {
		t.Errorf("lookup in the shutdown: %s, %s, want ESRCH, %s", e.Name(), why, abi.WhyShutdown)
	}
}
