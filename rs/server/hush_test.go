package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
)

// TestHush: who is told of a death and of what follows, and when. watched is how many news a watcher has by then, lines how many lines the
// log has of the service's second life and its death before.
func TestHush(t *testing.T) {
	type moment struct {
		do          func(f *fake)
		news, lines bool
		after       string
	}
	died := func(f *fake) { f.dead("a", abi.CauseException) }
	passes := func(d time.Duration) func(f *fake) { return func(f *fake) { f.pass(d) } }
	comes := func(f *fake) { f.ready("a") }
	for _, c := range []struct {
		name    string
		moments []moment
	}{
		{"it comes back", []moment{{died, false, false, "its death"}, {passes(10 * time.Millisecond), false, false, "10 ms"}, {comes, true, false, "its being ready"}, {passes(hushRest - 1), true, false, "the others' time less 1 ns"},
			{passes(1), true, true, "the others' time"}}},
		{"it does not", []moment{{died, false, false, "its death"}, {passes(hushMost - 1), false, false, "the most less 1 ns"}, {passes(1), true, true, "the most"}}},
		{"it dies again, and waits", []moment{{died, false, false, "its death"}, {died, true, true, "its second death"}}},
		{"another one dies, too", []moment{{died, false, false, "its death"}, {passes(30 * time.Millisecond), false, false, "30 ms"},
			{func(f *fake) { f.dead("b", abi.CauseException) }, false, false, "the other's death"}, {comes, false, false, "its being ready"},
			{passes(20*time.Millisecond - 1), false, false, "the most less 1 ns"}, {passes(1), true, true, "the most since the first death"}}},
		{"both are back", []moment{{died, false, false, "its death"}, {func(f *fake) { f.dead("b", abi.CauseException) }, false, false, "the other's"}, {comes, false, false, "its being ready"},
			{passes(5 * time.Millisecond), false, false, "5 ms"}, {func(f *fake) { f.ready("b") }, true, false, "the other's being ready"}, {passes(hushRest), true, true, "the others' time"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := boot(t, "service a { period none; burst none; }; service b { period none; burst none; }; service w { period none; };")
			f.ready("a", "b", "w")
			w := f.task("w")
			if e := f.answer("w", abi.Msg{Type: abi.RSWatch, Arg: [7]uint64{f.s.events.seq}}); e != abi.OK {
				t.Fatal(e.Name())
			}
			w.got, f.log = nil, nil
			for _, m := range c.moments {
				m.do(f)
				lines := strings.Contains(strings.Join(f.log, " "), "label=a inc=0 reason=exception action=start")
				if news := len(w.got) > 0; news != m.news || lines != m.lines {
					t.Fatalf("after %s: news %v, lines %v, want %v, %v", m.after, news, lines, m.news, m.lines)
				}
			}
		})
	}
}

// Who begins to watch after it is ready is told at once, too.
func TestHushOfALateWatcher(t *testing.T) {
	f := boot(t, "service a { period none; burst none; }; service w { period none; };")
	f.ready("a", "w")
	n := f.s.events.seq
	f.dead("a", abi.CauseException)
	f.ready("a")
	w := f.task("w")
	w.got = nil
	if e := f.answer("w", abi.Msg{Type: abi.RSWatch, Arg: [7]uint64{n}}); e != abi.OK || len(w.got) == 0 || w.got[len(w.got)-1].Type != abi.RSNews {
		t.Errorf("%s, told %v", e.Name(), w.got)
	}
}

// A patient watcher is told with the log.
func TestHushOfAPatientWatcher(t *testing.T) {
	f := boot(t, "service a { period none; burst none; }; service w { period none; };")
	f.ready("a", "w")
	w := f.task("w")
	watch := func() {
		if e := f.answer("w", abi.Msg{Type: abi.RSWatch, Arg: [7]uint64{f.s.events.seq, 1}}); e != abi.OK {
			t.Fatal(e.Name())
		}
		w.got, f.log = nil, nil
	}
	watch()
	f.dead("a", abi.CauseException)
	f.ready("a")
	if len(w.got) > 0 {
		t.Errorf("told at once: %v", w.got)
	}
	died := f.last(abi.EventDeath, "a").TimeNS
	if f.pass(hushRest); len(w.got) != 1 || len(f.log) == 0 {
		t.Errorf("told %v, log %v", w.got, f.log)
	}
	if want := fmt.Sprintf(" at=%d.%06d", died/1e9, died%1e9/1000); !f.logged("reason=exception action=start") || !f.logged(want) {
		t.Errorf("the log does not say when it was (%s): %v", want, f.log)
	}
	watch()
	f.dead("a", abi.CauseException) // and waits: there is time
	if len(w.got) != 1 {
		t.Errorf("of a backoff told %v", w.got)
	}
}

// What is told at once stays so: a service that is given up, one that waits before it comes back.
func TestNoHush(t *testing.T) {
	f := boot(t, "service a { period none; restart never; };")
	f.ready("a")
	f.dead("a", abi.CauseException)
	if !f.logged("label=a inc=0 reason=exception action=give-up") {
		t.Errorf("log %v", f.log)
	}
}
