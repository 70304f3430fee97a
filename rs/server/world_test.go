package server

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"bennu/kernel/abi"
	"bennu/kernel/archive"
	"bennu/kernel/crc32c"
	kernel "bennu/kernel/fake"
)

// world is the server and its archive on a fake kernel. Its services are puppets that do what a hostile
// program could.
type world struct {
	t       *testing.T
	r       *rand.Rand
	m       *kernel.Machine
	rs      *kernel.Task
	s       *Server
	conf    string
	actors  map[abi.Endpoint]*actor
	turns   int
	started func(a *actor) // decides what a new life is like
	quiet   bool
	rest    func()                   // called between two turns
	kill    func(c kernel.Call) bool // ends the server's life before a call
	log     []string

	answers  int // that actors got
	answered []string
	twice    bool // an answer may come again to who does not wait for it
	together int  // refusals that stood for several
}

func newWorld(t *testing.T, seed uint64, conf string, started func(a *actor)) *world {
	return newWorldWith(t, seed, conf, started, func(*world) {})
}

// newWorldWith is newWorld with something done before the server begins.
func newWorldWith(t *testing.T, seed uint64, conf string, started func(a *actor), prepare func(w *world)) *world {
	w := &world{t: t, r: rand.New(rand.NewPCG(seed, 3)), m: kernel.New(1e9), conf: conf,
		actors: map[abi.Endpoint]*actor{}, started: started}
	w.m.Memory, w.m.Born = 1<<30, w.born
	w.rs = w.m.AddRoot()
	w.rs.Hooks = &kernel.Hooks{Before: w.before, Line: func(_ uint64, line []byte) {
		if !w.quiet {
			w.log = append(w.log, string(line))
		}
	}}
	prepare(w)
	s, err := New(w.rs.Gate(), w)
	if err != nil {
		t.Fatal(err)
	}
	w.s = s
	w.rs.Run(func() { s.Run() })
	t.Cleanup(func() { w.m.Kill(w.rs) })
	w.drain()
	return w
}

// before has a turn of the server end where it receives.
func (w *world) before(c kernel.Call) (abi.Errno, uint64, bool) {
	if w.m.Root() != w.rs { // it has ended itself
		w.rs.Yield()
	}
	if w.kill != nil && w.kill(c) {
		return 0, 0, false
	}
	switch c.Nr {
	case abi.CallReceive:
		w.mails()
		if w.rest != nil {
			w.rest()
		}
		w.rs.Yield()
		w.turns++
	case abi.CallShutdown:
		w.t.Error("the server ended the machine")
	}
	return 0, 0, false
}

// mails looks whether what is counted of each service's messages is what there is.
func (w *world) mails() {
	for i := range w.s.table[:w.s.good] {
		t, busy := &w.s.table[i], uint8(0)
		for j := range t.mail.places {
			if t.mail.places[j].state != placeFree {
				busy |= 1 << j
			}
		}
		if t.mail.busy != busy || t.mail.owed != t.mail.count() {
			w.t.Errorf("%s: busy %b, owed %d; counted %b, %d", t.name, t.mail.busy, t.mail.owed, busy, t.mail.count())
		}
	}
}

// born is the begin of a life.
func (w *world) born(t *kernel.Task) {
	a := &actor{w: w, t: t, label: t.Label(), open: map[uint64]*asked{}}
	a.grant, _ = t.Gate().Grant(w.rs.Endpoint, scratch, abi.GrantWrite)
	w.actors[t.Endpoint] = a
	w.started(a)
}

// scratch is what puppets have written to, and do not read.
var scratch = make([]byte, 1<<20)

// turn is one turn of the server, if it has anything to do.
func (w *world) turn() bool {
	if w.m.Root() != w.rs {
		w.rootBegins()
	}
	if !w.rs.Runs() {
		return false
	}
	w.rs.Resume()
	return true
}

// drain lets the server run until it waits: it has the best priority.
func (w *world) drain() {
	for n := 0; w.turn(); n++ {
		if n > 100_000 {
			w.t.Fatal("the server never comes to rest")
		}
	}
}

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	for end := w.m.Now() + uint64(d); ; {
		at, ok := w.m.Next()
		if !ok || at > end {
			w.m.Pass(end)
			return
		}
		w.m.Pass(at)
		w.drain()
	}
}

func (w *world) die(a *actor, cause abi.Cause) { w.m.Die(a.t, abi.DeathRecord{Cause: cause}) }

// Archive.

func (w *world) File(name string) ([]byte, bool) {
	if name == ConfName {
		return []byte(w.conf), true
	}
	return []byte("ELF"), strings.HasPrefix(name, ProgramPath)
}

// Lookup: all programs are one file, at the archive's begin.
func (w *world) Lookup(name string) (archive.Entry, bool) {
	b, ok := w.File(name)
	w.m.Archive = []byte("ELF")
	return archive.Entry{Name: name, Size: len(b), CRC32C: crc32c.Sum(b)}, ok
}
func (w *world) Check(string) error { return nil }
