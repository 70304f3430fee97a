package policy

import (
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"bennu/kernel/abi"
	testseed "bennu/tools/seed"
)

var (
	simSeed  = flag.Uint64("sim.seed", 0, "seed of the simulation; 0 takes the clock's")
	simSteps = flag.Int("sim.steps", 3_000_000, "events of the simulation")
)

// body is the simulated task of one service.
type body struct {
	alive       bool
	endpoint    abi.Endpoint
	incarnation uint32
	doomed      bool // Kill was done: its death comes
	asked       bool // Stop was done
	hung        bool // answers nothing any more
	lastPing    time.Duration
	oddPing     bool // the last ping was for an injection
	due         bool // a ping is unanswered
	firstDue    time.Duration
	deaths      []time.Duration
	snapshot    bool // its service has one
	warm        bool // it began with it
	ready       bool
	early       int  // warm lives in a row that ended before they were ready
	mayStart    bool // the event of this step allows a start of a failed or down service
	old         bool // its group begins again: it has to end before
}

// world is everything around the State, and what must hold of it.
type world struct {
	t      *testing.T
	r      *rand.Rand
	s      *State
	now    time.Duration
	bodies []body
	open   map[uint64]Asker // askers not yet answered
	tag    uint64
	lives  abi.Endpoint // endpoints given
	late   bool         // ticks come late
	off    bool
	boots  int
	log    []string
	counts [256]int

	asked   [8]bool // before this event: it was to end, by no fault of its own
	configs []Config
	buf     []byte
	loses   bool   // the State loses what came last, now and then
	older   []byte // a snapshot of some time ago
	blind   bool   // is being told what lives

	heard  time.Duration // the last heartbeat that was owed
	deafAt time.Duration // the newest Deaf; never: none
	deaf   bool          // a Deaf was done: the State goes on in another life
}

func newWorld(t *testing.T, seed uint64) *world {
	r := rand.New(rand.NewPCG(seed, 1))
	configs := make([]Config, 1+r.IntN(6))
	for i := range configs {
		unit := time.Duration(1+r.IntN(20)) * ms
		configs[i] = Config{
			Boot: r.IntN(2) == 0, Period: time.Duration(r.IntN(4)) * 5 * ms, Init: time.Duration(1+r.IntN(50)) * ms,
			Stop: time.Duration(1+r.IntN(30)) * ms, BackoffUnit: unit, BackoffMax: unit * time.Duration(1+r.IntN(40)),
			Snapshot: r.IntN(3), Check: time.Duration(1+r.IntN(50)) * ms,
			Burst: r.IntN(8), Window: time.Duration(1+r.IntN(400)) * ms, OnExit: OnExit(r.IntN(3)),
		}
	}
	if r.IntN(2) == 0 {
		belong(r, configs)
	}
	return &world{
		t: t, r: r, s: New(configs), bodies: make([]body, len(configs)), open: map[uint64]Asker{},
		late: r.IntN(4) == 0, loses: r.IntN(2) == 0, configs: configs, deafAt: never,
	}
}

func (w *world) fail(format string, args ...any) {
	w.t.Helper()
	for _, l := range w.log {
		w.t.Log(l)
	}
	w.t.Fatalf(format, args...)
}

// step does one event and everything that follows at once.
func (w *world) step(e Event) {
	queue := []Event{e}
	for len(queue) > 0 {
		e, queue = queue[0], queue[1:]
		w.counts[e.Kind]++
		for i := range w.bodies {
			w.bodies[i].mayStart = false
		}
		switch e.Kind {
		case Boot:
			for i := range w.bodies {
				w.bodies[i].mayStart = true
			}
		case Up, Restart, Refresh:
			w.bodies[e.ID].mayStart = true
		case Ready, Heartbeat:
			if b := &w.bodies[e.ID]; w.s.rows[e.ID].state == abi.ServiceStarting && e.Errno == abi.OK {
				if b.ready = true; b.warm {
					b.early = 0
				}
			}
		}
		if e.Kind == Heartbeat && w.s.Awaits(e.ID) {
			w.heard = w.now
		}
		before := w.states()
		w.record(&e)
		actions := w.s.Step(w.now, &e)
		if len(w.log) > 30 {
			w.log = w.log[1:]
		}
		w.log = append(w.log, w.now.String()+" event "+string(rune('0'+e.Kind))+" of "+string(rune('0'+e.ID))+" -> "+words(actions))
		for i := range actions {
			if next, ok := w.act(&actions[i], &e, before); ok {
				queue = append(queue, next)
			}
		}
	}
	w.check()
	if w.deaf {
		w.again()
	}
}

func (w *world) states() (st [8]abi.ServiceState) {
	for i := range w.bodies {
		st[i] = w.s.rows[i].state
		w.asked[i] = st[i] == abi.ServiceStopping && w.s.rows[i].then != followDeath
	}
	return st
}

// act carries an action out and checks that it is allowed now.
func (w *world) act(a *Action, e *Event, before [8]abi.ServiceState) (next Event, ok bool) {
	w.counts[a.Kind]++
	var b *body
	if a.ID >= 0 && a.Kind != Reply {
		b = &w.bodies[a.ID]
	}
	switch a.Kind {
	case Start:
		if b.alive || w.off {
			w.fail("start of %d while it lives", a.ID)
		}
		if st := before[a.ID]; (st == abi.ServiceDown || st == abi.ServiceFailed) && !b.mayStart {
			w.fail("%d was %v and is started though nobody asked", a.ID, st)
		}
		if a.Snapshot != (w.s.rows[a.ID].cfg.Snapshot > 0) {
			w.fail("start of %d, snapshot %v, config %d", a.ID, a.Snapshot, w.s.rows[a.ID].cfg.Snapshot)
		}
		w.mayBegin(a)
		*b = body{alive: true, lastPing: -time.Hour, deaths: b.deaths, snapshot: b.snapshot, early: b.early}
		if w.r.IntN(10) == 0 {
			b.alive = false
			return Event{Kind: StartFailed, ID: a.ID, Errno: abi.ENOMEM, Why: abi.WhyTask, Record: Record{Endpoint: abi.None}}, true
		}
		w.lives++
		b.endpoint = w.lives + abi.None
		b.warm = a.Snapshot && b.snapshot
		b.snapshot = b.warm || a.Snapshot && w.r.IntN(3) > 0 // taken at once, or never
		b.incarnation = a.Incarnation
		return Event{Kind: Started, ID: a.ID, Record: Record{Endpoint: b.endpoint, Started: w.now}, Warm: b.warm}, true
	case Check:
		e := abi.OK
		if !b.snapshot {
			e = abi.ESRCH
		} else if w.r.IntN(8) == 0 {
			e = abi.EIO
		}
		return Event{Kind: Checked, ID: a.ID, Errno: e}, true
	case Drop:
		if !b.snapshot {
			w.fail("%d has no snapshot to drop", a.ID)
		}
		b.snapshot, b.early = false, 0
	case Stop:
		if (!b.alive || b.asked) && !w.blind {
			w.fail("stop of %d, alive %v, asked %v", a.ID, b.alive, b.asked)
		}
		b.asked = b.alive
	case Kill:
		w.kill(a, b, e)
	case Ping:
		w.ping(a, b, e)
	case Reply:
		if _, there := w.open[a.Asker.Tag]; !there {
			w.fail("asker %d is answered again", a.Asker.Tag)
		}
		delete(w.open, a.Asker.Tag)
		if a.Errno != abi.OK && a.Why == abi.WhyNone {
			w.fail("asker %d is answered %s without a why", a.Asker.Tag, a.Errno.Name())
		}
	case Emit:
		w.emitted(a, e)
	case Deaf:
		w.isDeaf()
	case PowerOff:
		for i := range w.bodies {
			if w.bodies[i].alive {
				w.fail("power-off while %d lives", i)
			}
		}
		if w.off {
			w.fail("power-off twice")
		}
		w.off = true
	}
	return next, false
}

func (w *world) kill(a *Action, b *body, e *Event) {
	r := &w.s.rows[a.ID]
	if !b.alive {
		w.fail("kill of %d, which is dead", a.ID)
	}
	if r.ended == abi.ReasonNoHeartbeat && !b.doomed {
		if !b.due || w.now-b.firstDue < 2*r.cfg.Period {
			w.fail("%d killed for no heartbeat: ping unanswered %v since %v, period %v", a.ID, b.due, w.now-b.firstDue, r.cfg.Period)
		}
		if r.pingAt > w.heard && w.mayDoubt() && w.others(a.ID, r.cfg.Period) {
			w.fail("%d killed for no heartbeat, and nobody was heard since its ping", a.ID)
		}
	}
	b.doomed = true
}

func (w *world) ping(a *Action, b *body, e *Event) {
	r := &w.s.rows[a.ID]
	if !b.alive || b.doomed && e.Kind != Fault {
		w.fail("ping of %d, alive %v, doomed %v", a.ID, b.alive, b.doomed)
	}
	if e.Kind != Fault && w.now-b.lastPing < r.cfg.Period && !w.polls(a.ID) {
		w.fail("%d pinged after %v, period %v", a.ID, w.now-b.lastPing, r.cfg.Period)
	}
	b.lastPing = w.now
	if !b.due && r.state == abi.ServiceRunning && r.cfg.Period > 0 {
		b.due, b.firstDue = true, w.now
	}
}

func (w *world) emitted(a *Action, e *Event) {
	if told := a.Event == abi.EventDeath || a.Event == abi.EventStart; told != (a.Record != nil) || told && (*a.Record != e.Record && a.Reason != abi.ReasonLost || a.ID != e.ID) {
		w.fail("%v of %d tells %+v, the event of %d %+v", a.Event, a.ID, a.Record, e.ID, e.Record)
	}
	switch a.Event {
	case abi.EventBoot:
		if w.boots++; w.boots > 1 {
			w.fail("boot twice")
		}
	case abi.EventSnapshot:
		if w.bodies[a.ID].snapshot || a.Errno == abi.OK {
			w.fail("%d: told that a snapshot is dropped, there %v, why %s", a.ID, w.bodies[a.ID].snapshot, a.Errno.Name())
		}
	case abi.EventDeath:
		r := &w.s.rows[a.ID]
		if a.Warm != w.bodies[a.ID].warm && e.Kind == Death {
			w.fail("death of %d, warm %v, told %v", a.ID, w.bodies[a.ID].warm, a.Warm)
		}
		if b := &w.bodies[a.ID]; b.early > 0 && b.early >= r.cfg.Snapshot {
			w.fail("%d: %d warm lives in a row were never ready, and the snapshot is there", a.ID, b.early)
		}
		w.ends(a, e)
		if a.Backoff < 0 || a.Backoff > r.cfg.BackoffMax && !r.held {
			w.fail("%d backs off %v, at most %v", a.ID, a.Backoff, r.cfg.BackoffMax)
		}
		if a.Detect < 0 || a.Reason == abi.ReasonNone {
			w.fail("%d: detected in %v, reason %v", a.ID, a.Detect, a.Reason)
		}
	case abi.EventGiveUp:
		w.groupGivenUp(a)
	case abi.EventReady:
		if a.Recovery < 0 {
			w.fail("%d recovered in %v", a.ID, a.Recovery)
		}
	}
}

// check is what holds after every step.
func (w *world) check() {
	for i := range w.s.rows {
		r, b := &w.s.rows[i], &w.bodies[i]
		timed := r.due != never
		switch r.state {
		case abi.ServiceStarting, abi.ServiceStopping:
			if !timed {
				w.fail("%d is %v without a timer", i, r.state)
			}
		case abi.ServiceRunning:
			if timed != (r.cfg.Period > 0) {
				w.fail("%d runs, timer %v, period %v", i, timed, r.cfg.Period)
			}
			if limit := 2 * r.cfg.Period; !w.late && b.due && w.now-b.firstDue > limit {
				w.fail("%d has owed a heartbeat for %v, period %v", i, w.now-b.firstDue, r.cfg.Period)
			}
		case abi.ServiceBackoff:
			if !timed || r.due > w.now+r.cfg.BackoffMax && !r.held {
				w.fail("%d in backoff, timer at %v", i, r.due)
			}
		default:
			if timed {
				w.fail("%d is %v with a timer", i, r.state)
			}
		}
		lives := r.state == abi.ServiceStarting || r.state == abi.ServiceStopping || r.state == abi.ServiceRunning
		if r.alive != b.alive && !w.blind || r.alive != lives {
			w.fail("%d: alive %v, its body %v, state %v", i, r.alive, b.alive, r.state)
		}
		if b.doomed && r.ended == abi.ReasonNone {
			w.fail("%d was killed without a reason", i)
		}
	}
	w.checkTogether()
	if len(w.open) != len(w.s.waiters) {
		w.fail("%d askers are open, %d wait", len(w.open), len(w.s.waiters))
	}
	open := make([]int, len(w.s.open))
	for _, a := range w.s.waiters {
		if a.asker.From < 0 {
			open[len(open)-1]++
		} else {
			open[a.asker.From]++
		}
	}
	for i, n := range open {
		if n != w.s.open[i] || n > MaxOpen {
			w.fail("%d requests of %d wait, counted %d", n, i, w.s.open[i])
		}
	}
	if err := w.s.check(); err != nil {
		w.fail("%v", err)
	}
	if w.boots == 0 && w.s.booting == 0 {
		w.fail("boot is over and was not told")
	}
}

// TestSimulation runs many small worlds through random events and checks each step.
func TestSimulation(t *testing.T) {
	seed := *simSeed
	if seed == 0 {
		seed = testseed.Of(t)
	}
	t.Logf("seed %d: repeat with -sim.seed", seed)
	steps := *simSteps
	if testing.Short() {
		steps /= 20
	}
	var total [256]int
	done := 0
	for n := uint64(0); done < steps; n++ {
		w := newWorld(t, seed+n)
		shutdown := w.r.IntN(2) == 0
		w.step(Event{Kind: Boot})
		for i := 0; i < 5000 && !w.off; i++ {
			w.random(shutdown)
			w.pass()
			w.keep()
		}
		w.settle()
		for k, c := range w.counts {
			total[k] += c
			if k < int(Start) {
				done += c
			}
		}
	}
	for k := Boot; k < events; k++ {
		if total[k] == 0 {
			t.Errorf("no event %d ever", k)
		}
	}
	for k := Start; k <= Deaf; k++ {
		if total[k] == 0 {
			t.Errorf("no action %d ever", k)
		}
	}
	t.Logf("%d events; starts %d, kills %d, pings %d, replies %d, deaf %d", done, total[Start], total[Kill], total[Ping], total[Reply], total[Deaf])
}
