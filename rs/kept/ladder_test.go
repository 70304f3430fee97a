package kept

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"bennu/kernel/abi"
	"bennu/kernel/keep"
)

// area is kept memory with the kernel's own code behind it.
type area struct {
	keep.Area
	b       []byte
	reading uint64
}

func newArea(pages uint32) *area {
	a := &area{b: make([]byte, uint64(pages)*abi.PageSize)}
	a.Begin(pages, a)
	return a
}

func (a *area) Page(n int) []byte                           { return a.b[n*abi.PageSize:][:abi.PageSize] }
func (a *area) Kept() []byte                                { return a.b }
func (a *area) KeepStage(offset uint64, b []byte) abi.Errno { return a.Stage(offset, b) }
func (a *area) KeepFlip(n uint64) abi.Errno                 { return a.Flip(n) }
func (a *area) KeepAppend(b []byte, _ bool) abi.Errno       { return a.Append(b) }
func (a *area) KeepReading(at uint64)                       { a.reading = at }

// death is how a life ends.
type death struct {
	rip  uint64
	hung bool
}

// service keeps a list of lines. What it cannot live with ends its lives.
type service struct {
	a     *area
	r     *rand.Rand
	lines []string
	rung  Rung

	patience int
	deadly   func(line string) bool // ends a life that reads it
	how      func() death
	shot     func(step int) bool // somebody else ends this life, at a place of its own
	late     bool                // what is deadly ends lives when all is read, and, if it has to, kept
}

// life is one life up to where it has settled. false: it has ended before.
func (s *service) life() (settled bool) {
	s.a.Born()
	s.a.reading = 0
	defer func() {
		switch d := recover().(type) {
		case nil:
		case death:
			if d.hung {
				s.a.Hung(s.a.reading)
			} else {
				s.a.Died(&abi.DeathRecord{Cause: abi.CauseException, Vector: 14, Regs: abi.Registers{RIP: d.rip}}, s.a.reading)
			}
		default:
			panic(d)
		}
	}()
	step := 0
	at := func() {
		if step++; s.shot != nil && s.shot(step) {
			panic(death{rip: s.r.Uint64()})
		}
	}
	at()
	next, lost := s.read(at)
	if s.late {
		s.meets(s.lines)
	}
	if lost {
		w := NewWriter(s.a, next)
		w.Gap()
		w.Snapshot(s.snapshot())
	}
	at()
	if s.late {
		s.meets(s.lines)
	}
	s.a.Settled()
	return true
}

func (s *service) meets(lines []string) {
	for _, l := range lines {
		if s.deadly != nil && s.deadly(l) {
			panic(s.how())
		}
	}
}

// read reads the first rung that it can.
func (s *service) read(at func()) (next uint64, lost bool) {
	for s.rung = Choose(s.a.b, s.patience); ; s.rung++ {
		f, ok := Take(s.a, s.rung)
		s.lines = nil
		if s.rung == Nothing {
			return 0, true
		}
		if !ok {
			continue
		}
		for _, l := range bytes.Fields(f.Snapshot) {
			s.lines = append(s.lines, string(l))
		}
		if at(); !s.late {
			s.meets(s.lines)
		}
		for r := f.Log.Next(); r != nil; r = f.Log.Next() {
			at()
			if s.lines = append(s.lines, string(r)); !s.late {
				s.meets(s.lines)
			}
		}
		return f.Next, s.rung != Latest || f.Damaged
	}
}

func (s *service) snapshot() []byte {
	b := make([]byte, Room)
	for _, l := range s.lines {
		b = append(append(b, l...), ' ')
	}
	return b
}

// newService is a service that has kept nine lines: three are in the snapshot before, six in the newest, which has another one that no record has.
func newService(patience int) *service {
	s := &service{a: newArea(5), r: rand.New(rand.NewPCG(1, 1)), patience: patience}
	s.a.Born()
	w := NewWriter(s.a, 0)
	for n := range 9 {
		switch lines := s.lines; n {
		case 6:
			s.lines = append(lines[:6:6], "newest")
			fallthrough
		case 0, 3:
			w.Snapshot(s.snapshot())
			s.lines = lines
		}
		l := fmt.Sprint("l", n)
		s.lines = append(s.lines, l)
		w.Append([]byte(l), false)
	}
	s.a.Settled()
	return s
}

// lives has lives until one settles, and tells how many there were before.
func (s *service) lives(t *testing.T, most int) (ended int) {
	t.Helper()
	for !s.life() {
		if ended++; ended > most {
			t.Fatalf("%d lives have ended", ended)
		}
	}
	return ended
}

// Data that ends lives, wherever it is and however it does it: after not too many deaths there is a life that lives, on the first rung that it can live on. That one's
// own snapshot is what the next one reads.
func TestBadData(t *testing.T) {
	patience := 8
	for _, bad := range []struct {
		line string
		rung Rung
		left int // lines
	}{{"l8", WithoutLast, 9}, {"l7", Nothing, 0}, {"l6", Nothing, 0}, {"l5", Nothing, 0}, {"l2", Nothing, 0}, {"newest", Before, 9}} {
		for _, how := range []string{"at one place", "by hanging", "at any place", "when all is read"} {
			s := newService(patience)
			s.deadly = func(l string) bool { return l == bad.line }
			most := int(Nothing) * sameMost
			s.how = func() death { return death{rip: 5} }
			switch how {
			case "by hanging":
				s.how = func() death { return death{hung: true} }
			case "at any place":
				s.how = func() death { return death{rip: s.r.Uint64()} }
				most = int(Nothing) * patience
			case "when all is read":
				s.late = true
				most = int(Nothing) * patience
			}
			ended := s.lives(t, most)
			if s.rung != bad.rung || len(s.lines) != bad.left || ended < sameMost {
				t.Errorf("%s ends lives %s: %d of them, then %v with %q", bad.line, how, ended, s.rung, s.lines)
			}
			if n := s.lives(t, 0); n != 0 || len(s.lines) != bad.left {
				t.Errorf("%s %s: the next life has %q", bad.line, how, s.lines)
			}
		}
	}
}

// Who is ended by somebody else, again and again, each time somewhere: nothing is lost, as long as that is not as often as patience says, or a life settles between.
func TestShots(t *testing.T) {
	const patience = 16
	for step := 1; step <= 6; step++ { // 1: before it reads; 6: when it has read all
		s := newService(patience)
		shots := 0
		s.shot = func(at int) bool {
			if at != step || shots == patience-1 {
				return false
			}
			shots++
			return true
		}
		if ended := s.lives(t, patience); ended != patience-1 || s.rung != Latest || len(s.lines) != 10 {
			t.Errorf("shot %d times at step %d: %v, %q", ended, step, s.rung, s.lines)
		}
	}
	s := newService(patience)
	for range 1000 {
		last := 0
		s.shot = func(at int) bool {
			if last >= patience-1 || s.r.IntN(3) > 0 {
				return false
			}
			last++
			return true
		}
		if s.lives(t, patience); s.rung != Latest || len(s.lines) != 10 {
			t.Fatalf("%v, %q", s.rung, s.lines)
		}
	}
}

// Lives that have not begun to read what is kept say nothing of it, however many they are; nor do two that end alike.
func TestNothingToBlame(t *testing.T) {
	s := newService(4)
	n := 0
	s.shot = func(at int) bool { n++; return at == 1 && n <= 1000 }
	if ended := s.lives(t, 1000); ended != 1000 || s.rung != Latest {
		t.Errorf("%d lives, then %v", ended, s.rung)
	}
	s = newService(4)
	s.deadly = func(l string) bool { return l == "l8" && s.a.Header.Blame.Deaths < sameMost-1 }
	s.how = func() death { return death{rip: 5} }
	if ended := s.lives(t, sameMost); ended != sameMost-1 || s.rung != Latest || len(s.lines) != 10 {
		t.Errorf("%d lives, then %v with %q", ended, s.rung, s.lines)
	}
}

// A bad snapshot at each rung, and both: the way down is walked with the data there is, and its end is reached.
func TestChoose(t *testing.T) {
	a := newArea(3)
	if r := Choose(nil, 4); r != Latest {
		t.Errorf("no kept memory: %v", r)
	}
	for n, want := range []Rung{Latest, Latest, Latest, WithoutLast, WithoutLast, WithoutLast, Before, Before, Before, Nothing, Nothing, Nothing, Nothing, Nothing} {
		got := Choose(a.b, 5)
		if got != want {
			t.Errorf("after %d: %v, want %v", n, got, want)
		}
		a.Died(&abi.DeathRecord{Cause: abi.CausePanic}, place(got, 7))
	}
}
