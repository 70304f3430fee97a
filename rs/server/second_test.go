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

// damaged is a world in which the server has done some work, with what went wrong in the log.
func damaged(t *testing.T) *world {
	w := newWorld(t, 1, fourServices, func(*actor) {})
	w.readyAll()
	for range 3 {
		w.die(w.find("a"), abi.CauseException)
		w.readyAll()
		w.watch(time.Second)
	}
	return w
}

// differs waits for the server's end by itself, and holds that the next life knows what it should, with all others as they were.
func (w *world) differs(name, what string, until func()) {
	w.t.Helper()
	before, first := w.endpoints(), w.rs
	w.twice = true
	for n := 0; w.m.Root() == first && w.rs == first; n++ {
		if n == 10*snapshotEach {
			w.t.Fatalf("%s: the server has not noticed", name)
		}
		until()
	}
	w.serve()
	w.readyAll()
	if log := strings.Join(w.log, "\n"); !strings.Contains(log, "event=differs") || !strings.Contains(log, what) {
		w.t.Errorf("%s: the log does not say %q:\n%s", name, what, log)
	}
	if w.s.own.lost || w.endpoints() != before {
		w.t.Errorf("%s: lost %v; lives %s, were %s", name, w.s.own.lost, w.endpoints(), before)
	}
	same(w.t, w.s)
}

func (w *world) endpoints() string {
	var b strings.Builder
	for _, a := range w.lives() {
		fmt.Fprintf(&b, "%s %d ", a.label, a.t.Endpoint)
	}
	return b.String()
}

// busy has the server write records, and take snapshots.
func (w *world) busy() {
	w.ask("shell", abi.RSWatch, "", abi.KindSendRec)
	w.watch(20 * time.Millisecond)
}

// What is not what was kept does not get into a snapshot: the server ends, and the next life has the state that it should have.
func TestDamageIsNotKept(t *testing.T) {
	for name, damage := range map[string]func(s *Server){
		"the policy's state": func(s *Server) {
			s.policy.Step(s.now, &policy.Event{Kind: policy.Down, ID: 2, Asker: policy.Asker{From: policy.Nobody, Place: -1}})
		},
		"a request that nobody sent": func(s *Server) {
			s.table[2].mail.places[3], s.table[2].mail.busy = place{state: placeOpen, seq: 99}, 1<<3
		},
		"an event":               func(s *Server) { s.events.e[s.events.newest-1].Status ^= 1 << 40 },
		"the number of an event": func(s *Server) { s.events.seq ^= 1 << 20 },
		"an image":               func(s *Server) { s.images[0].id++ },
		"last words":             func(s *Server) { s.table[1].words.set(7, []byte("never said")) },
		"an account":             func(s *Server) { s.candidates[1].account++ },
	} {
		w := damaged(t)
		damage(w.s)
		w.differs(name, "another state", w.busy)
	}
}

// A second state that is damaged ends the server as well: it is not known which of the two is.
func TestSecondIsDamaged(t *testing.T) {
	w := damaged(t)
	w.s.second.configs[1].BackoffUnit++
	w.s.second.policy = policy.New(w.s.second.configs)
	w.differs("another second state", "", w.busy)
}

// The kernel knows of a life, or of an end, or of a request in hand, and the server does not: it ends, and the next one is told of it.
func TestLook(t *testing.T) {
	t.Run("a life is forgotten", func(t *testing.T) {
		w := damaged(t)
		b := w.s.table[w.place("b")].endpoint
		w.s.table[w.place("b")].endpoint = abi.None
		w.differs("forgotten", "does not know the life "+decimal(uint64(b)), func() { w.ask("shell", abi.RSStatus, "", abi.KindSendRec); w.pass(lookRest) })
	})
	t.Run("a request is lost", func(t *testing.T) {
		w := damaged(t)
		w.kill = func(c kernel.Call) bool { // what it has received is not as it was sent
			if w.s.in.Type == abi.RSRefresh {
				w.kill = nil
			}
			return false
		}
		w.rs.Hooks.After = func(c kernel.Call, e abi.Errno, _ uint64) {
			if m := &w.rs.CallArea().Msg; c.Nr == abi.CallReceive && e == abi.OK && m.Type == abi.RSRefresh {
				m.Source, m.Seq = abi.MakeEndpoint(63, 1), 0
				w.rs.Hooks.After = nil
			}
		}
		first := w.rs
		w.ask("shell", abi.RSRefresh, "b", abi.KindSendRec)
		w.pass(lookRest)
		w.serve()
		w.readyAll()
		if w.rs == first || !strings.Contains(strings.Join(w.log, "\n"), "lost a request of shell") || fmt.Sprint(w.answered) != "[shell: 0x702 OK none]" {
			t.Errorf("answered %q, log\n%s", w.answered, strings.Join(w.log, "\n"))
		}
	})
	t.Run("an end is missed", func(t *testing.T) {
		w := damaged(t)
		first := w.rs
		w.rs.Hooks.Before = func(c kernel.Call) (abi.Errno, uint64, bool) {
			if c.Nr == abi.CallGetInfo && abi.InfoKind(c.Arg[0]) == abi.InfoDeath && w.m.Root() == first {
				return abi.EAGAIN, 0, true
			}
			return w.before(c)
		}
		w.die(w.find("b"), abi.CauseException)
		w.drain()
		w.pass(3 * lookRest)
		w.serve()
		w.readyAll()
		if w.rs == first || !strings.Contains(strings.Join(w.log, "\n"), "not heard of the end of b") || w.find("b") == nil {
			t.Errorf("b is %v, log\n%s", w.find("b"), strings.Join(w.log, "\n"))
		}
	})
}

// Who does nothing is not looked after: after its last message the server looks once, and is idle for good.
func TestLooksOnce(t *testing.T) {
	w := newWorld(t, 1, "service shell { uid 0; system ALL; period none; };", func(*actor) {})
	w.readyAll()
	w.pass(time.Second)
	looks := 0
	w.kill = func(c kernel.Call) bool {
		if c.Nr == abi.CallGetInfo && abi.InfoKind(c.Arg[0]) == abi.InfoLives {
			looks++
		}
		return false
	}
	w.ask("shell", abi.RSLookup, "shell", abi.KindSendRec)
	turns := w.turns
	w.pass(time.Minute)
	if looks != 1 || w.turns > turns+5 {
		t.Errorf("looked %d times, %d turns in a quiet minute", looks, w.turns-turns)
	}
}

// However little room the log has left: what ends a life is kept before it is done, and the state is what was kept.
func TestFullLog(t *testing.T) {
	for left := uint64(0); left < 800; left += 8 {
		w := newWorld(t, 1, together, func(*actor) {})
		w.readyAll()
		room := func() uint64 {
			h := w.kept()
			b := &h.Bank[h.Current]
			return h.BankSize - (b.Snapshot+7)&^7 - b.Log
		}
		empty := w.record()
		globals := w.record() // they say nothing new: records of 32 and of 168 bytes
		for range 4 {
			globals = w.s.appendGlobals(append(globals, itemGlobals))
		}
		for room() > left {
			b := globals
			if (room()-left)%32 == 0 {
				b = empty
			}
			if e := w.s.writer.Append(b, false); e != abi.OK {
				t.Fatalf("%d bytes, %d are to be left: %s", room(), left, e.Name())
			}
		}
		ended := false
		w.kill = func(c kernel.Call) bool { // at the order to end
			if ended || c.Nr != abi.CallSendNB || w.rs.CallArea().Msg.Type != abi.RSStop {
				return false
			}
			ended = true
			w.m.RootDies(abi.DeathRecord{Cause: abi.CauseKilled})
			return true
		}
		w.twice = true
		w.die(w.find("a"), abi.CauseException) // which ends its group
		w.readyAll()
		w.watch(2 * time.Second)
		if log := strings.Join(w.log, "\n"); !ended || strings.Contains(log, "differs") || w.find("a") == nil || strings.Contains(w.outcome(), "follows") {
			t.Fatalf("%d bytes left: ended %v, a %v, %s\n%s", left, ended, w.find("a"), w.outcome(), log)
		}
		same(t, w.s)
	}
}

// Whatever byte of what is about to be a snapshot is not what it should be: the server ends before it counts.
func TestWrittenWrongly(t *testing.T) {
	w := damaged(t)
	size := len(w.s.appendState(nil)) - len(w.s.events.append(nil, 1<<30))
	for at := 0; at < size; at += 3 {
		w := damaged(t)
		first := w.rs
		w.rest = func() {
			w.rest = nil
			b := w.s.appendState(nil)
			b[at] ^= byte(1 + at%255)
			w.s.proveWritten(b)
		}
		w.ask("shell", abi.RSLookup, "a", abi.KindSendRec)
		w.serve()
		if log := strings.Join(w.log, "\n"); w.rs == first || !strings.Contains(log, "what it is about to keep") {
			t.Fatalf("byte %d of %d: the server has not noticed", at, size)
		}
		same(t, w.s)
	}
	if size < 500 {
		t.Errorf("only %d bytes", size)
	}
}

// A life that was damaged has kept that events have their lines which nobody has written: the next life writes its own.
func TestLinesAreWrittenAgain(t *testing.T) {
	w := damaged(t)
	was := w.s.events.logged
	w.s.events.logged = 1 << 50
	b := w.s.appendGlobals(w.record(itemGlobals))
	w.s.events.logged = was
	if e := w.s.writer.Append(b, false); e != abi.OK {
		t.Fatal(e)
	}
	w.ends(abi.CauseException)
	w.readyAll()
	lines := len(w.log)
	w.die(w.find("b"), abi.CauseException)
	w.readyAll()
	w.watch(time.Second)
	if log := strings.Join(w.log[lines:], "\n"); !strings.Contains(log, "label=b inc=0 reason=exception") {
		t.Errorf("no line of a death; log since\n%s", log)
	}
}
