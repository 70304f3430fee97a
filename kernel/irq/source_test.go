package irq

import (
	"math/rand"
	"strings"
	"testing"

	"bennu/kernel/abi"
)

// world is functions, by their hooks, and what is reported.
type world struct {
	r       *rig
	asserts map[int]bool
	quelled map[int]bool
	deaf    map[int]bool // it goes on when it is quelled
	loses   map[int]bool
	dropped []int
	charged []abi.Endpoint
	storms  []uint32
	strays  []uint32
}

func newWorld() *world {
	w := &world{r: newRig(), asserts: map[int]bool{}, quelled: map[int]bool{}, deaf: map[int]bool{}, loses: map[int]bool{}}
	w.r.Gate, w.r.Report = w, w
	for source := uint32(16); source < 24; source++ {
		w.r.Offer(source)
	}
	return w
}

func (w *world) Asserts(id int) bool    { return w.asserts[id] }
func (w *world) Quell(id int)           { w.quelled[id] = true }
func (w *world) Allow(id int) bool      { w.quelled[id] = false; return w.loses[id] }
func (w *world) Drop(id int)            { w.dropped = append(w.dropped, id); w.asserts[id] = false }
func (w *world) Charge(o abi.Endpoint)  { w.charged = append(w.charged, o) }
func (w *world) Stray(source, n uint32) { w.strays = append(w.strays, source) }
func (w *world) Storm(_ abi.Endpoint, source, n uint32) {
	w.storms = append(w.storms, source)
}

// high tells whether a function asserts line 9, which all are on.
func (w *world) high() bool {
	for id, on := range w.asserts {
		if on && (!w.quelled[id] || w.deaf[id]) {
			return true
		}
	}
	return false
}

// run has line 9 interrupt as long as it is high and not masked, and tells how often that was.
func (w *world) run(t *testing.T) (n int) {
	for ; w.high() && w.r.l.open[9]; n++ {
		if n > 10*StormAfter {
			t.Fatal("it does not end")
		}
		w.r.fire(9)
		if f := w.r.Check(w.r); f.Broken() {
			t.Fatalf("%s: %d, %#x", f.What, f.A, f.B)
		}
	}
	return n
}

func (w *world) message(t *testing.T, owner abi.Endpoint) (id, source uint32) {
	t.Helper()
	id, source, e := w.r.ClaimMessage(owner, 3)
	if e != abi.OK {
		t.Fatal(e.Name())
	}
	w.quelled[int(id)] = true
	w.r.Allowed(id)
	return id, source
}

// A message is told, one that comes before it is served is told after, and nothing is masked for that.
func TestMessage(t *testing.T) {
	w := newWorld()
	id, source := w.message(t, 1)
	if w.r.fire(source) != 1 || w.r.fire(source) != 0 || w.r.fire(source) != 0 || w.quelled[int(id)] {
		t.Error("the first is to be told, the others are not, and nothing is to be silenced")
	}
	if len(w.charged) != 2 || w.charged[0] != 1 {
		t.Errorf("charged: %v, want the owner's account twice", w.charged)
	}
	if bit, another, _ := w.r.Enable(1, uint64(id)); !another || bit != 3 {
		t.Error("what came before it was served is lost")
	}
	if _, another, _ := w.r.Enable(1, uint64(id)); another {
		t.Error("told twice")
	}
	if hook, owner, bit, ok := w.r.Direct(source); !ok || hook != int(id) || owner != 1 || bit != 3 {
		t.Error("it cannot go the short way")
	}
	if w.r.Told(int(id)); w.r.fire(source) != 0 {
		t.Error("told again before it was served")
	}
	if _, _, _, ok := w.r.Direct(source); ok {
		t.Error("the short way while it is served")
	}
}

// One of a task that may not be told now comes later.
func TestMessageHeldBack(t *testing.T) {
	w := newWorld()
	id, source := w.message(t, 1)
	w.r.hold = true
	if w.r.fire(source) != 0 || w.quelled[int(id)] {
		t.Error("told, or silenced")
	}
	w.r.hold = false
	if w.r.Resume(w.r.tell); len(w.r.told) != 1 {
		t.Errorf("told %d times", len(w.r.told))
	}
	if w.r.Enable(1, uint64(id)); w.r.fire(source) != 1 {
		t.Error("not told after it was served")
	}
}

// A storm is silenced at the function, once, until its owner has served it; who sends on is a stray.
func TestMessageStorm(t *testing.T) {
	for _, loses := range []bool{false, true} {
		w := newWorld()
		id, source := w.message(t, 1)
		other, calm := w.message(t, 2)
		w.loses[int(id)] = loses
		for range StormAfter {
			w.r.fire(source)
		}
		if w.quelled[int(id)] || len(w.storms) != 0 {
			t.Fatal("silenced too early")
		}
		w.r.fire(source)
		if !w.quelled[int(id)] || w.quelled[int(other)] || len(w.storms) != 1 || w.r.Storms != 1 {
			t.Fatalf("not silenced, or told %d times", len(w.storms))
		}
		if w.r.fire(source); len(w.strays) != 1 || w.strays[0] != source {
			t.Errorf("strays %v", w.strays)
		}
		if w.r.fire(calm) != 1 {
			t.Error("another's message is not told")
		}
		if _, another, _ := w.r.Enable(1, uint64(id)); !another || w.quelled[int(id)] {
			t.Error("served, and still silent, or nothing to be told")
		}
		if _, another, _ := w.r.Enable(1, uint64(id)); another {
			t.Error("told twice")
		}
		if w.r.Disable(1, uint64(id)); !w.quelled[int(id)] {
			t.Error("disabled, and not silenced")
		}
		if _, another, _ := w.r.Enable(1, uint64(id)); another != loses || w.quelled[int(id)] {
			t.Errorf("enabled: told %v, though that may be lost: %v", another, loses)
		}
	}
}

// At a death the function is silenced before its vector is anybody's, and that is the one that waits longest; one whose
// message the processor still has to be told of is nobody's.
func TestVectorQuarantine(t *testing.T) {
	w := newWorld()
	id, source := w.message(t, 1)
	w.r.ReleaseAll(1)
	if len(w.dropped) != 1 || w.dropped[0] != int(id) {
		t.Fatalf("dropped: %v", w.dropped)
	}
	if !w.r.quarantined(source) {
		t.Error("not in quarantine")
	}
	w.r.l.pending = source
	for range 7 {
		if _, s := w.message(t, 2); s == source {
			t.Fatal("a late message would meet a new owner")
		}
	}
	if _, _, e := w.r.ClaimMessage(3, 0); e != abi.ENOSPC {
		t.Errorf("with one that is pending left: %s, want ENOSPC", e.Name())
	}
	if w.r.fire(source) != 0 || len(w.strays) != 1 || w.strays[0] != source {
		t.Errorf("late: strays %v", w.strays)
	}
	w.r.l.pending = 0
	if _, s := w.message(t, 3); s != source {
		t.Errorf("source %d, want %d", s, source)
	}
	if w.r.quarantined(source) {
		t.Error("in quarantine, and somebody's")
	}
	w.r.resting[0] |= 1 << source
	if f := w.r.Check(w.r); !strings.Contains(f.What, "a message's vector") {
		t.Errorf("a vector that is in quarantine and somebody's: %q", f.What)
	}
}

func TestMessageRefused(t *testing.T) {
	w := newWorld()
	if _, _, e := w.r.ClaimMessage(1, 64); e != abi.EINVAL {
		t.Errorf("bit 64: %s", e.Name())
	}
	if _, e := w.r.ClaimFunction(1, 9, 64, true); e != abi.EINVAL {
		t.Errorf("bit 64: %s", e.Name())
	}
	w.r.Claim(1, 4, 0)
	if _, e := w.r.ClaimFunction(2, 4, 0, true); e != abi.EBUSY {
		t.Errorf("an edge of another's: %s", e.Name())
	}
	for range abi.MaxHooks - 1 {
		if _, e := w.r.ClaimFunction(3, 9, 0, true); e != abi.OK {
			t.Fatal(e.Name())
		}
	}
	if _, _, e := w.r.ClaimMessage(4, 0); e != abi.ENOSPC {
		t.Errorf("no hook left: %s", e.Name())
	}
	if _, e := w.r.ClaimFunction(4, 9, 0, true); e != abi.ENOSPC {
		t.Errorf("no hook left: %s", e.Name())
	}
}

// Three functions share a line: one whose owner is slow, one whose owner dies, one that works. The line is never masked, and who
// works hears each of its own and no other.
func TestSharedLine(t *testing.T) {
	w := newWorld()
	slow, _ := w.r.ClaimFunction(1, 9, 0, true)
	dead, _ := w.r.ClaimFunction(2, 9, 0, true)
	works, e := w.r.ClaimFunction(3, 9, 0, true)
	if e != abi.OK || !w.r.l.open[9] {
		t.Fatal(e.Name())
	}
	w.asserts[int(slow)], w.asserts[int(dead)] = true, true
	if n := w.run(t); n != 1 || len(w.r.told) != 2 {
		t.Errorf("%d interrupts, told %v", n, w.r.told)
	}
	for i := range 100 {
		w.asserts[int(works)] = true
		before := len(w.r.told)
		if w.run(t); len(w.r.told) != before+1 || w.r.told[before] != 3 || !w.r.l.open[9] {
			t.Fatalf("round %d: told %v, line open: %v", i, w.r.told[before:], w.r.l.open[9])
		}
		if i == 50 {
			w.r.ReleaseAll(2)
		}
		w.asserts[int(works)] = false
		w.r.Enable(3, uint64(works))
	}
	if len(w.dropped) != 1 || w.dropped[0] != int(dead) || len(w.strays) != 0 {
		t.Errorf("dropped %v, strays %v", w.dropped, w.strays)
	}
	before := len(w.r.told)
	if w.r.Enable(1, uint64(slow)); w.quelled[int(slow)] {
		t.Error("silent after it was served")
	}
	if w.run(t); len(w.r.told) != before+1 || w.r.told[before] != 1 {
		t.Errorf("still asserted after it was served: told %v", w.r.told[before:])
	}
}

// A function that asserts its line though it was silenced has the line masked, but not for ever: who shares it is told each time that it is reopened.
func TestDeafOnLine(t *testing.T) {
	w := newWorld()
	deaf, _ := w.r.ClaimFunction(1, 9, 0, true)
	works, _ := w.r.ClaimFunction(2, 9, 0, true)
	w.deaf[int(deaf)], w.asserts[int(deaf)] = true, true
	if n := w.run(t); n != 1+StormAfter || w.r.l.open[9] || len(w.storms) != 1 {
		t.Errorf("%d interrupts, line open: %v, storms %v", n, w.r.l.open[9], w.storms)
	}
	for range 3 {
		w.asserts[int(works)] = true
		before := len(w.r.told)
		if w.r.Reopen(); !w.r.l.open[9] {
			t.Fatal("not reopened")
		}
		if w.run(t); len(w.r.told) != before+1 || w.r.told[before] != 2 {
			t.Errorf("told %v", w.r.told[before:])
		}
		w.asserts[int(works)] = false
		w.r.Enable(2, uint64(works))
	}
	if w.r.ReleaseAll(1); w.asserts[int(deaf)] {
		t.Error("it goes on after its owner's death")
	}
}

// A function that cannot be asked is told when nobody else owns up, and the line is masked for it.
func TestMuteOnLine(t *testing.T) {
	w := newWorld()
	mute, _ := w.r.ClaimFunction(1, 9, 0, false)
	asked, _ := w.r.ClaimFunction(2, 9, 0, true)
	w.asserts[int(mute)], w.asserts[int(asked)] = true, true
	if n := w.run(t); n != 2 || len(w.r.told) != 2 || w.r.told[0] != 2 || w.r.told[1] != 1 || w.r.l.open[9] {
		t.Errorf("%d interrupts, told %v, line open: %v", n, w.r.told, w.r.l.open[9])
	}
	w.asserts[int(mute)] = false
	if w.r.Enable(1, uint64(mute)); !w.r.l.open[9] {
		t.Error("masked though it was served")
	}
	if len(w.strays) != 0 {
		t.Errorf("strays %v", w.strays)
	}
}

// Whatever is claimed, served, disabled and given back: rows and masks are what the hooks ask, and no owner is told of what is not its own.
func TestSourcesRandomly(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	w := newWorld()
	type has struct {
		owner abi.Endpoint
		line  uint32
	}
	ids := map[uint32]has{}
	for range 30_000 {
		owner := abi.Endpoint(1 + rnd.Intn(6))
		id := uint32(rnd.Intn(abi.MaxHooks))
		switch rnd.Intn(9) {
		case 0:
			w.r.ReleaseAll(owner)
			for i, h := range ids {
				if h.owner == owner {
					delete(ids, i)
				}
			}
		case 1:
			if i, e := w.r.ClaimFunction(owner, 8+rnd.Uint32()%2, 0, rnd.Intn(2) == 0); e == abi.OK {
				ids[i] = has{owner, 0}
			}
		case 2:
			if i, source, e := w.r.ClaimMessage(owner, 0); e == abi.OK {
				ids[i] = has{owner, source}
			}
		case 3:
			w.r.Enable(owner, uint64(id))
		case 4:
			w.r.Disable(owner, uint64(id))
		case 5:
			w.asserts[int(id)] = !w.asserts[int(id)]
		case 6:
			w.r.Reopen()
		default:
			source := 8 + rnd.Uint32()%16
			before := len(w.r.told)
			w.r.fire(source)
			for _, o := range w.r.told[before:] {
				for _, h := range ids {
					if source >= 16 && h.line == source && h.owner != o {
						t.Fatalf("%d told of a message of %d's", o, h.owner)
					}
				}
			}
		}
		if f := w.r.Check(w.r); f.Broken() {
			t.Fatalf("%s: %d, %#x", f.What, f.A, f.B)
		}
	}
}
