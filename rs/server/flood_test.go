package server

import (
	"testing"

	"bennu/kernel/abi"
	kernel "bennu/kernel/fake"
)

// A request that is refused because its asker takes no answers costs no more than a short record, however much the asker has lying, and the next
// life of the server knows how many they were.
func TestRefusedRequestsAreShortRecords(t *testing.T) {
	const most = 48 // bytes: the record's own are 18
	w := newWorld(t, 1, crowd("a", "b"), func(a *actor) { a.mood = deaf })
	a := w.find("a")
	flood := func(n int) {
		for range n {
			a.ask(a.request(abi.RSLookup, "b"), abi.KindSendA)
			w.drain()
		}
	}
	mail := func() *mail { return &w.s.table[w.place("a")].mail }
	flood(abi.RSOpen + 1)
	if mail().refused.Arg[1] != 1 {
		t.Fatalf("%d are refused, want 1", mail().refused.Arg[1])
	}
	log := func() uint64 { h := w.kept(); return h.Bank[h.Current].Log }
	w.s.snapshot(nil)
	before := log()
	flood(40)
	if n := (log() - before) / 40; n == 0 || n > most {
		t.Errorf("%d bytes a refused request, want at most %d", n, most)
	}
	same(t, w.s)
	w.rootEnds(abi.CauseException)
	w.drain()
	if mail().refused.Arg[1] != 41 {
		t.Errorf("after the server's death %d are refused, want 41", mail().refused.Arg[1])
	}
}

// The server pays for snapshots, and takes few of them, whatever its clients have it write: only who has filled the log before its time pays.
func TestSnapshotsHaveAPace(t *testing.T) {
	w := newWorld(t, 1, crowd("a", "b"), func(a *actor) { a.mood = deaf })
	a := w.find("a")
	flips, paidByClient := 0, 0
	w.kill = func(c kernel.Call) bool {
		if c.Nr == abi.CallKeep && c.Arg[0] == uint64(abi.KeepFlip) {
			if flips++; w.s.payer != 0 && w.s.payer != abi.AccountRoot {
				paidByClient++
			}
		}
		return false
	}
	const pauses, each = 5, 100 // then its start has taken too long
	for range pauses * each {
		a.ask(a.request(abi.RSLookup, "b"), abi.KindSendA)
		w.m.Pass(w.m.Now() + uint64(snapshotPause/each))
		w.drain()
	}
	if flips < pauses-1 || flips > pauses+1+snapshotsFirst || paidByClient > 0 {
		t.Errorf("%d snapshots in %v, want about %d; %d of them on a client's account", flips, pauses*snapshotPause, pauses, paidByClient)
	}
}

// kept is the header of what the server has kept.
func (w *world) kept() (h abi.KeptHeader) {
	copy(abi.Bytes(&h), w.m.Kept(abi.AccountRoot))
	return h
}
