package server

import (
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
	kernel "bennu/kernel/fake"
)

const twoPinged = `service shell { uid 0; period none; };
service a { period 100ms; burst none; };
service b { period 100ms; burst none; };
service slow { period 1s; burst none; };`

// told is how often the log says something.
func (w *world) told(what string) (n int) {
	for _, l := range w.log {
		n += strings.Count(l, what)
	}
	return n
}

// deafen has the server hear no heartbeat, or send no ping, in as many of its lives.
func (w *world) deafen(lives uint32, pings bool) {
	first := w.rs.Info.Incarnation
	w.rs.Hooks.Before = func(c kernel.Call) (abi.Errno, uint64, bool) {
		if root := w.m.Root(); root.Info.Incarnation < first+lives {
			if pings && c.Nr == abi.CallNotify {
				return abi.OK, 0, true
			}
		}
		return w.before(c)
	}
	w.rs.Hooks.After = func(c kernel.Call, e abi.Errno, _ uint64) {
		root := w.m.Root()
		if m := &root.CallArea().Msg; !pings && c.Nr == abi.CallReceive && e == abi.OK && m.Type == abi.RSHeartbeat && root.Info.Incarnation < first+lives {
			*m = abi.Msg{Type: abi.MsgReply, Source: m.Source} // which asks for nothing, and is no heartbeat
		}
	}
}

// listener answers pings without a wait for what comes back.
func listener(a *actor) { a.mood = receiver }

// A server that hears nobody, or whose pings do not go out, ends itself and kills nobody; its next life hears them all.
func TestDeafServer(t *testing.T) {
	for what, pings := range map[string]bool{"hears no heartbeat": false, "sends no ping": true} {
		w := newWorld(t, 1, twoPinged, listener)
		w.readyAll()
		w.watch(time.Second)
		before, kills := w.endpoints(), 0
		w.kill = func(c kernel.Call) bool {
			if c.Nr == abi.CallTaskKill {
				kills++
			}
			return false
		}
		w.twice = true
		w.deafen(1, pings)
		w.watch(5 * time.Second)
		if root := w.rs.Info.Incarnation; root != 1 || kills != 0 || w.endpoints() != before || w.told("event=differs") != 1 || w.told(hearsNobody) != 1 {
			t.Errorf("%s: life %d, %d kills, lives %s, were %s, log\n%s", what, root, kills, w.endpoints(), before, strings.Join(w.log, "\n"))
		}
		same(t, w.s)
	}
}

// Where the next life hears nobody either, those that are silent hang: they are killed, three periods later than if one had answered, and no third life is
// begun for that.
func TestAllHang(t *testing.T) {
	w := newWorld(t, 1, twoPinged, listener)
	w.readyAll()
	w.watch(time.Second)
	began := time.Duration(w.m.Now())
	for _, a := range w.lives() {
		a.mood = deaf
	}
	died := map[string]time.Duration{}
	w.kill = func(c kernel.Call) bool {
		if x := w.m.Find(c.To()); c.Nr == abi.CallTaskKill && x != nil && died[x.Label()] == 0 {
			died[x.Label()] = time.Duration(w.m.Now()) - began
		}
		return false
	}
	w.twice = true
	w.watch(8 * time.Second)
	if root := w.rs.Info.Incarnation; root != 1 || w.told(hearsNobody) != 1 || len(died) != 3 {
		t.Errorf("life %d, killed %v, log\n%s", root, died, strings.Join(w.log, "\n"))
	}
	for name, period := range map[string]time.Duration{"a": 100 * time.Millisecond, "b": 100 * time.Millisecond, "slow": time.Second} {
		if at, most := died[name], (1+2+3)*period+time.Millisecond; at == 0 || at > most {
			t.Errorf("%s was killed %v after it began to hang, at most %v", name, at, most)
		}
	}
}

// A life that cannot receive ends with words; the machine goes on, and so do all others.
func TestReceiveIsRefused(t *testing.T) {
	w := newWorld(t, 1, fourServices, func(*actor) {})
	w.readyAll()
	w.watch(time.Second)
	before, refused := w.endpoints(), false
	w.rs.Hooks.Before = func(c kernel.Call) (abi.Errno, uint64, bool) {
		if e, v, instead := w.before(c); instead || refused || c.Nr != abi.CallReceive {
			return e, v, instead
		}
		refused = true
		return abi.EDEADSRCDST, 0, true
	}
	w.twice = true
	w.watch(time.Second)
	w.ask("shell", abi.RSLookup, "a", abi.KindSendRec)
	if w.m.Off != nil || !refused || w.rs.Info.Incarnation != 1 || w.endpoints() != before || w.told("its receive is answered EDEADSRCDST") != 1 || len(w.answered) != 1 {
		t.Errorf("off %v, life %d, lives %s, were %s, answered %q, log\n%s", w.m.Off, w.rs.Info.Incarnation, w.endpoints(), before, w.answered, strings.Join(w.log, "\n"))
	}
	same(t, w.s)
}

// A kernel that does not end the machine, as an operator has asked, is asked again by the next life.
func TestShutdownIsRefused(t *testing.T) {
	w := newWorld(t, 1, fourServices, func(*actor) {})
	w.readyAll()
	refused := 0
	w.rs.Hooks.Before = func(c kernel.Call) (abi.Errno, uint64, bool) {
		if c.Nr != abi.CallShutdown {
			return w.before(c)
		}
		if refused++; refused <= 2 {
			return abi.EINVAL, 0, true
		}
		return 0, 0, false
	}
	w.twice = true
	w.ask("shell", abi.RSShutdown, "", abi.KindSendRec)
	for range 20 {
		w.pass(time.Second)
		if w.m.Off != nil {
			break
		}
		w.serve()
	}
	if w.m.Off == nil || refused != 3 || w.told("the kernel does not end the machine: EINVAL") != 2 {
		t.Errorf("off %v, asked %d times, log\n%s", w.m.Off, refused, strings.Join(w.log, "\n"))
	}
}

// Where there is no server, the first life ends the machine, and a later one itself.
func TestFail(t *testing.T) {
	for _, later := range []bool{false, true} {
		m, log := kernel.New(1e9), ""
		rs := m.AddRoot()
		if later {
			rs = m.RootDies(abi.DeathRecord{Cause: abi.CauseException})
		}
		rs.Hooks = &kernel.Hooks{Line: func(_ uint64, line []byte) { log += string(line) + "\n" }}
		rs.Run(func() { Fail(rs.Gate(), "no archive") })
		rs.Resume()
		if (m.Off == nil) != later || later && m.Root() == rs || !strings.Contains(log, "event=fatal no archive") {
			t.Errorf("later %v: off %v, another life %v, log %q", later, m.Off, m.Root() != rs, log)
		}
		if !later && *m.Off != (kernel.Off{How: abi.PowerOff, Status: failed}) {
			t.Errorf("off %+v", *m.Off)
		}
	}
}
