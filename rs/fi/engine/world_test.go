package engine

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/fi/code"
	"bennu/rs/fi/plan"
	"bennu/rs/fi/record"
)

// The made-up victim: sites instructions of size bytes from base on. What a changed one does when it is executed depends on its bytes.
const (
	base  = 0x40200000
	sites = 200
	size  = 4
)

// What executing a changed instruction does: faulted & 7.
const (
	doesCrash = 0
	doesHang  = 1 // it is found out by missed heartbeats
	doesWrong = 2
	doesLoss  = 3 // it answers no operation, but pings
	doesError = 4
)

// world is a machine of one victim, for tests: it does what the engine asks, in the order of a machine.
type world struct {
	t     *testing.T
	e     *Engine
	r     *rand.Rand // what a machine draws by itself: which instructions an operation executes
	now   time.Duration
	text  []byte
	ep    abi.Endpoint
	life  uint32
	queue []func()
	alarm time.Duration
	on    bool

	regs    abi.Registers
	how     abi.TraceHow
	went    bool
	classes abi.TraceClass
	fatal   int                // lives in a row that die before they are ready
	luck    *rand.Rand         // draws that, too; nil: nothing
	born    func() (dies bool) // a life begins; nil: nobody looks
	giveUp  bool
	damaged bool
	stale   bool // what the lives of a block inherit: those that are tried after a death answer wrongly
	left    string
	others  []string
	frames  []record.Frame
	limits  []time.Duration // of one operation, of each workload
	stained bool            // nothing answers rightly any more, whatever life it is
	stains  bool            // a wrong answer does that
	late    int             // workloads that lose an operation
	over    bool
	words   string

	crashes, hangs, wrongs, losses, errors int // that the victim really had, in the block
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{t: t, r: rand.New(rand.NewPCG(seed, 99)), ep: 64}
	w.text = original()
	return w
}

func original() []byte {
	b := make([]byte, sites*size)
	for i := range b {
		b[i] = byte(i*7 + i/size)
		if b[i] == 0xcc {
			b[i] = 0x90
		}
	}
	return b
}

func (w *world) Now() time.Duration { return w.now }
func (w *world) TSC() uint64        { return uint64(w.now) }

func (w *world) Trace(c abi.TraceClass) abi.Errno { w.classes = c; return abi.OK }

func (w *world) Continue(ep abi.Endpoint, how abi.TraceHow) abi.Errno {
	w.how, w.went = how, true
	return abi.OK
}

func (w *world) SetRegs(ep abi.Endpoint, r *abi.Registers) abi.Errno { w.regs = *r; return abi.OK }

func (w *world) Read(ep abi.Endpoint, va uint64, b []byte) abi.Errno {
	if ep != w.ep {
		return abi.EDEADSRCDST
	}
	if va-base < uint64(len(w.text)) {
		copy(b, w.text[va-base:])
	}
	return abi.OK
}

func (w *world) Write(ep abi.Endpoint, va uint64, b []byte) abi.Errno {
	if ep != w.ep {
		return abi.EDEADSRCDST
	}
	if va-base < uint64(len(w.text)) {
		copy(w.text[va-base:], b)
	}
	return abi.OK
}

func (w *world) Areas(abi.Endpoint) []abi.TraceArea                       { return nil }
func (w *world) Lines() []uint32                                          { return []uint32{8} }
func (w *world) Raise(abi.Endpoint, uint32) abi.Errno                     { return abi.OK }
func (w *world) Lose(abi.Endpoint, uint32, uint64) abi.Errno              { return abi.OK }
func (w *world) Ceiling(uint64) abi.Errno                                 { return abi.OK }
func (w *world) Pages(abi.Endpoint) uint64                                { return 10 }
func (w *world) Watch(_ abi.Endpoint, va, access, bytes uint64) abi.Errno { return abi.OK }
func (w *world) Kill(abi.Endpoint) abi.Errno {
	w.later(func() { w.die(abi.ReasonException) })
	return abi.OK
}
func (w *world) KillAnother(*rand.Rand) (string, abi.Errno) { return "kbd", abi.OK }

func (w *world) Verify() abi.Errno {
	if w.damaged {
		return abi.EIO
	}
	return abi.OK
}

func (w *world) Left() string { return w.left }

func (w *world) later(f func()) { w.queue = append(w.queue, f) }

func (w *world) Work(ops int, limit time.Duration, seed uint64) {
	w.limits = append(w.limits, limit)
	if w.late > 0 {
		w.late--
		w.later(func() { w.e.Worked(Tally{Right: ops - 1, Lost: 1}) })
		return
	}
	w.later(func() { w.e.Worked(w.work(ops, limit)) })
}

// work does operations on whatever lives, as rs/load does: those that a death interrupts are made again on the next life.
func (w *world) work(ops int, limit time.Duration) (t Tally) {
	for range ops {
		for try := 0; ; try++ {
			w.now += 10 * time.Microsecond
			bad := w.operate(&t, limit)
			if !bad || try > 10 {
				break
			}
			w.deliver() // the next life comes meanwhile
			if w.ep == abi.None {
				t.Lost++
				break
			}
		}
	}
	return t
}

// operate is one operation: it executes some instructions. true: the victim died of it.
func (w *world) operate(t *Tally, limit time.Duration) (died bool) {
	if w.stained {
		t.Wrong++
		t.Where = "silent at 1"
		return w.ep == abi.None
	}
	if w.ep == abi.None {
		return true
	}
	for range 8 {
		at := w.r.IntN(sites/2) * size // the other half is never reached
		if w.text[at] == 0xcc {
			w.stop(at)
		}
		if w.ep == abi.None {
			return true
		}
		now := w.text[at : at+size]
		if bytes.Equal(now, original()[at:at+size]) {
			continue
		}
		switch now[size-1] & 7 {
		case doesCrash:
			w.crashes++
			w.die(abi.ReasonException)
			return true
		case doesHang:
			w.hangs++
			w.now += limit
			t.Lost++
			hung := w.ep
			w.later(func() {
				if w.ep == hung {
					w.die(abi.ReasonNoHeartbeat)
				}
			})
			return false
		case doesWrong:
			w.wrongs++
			w.stained = w.stains
			t.Where = "silent at 0"
			t.Wrong++
			t.FirstNS = uint64(w.now)
			return false
		case doesLoss:
			w.losses++
			w.now += limit
			t.Lost++
			return false
		case doesError:
			w.errors++
			t.Errors++
			return false
		}
	}
	if w.stale && w.e.phase == trying {
		t.Wrong++
		t.FirstNS = uint64(w.now)
		return false
	}
	t.Right++
	return false
}

// stop is the victim at a breakpoint.
func (w *world) stop(at int) {
	w.went = false
	s := abi.TraceStop{Endpoint: w.ep, Why: abi.StopBreak, Vector: 3}
	s.Regs.RIP = uint64(base + at + 1)
	w.e.Stopped(&s)
	switch {
	case !w.went:
		w.t.Fatal("a stopped life was not continued")
	case w.how == abi.TracePass:
		w.die(abi.ReasonException)
	case w.regs.RIP != uint64(base+at):
		w.t.Fatalf("it goes on at %#x, not at %#x", w.regs.RIP, base+at)
	case w.text[at] == 0xcc:
		w.t.Fatal("it goes on at the breakpoint")
	}
}

// die ends the victim, and has its next life begin, as the reincarnation server does.
func (w *world) die(why abi.Reason) {
	if w.ep == abi.None {
		return
	}
	if w.luck != nil && w.luck.IntN(8) == 0 && w.fatal == 0 {
		w.fatal = w.luck.IntN(3)
	}
	old := w.ep
	w.ep = abi.None
	w.event(abi.Event{Kind: abi.EventDeath, Reason: why, Endpoint: old, Incarnation: w.life, FaultNS: uint64(w.now)})
	if w.giveUp {
		w.giveUp = false
		w.event(abi.Event{Kind: abi.EventGiveUp})
		return
	}
	w.later(w.begin)
}

func (w *world) begin() {
	w.life++
	w.ep = abi.Endpoint(64 + w.life)
	w.text = original()
	w.event(abi.Event{Kind: abi.EventStart, Endpoint: w.ep, Incarnation: w.life, Warm: 1})
	if w.born != nil && w.born() {
		w.die(abi.ReasonInitFailed)
		return
	}
	if w.fatal > 0 {
		w.fatal--
		w.die(abi.ReasonInitFailed)
		return
	}
	w.event(abi.Event{Kind: abi.EventReady, Endpoint: w.ep, Incarnation: w.life, Warm: 1})
}

func (w *world) event(ev abi.Event) {
	ev.TimeNS = uint64(w.now)
	w.e.Happened("rtc", &ev)
}

func (w *world) Others(time.Duration) {
	failed := w.others
	w.others = nil
	w.later(func() { w.e.Checked(failed) })
}

func (w *world) Refresh() {
	w.later(func() {
		if w.ep != abi.None {
			w.die(abi.ReasonStopped)
		} else {
			w.begin()
		}
	})
}

func (w *world) Alarm(d time.Duration) { w.on, w.alarm = d != 0, w.now+d }

// Put keeps what a reader of the stream would see: the engine uses its frames again.
func (w *world) Put(f record.Frame) {
	got, rest, err := record.Next(record.Append(nil, f))
	if err != nil || len(rest) > 0 {
		w.t.Fatal(err)
	}
	w.frames = append(w.frames, got)
}

func (w *world) Over(words string) { w.over, w.words = true, words }

// deliver does what waits now, not what that leads to.
func (w *world) deliver() {
	q := w.queue
	w.queue = nil
	for _, f := range q {
		f()
	}
}

// run has the machine go on until the plan is over.
func (w *world) run(p plan.Plan, types ...kind) {
	w.e = New(w, p, asTypes(types), &target{})
	w.e.Start(w.ep, 0)
	for i := 0; !w.over; i++ {
		if len(w.queue) > 0 {
			f := w.queue[0]
			w.queue = w.queue[1:]
			f()
			continue
		}
		if !w.on {
			w.t.Fatalf("nothing is going to happen any more, in phase %s of block %d", phases[w.e.phase], w.e.block)
		}
		w.now, w.on = max(w.now, w.alarm), false
		w.e.Alarm()
	}
}

// target is the made-up victim's code: all sites are the run-time's but the first 40.
type target struct{ reached [sites]bool }

func (g *target) list(reached bool) (n []int) {
	for i := range sites {
		if !reached || g.reached[i] {
			n = append(n, i)
		}
	}
	return n
}

func (g *target) Draw(_ int, reached bool, r *rand.Rand) *code.Inst {
	list := g.list(reached)
	return g.At(base + uint64(list[r.IntN(len(list))]*size))
}

func (g *target) At(addr uint64) *code.Inst {
	i := int(addr - base)
	return &code.Inst{Addr: addr, Bytes: original()[i : i+size], Func: &code.Func{Stratum: code.Runtime}}
}

func (g *target) Planted() (uint64, []byte) {
	text := original()
	for i := range sites {
		if !g.reached[i] {
			text[i*size] = Breakpoint
		}
	}
	return base, text
}

func (g *target) First(addr uint64) []byte { return original()[addr-base : addr-base+1] }

func (g *target) Reached(addr uint64) bool {
	i := (addr - base) / size
	if i < sites {
		g.reached[i] = true
	}
	return i < sites && (addr-base)%size == 0
}

func (g *target) Hello(h *record.Hello) { h.TextBase, h.TextSize = base, sites*size }
