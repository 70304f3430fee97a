package policy

import (
	"testing"
	"time"

	"bennu/kernel/abi"
)

// pair is two services with these periods that run since 0.
func pair(t *testing.T, periods ...time.Duration) *State {
	t.Helper()
	configs := make([]Config, len(periods))
	for i, p := range periods {
		configs[i] = usual
		configs[i].Period = p
	}
	s := New(configs)
	s.Step(0, &Event{Kind: Boot})
	for i := range configs {
		s.Step(0, &Event{Kind: Started, ID: ID(i)})
		s.Step(0, &Event{Kind: Ready, ID: ID(i)})
	}
	return s
}

func beats(id ID) Event { return Event{Kind: Heartbeat, ID: id} }

// follow plays lines on a State.
func (s *State) follow(t *testing.T, script []line) {
	t.Helper()
	for n, l := range script {
		if got := words(s.Step(l.at, &l.event)); got != l.want {
			t.Errorf("line %d, at %v:\n got %s\nwant %s", n, l.at, got, l.want)
		}
	}
}

var again = Event{Kind: Reborn}

// When nobody answers, RS ends itself before it kills anybody, once; when one answers, the others hang.
func TestHearsNobody(t *testing.T) {
	const p = 100 * ms
	silent := []line{{p, tick, "ping 0; ping 1"}, {2 * p, tick, "ping 0; ping 1"}}
	kills := Event{Kind: Death, Record: Record{Cause: abi.CauseKilled, Died: 7 * p}}
	for _, c := range []struct {
		name    string
		periods []time.Duration
		script  []line
	}{
		{"both are silent, and after that as well", []time.Duration{p, p}, append(silent[:2:2],
			line{3 * p, tick, "deaf"}, line{3 * p, again, ""}, line{3*p + 1, tick, ""},
			line{4 * p, tick, "ping 0; ping 1"}, line{5 * p, tick, "ping 0; ping 1"}, line{6 * p, tick, "kill 0; kill 1"},
			line{7 * p, kills, "death 0 no-heartbeat; start 0 inc 1 again"})},
		{"the next life hears both", []time.Duration{p, p}, append(silent[:2:2],
			line{3 * p, tick, "deaf"}, line{3 * p, again, ""}, line{4 * p, tick, "ping 0; ping 1"}, line{4 * p, beats(0), ""}, line{4 * p, beats(1), ""},
			line{5 * p, tick, "ping 0; ping 1"})},
		{"the next life hears one", []time.Duration{p, p}, append(silent[:2:2],
			line{3 * p, tick, "deaf"}, line{3 * p, again, ""}, line{4 * p, tick, "ping 0; ping 1"}, line{4 * p, beats(0), ""},
			line{5 * p, tick, "ping 0; ping 1"}, line{5 * p, beats(0), ""}, line{6 * p, tick, "ping 0; kill 1"})},
		{"nobody ends RS: it kills as ever", []time.Duration{p, p}, append(silent[:2:2], line{3 * p, tick, "deaf"}, line{3 * p, tick, "kill 0; kill 1"})},
		{"one answers", []time.Duration{p, p}, append(silent[:1:1], line{p, beats(1), ""}, line{2 * p, tick, "ping 0; ping 1"}, line{2 * p, beats(1), ""},
			line{3 * p, tick, "kill 0; ping 1"})},
		{"one alone", []time.Duration{p}, []line{{p, tick, "ping 0"}, {2 * p, tick, "ping 0"}, {3 * p, tick, "kill 0"}}},
		{"one alone that is pinged", []time.Duration{p, 0}, []line{{p, tick, "ping 0"}, {2 * p, tick, "ping 0"}, {3 * p, tick, "kill 0"}}},
		{"the other one has a long period, and answers", []time.Duration{p, 100 * p}, []line{
			{p, tick, "ping 0"}, {2 * p, tick, "ping 0; ping 1"}, {2*p + 1, beats(1), ""}, {3 * p, tick, "kill 0"}}},
		{"the other one has a long period, and is silent", []time.Duration{p, 100 * p}, []line{
			{p, tick, "ping 0"}, {2 * p, tick, "ping 0; ping 1"}, {3 * p, tick, "deaf"}}},
		{"the other one has answered meanwhile", []time.Duration{p, 40 * ms}, []line{
			{p, tick, "ping 0; ping 1"}, {p, beats(1), ""}, {2 * p, tick, "ping 0; ping 1"}, {2 * p, beats(1), ""}, {270 * ms, tick, "ping 1"}, {3 * p, tick, "kill 0"}}},
		{"nobody was heard for longer than RS rests from that", []time.Duration{10 * p, 10 * p}, []line{
			{10 * p, tick, "ping 0; ping 1"}, {20 * p, tick, "ping 0; ping 1"}, {30 * p, tick, "deaf"}, {30 * p, again, ""},
			{40 * p, tick, "ping 0; ping 1"}, {50 * p, tick, "ping 0; ping 1"}, {60 * p, tick, "kill 0; kill 1"}}},
		{"the other one was pinged just now", []time.Duration{p, 100 * p}, []line{
			{p, tick, "ping 0"}, {3*p - 10*ms, tick, "ping 0; ping 1"}, {3 * p, tick, "kill 0"}}},
	} {
		t.Run(c.name, func(t *testing.T) { pair(t, c.periods...).follow(t, c.script) })
	}
}

// However services hang and answer, RS does not suspect itself so often that the kernel would start the machine again, and what is used up is so over its death.
func TestHearsNobodyIsBounded(t *testing.T) {
	const p = 5 * ms
	s := pair(t, p, p)
	configs := []Config{usual, usual}
	configs[0].Period, configs[1].Period = p, p
	var deaf []time.Duration
	for now := time.Duration(0); now < 10*time.Second; now += ms {
		for _, a := range s.Step(now, &tick) {
			if a.Kind == Kill {
				s.Step(now, &Event{Kind: Death, ID: a.ID, Record: Record{Cause: abi.CauseKilled, Died: now}})
				s.Step(now, &Event{Kind: Restart, ID: a.ID})
			}
		}
		if s.deafAt == now {
			deaf = append(deaf, now)
			next, err := Restore(configs, s.Snapshot(nil))
			if err != nil {
				t.Fatal(err)
			}
			s = next
			s.Step(now, &again)
		}
		for i := range s.rows {
			switch {
			case s.rows[i].state == abi.ServiceStarting:
				s.Step(now, &Event{Kind: Started, ID: ID(i)})
				s.Step(now, &Event{Kind: Ready, ID: ID(i)})
			case s.rows[i].missed == 1 && now/ms%100 < 20: // each answers now and then
				s.Step(now, &Event{Kind: Heartbeat, ID: ID(i)})
			}
		}
	}
	if len(deaf) < 3 || len(deaf) > int(10*time.Second/deafRest) {
		t.Errorf("RS was to end at %v", deaf)
	}
}

// others tells whether another service than this one has owed a heartbeat for half of the shorter period.
func (w *world) others(id ID, period time.Duration) bool {
	for i := range w.s.rows {
		if o := &w.s.rows[i]; ID(i) != id && o.pinged() && o.missed > 0 && w.now-o.pingAt >= min(period, o.cfg.Period)/2 {
			return true
		}
	}
	return false
}

// mayDoubt tells whether RS may suspect itself.
func (w *world) mayDoubt() bool {
	return w.deafAt == never || w.heard > w.deafAt && w.now-w.deafAt >= deafRest
}

// isDeaf holds that nobody was heard for as long as somebody had to answer.
func (w *world) isDeaf() {
	over := false
	for i := range w.s.rows {
		r := &w.s.rows[i]
		over = over || r.pinged() && r.missed > 0 && w.now-r.pingAt >= 2*r.cfg.Period && r.pingAt > w.heard && w.others(ID(i), r.cfg.Period)
	}
	if !over || !w.mayDoubt() {
		w.fail("RS is to end itself: one was silent with others %v, heard at %v, deaf at %v", over, w.heard, w.deafAt)
	}
	w.deafAt, w.deaf = w.now, true
}

// again begins another life of RS: it goes on with what was kept.
func (w *world) again() {
	w.deaf = false
	b := w.s.Snapshot(nil)
	if err := w.restore(b); err != nil {
		w.fail("%v", err)
	}
	for i := range w.bodies {
		w.bodies[i].due, w.bodies[i].lastPing = false, -time.Hour
	}
	w.step(Event{Kind: Reborn})
}

// polls tells whether there is one other that has missed a ping, with nobody heard since.
func (w *world) polls(id ID) bool {
	for i := range w.s.rows {
		if r := &w.s.rows[i]; ID(i) != id && r.pinged() && r.missed > 1 && r.pingAt > w.heard {
			return true
		}
	}
	return false
}
