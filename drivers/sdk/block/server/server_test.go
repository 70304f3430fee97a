package server

import (
	"testing"

	"bennu/drivers/protocol/block"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

const (
	one   = abi.Endpoint(3<<6 | 1)
	two   = abi.Endpoint(3<<6 | 2)
	life  = abi.Endpoint(9<<6 | 7)
	inWin = 5
)

// world is a device that does nothing by itself, and a port that notes.
type world struct {
	shape    block.Shape
	resets   uint32
	changes  uint32
	gone     bool
	jobs     []*Job
	room     int
	attached map[abi.WindowID]int
	answers  []sent
	told     []abi.Msg
	busy     bool
	dead     map[abi.Endpoint]bool
	strange  map[abi.Endpoint]bool
}

type sent struct {
	to    sdk.Asker
	e     abi.Errno
	words [5]uint64
}

func (w *world) Shape() block.Shape { return w.shape }
func (w *world) Epoch() block.Epoch { return block.MakeEpoch(life, w.resets) }
func (w *world) Changes() uint32    { return w.changes }
func (w *world) Gone() bool         { return w.gone }
func (w *world) Attach(id abi.WindowID, _ abi.Endpoint, _ uint64, _ bool) (uint64, abi.Errno) {
	w.attached[id]++
	return 0x1000, abi.OK
}
func (w *world) Detach(id abi.WindowID, _ abi.Endpoint) { w.attached[id]-- }
func (w *world) Submit(j *Job) bool {
	if len(w.jobs) == w.room {
		return false
	}
	w.jobs = append(w.jobs, j)
	return true
}
func (w *world) Answer(to sdk.Asker, e abi.Errno, words *[5]uint64) abi.Errno {
	if w.busy {
		return abi.EAGAIN
	}
	return w.Reply(to, e, words)
}
func (w *world) Reply(to sdk.Asker, e abi.Errno, words *[5]uint64) abi.Errno {
	if w.dead[to.To] {
		return abi.EDEADSRCDST
	}
	w.answers = append(w.answers, sent{to, e, *words})
	return abi.OK
}
func (w *world) Tell(_ abi.Endpoint, m *abi.Msg)            { w.told = append(w.told, *m) }
func (w *world) Permitted(ep abi.Endpoint, write bool) bool { return !w.strange[ep] }
func (w *world) Alive(ep abi.Endpoint) bool                 { return !w.dead[ep] }

func start() (*world, *Server) {
	w := &world{shape: block.Shape{Sectors: 1024, Segments: 8, Depth: 16, MaxSectors: 64, Flags: block.CanZero, EraseShift: 4}, room: 100,
		attached: map[abi.WindowID]int{}, dead: map[abi.Endpoint]bool{}, strange: map[abi.Endpoint]bool{}}
	return w, New(w, w)
}

// ask sends a message, and gives the newest answer.
func (w *world) ask(s *Server, from abi.Endpoint, m abi.Msg, tag uint64) sent {
	m.Source = from
	s.Message(&m, sdk.Asker{To: from, Tag: tag})
	if len(w.answers) == 0 {
		return sent{}
	}
	return w.answers[len(w.answers)-1]
}

func (w *world) open(t *testing.T, s *Server, from abi.Endpoint, window abi.WindowID) uint32 {
	t.Helper()
	a := w.ask(s, from, block.OpenMessage(window, 64<<10, block.OpenFill|block.OpenWrite), 1)
	if a.e != abi.OK || uint32(a.words[1]) == 0 {
		t.Fatalf("open: %s, %s", a.e.Name(), block.Why(a.words[4]))
	}
	return uint32(a.words[1])
}

func write(session uint32, flags block.Flags) abi.Msg {
	return (&block.Request{Op: block.Write, Session: session, Flags: flags, Sector: 8, N: 1, Segments: [8]block.Segment{8 << 16}}).Message()
}

// finish has the device end its oldest job.
func (w *world) finish(s *Server, ok bool) *Job {
	j := w.jobs[0]
	w.jobs = w.jobs[1:]
	s.Done(j, ok)
	s.Pump()
	return j
}

// A write that must be durable is answered after a flush; when the device was reset between the two, or before the flush was done, it is written anew.
func TestFUA(t *testing.T) {
	for reset := range 4 { // never; while it is written; while it is flushed; between the two
		w, s := start()
		n := w.open(t, s, one, inWin)
		before := len(w.answers)
		w.ask(s, one, write(n, block.FUA), 7)
		if reset == 1 {
			w.resets++
		}
		if reset == 3 {
			w.room = 0
			w.finish(s, true)
			w.resets++
			w.room = 9
			s.Pump()
		}
		w.finish(s, true)
		if reset == 2 {
			w.resets++
			w.finish(s, true)
		}
		if reset > 0 {
			if len(w.answers) != before || len(w.jobs) != 1 || w.jobs[0].Op != block.Write {
				t.Fatalf("reset %d: it is not written anew", reset)
			}
			w.finish(s, true)
		}
		if len(w.jobs) != 1 || w.jobs[0].Op != block.Flush || len(w.answers) != before {
			t.Fatalf("reset %d: no flush", reset)
		}
		w.finish(s, true)
		if a := w.answers[len(w.answers)-1]; a.e != abi.OK || a.to.Tag != 7 || a.words[1] != 8 {
			t.Errorf("reset %d: %+v", reset, a)
		}
	}
	w, s := start() // a device that is reset each time: it ends
	n := w.open(t, s, one, inWin)
	w.ask(s, one, write(n, block.FUA), 7)
	for range 10 * fuaTries {
		if len(w.jobs) == 0 {
			break
		}
		w.resets++
		w.finish(s, true)
	}
	if a := w.answers[len(w.answers)-1]; a.e != abi.EIO || a.to.Tag != 7 {
		t.Errorf("%+v", a)
	}
}

// A flush is OK in its epoch only: not when the device was reset before it, while it waited, or while it ran; unless its owner says that it forgets nothing.
func TestFlushEpoch(t *testing.T) {
	for reset := range 4 {
		for _, keeps := range []bool{false, true} {
			w, s := start()
			if keeps {
				w.shape.Flags |= block.KeepsCache
			}
			n := w.open(t, s, one, inWin)
			m := (&block.Request{Op: block.Flush, Session: n, Epoch: w.Epoch()}).Message()
			if reset == 1 {
				w.resets++
			}
			w.room = 0
			w.ask(s, one, m, 9)
			if reset == 2 {
				w.resets++
			}
			w.room = 1
			s.Pump()
			if reset == 3 {
				w.resets++
			}
			if len(w.jobs) > 0 {
				w.finish(s, true)
			}
			want := abi.ESTALE
			if reset == 0 || keeps {
				want = abi.OK
			}
			if a := w.answers[len(w.answers)-1]; a.e != want || block.Epoch(a.words[0]) != w.Epoch() {
				t.Errorf("reset %d, keeps %v: %s", reset, keeps, a.e.Name())
			}
		}
	}
}

// An answer that finds no room is given when there is; until then it has its place.
func TestAnswersWait(t *testing.T) {
	w, s := start()
	n := w.open(t, s, one, inWin)
	w.busy = true
	for i := range uint64(20) {
		w.ask(s, one, write(n, 0), 100+i)
	}
	if a := w.answers[len(w.answers)-1]; a.e != abi.EAGAIN || len(w.jobs) != block.MaxDepth {
		t.Fatalf("%s, %d jobs", a.e.Name(), len(w.jobs))
	}
	for len(w.jobs) > 0 {
		w.finish(s, true)
	}
	if !s.Waits() {
		t.Error("nothing waits")
	}
	if a := w.ask(s, one, write(n, 0), 200); a.e != abi.EAGAIN {
		t.Error("one more has a place")
	}
	w.answers, w.busy = nil, false
	s.Tick()
	seen := map[uint64]bool{}
	for _, a := range w.answers {
		if seen[a.to.Tag] || a.e != abi.OK {
			t.Errorf("%+v", a)
		}
		seen[a.to.Tag] = true
	}
	if len(seen) != block.MaxDepth || s.Waits() {
		t.Errorf("%d answers", len(seen))
	}
}

// A client that dies keeps its window in the device's reach only until what runs for it has ended; close waits for that, too.
func TestEnds(t *testing.T) {
	w, s := start()
	n := w.open(t, s, one, inWin)
	w.room = 1
	w.ask(s, one, write(n, 0), 7)
	w.ask(s, one, write(n, 0), 8)
	w.dead[one] = true
	s.Gone(one)
	if w.attached[inWin] != 1 || len(w.jobs) != 1 {
		t.Errorf("attached %d, jobs %d", w.attached[inWin], len(w.jobs))
	}
	w.finish(s, true)
	if w.attached[inWin] != 0 || s.Sessions() != 0 || len(w.jobs) != 0 {
		t.Errorf("attached %d, sessions %d", w.attached[inWin], s.Sessions())
	}
	n = w.open(t, s, two, inWin)
	w.ask(s, two, write(n, 0), 9)
	before := len(w.answers)
	w.ask(s, two, abi.Msg{Type: block.Close, Arg: [7]uint64{1: uint64(n)}}, 10)
	if len(w.answers) != before || w.attached[inWin] != 1 {
		t.Error("closed while something runs")
	}
	w.finish(s, true)
	if a := w.answers[len(w.answers)-2:]; a[0].to.Tag != 9 || a[1].to.Tag != 10 || w.attached[inWin] != 0 {
		t.Errorf("%+v", a)
	}
}

// Who is a stranger opens nothing, nobody has another's session, and the dead leave their places.
func TestSessions(t *testing.T) {
	w, s := start()
	w.strange[two] = true
	if a := w.ask(s, two, block.OpenMessage(inWin, 4096, 0), 1); a.e != abi.EPERM {
		t.Error(a.e.Name())
	}
	w.strange[two] = false
	n := w.open(t, s, one, inWin)
	if a := w.ask(s, two, write(n, 0), 2); a.e != abi.ESRCH || len(w.jobs) != 0 {
		t.Error(a.e.Name())
	}
	if a := w.ask(s, two, abi.Msg{Type: block.Close, Arg: [7]uint64{1: uint64(n)}}, 2); a.e != abi.ESRCH {
		t.Error(a.e.Name())
	}
	for i := range maxSessions - 1 {
		w.open(t, s, abi.MakeEndpoint(10+i/4, 1), abi.WindowID(100+i))
	}
	if a := w.ask(s, two, block.OpenMessage(7, 4096, 0), 1); a.e != abi.ENOSPC {
		t.Error(a.e.Name())
	}
	w.dead[abi.MakeEndpoint(10, 1)] = true
	if a := w.ask(s, two, block.OpenMessage(7, 4096, 0), 1); a.e != abi.OK || s.Sessions() != maxSessions-3 {
		t.Errorf("%s, %d", a.e.Name(), s.Sessions())
	}
}

// Who asks for much does not keep others waiting: their turns come one after the other.
func TestTurns(t *testing.T) {
	w, s := start()
	w.room = 1
	a, b := w.open(t, s, one, inWin), w.open(t, s, two, inWin+1)
	for i := range uint64(10) {
		w.ask(s, one, write(a, 0), i)
	}
	w.ask(s, two, write(b, 0), 50)
	for i := 0; ; i++ {
		if j := w.finish(s, true); j.asker.To == two {
			if i > 2 {
				t.Errorf("after %d others", i)
			}
			return
		}
	}
}

// Changes of the device are told, once; a device that is gone answers so.
func TestChanged(t *testing.T) {
	w, s := start()
	n := w.open(t, s, one, inWin)
	w.ask(s, one, write(n, 0), 7)
	s.Changed()
	w.changes, w.shape.Sectors = 1, 512
	s.Changed()
	s.Changed()
	if len(w.told) != 1 || block.What(w.told[0].Arg[0]) != block.Resized || w.told[0].Arg[3] != 512 {
		t.Errorf("%+v", w.told)
	}
	w.gone = true
	s.Changed()
	w.finish(s, false)
	a := w.answers[len(w.answers)-1]
	if len(w.told) != 2 || block.What(w.told[1].Arg[0]) != block.Removed || a.e != abi.ENODEV || w.ask(s, one, write(n, 0), 8).e != abi.ENODEV {
		t.Errorf("%+v, %+v", w.told, a)
	}
}
