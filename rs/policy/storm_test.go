package policy

import (
	"testing"
	"time"

	"bennu/kernel/abi"
)

// storm is a machine of crash loops and services that die seldom.
type storm struct {
	t      *testing.T
	s      *State
	loops  int
	life   time.Duration // of a loop
	seldom time.Duration // between the deaths of the others
	dies   []time.Duration
	starts []int
	times  []time.Duration // of all restarts
	told   int
}

func newStorm(t *testing.T, loops, others int, life, seldom time.Duration) *storm {
	configs := make([]Config, loops+others)
	for i := range configs {
		configs[i] = Config{Boot: true, Init: time.Second, Stop: time.Second, BackoffUnit: ms, BackoffMax: ms}
	}
	m := &storm{t: t, s: New(configs), loops: loops, life: life, seldom: seldom, dies: make([]time.Duration, len(configs)), starts: make([]int, len(configs))}
	m.do(0, Event{Kind: Boot})
	for i := loops; i < len(configs); i++ {
		m.dies[i] += time.Duration(i) * 7 * ms // not all in the same instant
	}
	return m
}

// do does an event; what is started is ready at once.
func (m *storm) do(now time.Duration, e Event) {
	var begun []ID
	for _, a := range m.s.Step(now, &e) {
		switch {
		case a.Kind == Start:
			begun = append(begun, a.ID)
			if a.Init == abi.InitRestart {
				m.starts[a.ID]++
				m.times = append(m.times, now)
			}
		case a.Event == abi.EventStorm:
			m.told++
		case a.Event == abi.EventDeath && int(a.ID) >= m.loops && a.Backoff != 0:
			m.t.Errorf("at %v: %d dies once in %v, and waits %v", now, a.ID, m.seldom, a.Backoff)
		}
	}
	for _, id := range begun {
		m.do(now, Event{Kind: Started, ID: id, Record: Record{Endpoint: abi.Endpoint(100 + id)}})
		m.do(now, Event{Kind: Ready, ID: id})
		if m.dies[id] = now + m.life; int(id) >= m.loops {
			m.dies[id] = now + m.seldom
		}
	}
	if err := m.s.check(); err != nil {
		m.t.Fatal(err)
	}
}

// run goes from event to event until the end.
func (m *storm) run(end time.Duration) {
	for {
		next, who := end, Nobody
		if at, ok := m.s.Next(); ok && at < next {
			next = at
		}
		for i := range m.dies {
			if m.s.Alive(ID(i)) && m.dies[i] < next {
				next, who = m.dies[i], ID(i)
			}
		}
		switch {
		case next == end:
			return
		case who == Nobody:
			m.do(next, tick)
		default:
			m.do(next, Event{Kind: Death, ID: who, Record: Record{Cause: exc, Endpoint: abi.Endpoint(100 + who), Died: next}})
		}
	}
}

// Twenty crash loops get no more than the machine's limit, each as much as the others; services that die seldom are back at once; that some
// are held back is told once, and shown.
func TestStorm(t *testing.T) {
	const end = 20 * time.Second
	for _, c := range []struct {
		name string
		life time.Duration
	}{
		{"they die at once", 10 * time.Microsecond},
		{"they live for a quiet time first, and are quiet services to themselves", 61 * ms},
	} {
		m := newStorm(t, 20, 3, c.life, 1500*ms)
		m.run(end)
		n := time.Duration(len(m.s.rows))
		for i := range m.times { // any stretch of time
			for _, j := range []int{i + 50, i + 300, len(m.times) - 1} {
				if j <= i || j >= len(m.times) {
					continue
				}
				long := m.times[j] - m.times[i]
				if got, most := j-i+1, int(stormBurst+long/stormEvery+n*(1+long/ownEvery))+1; got > most {
					t.Fatalf("%s: %d restarts in %v, at most %d", c.name, got, long, most)
				}
			}
		}
		if least := int(end / stormEvery * 9 / 10); len(m.times) < least {
			t.Errorf("%s: %d restarts in %v, at least %d were to be had", c.name, len(m.times), end, least)
		}
		least, most := m.starts[0], m.starts[0]
		for _, n := range m.starts[:m.loops] {
			least, most = min(least, n), max(most, n)
		}
		if most-least > 2 {
			t.Errorf("%s: one had %d restarts, another one %d", c.name, least, most)
		}
		for _, n := range m.starts[m.loops:] {
			if n < int(end/m.seldom)-1 {
				t.Errorf("%s: one that dies seldom had %d restarts", c.name, n)
			}
		}
		if m.told != 1 {
			t.Errorf("%s: told %d times", c.name, m.told)
		}
		held, shown := 0, abi.ServiceStatus{}
		for i := range m.s.rows {
			if m.s.rows[i].held {
				held++
				m.s.Status(ID(i), end, &shown)
			}
		}
		if held == 0 || shown.Errno != abi.EAGAIN || shown.Why != abi.WhyStorm || shown.State != abi.ServiceBackoff || shown.RestartsTotal == 0 {
			t.Errorf("%s: %d are held back, shown as %+v", c.name, held, shown)
		}
		t.Logf("%s: %d restarts in %v, %d to %d each", c.name, len(m.times), end, least, most)
	}
}

// Who dies when RS is late, and there is a restart to be had again, does not go before one that is held back for longer.
func TestNobodyOvertakes(t *testing.T) {
	c := usual
	c.Period, c.Burst = 0, 0
	s := New([]Config{c, c})
	now := 300 * ms
	for id := range ID(2) {
		for _, e := range []Event{up(0), {Kind: Started, Record: Record{Endpoint: abi.Endpoint(100 + id)}}, isReady} {
			e.ID, e.Asker = id, Asker{}
			s.Step(0, &e)
		}
		s.rows[id].restartedAt = now - 200*ms + time.Duration(id)*100*ms
	}
	s.fullAt = now + stormBurst*stormEvery // empty, for one stormEvery
	if e := of(0, dies(exc, now)); words(s.Step(now, &e)) != "death 0 exception after 5ms; storm 0 EAGAIN" || s.held != 1 {
		t.Fatalf("%s, %d held back", words(s.actions), s.held)
	}
	now += stormEvery // the tick for 0 is late
	if e := of(1, dies(exc, now)); words(s.Step(now, &e)) != "death 1 exception after 5ms; start 0 inc 1 again" || s.held != 1 {
		t.Errorf("%s, %d held back", words(s.actions), s.held)
	}
	if got := words(s.Step(now+stormEvery, &tick)); got != "start 1 inc 1 again" {
		t.Errorf("then: %s", got)
	}
}

// The limit ends with the storm, and the next one is told again.
func TestStormEnds(t *testing.T) {
	m := newStorm(t, 20, 0, 10*time.Microsecond, 0)
	m.run(time.Second)
	if m.told != 1 || m.s.held == 0 {
		t.Fatalf("told %d times, %d held back", m.told, m.s.held)
	}
	m.life = 10 * time.Second
	m.run(2 * time.Second)
	if m.s.held != 0 {
		t.Errorf("%d are held back though nobody dies", m.s.held)
	}
	m.life = 10 * time.Microsecond
	for i := range m.dies {
		m.dies[i] = 3 * time.Second
	}
	m.run(4 * time.Second)
	if m.told != 2 {
		t.Errorf("told %d times", m.told)
	}
}

// Those who go with a loop are counted: a loop and all that require it stay within the limit.
func TestStormOfRequirers(t *testing.T) {
	configs := make([]Config, 5)
	for i := range configs {
		configs[i] = Config{Boot: true, Init: time.Second, Stop: time.Second, BackoffUnit: ms, BackoffMax: ms}
		if i > 0 {
			configs[i].Requires = 1
		}
	}
	m := newStorm(t, 5, 0, 2*ms, 0)
	m.s = New(configs)
	m.times = nil
	m.do(0, Event{Kind: Boot})
	for now := time.Duration(0); now < 10*time.Second; now += 100 * time.Microsecond {
		if m.s.Alive(0) && m.dies[0] <= now {
			m.do(now, Event{Kind: Death, Record: Record{Cause: exc, Died: now}})
		}
		for i := range m.s.rows {
			if m.s.rows[i].state == abi.ServiceStopping {
				m.do(now, of(ID(i), exits(0, now)))
			}
		}
		if at, ok := m.s.Next(); ok && at <= now {
			m.do(now, tick)
		}
	}
	if most := int(stormBurst+10*time.Second/stormEvery) + 5*11 + 5; len(m.times) > most || len(m.times) < most/2 {
		t.Errorf("%d restarts in 10s, at most %d", len(m.times), most)
	}
}

// Two counts: one that a quiet time takes from, and one that nothing takes from.
func TestTwoCounts(t *testing.T) {
	m := newStorm(t, 1, 0, ms, 0)
	m.run(100 * ms)
	var st abi.ServiceStatus
	if m.s.Status(0, 100*ms, &st); st.Restarts == 0 || st.Restarts != st.RestartsTotal || int(st.RestartsTotal) != m.starts[0] {
		t.Fatalf("restarts %d, in all %d, seen %d", st.Restarts, st.RestartsTotal, m.starts[0])
	}
	was := st.RestartsTotal
	m.life = time.Hour
	m.run(time.Minute)
	if m.s.Status(0, time.Minute, &st); st.Restarts != 0 || st.RestartsTotal < was {
		t.Errorf("after a quiet time: restarts %d, in all %d of %d", st.Restarts, st.RestartsTotal, was)
	}
	was = st.RestartsTotal
	e := refresh(1)
	m.s.Step(time.Minute, &e)
	if m.s.Status(0, time.Minute, &st); st.RestartsTotal != was {
		t.Errorf("what was asked for is counted: %d, was %d", st.RestartsTotal, was)
	}
}

// A service whose restarts are not limited with the others' is back at once however often it dies, and takes nothing from those whose are: neither a crash loop nor
// a service that begins again with another one.
func TestStormNone(t *testing.T) {
	const n, each = 400, ms
	alone := func(free bool) (held int, full time.Duration) {
		cfgs := []Config{{Boot: true, BackoffUnit: ms, BackoffMax: ms, Storm: free}, {Boot: true, BackoffUnit: ms, BackoffMax: ms}}
		s := New(cfgs)
		now := time.Duration(0)
		step := func(e Event) {
			for _, a := range s.Step(now, &e) {
				if a.Kind == Emit && a.Event == abi.EventStorm {
					held++
				}
			}
		}
		step(Event{Kind: Boot})
		for id := range ID(2) {
			step(Event{Kind: Started, ID: id, Record: Record{Endpoint: abi.Endpoint(100 + id)}})
			step(Event{Kind: Ready, ID: id})
		}
		for range n {
			now += each
			step(Event{Kind: Death, ID: 0, Record: Record{Cause: exc, Endpoint: 100, Died: now}})
			for at, ok := s.Next(); ok && !s.Alive(0); at, ok = s.Next() {
				now = max(now, at)
				step(tick)
				if s.rows[0].state == abi.ServiceStarting {
					break
				}
			}
			step(Event{Kind: Started, ID: 0, Record: Record{Endpoint: 100}})
			step(Event{Kind: Ready, ID: 0})
		}
		return held, s.fullAt - now
	}
	if held, _ := alone(false); held == 0 {
		t.Error("the limit holds nobody back: no test")
	}
	if held, full := alone(true); held != 0 || full > 0 {
		t.Errorf("held back %d times; the bucket is full in %v", held, full)
	}
}
