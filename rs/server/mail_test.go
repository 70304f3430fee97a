package server

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
	"bennu/tools/seed"
)

// crowd is a system.conf of services that may do everything.
func crowd(names ...string) string {
	var b strings.Builder
	for i, n := range names {
		period := ""
		if i%2 == 0 {
			period = "period 200ms;"
		}
		fmt.Fprintf(&b, "service %s { uid 0; ipc ALL; system BASIC; program p; burst none; backoff 1ms; init 300ms; stop 20ms; %s };\n", n, period)
	}
	return b.String()
}

func numbered(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("s%d", i))
	}
	return names
}

var askTypes = []abi.MsgType{
	abi.RSUp, abi.RSDown, abi.RSRefresh, abi.RSRestart, abi.RSFault, abi.RSLookup, abi.RSLookup, abi.RSStatus, abi.RSEvents, abi.RSWatch,
	0x7f3,
}

// find gives the life of a label.
func (w *world) find(label string) *actor {
	if t := w.m.Named(label); t != nil {
		return w.actors[t.Endpoint]
	}
	return nil
}

// lives are all actors, in a certain order.
func (w *world) lives() (all []*actor) {
	for slot := range abi.MaxTasks {
		if t := w.m.At(slot); t != nil && w.actors[t.Endpoint] != nil {
			all = append(all, w.actors[t.Endpoint])
		}
	}
	return all
}

// whatever has an actor do one thing.
func (w *world) whatever(a *actor, targets []string) {
	switch n := w.r.IntN(100); {
	case n == 0 && a.label != "innocent":
		w.die(a, abi.Cause(1+w.r.IntN(6)))
	case n < 10 && !a.ready:
		a.rest()
		a.ready = a.ask(a.request(abi.RSReady, ""), abi.KindSendA)
	case n < 20:
		a.rest()
		a.ask(abi.Msg{Type: abi.RSHeartbeat}, abi.KindSendA)
	case n < 30 && a.mood != deaf:
		a.listen()
	default:
		a.rest()
		kinds := [...]abi.ReceiveKind{abi.KindSendRec, abi.KindSend, abi.KindSendNB, abi.KindSendA, abi.KindSendA}
		a.ask(a.request(askTypes[w.r.IntN(len(askTypes))], targets[w.r.IntN(len(targets))]), kinds[w.r.IntN(len(kinds))])
	}
}

// serve lets the server run, and those listen who do.
func (w *world) serve() {
	w.m.Pass(w.m.Now())
	for range 20 {
		w.drain()
		for _, a := range w.lives() {
			if a.mood != deaf && !a.t.Dead() {
				a.listen()
			}
			if a.stopped && a.mood == good && !a.t.Dead() {
				w.die(a, abi.CauseExit)
			}
		}
		if !w.rs.Runs() {
			return
		}
	}
}

// Each request that is taken has exactly one answer, unless its asker dies, whatever the asker and the others do; and one
// that listens has it within as many turns of the server as the kernel can hold messages.
func TestEachRequestIsAnsweredOnce(t *testing.T) {
	seed := seed.Of(t)
	worlds := 60
	if testing.Short() {
		worlds = 6
	}
	answers, together := 0, 0
	for n := range worlds {
		w := oneCrowd(t, seed+uint64(n))
		answers, together = answers+w.answers, together+w.together
	}
	t.Logf("%d answers, %d of them for several refused requests", answers, together)
	if answers < 1000*worlds || together < worlds {
		t.Error("too few for a finding")
	}
}

func oneCrowd(t *testing.T, seed uint64) *world {
	names := append(numbered(2+int(seed%40)), "innocent")
	r := rand.New(rand.NewPCG(seed, 9))
	w := newWorld(t, seed, crowd(names...), func(a *actor) {
		if a.label != "innocent" {
			a.mood = mood(r.IntN(4))
		}
	})
	w.quiet = true
	worst := 0
	most := len(names)*(abi.MaxAsync+1) + 2*abi.MaxTasks
	for range 300 {
		for range r.IntN(100) {
			if all := w.lives(); len(all) > 0 {
				w.whatever(all[r.IntN(len(all))], names)
			}
		}
		if a := w.find("innocent"); a != nil {
			a.rest()
			a.ask(a.request(abi.RSLookup, "innocent"), abi.KindSendRec)
		}
		w.serve()
		w.pass(time.Duration(r.IntN(int(3 * time.Millisecond))))
		for _, a := range w.lives() {
			if a.label == "innocent" {
				worst = max(worst, a.worst)
			}
		}
	}
	if worst > most {
		t.Errorf("an innocent waited %d turns, at most %d messages can be in the kernel", worst, most)
	}
	// Everybody listens from now on.
	w.started = func(*actor) {}
	for range 200 {
		for _, a := range w.lives() {
			a.mood = good
			if !a.ready && !a.t.Waits() || a.t.WaitsForAny() && !a.ready {
				a.rest()
				a.ready = a.ask(a.request(abi.RSReady, ""), abi.KindSendA)
			}
		}
		w.serve()
		w.pass(20 * time.Millisecond)
	}
	for _, a := range w.lives() {
		for _, q := range a.order {
			t.Errorf("seed %d: %s: request %d (%#x) has had no answer", seed, a.label, q.tag, uint32(q.typ))
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	if w.s.owing != 0 {
		t.Errorf("seed %d: mail of %d services is left", seed, w.s.owing)
	}
	return w
}

// Forty services ask and never receive. Nobody else notices: each of an innocent's requests is answered in the next
// turn, by whatever primitive it was sent, and the server keeps nothing with the kernel.
func TestDeafAskers(t *testing.T) {
	names := append(numbered(40), "innocent")
	w := newWorld(t, 1, crowd(names...), func(a *actor) {
		if a.label != "innocent" {
			a.mood = deaf
		}
	})
	w.quiet = true
	for _, a := range w.lives() {
		a.ready = a.ask(a.request(abi.RSReady, ""), abi.KindSendA)
		w.drain()
	}
	for range 100 {
		for _, a := range w.lives() {
			if a.mood == deaf {
				a.ask(a.request(abi.RSWatch, ""), abi.KindSendA)
				a.ask(a.request(abi.RSStatus, ""), abi.KindSend)
			}
		}
		w.drain()
	}
	in := w.find("innocent")
	for i, kind := range []abi.ReceiveKind{abi.KindSendRec, abi.KindSendA, abi.KindSendNB, abi.KindSend} {
		in.rest()
		if !in.ask(in.request(abi.RSLookup, "innocent"), kind) {
			t.Fatalf("kind %d: not sent", kind)
		}
		if kind != abi.KindSendRec && i%2 == 0 {
			in.listen() // it waits before the server has its turn; else it is found busy, and fetches
		}
		w.serve()
		if len(in.order) != 0 || in.worst > 2 {
			t.Errorf("kind %d: %d requests are open, the longest took %d turns", kind, len(in.order), in.worst)
		}
	}
	if w.s.owing != 40 {
		t.Errorf("mail waits for %d services, want 40", w.s.owing)
	}
	turns := w.turns
	w.quiet = false
	w.pass(time.Second)
	if n := w.turns - turns; n > 40*20 {
		t.Errorf("%d turns in a second in which nobody did anything", n)
	}
}

// What is owed to those who only receive, and never fetch, comes to them too.
func TestMailForReceivers(t *testing.T) {
	w := newWorld(t, 1, crowd("a", "b"), func(a *actor) { a.mood = receiver })
	for _, a := range w.lives() {
		a.ready = a.ask(a.request(abi.RSReady, ""), abi.KindSendA)
	}
	w.serve()
	a := w.find("a")
	a.rest()
	for range abi.RSOpen {
		a.ask(a.request(abi.RSLookup, "b"), abi.KindSendA)
	}
	a.ask(a.request(abi.RSDown, "a"), abi.KindSendA) // one too many
	w.drain()
	if len(a.order) != abi.RSOpen+1 {
		t.Fatalf("%d are open", len(a.order))
	}
	for range 100 {
		w.serve()
		w.pass(50 * time.Millisecond)
	}
	if len(a.order) != 0 || a.t.Dead() {
		t.Errorf("%d are still open", len(a.order))
	}
}

// A service has no more than its share, and the one too many is told so at once, whatever it waits for.
func TestShare(t *testing.T) {
	w := newWorld(t, 1, crowd("a", "b"), func(*actor) {})
	a := w.find("a")
	why := func(i int) abi.Why {
		p := &w.s.table[w.s.find(a.t.Endpoint)].mail.places[i]
		return abi.Why(p.m.Arg[5])
	}
	for range abi.RSWaits + 1 {
		a.ask(a.request(abi.RSDown, "b"), abi.KindSendA)
	}
	w.drain()
	if got := why(abi.RSWaits); got != abi.WhyTooMany {
		t.Errorf("down number %d is answered with %v", abi.RSWaits+1, got)
	}
	a.ask(a.request(abi.RSLookup, "b"), abi.KindSendRec) // who waits for lives may still ask something else
	w.drain()
	if a.t.Waits() {
		t.Error("a lookup has no answer")
	}
	a.took()
	if got := w.s.table[0].mail; got.refused.Type != 0 {
		t.Error("a lookup was refused")
	}
	for range 5 {
		a.ask(a.request(abi.RSLookup, "b"), abi.KindSendA)
	}
	w.drain()
	if r := w.s.table[w.s.find(a.t.Endpoint)].mail.refused; r.Arg[1] != 4 || abi.Why(r.Arg[5]) != abi.WhyTooMany {
		t.Errorf("refused %v, want one message for 4 requests", r.Arg)
	}
}

// Orders to others count as what they are, requests that wait.
func TestShareOfOrders(t *testing.T) {
	names := numbered(abi.RSWaits + 1)
	w := newWorld(t, 1, crowd(append([]string{"a"}, names...)...), func(a *actor) { a.mood = deaf })
	a := w.find("a")
	for _, n := range names {
		a.ask(a.request(abi.RSFault, n), abi.KindSendA)
	}
	w.drain()
	for i := range w.s.table[0].mail.places[:abi.RSWaits+1] {
		p := &w.s.table[0].mail.places[i]
		if refused := i == abi.RSWaits; (p.state == placeOwed) != refused || refused && abi.Why(p.m.Arg[5]) != abi.WhyTooMany {
			t.Errorf("order %d: state %d, answer %v", i, p.state, p.m.Arg)
		}
	}
}

// What becomes of an order to misbehave is told to who gave it, once, and one that waits for that may ask something else.
func TestOrders(t *testing.T) {
	order := func(f *fake) { // shell orders uart; it has the order, and the asker no answer yet
		m := named(abi.RSFault, "uart")
		m.Arg[2], m.Arg[3] = uint64(abi.FaultSelf), 5
		if a, ok := f.ask("shell", m); ok {
			f.t.Fatalf("answered at once: %v", a.Arg)
		}
	}
	number := func(f *fake) uint64 {
		for _, m := range f.task("uart").got {
			if m.Type == abi.DriverFault && m.Arg[0] == 5 {
				return m.Arg[6]
			}
		}
		f.t.Fatal("uart has no order")
		return 0
	}
	says := func(e abi.Errno) func(f *fake) {
		return func(f *fake) {
			f.send(f.ep("uart"), abi.KindSendRec, abi.Msg{Type: abi.RSFaulted, Arg: [7]uint64{uint64(e), number(f)}})
			f.send(f.ep("uart"), abi.KindSendRec, abi.Msg{Type: abi.RSFaulted, Arg: [7]uint64{uint64(e), number(f)}}) // again
		}
	}
	for name, c := range map[string]struct {
		then func(f *fake)
		e    abi.Errno
		why  abi.Why
	}{
		"it does":         {says(abi.OK), abi.OK, abi.WhyNone},
		"it cannot":       {says(abi.ENOSYS), abi.ENOSYS, abi.WhyNoFaults},
		"it will not":     {says(abi.EIO), abi.EIO, abi.WhyFault},
		"it dies":         {func(f *fake) { f.dead("uart", abi.CauseException) }, abi.EDEADSRCDST, abi.WhyFaultDied},
		"it says nothing": {(*fake).late, abi.ETIMEDOUT, abi.WhyFaultTimeout},
		"another order": {func(f *fake) {
			m := named(abi.RSFault, "uart")
			m.Arg[2] = uint64(abi.FaultSelf)
			if a, ok := f.ask("shell", m); !ok || abi.Why(a.Arg[5]) != abi.WhyFaultBusy {
				t.Errorf("a second order: %v, %v", ok, a.Arg)
			}
			says(abi.OK)(f)
		}, abi.OK, abi.WhyNone},
		"a wrong answer first": {func(f *fake) {
			f.send(f.ep("uart"), abi.KindSendA, abi.Msg{Type: abi.RSFaulted, Arg: [7]uint64{0, number(f) + 1}})
			f.send(f.ep("idle"), abi.KindSendA, abi.Msg{Type: abi.RSFaulted, Arg: [7]uint64{0, number(f)}})
			says(abi.ENOSYS)(f)
		}, abi.ENOSYS, abi.WhyNoFaults},
	} {
		f := bootUsual(t)
		order(f)
		c.then(f)
		var answers []abi.Msg
		for _, m := range f.task("shell").got {
			if m.Type == abi.MsgReply && m.Arg[6] == 4711 && abi.Why(m.Arg[5]) != abi.WhyFaultBusy {
				answers = append(answers, m)
			}
		}
		if len(answers) != 1 || abi.Errno(answers[0].Arg[0]) != c.e || abi.Why(answers[0].Arg[5]) != c.why {
			t.Errorf("%s: answers %v, want %s, %v", name, answers, c.e.Name(), c.why)
		}
		if f.s.faults != 0 {
			t.Errorf("%s: %d orders are open", name, f.s.faults)
		}
	}
}

// late lets the time of an order pass, in which uart answers its pings.
func (f *fake) late() {
	for range 250 {
		f.pass(10 * time.Millisecond)
		f.send(f.ep("uart"), abi.KindSendA, abi.Msg{Type: abi.RSHeartbeat})
	}
}
