package engine

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/fi/code"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/outcome"
	"bennu/rs/fi/plan"
	"bennu/rs/fi/record"
)

// kind is a fault for tests: its last byte is drawn among those that do what does says.
type kind struct{ does []byte }

func (k kind) Name() string            { return fmt.Sprint("does ", k.does) }
func (k kind) Doc() string             { return "" }
func (k kind) Applies(*code.Inst) bool { return true }
func (k kind) Mutate(in *code.Inst, r *rand.Rand, out []byte) {
	for string(out) == string(in.Bytes) || out[0] == 0xcc {
		out[size-1] = out[size-1]&^7 | k.does[r.IntN(len(k.does))]
		out[0] ^= byte(1 + r.IntN(200))
	}
}

func asTypes(k []kind) (t []fault.Type) {
	for _, x := range k {
		t = append(t, x)
	}
	return t
}

func aPlan(faults int, blocks uint32) plan.Plan {
	return plan.Plan{Victim: "rtc", Types: []string{"x"}, Faults: faults, Blocks: blocks, Seed: 3, Ops: 16, Limit: 20 * time.Millisecond}
}

// ends are the blocks' ends, in order. Each block has its beginning, and a frame for each fault that was made, before it.
func (w *world) ends() (list []*record.End) {
	var open *record.Begin
	faults, hello := 0, 0
	for i, f := range w.frames {
		switch f := f.(type) {
		case *record.Hello:
			hello++
		case *record.Begin:
			if open != nil {
				w.t.Fatalf("block %d begins in block %d", f.Block, open.Block)
			}
			open, faults = f, 0
		case *record.Fault:
			faults++
		case *record.End:
			if open == nil || open.Block != f.Block {
				w.t.Fatalf("block %d ends without its beginning", f.Block)
			}
			if f.Outcome == outcome.InjectorError {
				w.t.Fatalf("block %d: %s", f.Block, f.Words)
			}
			list = append(list, f)
			open = nil
		case *record.Bye:
			if i != len(w.frames)-1 || int(f.Blocks) != len(list) || f.Words != w.words {
				w.t.Fatalf("frame %d of %d: %+v after %d blocks", i, len(w.frames), f, len(list))
			}
		}
	}
	if hello != 1 || open != nil {
		w.t.Fatalf("%d hellos, open %v", hello, open)
	}
	return list
}

// One fault a block: its outcome is what it really did.
func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		does byte
		want outcome.Outcome
	}{
		{doesCrash, outcome.Recovered}, {doesHang, outcome.Recovered}, {doesWrong, outcome.Corruption},
		{doesLoss, outcome.SilentLoss}, {doesError, outcome.Reported}, {7, outcome.Masked},
	} {
		w := newWorld(t, 1)
		w.run(aPlan(1, 60), kind{[]byte{c.does}})
		n := map[outcome.Outcome]int{}
		for _, e := range w.ends() {
			n[e.Outcome]++
			if (e.Outcome == outcome.Recovered) != (e.Deaths == 1) || e.Deaths > 1 {
				t.Errorf("does %d: block %d is %s with %d deaths", c.does, e.Block, e.Outcome, e.Deaths)
			}
		}
		if n[c.want] == 0 || n[c.want]+n[outcome.NotActivated] != 60 {
			t.Errorf("does %d: %v, want %s and not-activated only", c.does, n, c.want)
		}
		if half := n[outcome.NotActivated]; half < 20 || half > 45 {
			t.Errorf("does %d: %d of 60 were not activated; half of the instructions are never reached", c.does, half)
		}
	}
}

// The same plan on the same machine gives the same records; a part of it the same part.
func TestReplays(t *testing.T) {
	all := kind{[]byte{0, 1, 2, 3, 4, 7, 7, 7}}
	a, b := newWorld(t, 5), newWorld(t, 5)
	a.run(aPlan(30, 40), all)
	b.run(aPlan(30, 40), all)
	if !reflect.DeepEqual(a.frames, b.frames) {
		t.Error("two runs differ")
	}
}

// What is drawn for a fault depends neither on which others are made nor on where the plan begins.
func TestDrawsStandAlone(t *testing.T) {
	all := kind{[]byte{7}}
	whole := newWorld(t, 5)
	whole.run(aPlan(20, 10), all)
	drawn := map[[2]uint32]record.Fault{}
	block := uint32(0)
	for _, f := range whole.frames {
		switch f := f.(type) {
		case *record.Begin:
			block = f.Block
		case *record.Fault:
			drawn[[2]uint32{block, uint32(f.Index)}] = *f
		}
	}
	p := aPlan(20, 3)
	p.First = 6
	p.SetOnly([]int{2, 3, 19})
	part := newWorld(t, 8)
	part.run(p, all)
	n := 0
	for _, f := range part.frames {
		switch f := f.(type) {
		case *record.Begin:
			block = f.Block
		case *record.Fault:
			n++
			was := drawn[[2]uint32{block, uint32(f.Index)}]
			if f.Addr != was.Addr || string(f.New) != string(was.New) {
				t.Errorf("block %d fault %d: %#x %x, in the whole plan %#x %x", block, f.Index, f.Addr, f.New, was.Addr, was.New)
			}
		}
	}
	if n != 20+20+3 { // only the last block's are left out
		t.Errorf("%d faults were made, want 43", n)
	}
}

// A life that works but for what it has inherited answers wrongly: that is corruption, whenever the answer is given.
func TestWrongAfterDeath(t *testing.T) {
	w := newWorld(t, 5)
	w.stale = true
	w.run(aPlan(20, 20), kind{[]byte{doesCrash}})
	deaths := 0
	for _, end := range w.ends() {
		if end.Deaths == 0 {
			continue
		}
		deaths++
		if end.Outcome != outcome.Corruption || end.Wrong == 0 || end.WrongNS == 0 {
			t.Errorf("block %d: %v, %d wrong at %d", end.Block, end.Outcome, end.Wrong, end.WrongNS)
		}
	}
	if deaths == 0 {
		t.Error("nothing died")
	}
}

// A hundred faults a block, of all kinds, in a machine that has all kinds of bad luck: each block has an end, and none a wrong one.
func TestBadLuck(t *testing.T) {
	for seed := range uint64(20) {
		w := newWorld(t, seed)
		luck := rand.New(rand.NewPCG(seed, 5))
		p := aPlan(1+luck.IntN(100), 60)
		p.Seed = seed
		p.Kind = plan.Kind(luck.IntN(2))
		p.Reached = luck.IntN(2) == 0
		t.Log(seed, p.String())
		w.luck = luck
		w.run(p, kind{[]byte{0, 1, 2, 3, 4, 7, 7, 7, 7, 7, 7, 7}})
		if w.words != "" {
			t.Fatalf("seed %d: the plan ended early: %s", seed, w.words)
		}
		if n := len(w.ends()); n != 60 {
			t.Errorf("seed %d: %d blocks", seed, n)
		}
	}
}

// What the machine does wrong is told as that.
func TestMachineAtFault(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(w *world)
		want outcome.Outcome
	}{
		{"a damaged image", func(w *world) { w.damaged = true }, outcome.Lie},
		{"an interrupt line is left", func(w *world) { w.left = "left" }, outcome.Lie},
		{"another service fails", func(w *world) { w.others = []string{"kbd"} }, outcome.Collateral},
		{"given up", func(w *world) { w.giveUp = true }, outcome.GaveUp},
		{"two lives", func(w *world) { w.fatal = 1 }, outcome.RecoveredLate},
	} {
		w := newWorld(t, 3)
		c.set(w)
		w.run(aPlan(40, 1), kind{[]byte{doesCrash}})
		if e := w.ends(); len(e) != 1 || e[0].Outcome != c.want {
			t.Errorf("%s: %+v, want %s", c.name, e[0], c.want)
		}
	}
	w := newWorld(t, 3)
	w.later(func() {
		w.e.Happened("kbd", &abi.Event{Kind: abi.EventDeath, Reason: abi.ReasonException})
	})
	w.run(aPlan(1, 1), kind{[]byte{7}})
	if e := w.ends(); e[0].Outcome != outcome.Collateral || len(e[0].Collaterals) != 1 {
		t.Errorf("another service died: %+v", e[0])
	}
}

// A lie that is told while a life is replaced after a block is the next block's, and the plan ends with that.
func TestLieBetweenBlocks(t *testing.T) {
	w := newWorld(t, 3)
	w.born = func() bool {
		w.damaged = len(w.ends()) == 1
		return false
	}
	w.run(aPlan(40, 3), kind{[]byte{doesError}})
	e := w.ends()
	made := 0
	for _, f := range w.frames {
		if f, ok := f.(*record.Fault); ok {
			if made++; made > 40 && f.Activated {
				t.Errorf("%+v: the machine was used after its lie", f)
			}
		}
	}
	if len(e) != 2 || e[0].Outcome != outcome.Reported || e[1].Outcome != outcome.Lie || !strings.Contains(w.words, "damaged") {
		t.Errorf("%+v, %q", e, w.words)
	}
}

// A golden run whose workload was late among so many stops is made again with those that are left; one that fails again and again ends the
// plan.
func TestGoldenRunFails(t *testing.T) {
	for late, want := range map[int]string{0: "", maxFailed - 1: "", maxFailed: "again and again"} {
		w := newWorld(t, 4)
		w.late = late
		p := aPlan(5, 3)
		p.Reached = true
		w.run(p, kind{[]byte{doesCrash}})
		if !strings.Contains(w.words, want) || (w.words == "") != (want == "") {
			t.Errorf("%d late workloads: %q, want words with %q", late, w.words, want)
		}
		for i, l := range w.limits {
			if golden := i <= late; golden && l != slower*p.Limit || !golden && l != p.Limit {
				t.Errorf("%d late workloads: an operation of workload %d may take %v", late, i, l)
			}
		}
		if want == "" && len(w.ends()) != 3 {
			t.Errorf("%d late workloads: %d blocks", late, len(w.ends()))
		}
	}
}

// What a victim has done to others outlives it, and a plan does not go on with that: the block has its outcome, and the next one would not
// have its own.
func TestWhatOutlives(t *testing.T) {
	w := newWorld(t, 6)
	w.stains = true
	w.run(aPlan(20, 30), kind{[]byte{doesWrong, 7, 7, 7}})
	e := w.ends()
	if last := e[len(e)-1]; !strings.Contains(w.words, "outlives") || len(e) == 30 || last.Outcome != outcome.Corruption || last.Words == "" {
		t.Errorf("%d blocks, %q, the last one %+v", len(e), w.words, last)
	}
	for _, b := range e[:len(e)-1] {
		if b.Outcome == outcome.Corruption {
			t.Errorf("block %d: %+v", b.Block, b)
		}
	}
	w = newWorld(t, 6) // an answer that was wrong, and nothing that stays
	w.run(aPlan(20, 30), kind{[]byte{doesWrong, 7, 7, 7}})
	if n := len(w.ends()); w.words != "" || n != 30 {
		t.Errorf("%d blocks, %q", n, w.words)
	}
}
