package sim

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"bennu/kernel/abi"
	"bennu/kernel/archive"
	"bennu/kernel/crc32c"
	"bennu/kernel/fake"
	"bennu/rs/kept"
	"bennu/rs/server"
)

// Violation is an invariant that does not hold.
type Violation struct{ What string }

func (v *Violation) Error() string { return v.What }

// service is what the world knows of one.
type service struct {
	name   string
	label  abi.Label
	life   *life  // the newest one that was allowed to run
	asked  uint64 // ns: when its life was last asked for
	burst  int
	window time.Duration
	never  bool // nobody restarts it
	boot   bool
	inc    int64 // of its newest start that was told
	proved bool
	died   []uint64 // ns: deaths that were told since somebody asked for its life
	deaths uint32   // that were told
	back   uint64   // ns: it does not start again before
}

// life is one of a service's.
type life struct {
	of      *service
	ep      abi.Endpoint
	inc     uint32
	dead    bool
	ended   uint64
	starts  int // how often they were told
	deaths  int
	readies int
}

// World is the server and its services.
type World struct {
	Seed  uint64
	Kind  Kind
	Kills bool // the server ends

	m          *fake.Machine
	root       abi.Endpoint
	server     *fake.Task // the life that was begun last
	services   []service
	conf       string
	clients    [abi.MaxTasks]*client
	byEndpoint map[abi.Endpoint]*life
	all        []*life
	hooks      fake.Hooks
	reader     reader
	log        func(string)
	plant      func(w *World, c fake.Call) (instead bool)

	deaf     bool   // it has said that it hears nobody
	deafAt   uint64 // ns: when it has ended for that last
	lives    int    // the server's
	lastEnd  uint64 // ns: of the newest
	damaged  bool   // what it kept was, or it has ended too often: a lower rung may have been taken
	turns    int
	steps    int
	hold     int
	settling bool

	killIn    int // kernel calls until the server ends; 0: it does not
	killAfter bool
	killCause abi.Cause
	killAgain int // so many lives more end like this, in a hostile world
	dieIn     int // until a service does
	dieWho    uint32
	thenKill  int // so many calls after what comes next of these the server ends; 0: it does not
	passIn    int
	pass      time.Duration
	failNr    abi.CallNr
	failWith  abi.Errno
	failN     int
	damage    []Step
	staged    int // steps of a KeepStage until the server ends; 0: it does not

	count Count
}

// Count is what has happened.
type Count struct {
	Steps    [ops]int
	Asked    int
	Answered int
	Dropped  int // second answers
	Together int // answers to several refused requests
	Events   int // of the server's, read
	Born     int
	Ends     int // of services
	Reborn   int // lives of the server but the first
	Before   map[abi.CallNr]int
	After    map[abi.CallNr]int
	Inside   int // ends inside a KeepStage
	Idle     int // ends while it waited
	Panics   int // of the server, where what it kept was damaged
	Rungs    [kept.Nothing + 1]int
	Damaged  int
	Deaf     int // ends since it heard nobody
	Lost     int // how often the server has told that it has lost something
	Turns    int
}

func (w *World) fail(format string, args ...any) {
	panic(&Violation{fmt.Sprintf(format, args...)})
}

// names of services; the first one is the operator, who is never pinged and reads the events.
const operator = 0

// newWorld makes the world of a plan's seed, and boots it.
func newWorld(p *Plan) *World {
	r := rand.New(rand.NewPCG(p.Seed, 7))
	w := &World{Seed: p.Seed, Kills: p.Kills, m: fake.New(1e9), byEndpoint: map[abi.Endpoint]*life{}, log: p.Log, plant: p.plant}
	w.Kind = Kind(r.IntN(int(kinds)))
	w.killIn, w.killAfter, w.killCause = p.killAt, p.killAfter, abi.CauseKilled
	w.count.Before, w.count.After = map[abi.CallNr]int{}, map[abi.CallNr]int{}
	w.configure(r)
	w.m.Memory, w.m.Born = 1<<30, w.born
	w.m.Archive = program
	w.m.StageStep = w.stageStep
	w.hooks = fake.Hooks{Before: w.before, After: w.after, Line: w.line}
	w.root = w.m.AddRoot().Endpoint
	w.begin()
	return w
}

var program = []byte("ELF")

// configure writes system.conf.
func (w *World) configure(r *rand.Rand) {
	var b strings.Builder
	for i := range 2 + r.IntN(6) {
		s := service{name: "op", burst: 0, boot: true, inc: -1}
		more := ""
		if i != operator {
			s.name = fmt.Sprintf("s%d", i)
			if p := [...]string{"", "period 5ms;", "period 20ms;", "period 200ms;"}[r.IntN(4)]; w.Kind != Calm {
				more = p
			}
			more += [...]string{"backoff 1ms;", "backoff 5ms;", "backoff 2ms 40ms;"}[r.IntN(3)]
			more += fmt.Sprintf("init %dms; stop %dms;", 30+r.IntN(300), 5+r.IntN(20))
			if r.IntN(3) == 0 {
				s.burst, s.window = 2+r.IntN(6), 100*time.Millisecond
				more += fmt.Sprintf("burst %d 100ms;", s.burst)
			} else {
				more += "burst none;"
			}
			if s.boot = r.IntN(6) > 0; !s.boot {
				more += "start manual;"
			}
			if r.IntN(16) == 0 {
				more += "io 3f8:8;" // the second one that has it is refused
			}
			switch r.IntN(6) {
			case 0:
				more += "restart failure;"
			case 1:
				more += "restart never;"
				s.never = true
			}
		} else {
			more = "burst none;"
		}
		s.label, _ = abi.MakeLabel(s.name)
		fmt.Fprintf(&b, "service %s { uid 0; ipc ALL; system BASIC; program p%d; %s };\n", s.name, r.IntN(4), more)
		w.services = append(w.services, s)
	}
	w.conf = b.String()
}

// begin begins a life of the server.
func (w *World) begin() {
	t := w.m.Root()
	w.server = t
	t.Hooks = &w.hooks
	t.Run(func() {
		s, err := server.New(t.Gate(), w)
		if err != nil {
			w.fail("the server does not begin: %v", err)
		}
		s.Run()
	})
}

// end ends the server's life, and begins the next one. Who ends it is somebody else: each time at another place. Nothing is lost by that in a world that is not hostile.
func (w *World) end(c abi.Cause) {
	unsettled := kept.Unsettled(w.m.Kept(abi.AccountRoot))
	if w.Kind != Hostile && unsettled >= server.Patience-1 || unsettled >= mostUnsettled {
		c = abi.CauseKilled // else what was kept is not believed any more, or the machine would start again
	}
	w.harm()
	r := abi.DeathRecord{Cause: c}
	if r.Regs.RIP = uint64(w.lives); w.Kind == Hostile && w.lives/16%2 == 0 { // as if it were the data: always at the same place
		r.Regs.RIP = 0
	}
	w.m.RootDies(r)
	w.killIn, w.staged, w.deaf = 0, 0, false
	w.lives++
	w.lastEnd = w.m.Now()
	w.count.Reborn++
	rung := kept.Choose(w.m.Kept(abi.AccountRoot), server.Patience)
	w.count.Rungs[rung]++
	if rung > kept.Latest {
		w.damaged = true
	}
	if w.killAgain > 0 {
		w.killAgain--
		w.killIn, w.killCause = 1+(w.lives+w.killAgain)%atMost/2, abi.CauseException
	}
	w.begin()
}

// rebornSince tells whether the server has ended since a time.
func (w *World) rebornSince(at uint64) bool { return w.lives > 0 && w.lastEnd >= at }

// behind tells whether there are deaths that the server is not done with.
func (w *World) behind() bool { return len(w.m.Deaths)+len(w.m.Taken) > 0 }

// before is called before each of the server's kernel calls.
func (w *World) before(c fake.Call) (abi.Errno, uint64, bool) {
	if c.Nr == abi.CallReceive {
		w.turns++
		w.m.Root().Yield()
	}
	if w.passIn > 0 {
		if w.passIn--; w.passIn == 0 {
			w.m.Pass(w.m.Now() + uint64(w.pass))
		}
	}
	if w.dieIn > 0 {
		if w.dieIn--; w.dieIn == 0 {
			if v := w.victim(w.dieWho); v != nil {
				w.ends(v, abi.DeathRecord{Cause: causes[w.dieWho>>8%uint32(len(causes))]})
			}
			w.then()
		}
	}
	if w.killIn > 0 {
		if c.Nr == abi.CallKeep && abi.KeepOp(c.Arg[0]) == abi.KeepStage && w.killIn == 1 && c.Arg[3] > abi.PageSize {
			w.staged = 1 + int(w.Seed%3)
		}
		if w.killIn--; w.killIn == 0 && !w.killAfter && w.staged == 0 {
			w.count.Before[c.Nr]++
			w.note("the server ends before call %d %x", c.Nr, c.Arg)
			w.end(w.killCause)
			return 0, 0, false
		}
	}
	if w.plant != nil && w.plant(w, c) {
		return abi.OK, 0, true
	}
	if w.failN > 0 && c.Nr == w.failNr && (c.Nr != abi.CallPrivCtl || abi.PrivOp(c.Arg[0]) == abi.PrivSet) {
		w.failN--
		w.then()
		return w.failWith, 0, true
	}
	return 0, 0, false
}

// then has the server end soon after something that it did not expect, if that was to be.
func (w *World) then() {
	if w.thenKill > 0 && w.Kills && w.killIn == 0 {
		w.killIn, w.killAfter, w.killCause, w.thenKill = w.thenKill, w.thenKill&1 != 0, abi.CauseKilled, 0
	}
}

// after is called after each of them.
func (w *World) after(c fake.Call, _ abi.Errno, _ uint64) {
	if w.killIn == 0 && w.killAfter {
		w.killAfter = false
		w.count.After[c.Nr]++
		w.note("the server ends after call %d %x", c.Nr, c.Arg)
		w.end(w.killCause)
	}
}

// stageStep is called inside a KeepStage.
func (w *World) stageStep(*fake.Task) {
	if w.staged > 0 {
		if w.staged--; w.staged == 0 {
			w.killAfter = false
			w.count.Inside++
			w.note("the server ends inside a KeepStage")
			w.end(w.killCause)
		}
	}
}

// note is for who reads what happens.
func (w *World) note(format string, args ...any) {
	if w.log != nil {
		w.log(fmt.Sprintf("%12d ", w.m.Now()) + fmt.Sprintf(format, args...))
	}
}

// born is the begin of a service's life: no two of one label may run.
func (w *World) born(t *fake.Task) {
	s := w.serviceOf(t.Label())
	if s == nil {
		w.fail("a life of no service: %q", t.Label())
	}
	for slot := range abi.MaxTasks {
		if o := w.m.At(slot); o != nil && o != t && o.Label() == s.name {
			w.fail("two lives of %s: %d and %d", s.name, o.Endpoint, t.Endpoint)
		}
	}
	w.count.Born++
	s.life = &life{of: s, ep: t.Endpoint, inc: t.Info.Incarnation}
	w.byEndpoint[t.Endpoint] = s.life
	w.all = append(w.all, s.life)
	c := &client{w: w, t: t, of: s}
	c.grant, _ = t.Gate().Grant(w.root, w.buffer(s), abi.GrantWrite)
	w.clients[t.Endpoint.Slot()] = c
	w.note("%s lives, incarnation %d, endpoint %d", s.name, s.life.inc, t.Endpoint)
}

func (w *World) serviceOf(label string) *service {
	for i := range w.services {
		if w.services[i].name == label {
			return &w.services[i]
		}
	}
	return nil
}

// buffer is where a service's answers are copied to.
func (w *World) buffer(s *service) []byte {
	if s.name == w.services[operator].name {
		return w.reader.memory()
	}
	return scratch
}

// scratch is what is written to and never read.
var scratch = make([]byte, 1<<16)

// ends ends a service's life by itself.
func (w *World) ends(c *client, r abi.DeathRecord) {
	w.m.Die(c.t, r)
	w.sweep()
}

// sweep notes who has ended.
func (w *World) sweep() {
	for i, c := range w.clients {
		if c == nil || !c.t.Dead() {
			continue
		}
		w.clients[i] = nil
		l := w.byEndpoint[c.t.Endpoint]
		l.dead, l.ended = true, w.m.Now()
		w.count.Ends++
		w.note("%s has ended, incarnation %d", l.of.name, l.inc)
		if c.of == &w.services[operator] && !w.off() {
			w.fail("the operator has ended, which nobody asked for")
		}
		if w.Kind == Calm && !w.settling {
			w.fail("%s has ended, and only the server was to", c.of.name)
		}
	}
}

// off tells whether the machine is going down, or is.
func (w *World) off() bool { return w.reader.shutdown || w.m.Off != nil }

// Archive: all programs are one file, at its begin.

func (w *World) File(name string) ([]byte, bool) {
	if name == server.ConfName {
		return []byte(w.conf), true
	}
	return program, strings.HasPrefix(name, server.ProgramPath)
}

func (w *World) Lookup(name string) (archive.Entry, bool) {
	b, ok := w.File(name)
	return archive.Entry{Name: name, Size: len(b), CRC32C: crc32c.Sum(b)}, ok
}

func (w *World) Check(string) error { return nil }
