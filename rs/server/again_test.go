package server

import (
	"testing"
	"time"

	"bennu/kernel/abi"
	kernel "bennu/kernel/fake"
)

// A service that is being ended when the server ends is ended by the server's next life at once: not when its time to stop is over, which each
// life of the server would put off.
func TestEndedAgainAtOnce(t *testing.T) {
	w := newWorld(t, 1, fourServices, func(*actor) {})
	w.readyAll()
	ended := 0
	w.kill = func(c kernel.Call) bool {
		if c.Nr != abi.CallTaskKill || ended == 3 {
			return false
		}
		ended++
		w.m.RootDies(abi.DeathRecord{Cause: abi.CauseKilled})
		return true
	}
	w.twice = true
	before, shell := w.find("a").t.Endpoint, w.find("shell")
	began := w.m.Now()
	m := shell.request(abi.RSFault, "a")
	m.Arg[2] = uint64(abi.FaultKill)
	shell.rest()
	shell.ask(m, abi.KindSendRec)
	for w.m.Find(before) != nil && w.m.Now() < began+uint64(time.Second) {
		if w.serve(); w.m.Find(before) != nil {
			w.pass(time.Millisecond)
		}
	}
	if took := time.Duration(w.m.Now() - began); ended != 3 || took > 10*time.Millisecond {
		t.Errorf("ended after %v, and %d ends of the server", took, ended)
	}
}

// One tick ends a life that is not ready in time and begins another that was due: if the server ends in the middle of that, its next life does both.
func TestBegunAgain(t *testing.T) {
	const services = `service shell { uid 0; };
service a { init 100ms; burst none; };
service b { backoff 50ms; burst none; };`
	end := func(n int) (calls int, ready bool) {
		w := newWorld(t, 1, services, func(*actor) {})
		w.readyAll()
		w.die(w.find("b"), abi.CauseException)
		w.serve()
		w.readyAll()
		w.die(w.find("b"), abi.CauseException) // it waits for its backoff
		w.die(w.find("a"), abi.CauseException) // its next life is not said to be ready
		w.serve()
		counting := true
		w.kill = func(kernel.Call) bool {
			if !counting {
				return false
			}
			if calls++; calls != n {
				return false
			}
			w.m.RootDies(abi.DeathRecord{Cause: abi.CauseKilled})
			return true
		}
		w.twice = true
		w.m.Pass(w.m.Now() + uint64(500*time.Millisecond)) // nobody looks meanwhile
		w.serve()
		counting = false
		w.readyAll()
		w.watch(5 * time.Second)
		a, b := w.find("a"), w.find("b")
		return calls, a != nil && b != nil && a.ready && b.ready
	}
	calls, ready := end(0)
	if !ready || calls < 8 {
		t.Fatalf("%d calls, all ready: %v", calls, ready)
	}
	for n := 1; n <= calls; n++ {
		if _, ready := end(n); !ready {
			t.Errorf("the server ended at call %d: not all come back", n)
		}
	}
}

// Who was answered runs before the server takes a snapshot.
func TestSnapshotIsPutOff(t *testing.T) {
	w := newWorld(t, 1, fourServices, func(*actor) {})
	w.readyAll()
	w.watch(time.Second)
	var full, least uint64 = 0, 1 << 62 // since when a snapshot is to be taken
	flips := 0
	w.kill = func(c kernel.Call) bool {
		switch {
		case c.Nr != abi.CallKeep:
		case c.Arg[0] == uint64(abi.KeepAppend) && w.s.writer.Since() == snapshotEach-1:
			full = w.m.Now()
		case c.Arg[0] == uint64(abi.KeepFlip):
			flips++
			least = min(least, w.m.Now()-full)
		}
		return false
	}
	for range 3 * snapshotEach {
		w.ask("shell", abi.RSWatch, "", abi.KindSendRec)
		w.die(w.find("b"), abi.CauseException)
		w.readyAll()
		w.watch(time.Second)
	}
	if flips == 0 || least < uint64(snapshotRest) {
		t.Errorf("%d snapshots, one %v after it was to be taken, want at least %v", flips, time.Duration(least), snapshotRest)
	}
}

// A service whose Init does not answer is ended as one that hangs, which the kernel notes with what it has kept; whom an operator kills is not. So does the next life of
// the server, that finds it is not done.
func TestHungInInit(t *testing.T) {
	for _, dies := range []bool{false, true} {
		w := newWorld(t, 1, fourServices, func(*actor) {})
		var kills []uint64
		w.twice = dies
		w.kill = func(c kernel.Call) bool {
			if c.Nr != abi.CallTaskKill {
				return false
			}
			if kills = append(kills, c.Arg[1]); dies && len(kills) == 1 {
				w.m.RootDies(abi.DeathRecord{Cause: abi.CauseException})
				return true
			}
			return false
		}
		w.pass(11 * time.Second) // Init has 10 s
		w.serve()
		if len(kills) < 2 {
			t.Fatalf("%d lives were ended", len(kills))
		}
		for i, why := range kills {
			if why != abi.KillHung {
				t.Errorf("the server dies %v: end %d says %d", dies, i, why)
			}
		}
	}
	w := newWorld(t, 1, fourServices, func(*actor) {})
	w.readyAll()
	kills := 0
	w.kill = func(c kernel.Call) bool {
		if c.Nr == abi.CallTaskKill {
			if kills++; c.Arg[1] != 0 {
				t.Errorf("who is to be killed is ended as if it hung in Init")
			}
		}
		return false
	}
	shell := w.find("shell")
	m := shell.request(abi.RSFault, "a")
	m.Arg[2] = uint64(abi.FaultKill)
	shell.rest()
	shell.ask(m, abi.KindSendRec)
	if w.serve(); kills != 1 {
		t.Errorf("%d lives were ended", kills)
	}
}
