package policy

import (
	"testing"
	"time"

	"bennu/kernel/abi"
)

// The defects of the seed that concern policy (MINIX.md 10.2), by number.

const exc = abi.CauseException

func TestDefect4RefreshOfDeadService(t *testing.T) {
	s := play(t, []Config{usual}, nil, []line{
		{0, up(1), "start 0 inc 0; start 0"},
		{1 * ms, isReady, "ready 0; reply 1 OK"},
		{2 * ms, dies(exc, 2*ms), "death 0 exception; start 0 inc 1 again; start 0"},
		{3 * ms, isReady, "ready 0"},
		{4 * ms, dies(exc, 4*ms), "death 0 exception after 10ms"},
		{5 * ms, refresh(2), "start 0 inc 2 again; start 0"},
		{6 * ms, isReady, "ready 0; reply 2 OK"},
		{14 * ms, tick, ""},
	})
	var st abi.ServiceStatus
	if s.Status(0, 20*ms, &st); st.Restarts != 0 || st.Incarnation != 2 {
		t.Errorf("after a refresh: restarts %d, incarnation %d", st.Restarts, st.Incarnation)
	}
}

func TestDefect4RefreshOfFailedService(t *testing.T) {
	play(t, []Config{usual}, nil, []line{
		{0, up(1), "start 0 inc 0; start 0"},
		{1 * ms, Event{Kind: Ready, Errno: abi.ENODEV}, "kill 0"},
		{2 * ms, dies(abi.CauseKilled, 2*ms), "death 0 init-failed ENODEV; give-up 0 init-failed ENODEV; reply 1 ENODEV"},
		{3 * ms, refresh(2), "start 0 inc 1 again; start 0"},
		{4 * ms, isReady, "ready 0; reply 2 OK"},
	})
}

func TestDefect5FirstRestartFails(t *testing.T) {
	play(t, []Config{usual}, []abi.Errno{abi.OK, abi.ENOMEM}, []line{
		{0, up(1), "start 0 inc 0; start 0"},
		{1 * ms, isReady, "ready 0; reply 1 OK"},
		{2 * ms, dies(exc, 2*ms), "death 0 exception; start 0 inc 1 again; death 0 init-failed ENOMEM after 10ms"},
		{12 * ms, tick, "start 0 inc 2 again; start 0"},
		{13 * ms, isReady, "ready 0"},
	})
}

func TestDefect6RestartAfterBackoffFails(t *testing.T) {
	play(t, []Config{usual}, []abi.Errno{abi.OK, abi.ENOMEM, abi.ENOMEM, abi.EAGAIN}, []line{
		{0, up(1), "start 0 inc 0; start 0"},
		{1 * ms, isReady, "ready 0; reply 1 OK"},
		{2 * ms, dies(exc, 2*ms), "death 0 exception; start 0 inc 1 again; death 0 init-failed ENOMEM after 10ms"},
		{12 * ms, tick, "start 0 inc 2 again; death 0 init-failed ENOMEM after 10ms"},
		{22 * ms, tick, "start 0 inc 3 again; death 0 init-failed EAGAIN after 10ms"},
		{32 * ms, tick, "start 0 inc 4 again; start 0"},
		{33 * ms, isReady, "ready 0"},
	})
}

func TestDefect11KillsAreToldApart(t *testing.T) {
	ready := []line{{0, up(1), "start 0 inc 0; start 0"}, {0, isReady, "ready 0; reply 1 OK"}}
	for _, c := range []struct {
		name   string
		script []line
	}{
		{"by a user", []line{{1 * ms, dies(abi.CauseKilled, 1*ms), "death 0 killed; start 0 inc 1 again; start 0"}}},
		{"no heartbeat", []line{
			{100 * ms, tick, "ping 0"}, {200 * ms, tick, "ping 0"}, {300 * ms, tick, "kill 0"},
			{301 * ms, dies(abi.CauseKilled, 301*ms), "death 0 no-heartbeat; start 0 inc 1 again; start 0"},
		}},
		{"injected", []line{
			{1 * ms, inject(abi.FaultKill), "kill 0"},
			{2 * ms, dies(abi.CauseKilled, 2*ms), "death 0 injected; start 0 inc 1 again; start 0"},
		}},
		{"stopped", []line{
			{1 * ms, down(2), "stop 0"}, {201 * ms, tick, "kill 0"},
			{202 * ms, dies(abi.CauseKilled, 202*ms), "death 0 stopped; down 0 stopped; reply 2 OK"},
		}},
		{"an exception before RS's kill came", []line{
			{100 * ms, tick, "ping 0"}, {200 * ms, tick, "ping 0"}, {300 * ms, tick, "kill 0"},
			{301 * ms, dies(exc, 299*ms), "death 0 exception; start 0 inc 1 again; start 0"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, []Config{usual}, nil, append(ready[:2:2], c.script...))
		})
	}
}

func TestDefect12ExitIsNoCrash(t *testing.T) {
	zero, never := usual, usual
	zero.OnExit, never.OnExit = ExitZeroEnds, NeverRestart
	for _, c := range []struct {
		name   string
		config Config
		death  Event
		want   string
	}{
		{"always, 0", usual, exits(0, ms), "death 0 exit; start 0 inc 1 again; start 0"},
		{"always, 3", usual, exits(3, ms), "death 0 exit; start 0 inc 1 again; start 0"},
		{"failure, 0", zero, exits(0, ms), "death 0 exit; down 0 exit"},
		{"failure, 3", zero, exits(3, ms), "death 0 exit; start 0 inc 1 again; start 0"},
		{"failure, panic", zero, dies(abi.CausePanic, ms), "death 0 panic; start 0 inc 1 again; start 0"},
		{"never, 0", never, exits(0, ms), "death 0 exit; down 0 exit"},
		{"never, 3", never, exits(3, ms), "death 0 exit; give-up 0 exit EIO"},
		{"never, exception", never, dies(exc, ms), "death 0 exception; give-up 0 exception EIO"},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, []Config{c.config}, nil, []line{
				{0, up(1), "start 0 inc 0; start 0"}, {0, isReady, "ready 0; reply 1 OK"}, {ms, c.death, c.want},
			})
		})
	}
}

func TestDefect13UpAnswersWhenInitialised(t *testing.T) {
	play(t, []Config{usual}, nil, []line{
		{0, up(1), "start 0 inc 0; start 0"},
		{999 * ms, tick, ""},
		{999 * ms, isReady, "ready 0; reply 1 OK"},
	})
	play(t, []Config{usual}, nil, []line{
		{0, up(1), "start 0 inc 0; start 0"},
		{1000 * ms, tick, "kill 0"},
		{1001 * ms, dies(abi.CauseKilled, 1001*ms), "death 0 init-timeout ETIMEDOUT; give-up 0 init-timeout ETIMEDOUT; reply 1 ETIMEDOUT"},
	})
}

func TestDefect14EveryWaiterIsAnswered(t *testing.T) {
	play(t, []Config{usual}, nil, []line{
		{0, up(1), "start 0 inc 0; start 0"},
		{1 * ms, isReady, "ready 0; reply 1 OK"},
		{2 * ms, down(2), "stop 0"},
		{3 * ms, down(3), ""},
		{4 * ms, down(4), ""},
		{5 * ms, exits(0, 5*ms), "death 0 stopped; down 0 stopped; reply 2 OK; reply 3 OK; reply 4 OK"},
	})
	play(t, []Config{usual}, nil, []line{
		{0, up(1), "start 0 inc 0; start 0"},
		{1 * ms, isReady, "ready 0; reply 1 OK"},
		{2 * ms, refresh(2), "stop 0"},
		{3 * ms, refresh(3), ""},
		{5 * ms, exits(0, 5*ms), "death 0 stopped; start 0 inc 1 again; start 0"},
		{6 * ms, isReady, "ready 0; reply 2 OK; reply 3 OK"},
	})
}

// A service that RS is ending is protected by nothing but its grace: it is not pinged, and
// killed, again and again if need be.
func TestDefect29EndingServiceIsStillKilled(t *testing.T) {
	play(t, []Config{usual}, nil, []line{
		{0, up(1), "start 0 inc 0; start 0"},
		{0, isReady, "ready 0; reply 1 OK"},
		{50 * ms, refresh(2), "stop 0"},
		{100 * ms, tick, ""},
		{250 * ms, tick, "kill 0"},
		{450 * ms, tick, "kill 0"},
		{451 * ms, dies(abi.CauseKilled, 451*ms), "death 0 stopped; start 0 inc 1 again; start 0"},
		{452 * ms, isReady, "ready 0; reply 2 OK"},
	})
}

func TestDefect30PeriodsOfMilliseconds(t *testing.T) {
	quick := usual
	quick.Period = 2 * ms
	s := New([]Config{quick})
	s.Step(0, &Event{Kind: Up})
	s.Step(0, &Event{Kind: Started})
	s.Step(0, &isReady)
	for want := 2 * ms; want <= 6*ms; want += 2 * ms {
		at, ok := s.Next()
		if !ok || at != want {
			t.Fatalf("next tick at %v, want %v", at, want)
		}
		got := words(s.Step(at, &tick))
		if last := want == 6*ms; last && got != "kill 0" || !last && got != "ping 0" {
			t.Errorf("at %v: %s", at, got)
		}
	}
}

// MINIX's delays: at once, then one unit with a copy in memory, doubling without.
func TestBackoff(t *testing.T) {
	doubling := usual
	doubling.BackoffUnit, doubling.BackoffMax = time.Second, 30*time.Second
	for n, want := range []time.Duration{0, 2, 4, 8, 16, 30, 30, 30} {
		r := row{cfg: doubling, lasting: lasting{restarts: uint32(n)}}
		if got := r.backoff(); got != want*time.Second {
			t.Errorf("doubling, %d restarts: %v, want %v", n, got, want*time.Second)
		}
		r.cfg.BackoffMax = time.Second
		if got := r.backoff(); got != min(want, 1)*time.Second {
			t.Errorf("copy in memory, %d restarts: %v", n, got)
		}
	}
	r := row{cfg: Config{BackoffUnit: time.Hour, BackoffMax: time.Hour}, lasting: lasting{restarts: 1 << 31}}
	if got := r.backoff(); got != time.Hour {
		t.Errorf("after 2^31 restarts: %v", got)
	}
}
