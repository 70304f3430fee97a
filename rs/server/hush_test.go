package server

import (
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
)

// TestHush: who is told of a death and of what follows, and when. watched is how many news a watcher has by then, lines how many lines the
// log has of the service's second life and its death before.
func TestHush(t *testing.T) {
	type moment struct {
		do    func(f *fake)
		told  bool
		after string
	}
	died := func(f *fake) { f.dead("a", abi.CauseException) }
	passes := func(d time.Duration) func(f *fake) { return func(f *fake) { f.pass(d) } }
	comes := func(f *fake) { f.ready("a") }
	for _, c := range []struct {
		name    string
		moments []moment
	}{
		{"it comes back", []moment{{died, false, "its death"}, {passes(10 * time.Millisecond), false, "10 ms"}, {comes, false, "its being ready"}, {passes(hushRest - 1), false, "the others' time less 1 ns"},
			{passes(1), true, "the others' time"}}},
		{"it does not", []moment{{died, false, "its death"}, {passes(hushMost - 1), false, "the most less 1 ns"}, {passes(1), true, "the most"}}},
		{"it dies again, and waits", []moment{{died, false, "its death"}, {died, true, "its second death"}}},
		{"another one dies, too", []moment{{died, false, "its death"}, {passes(30 * time.Millisecond), false, "30 ms"},
			{func(f *fake) { f.dead("b", abi.CauseException) }, false, "the other's death"}, {comes, false, "its being ready"},
			{passes(20*time.Millisecond - 1), false, "the most less 1 ns"}, {passes(1), true, "the most since the first death"}}},
		{"both are back", []moment{{died, false, "its death"}, {func(f *fake) { f.dead("b", abi.CauseException) }, false, "the other's"}, {comes, false, "its being ready"},
			{passes(5 * time.Millisecond), false, "5 ms"}, {func(f *fake) { f.ready("b") }, false, "the other's being ready"}, {passes(hushRest), true, "the others' time"}}},
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
				if news := len(w.got) > 0; news != m.told || lines != m.told {
					t.Fatalf("after %s: news %v, lines %v, want %v", m.after, news, lines, m.told)
				}
			}
		})
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
