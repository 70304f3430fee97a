package work

import (
	"strings"
	"testing"
	"time"

	"bennu/drivers/protocol/load"
	"bennu/drivers/sdk/fake"
	"bennu/kernel/abi"
)

const (
	double abi.MsgType = 0x7000 // → Arg[1]: twice Arg[0]
	limit              = uint64(10 * time.Millisecond)
)

// doubler is a Kind whose operation is one request.
type doubler struct{ joined int }

func (d *doubler) Join(*Site) Verdict { d.joined++; return Right }
func (d *doubler) Operate(s *Site) Verdict {
	x := s.Rand.Uint64N(1000)
	m := abi.Msg{Type: double, Arg: [7]uint64{x}}
	if v := s.Call(&m); v != Right {
		return v
	}
	return Equal(m.Arg[1], 2*x)
}
func (d *doubler) Look(s *Site) Verdict { return d.Operate(s) }

var (
	life1 = fake.Other
	life2 = abi.MakeEndpoint(fake.Other.Slot(), 2)
)

// bench is the workload with a victim.
type bench struct {
	*fake.Kernel
	t    *testing.T
	w    *Service
	kind *doubler
	n    int // requests that the victim has had
}

// newBench starts it. does is the victim: with the number of the request, from 1.
func newBench(t *testing.T, does func(b *bench, n int, x uint64) fake.Answer) *bench {
	b := &bench{Kernel: fake.New(t, "load"), t: t, kind: new(doubler)}
	b.w = &Service{Kinds: func(label string) Kind {
		if label == "victim" || label == "other" {
			return b.kind
		}
		return nil
	}}
	b.Arguments("victim=victim others=other life=50ms")
	b.Labels["victim"], b.Labels["other"] = life1, fake.Client
	b.Labels["load"] = fake.Driver
	b.Names = map[abi.Endpoint]string{life1: "victim", life2: "victim"}
	peer := func(m abi.Msg) fake.Answer {
		b.n++
		return does(b, b.n, m.Arg[0])
	}
	b.Peers[life1], b.Peers[life2], b.Peers[fake.Client] = peer, peer, peer
	b.Start(b.w)
	b.Take(fake.Root)
	return b
}

func right(x uint64) fake.Answer {
	return fake.Answer{Msg: abi.Msg{Arg: [7]uint64{1: 2 * x}}, After: time.Microsecond}
}

var asker = abi.MakeEndpoint(9, 1)

// run does a Run of n operations.
func (b *bench) run(n int) (m abi.Msg) {
	b.t.Helper()
	b.n = 0
	m, ok := b.Request(asker, load.Run, uint64(n), limit, 1)
	for i := 0; !ok && i < 1000; i++ {
		b.Advance(time.Millisecond)
		m, ok = b.Take(asker)
	}
	if !ok {
		b.t.Fatal("the Run is not answered")
	}
	return m
}

// Each way in which an operation can end is counted as what it is, and the first silent one has its time and place.
func TestVerdicts(t *testing.T) {
	bad := func(a fake.Answer) func(b *bench, n int, x uint64) fake.Answer {
		return func(b *bench, n int, x uint64) fake.Answer {
			if n == 3 {
				return a
			}
			return right(x)
		}
	}
	for name, c := range map[string]struct {
		does                       func(b *bench, n int, x uint64) fake.Answer
		right, refused, wrong, out int
		silent, refusal            bool
		errno                      abi.Errno
	}{
		"all right":         {bad(fake.Answer{Msg: abi.Msg{Arg: [7]uint64{1: 1}}}), 4, 0, 1, 0, true, false, 0},
		"an error":          {bad(fake.Answer{Msg: abi.Msg{Arg: [7]uint64{uint64(abi.EIO)}}}), 4, 1, 0, 0, false, true, abi.EIO},
		"an error of none":  {bad(fake.Answer{Msg: abi.Msg{Arg: [7]uint64{1 << 20}}}), 4, 1, 0, 0, false, true, 0xffff},
		"its own dead peer": {bad(fake.Answer{Msg: abi.Msg{Arg: [7]uint64{uint64(abi.EDEADSRCDST)}}}), 4, 1, 0, 0, false, true, abi.EDEADSRCDST},
		"no answer":         {bad(fake.Answer{Silent: true}), 4, 0, 0, 1, true, false, 0},
		"too late":          {bad(fake.Answer{After: 2 * time.Duration(limit)}), 4, 0, 0, 1, true, false, 0},
	} {
		b := newBench(t, c.does)
		m := b.run(5)
		r, e, w, l := load.Tally(m.Arg[1]).Counts()
		if abi.Errno(m.Arg[0]) != abi.OK || r != c.right || e != c.refused || w != c.wrong || l != c.out {
			t.Errorf("%s: answer %v, tally %d %d %d %d, want %d %d %d %d", name, abi.Errno(m.Arg[0]), r, e, w, l, c.right, c.refused, c.wrong, c.out)
		}
		op, _, _ := load.Place(m.Arg[3]).Parts()
		if (m.Arg[2] != 0) != c.silent || c.silent && op != 2 {
			t.Errorf("%s: silent at %d ns, operation %d; want %v, operation 2", name, m.Arg[2], op, c.silent)
		}
		op, _, errno := load.Place(m.Arg[4]).Parts()
		if c.refusal && (op != 2 || errno != c.errno) || !c.refusal && m.Arg[4] != 0 {
			t.Errorf("%s: refused at operation %d with %d, want %v, operation 2 with %d", name, op, errno, c.refusal, c.errno)
		}
		if why, _, n := load.Ending(m.Arg[5]).Parts(); why != load.Done || n != 0 {
			t.Errorf("%s: ended by %v, %d interrupted", name, why, n)
		}
		if again := b.kind.joined; again != 2 {
			t.Errorf("%s: joined %d times, want once more after the failure", name, again)
		}
	}
}

// A death in the middle is no failure: the operation is made on the next life, which the workload waits for.
func TestDeath(t *testing.T) {
	b := newBench(t, func(b *bench, n int, x uint64) fake.Answer {
		if n == 3 {
			b.Labels["victim"] = 0
			delete(b.Labels, "victim")
			b.At(20*time.Millisecond, func() { b.Labels["victim"] = life2 })
			return fake.Answer{Dies: true}
		}
		return right(x)
	})
	m := b.run(5)
	r, e, w, l := load.Tally(m.Arg[1]).Counts()
	why, _, interrupted := load.Ending(m.Arg[5]).Parts()
	if r != 5 || e+w+l != 0 || why != load.Done || interrupted != 1 || b.kind.joined != 2 {
		t.Errorf("tally %d %d %d %d, ended by %v, %d interrupted, joined %d times", r, e, w, l, why, interrupted, b.kind.joined)
	}
	if b.w.dead.ep != life1 {
		t.Errorf("the dead life is %#x, want %#x", b.w.dead.ep, life1)
	}
}

// No next life, or one after the other that dies, ends the Run, which says so.
func TestNoLife(t *testing.T) {
	b := newBench(t, func(b *bench, n int, x uint64) fake.Answer {
		delete(b.Labels, "victim")
		return fake.Answer{Dies: true}
	})
	if why, _, n := load.Ending(b.run(5).Arg[5]).Parts(); why != load.Gone || n != 1 {
		t.Errorf("ended by %v, %d interrupted", why, n)
	}
	gen := uint32(2)
	b = newBench(t, nil)
	var dying fake.Peer
	dying = func(m abi.Msg) fake.Answer {
		gen++
		next := abi.MakeEndpoint(fake.Other.Slot(), gen)
		b.Labels["victim"], b.Peers[next] = next, dying
		return fake.Answer{Dies: true}
	}
	b.Peers[life1] = dying
	if why, _, n := load.Ending(b.run(5).Arg[5]).Parts(); why != load.Dying || n != maxDeaths {
		t.Errorf("ended by %v, %d interrupted, want %d", why, n, maxDeaths)
	}
}

// A Stop ends a Run between two operations; a second Run is refused meanwhile.
func TestStop(t *testing.T) {
	b := newBench(t, func(_ *bench, _ int, x uint64) fake.Answer {
		a := right(x)
		a.After = 200 * time.Microsecond
		return a
	})
	b.At(12*time.Millisecond, func() { b.Post(abi.Msg{Source: fake.Client, Type: load.Run}, abi.KindSendRec) })
	b.At(30*time.Millisecond, func() { b.Post(abi.Msg{Source: fake.Client, Type: load.Stop}, abi.KindSendRec) })
	m := b.run(60000)
	why, _, _ := load.Ending(m.Arg[5]).Parts()
	if r, _, _, _ := load.Tally(m.Arg[1]).Counts(); why != load.Stopped || r < 100 || r > 250 {
		t.Errorf("ended by %v after %d operations", why, r)
	}
	if m, ok := b.Take(fake.Client); !ok || abi.Errno(m.Arg[0]) != abi.EBUSY {
		t.Errorf("the second Run: %+v, %v; want EBUSY", m, ok)
	}
}

// The numbers of a Run follow from its seed.
func TestSeed(t *testing.T) {
	var got [2][]uint64
	for i := range got {
		newBench(t, func(_ *bench, _ int, x uint64) fake.Answer {
			got[i] = append(got[i], x)
			return right(x)
		}).run(20)
	}
	for i := range got[0] {
		if got[0][i] != got[1][i] {
			t.Fatalf("operation %d: %d and %d", i, got[0][i], got[1][i])
		}
	}
}

// Pings are answered while operations go on.
func TestPing(t *testing.T) {
	b := newBench(t, func(_ *bench, _ int, x uint64) fake.Answer {
		a := right(x)
		a.After = time.Millisecond
		return a
	})
	b.At(20*time.Millisecond, func() { b.Post(abi.Msg{Source: fake.Root, Type: abi.MsgNotify}, abi.KindNotify) })
	b.run(100)
	if m, ok := b.Take(fake.Root); !ok || m.Type != abi.RSHeartbeat {
		t.Errorf("no heartbeat: %+v", m)
	}
}

// Arguments that do not go together are refused, in words.
func TestArguments(t *testing.T) {
	for args, want := range map[string]string{
		"victim=nobody":                 "no operation on that service is known",
		"victim=victim role=tty":        "expected a victim that asks the console",
		"victim=victim role=x":          "expected role=tty",
		"victim=victim life=0s":         "expected a time such as",
		"vitcim=victim":                 "expected victim=, others=, role= or life=",
		"victim=" + "0123456789abcdefg": "expected a label",
		"victim=waiter":                 "expected role=tty beside it",
	} {
		k := fake.New(t, "load")
		k.Arguments(args)
		k.Start(&Service{Kinds: func(label string) Kind {
			switch label {
			case "victim":
				return new(doubler)
			case "waiter":
				return waiter{new(doubler)}
			}
			return nil
		}})
		if m, ok := k.Take(fake.Root); !ok || m.Arg[0] == 0 || !strings.Contains(strings.Join(k.Words, "\n"), want) {
			t.Errorf("%q: answered %d with %q, want %q", args, m.Arg[0], k.Words, want)
		}
	}
}

type waiter struct{ *doubler }

func (waiter) Message(*Site, *abi.Msg) bool { return false }
func (waiter) Operate(*Site) Verdict        { return Pending }

// An operation that waits and whose time is over is lost only if the victim lives.
func TestPendingEnds(t *testing.T) {
	for _, dies := range []bool{false, true} {
		b := newBench(t, answering)
		b.w.site.kind = waiter{b.kind}
		b.PeerGate(life1) // it lives
		if dies {
			b.At(time.Millisecond, func() {
				b.Dead[life1] = true
				delete(b.Labels, "victim")
			})
		}
		m := b.run(1)
		_, _, _, lost := load.Tally(m.Arg[1]).Counts()
		if why, _, interrupted := load.Ending(m.Arg[5]).Parts(); (interrupted == 1) != dies || (lost == 1) == dies || (why == load.Gone) != dies {
			t.Errorf("dies %v: %d lost, %d interrupted, %v", dies, lost, interrupted, why)
		}
	}
}

// A victim that answers nothing any more ends the Run: each further operation would take all of its limit. One that answers now and then
// does not.
func TestDeaf(t *testing.T) {
	for _, c := range []struct {
		answers     func(n int) bool
		right, lost int
		why         load.Why
	}{
		{func(n int) bool { return n <= 3 }, 3, mostLost, load.Deaf},
		{func(n int) bool { return n%mostLost == 0 }, 5, 15, load.Done},
	} {
		b := newBench(t, func(_ *bench, n int, x uint64) fake.Answer {
			if c.answers(n) {
				return right(x)
			}
			return fake.Answer{Silent: true}
		})
		m := b.run(20)
		r, _, _, lost := load.Tally(m.Arg[1]).Counts()
		why, _, _ := load.Ending(m.Arg[5]).Parts()
		if r != c.right || lost != c.lost || why != c.why {
			t.Errorf("%d right, %d lost, %s; want %d, %d, %s", r, lost, why, c.right, c.lost, c.why)
		}
	}
}
