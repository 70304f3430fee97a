package policy

import (
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
)

// grouped is a service of a group.
func grouped(c Config) Config {
	c.Group, c.AllForOne, c.GroupBurst, c.GroupWindow = 1, true, 3, 1000*ms
	return c
}

// related are three services that boot: what is said of each is put into a copy of usual.
func related(change ...func(c *Config)) []Config {
	configs := make([]Config, len(change))
	for i, f := range change {
		configs[i] = usual
		configs[i].Period = 0
		if f != nil {
			f(&configs[i])
		}
	}
	return configs
}

func after(ids ...ID) func(*Config) {
	return func(c *Config) {
		for _, id := range ids {
			c.After |= 1 << id
		}
	}
}

func requires(ids ...ID) func(*Config) {
	return func(c *Config) {
		for _, id := range ids {
			c.Requires |= 1 << id
		}
	}
}

func all(c *Config) { *c = grouped(*c) }

func oneForOne(c *Config) { all(c); c.AllForOne = false }

var (
	bootUp  = Event{Kind: Boot}
	badInit = Event{Kind: Ready, Errno: abi.ENODEV}
	off     = Event{Kind: Shutdown, Asker: asker(50)}
	killed  = dies(abi.CauseKilled, 0)
	died    = dies(exc, 0)
	stopped = exits(0, 0)
)

// TestBelong plays services that belong together. At each line time goes on by a millisecond.
func TestBelong(t *testing.T) {
	type step struct {
		event Event
		want  string
	}
	for _, c := range []struct {
		name    string
		configs []Config
		steps   []step
	}{
		{"after, against the order of the table", related(after(1), after(2), nil), []step{
			{bootUp, "start 2 inc 0; start 2"},
			{of(2, isReady), "ready 2; start 1 inc 0; start 1"},
			{of(1, isReady), "ready 1; start 0 inc 0; start 0"},
			{isReady, "ready 0; boot"},
			{of(2, died), "death 2 exception; start 2 inc 1 again; start 2"}, // the others go on
			{of(0, died), "death 0 exception; start 0 inc 1 again; start 0"}, // and a life that begins again does not wait
			{off, "reply 50 OK; stop 0"},
			{of(0, stopped), "death 0 stopped; down 0 stopped; stop 1"},
			{of(1, stopped), "death 1 stopped; down 1 stopped; stop 2"},
			{of(2, stopped), "death 2 stopped; down 2 stopped; power-off"},
		}},
		{"after one that fails", related(nil, after(0)), []step{
			{bootUp, "start 0 inc 0; start 0"},
			{badInit, "kill 0"},
			{killed, "death 0 init-failed ENODEV; give-up 0 init-failed ENODEV; start 1 inc 0; start 1"},
			{of(1, isReady), "ready 1; boot"},
		}},
		{"after one that is not started", related(func(c *Config) { c.Boot = false }, after(0)), []step{{bootUp, "start 1 inc 0; start 1"}}},
		{"requires one that dies", related(nil, requires(0), requires(1)), []step{
			{bootUp, "start 0 inc 0; start 0"},
			{isReady, "ready 0; start 1 inc 0; start 1"},
			{of(1, isReady), "ready 1; start 2 inc 0; start 2"},
			{of(2, isReady), "ready 2; boot"},
			{died, "death 0 exception; start 0 inc 1 again; stop 2; stop 1; start 0"},
			{isReady, "ready 0"},
			{of(1, stopped), "death 1 stopped; start 1 inc 1 again; start 1"},
			{of(2, stopped), "death 2 stopped"},
			{of(1, isReady), "ready 1; start 2 inc 1 again; start 2"},
			{of(2, isReady), "ready 2"},
			{of(1, died), "death 1 exception; stop 2; start 1 inc 2 again; start 1"},
		}},
		{"requires one that fails at the boot", related(nil, requires(0), requires(1)), []step{
			{bootUp, "start 0 inc 0; start 0"},
			{badInit, "kill 0"},
			{killed, "death 0 init-failed ENODEV; give-up 0 init-failed ENODEV; give-up 1 ESRCH; give-up 2 ESRCH; boot"},
			{of(2, up(1)), "reply 1 ESRCH"},
			{up(2), "start 0 inc 1; start 0"},
			{of(1, up(3)), ""}, // it waits
			{of(1, up(4)), "reply 4 EBUSY"},
			{isReady, "ready 0; reply 2 OK; start 1 inc 0; start 1"},
			{of(1, isReady), "ready 1; reply 3 OK"},
		}},
		{"requires one that is given up", related(func(c *Config) { c.OnExit = NeverRestart }, requires(0)), []step{
			{bootUp, "start 0 inc 0; start 0"},
			{isReady, "ready 0; start 1 inc 0; start 1"},
			{of(1, isReady), "ready 1; boot"},
			{died, "death 0 exception; give-up 0 exception EIO; stop 1"},
			{of(1, stopped), "death 1 stopped; give-up 1 stopped ESRCH"},
		}},
		{"requires one that is taken down", related(nil, requires(0), requires(1)), []step{
			{bootUp, "start 0 inc 0; start 0"},
			{isReady, "ready 0; start 1 inc 0; start 1"},
			{of(1, isReady), "ready 1; start 2 inc 0; start 2"},
			{of(2, isReady), "ready 2; boot"},
			{down(1), "stop 2; stop 1; stop 0"},
			{stopped, "death 0 stopped; down 0 stopped; reply 1 OK"},
			{of(1, stopped), "death 1 stopped; down 1 stopped"},
			{of(2, stopped), "death 2 stopped; down 2 stopped"},
			{of(1, up(2)), "reply 2 ESRCH"},
		}},
		{"requires one that is refreshed", related(nil, requires(0)), []step{
			{bootUp, "start 0 inc 0; start 0"},
			{isReady, "ready 0; start 1 inc 0; start 1"},
			{of(1, isReady), "ready 1; boot"},
			{refresh(1), "stop 1; stop 0"},
			{of(1, stopped), "death 1 stopped"},
			{stopped, "death 0 stopped; start 0 inc 1 again; start 0"},
			{isReady, "ready 0; reply 1 OK; start 1 inc 1 again; start 1"},
		}},
		{"requires one that was refused", related(func(c *Config) { c.Lacks = true }, nil), []step{
			{bootUp, "start 1 inc 0; give-up 0 ESRCH; start 1"},
			{up(1), "reply 1 ESRCH"},
		}},
		{"all for one", related(all, all, all, nil), []step{
			{bootUp, "start 3 inc 0; start 0 inc 0; start 1 inc 0; start 2 inc 0; start 3; start 0; start 1; start 2"},
			{isReady, "ready 0"}, {of(1, isReady), "ready 1"}, {of(2, isReady), "ready 2"}, {of(3, isReady), "ready 3; boot"},
			{of(1, died), "death 1 exception; stop 2; stop 0"},
			{of(0, stopped), "death 0 stopped"},
			{of(2, stopped), "death 2 stopped; start 0 inc 1 again; start 1 inc 1 again; start 2 inc 1 again; start 0; start 1; start 2"},
			{of(0, isReady), "ready 0"}, {of(1, isReady), "ready 1"}, {of(2, isReady), "ready 2"},
			{of(1, died), "death 1 exception after 10ms; stop 2; stop 0"},
			{of(0, stopped), "death 0 stopped"},
			{of(2, stopped), "death 2 stopped"}, // and now until 1's backoff is over
		}},
		{"a group that dies too often is given up whole", related(oneForOne, oneForOne, oneForOne), []step{
			{bootUp, "start 0 inc 0; start 1 inc 0; start 2 inc 0; start 0; start 1; start 2"},
			{isReady, "ready 0"}, {of(1, isReady), "ready 1"}, {of(2, isReady), "ready 2; boot"},
			{of(1, died), "death 1 exception; start 1 inc 1 again; start 1"}, {of(1, isReady), "ready 1"},
			{of(0, died), "death 0 exception; start 0 inc 1 again; start 0"}, {isReady, "ready 0"},
			{of(1, died), "death 1 exception; give-up 1 exception EIO; stop 2; stop 0"},
			{of(0, stopped), "death 0 stopped; give-up 0 stopped EIO"},
			{of(2, stopped), "death 2 stopped; give-up 2 stopped EIO"},
		}},
		{"all for one, and one is given up", related(func(c *Config) { all(c); c.OnExit = NeverRestart }, all), []step{
			{bootUp, "start 0 inc 0; start 1 inc 0; start 0; start 1"},
			{isReady, "ready 0"}, {of(1, isReady), "ready 1; boot"},
			{of(0, died), "death 0 exception; give-up 0 exception EIO; stop 1"},
			{of(1, stopped), "death 1 stopped; give-up 1 stopped EIO"},
		}},
	} {
		for i := range c.steps { // play does not know the time of a line
			c.steps[i].event.Record.Died = time.Duration(i) * ms
		}
		var script []line
		for i, s := range c.steps {
			script = append(script, line{time.Duration(i) * ms, s.event, s.want})
		}
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			s := play(t, c.configs, nil, script)
			if err := s.check(); err != nil {
				t.Error(err)
			}
		})
	}
}

// One that is to end while its start is being done is told when that was done.
func TestStopWhileItIsBeingStarted(t *testing.T) {
	s := New(related(nil))
	for n, step := range []struct {
		event Event
		want  string
	}{
		{up(1), "start 0 inc 0"}, {down(2), "reply 1 EINTR"}, {lives(7), "start 0; stop 0"}, {stopped, "death 0 stopped; down 0 stopped; reply 2 OK"},
		{up(3), "start 0 inc 1"}, {down(4), "reply 3 EINTR"}, {Event{Kind: StartFailed, Errno: abi.ENOMEM}, "death 0 init-failed ENOMEM; down 0 init-failed; reply 4 OK"},
	} {
		if got := words(s.Step(0, &step.event)); got != step.want {
			t.Errorf("step %d: %s, want %s", n, got, step.want)
		}
	}
}

// A group's backoff: the others wait for the one that died, and all begin when it is over.
func TestGroupWaitsForBackoff(t *testing.T) {
	s := play(t, related(all, all), nil, []line{
		{0, bootUp, "start 0 inc 0; start 1 inc 0; start 0; start 1"},
		{1 * ms, isReady, "ready 0"},
		{1 * ms, of(1, isReady), "ready 1; boot"},
		{2 * ms, died, "death 0 exception; stop 1"},
		{3 * ms, of(1, stopped), "death 1 stopped; start 0 inc 1 again; start 1 inc 1 again; start 0; start 1"},
		{4 * ms, isReady, "ready 0"},
		{4 * ms, of(1, isReady), "ready 1"},
		{5 * ms, died, "death 0 exception after 10ms; stop 1"},
		{6 * ms, of(1, stopped), "death 1 stopped"},
		{15 * ms, tick, "start 0 inc 2 again; start 1 inc 2 again; start 0; start 1"},
	})
	if s.rows[1].total != 2 || s.rows[1].restarts != 0 || s.rows[0].total != 2 {
		t.Errorf("restarts %d and %d, in all %d and %d", s.rows[0].restarts, s.rows[1].restarts, s.rows[0].total, s.rows[1].total)
	}
}

// The why of a give-up is told, and who waits hears it.
func TestWhyGivenUp(t *testing.T) {
	s := New(related(nil, requires(0)))
	e := of(1, up(3))
	if a := s.Step(0, &e); len(a) != 1 || a[0].Errno != abi.ESRCH || a[0].Why != abi.WhyRequires || a[0].Detail != 1 {
		t.Errorf("up while the other is down: %+v", a)
	}
	for _, e := range []Event{up(1), of(1, up(2)), {Kind: Started, Record: Record{Endpoint: 5}}} {
		s.Step(0, &e)
	}
	s.Step(0, &badInit)
	told := map[uint64]abi.Why{}
	gaveUp := abi.WhyNone
	for _, a := range s.Step(0, &killed) {
		switch {
		case a.Kind == Reply:
			told[a.Asker.Tag] = a.Why
			if a.Why == abi.WhyRequires && a.Detail != 1 {
				t.Errorf("what it lacks: %d", a.Detail)
			}
		case a.Kind == Emit && a.Event == abi.EventGiveUp && a.ID == 1:
			gaveUp = a.Why
		}
	}
	if told[1] != abi.WhyInit || told[2] != abi.WhyRequires || gaveUp != abi.WhyRequires {
		t.Errorf("told %v, given up: %v", told, gaveUp)
	}
	// Too many deaths: by the service's own limit.
	c := usual
	c.Burst = 2
	s = New([]Config{c})
	for _, e := range []Event{up(1), isReady, died} {
		s.Step(0, &e)
	}
	gaveUp = abi.WhyNone
	for _, a := range s.Step(0, &died) {
		if a.Event == abi.EventGiveUp {
			gaveUp = a.Why
		}
	}
	if gaveUp != abi.WhyBurst {
		t.Errorf("died too often: %v", gaveUp)
	}
}
