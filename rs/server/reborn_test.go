package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
	kernel "bennu/kernel/fake"
	"bennu/rs/policy"
)

// rootEnds ends the server's life and begins the next one.
func (w *world) rootEnds(cause abi.Cause) {
	w.m.RootDies(abi.DeathRecord{Cause: cause, Vector: 14})
	w.rootBegins()
}

// rootBegins gives the root task's new life its code.
func (w *world) rootBegins() {
	w.rs = w.m.Root()
	s, err := New(w.rs.Gate(), w)
	if err != nil {
		w.t.Fatal(err)
	}
	w.s = s
	w.rs.Run(func() { s.Run() })
}

// scene is something that happens to the server, in which it is ended at each of its kernel calls.
type scene struct {
	name string
	conf string
	boot bool // the kill may come in the first life's boot
	act  func(w *world)
}

// play acts a scene; at the n-th call of the server from its begin on that one is ended. It tells what has come of it, and how many calls there were.
func (c *scene) play(t *testing.T, n int, cause abi.Cause) (outcome string, calls int) {
	counting := c.boot
	before := func(k kernel.Call) bool {
		if !counting {
			return false
		}
		if calls++; calls != n {
			return false
		}
		return true
	}
	w := newWorldWith(t, 1, c.conf, func(a *actor) {}, func(w *world) {
		w.kill = func(k kernel.Call) bool {
			if !before(k) {
				return false
			}
			w.twice = true
			w.m.RootDies(abi.DeathRecord{Cause: cause, Vector: 14})
			return true
		}
	})
	w.quiet = true
	if c.boot {
		counting = false
	} else {
		w.readyAll()
		counting = true
	}
	c.act(w)
	counting = false
	w.readyAll()
	w.watch(3 * time.Second)
	if f := w.m.Check(); f.Broken() {
		t.Errorf("%s, call %d: %+v", c.name, n, f)
	}
	return w.outcome(), calls
}

// watch lets time go by, in which all listen.
func (w *world) watch(d time.Duration) {
	for end := w.m.Now() + uint64(d); w.m.Now() < end; {
		w.pass(min(20*time.Millisecond, time.Duration(end-w.m.Now())))
		w.readyAll()
	}
}

// ask has a service ask, and all listen.
func (w *world) ask(from string, typ abi.MsgType, target string, kind abi.ReceiveKind) {
	a := w.find(from)
	a.rest()
	if !a.ask(a.request(typ, target), kind) {
		w.t.Errorf("%s cannot ask", from)
	}
	w.serve()
}

// asks is a scene in which an operator asks by each primitive.
func asks(name string, typ abi.MsgType, target string) scene {
	return scene{name: name, conf: fourServices, act: func(w *world) {
		for _, kind := range []abi.ReceiveKind{abi.KindSendRec, abi.KindSendA, abi.KindSend} {
			w.ask("shell", typ, target, kind)
			w.readyAll()
			w.watch(100 * time.Millisecond)
		}
	}}
}

// kills is a scene in which an operator has a service killed: it is dead before the server can keep anything of that.
func kills(name string, kind abi.ReceiveKind) scene {
	return scene{name: name, conf: fourServices, act: func(w *world) {
		a := w.find("shell")
		a.rest()
		m := a.request(abi.RSFault, "a")
		m.Arg[2] = uint64(abi.FaultKill)
		a.ask(m, kind)
		w.serve()
	}}
}

// readyAll has all lives that have not said so say that they are ready, and all listen.
func (w *world) readyAll() {
	for range 10 {
		for _, a := range w.lives() {
			if !a.ready && (!a.t.Waits() || a.t.WaitsForAny()) {
				a.rest()
				a.ready = a.ask(a.request(abi.RSReady, ""), abi.KindSendA)
			}
		}
		w.serve()
	}
}

// outcome is what there is in the end, as far as it does not depend on the server's own deaths.
func (w *world) outcome() string {
	s := w.s
	s.note()
	s.events.load()
	var b strings.Builder
	for i := range s.table[:s.good] {
		var row abi.ServiceStatus
		s.policy.Status(policy.ID(i), s.now, &row)
		lives := 0
		for slot := range abi.MaxTasks {
			if t := w.m.At(slot); t != nil && t.Label() == s.table[i].name {
				lives++
				if t.Endpoint != s.table[i].endpoint {
					fmt.Fprintf(&b, "%s: a life %d that is not its, %d\n", s.table[i].name, t.Endpoint, s.table[i].endpoint)
				}
			}
		}
		fmt.Fprintf(&b, "%s: %v, incarnation %d, %d deaths, %d restarts, %d lives, image %v\n", s.table[i].name, row.State, row.Incarnation, row.Deaths, row.Restarts, lives, s.table[i].image >= 0)
	}
	seq := uint64(0)
	for p := s.events.oldest; p != 0; p = s.events.newer[p-1] {
		e := &s.events.e[p-1]
		if e.Seq != seq {
			fmt.Fprintf(&b, "event %d follows %d\n", e.Seq, seq)
		}
		if seq = e.Seq + 1; e.Label != ownLabel {
			fmt.Fprintf(&b, "%s: %v %v, incarnation %d, %v\n", e.Label, e.Kind, e.Reason, e.Incarnation, e.Errno)
		}
	}
	fmt.Fprintf(&b, "in use: %+v\n", w.m.Use())
	fmt.Fprintf(&b, "answered: %s\n", strings.Join(w.answered, "\n"))
	return b.String()
}

const fourServices = `service shell { uid 0; };
service a { period 100ms; burst none; };
service b { burst none; control a; };
service late { start manual; };`

// together is services that are begun anew together.
const together = `group g { strategy all-for-one; };
service shell { uid 0; };
service a { group g; burst none; };
service b { group g; burst none; };`

var scenes = []scene{
	{name: "a death of one of several", conf: together, act: func(w *world) {
		w.die(w.find("a"), abi.CauseException)
		w.serve()
		w.readyAll()
	}},
	{name: "one of several is replaced", conf: together, act: func(w *world) {
		w.ask("shell", abi.RSRefresh, "a", abi.KindSendRec)
		w.readyAll()
	}},
	{name: "boot", conf: fourServices, boot: true, act: func(w *world) { w.serve() }},
	{name: "death", conf: fourServices, act: func(w *world) {
		w.die(w.find("a"), abi.CauseException)
		w.serve()
	}},
	{name: "two deaths", conf: fourServices, act: func(w *world) {
		w.die(w.find("a"), abi.CauseException)
		w.die(w.find("b"), abi.CausePanic)
		w.serve()
	}},
	{name: "death after death", conf: fourServices, act: func(w *world) {
		for range 3 {
			w.die(w.find("a"), abi.CauseException)
			w.serve()
			w.readyAll()
			w.watch(2 * time.Second)
		}
	}},
	asks("up", abi.RSUp, "late"), asks("down", abi.RSDown, "a"), asks("refresh", abi.RSRefresh, "b"), asks("restart", abi.RSRestart, "a"),
	asks("a fault", abi.RSFault, "a"), asks("a question", abi.RSLookup, "a"), asks("the table", abi.RSStatus, "a"),
	kills("a kill", abi.KindSendRec), kills("a kill, by senda", abi.KindSendA),
	{name: "a watch, and a death", conf: fourServices, act: func(w *world) {
		w.ask("shell", abi.RSWatch, "", abi.KindSendRec)
		w.die(w.find("a"), abi.CauseException)
		w.readyAll()
		w.watch(100 * time.Millisecond)
	}},
	{name: "an order to misbehave, and its death", conf: fourServices, act: func(w *world) {
		w.find("a").mood = deaf
		w.ask("shell", abi.RSFault, "a", abi.KindSendRec)
		w.die(w.find("a"), abi.CauseException)
		w.readyAll()
	}},
	{name: "many requests at once", conf: fourServices, act: func(w *world) {
		a := w.find("shell")
		for range abi.RSOpen + 3 {
			a.rest()
			a.ask(a.request(abi.RSUp, "late"), abi.KindSendA)
		}
		w.readyAll()
	}},
	{name: "silence", conf: fourServices, act: func(w *world) {
		w.watch(time.Second)
	}},
}

// Wherever in its work the server is ended: the next life comes to the same as if it had not been.
func TestEndedAtEveryCall(t *testing.T) {
	for i := range scenes {
		c := &scenes[i]
		for _, cause := range []abi.Cause{abi.CauseKilled, abi.CauseException} {
			want, calls := c.play(t, 0, cause)
			if calls < 5 {
				t.Errorf("%s: %d calls are too few for a finding", c.name, calls)
			}
			for n := 1; n <= calls; n += 1 + calls/100 {
				if got, _ := c.play(t, n, cause); got != want {
					t.Fatalf("%s, ended at call %d:\n%s\nelse:\n%s", c.name, n, got, want)
				}
			}
			t.Logf("%s: %d calls", c.name, calls)
		}
	}
}
