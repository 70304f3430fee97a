// Package engine makes blocks of faults on a victim, and finds out what each came to. It is told what happens, one event after the
// other, and acts on a World: the injector's task in a machine, a made-up one in tests.
//
// A block: faults are drawn, and armed (arm.go); a workload runs, and what it reaches is activated (stop.go); when it has ended, and the
// victim has come back if it died, the outcome is told (block.go), and the victim made whole again.
package engine

import (
	"math/rand/v2"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/fi/code"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/outcome"
	"bennu/rs/fi/plan"
	"bennu/rs/fi/record"
)

// World is what the engine acts on. Calls that wait for nobody return at once; what they lead to comes as an event.
type World interface {
	Now() time.Duration // since boot
	TSC() uint64

	Trace(classes abi.TraceClass) abi.Errno // what stops the victim's lives, this one and those to come
	Continue(ep abi.Endpoint, how abi.TraceHow) abi.Errno
	SetRegs(ep abi.Endpoint, r *abi.Registers) abi.Errno
	Read(ep abi.Endpoint, va uint64, b []byte) abi.Errno
	Write(ep abi.Endpoint, va uint64, b []byte) abi.Errno
	Areas(ep abi.Endpoint) []abi.TraceArea
	Lines() []uint32
	Raise(ep abi.Endpoint, line uint32) abi.Errno
	Lose(ep abi.Endpoint, line uint32, n uint64) abi.Errno
	Ceiling(pages uint64) abi.Errno
	Pages(ep abi.Endpoint) uint64 // that its account has
	Watch(ep abi.Endpoint, va, access, bytes uint64) abi.Errno
	Kill(ep abi.Endpoint) abi.Errno
	KillAnother(r *rand.Rand) (label string, e abi.Errno)
	Verify() abi.Errno // the victim's executable and snapshot are what they were
	Left() string      // what the kernel keeps of lives that have ended, in words; "": nothing

	Work(ops int, limit time.Duration, seed uint64) // Worked follows
	Others(limit time.Duration)                     // Checked follows
	Refresh()                                       // Born and Ready follow, or Refused
	Alarm(d time.Duration)                          // Alarm follows; 0: none
	Put(f record.Frame)
	Over(words string) // the plan is done, or cannot go on
}

// Target is the victim's code.
type Target interface {
	// Draw is an instruction that is drawn uniformly among those of the plan's strata where a type applies, or among those of them that were
	// reached; nil: there is none.
	Draw(t int, reached bool, r *rand.Rand) *code.Inst
	// At is the instruction at an address that Draw gave.
	At(addr uint64) *code.Inst
	// Planted is the text with Breakpoint as the first byte of each instruction of the plan's strata that was not reached. First is what belongs
	// there; Reached notes that it was reached. false: it is the address of none of these.
	Planted() (addr uint64, text []byte)
	First(addr uint64) []byte
	Reached(addr uint64) bool
	Hello(h *record.Hello)
}

// phase is what the engine waits for.
type phase uint8

const (
	starting phase = iota // the victim, before the first block
	golden                // the run without faults, that shows which sites are reached
	working               // a block's workload
	coming                // the victim's next life
	trying                // a few operations on that
	checking              // the other services
	mending               // a life without faults, before the next block
	proving               // a few operations on that, after a block whose operations were not all right
	over
)

var phases = [...]string{"starting", "golden", "working", "coming", "trying", "checking", "mending", "proving", "over"}

// Limits. Each is much longer than what it waits for takes, and ends in an outcome, not in silence.
const (
	lifeLimit = 2 * time.Second       // until a life is ready, backoffs of the reincarnation server included
	grace     = 50 * time.Millisecond // in which a victim that did not answer may be found out and die
	tries     = 4                     // operations that show that a life works
)

// Engine is the state of a plan.
type Engine struct {
	w     World
	plan  plan.Plan
	types []fault.Type
	code  Target

	phase  phase
	ep     abi.Endpoint // of the victim's life; None: there is none
	life   uint32
	warm   bool
	ready  bool
	mended bool // the life has no faults
	stops  uint64

	explored int  // times that breakpoints were set for the golden run
	failed   int  // of its workload
	lost     bool // one of them died

	block    uint32
	done     uint32
	deserted bool          // the workload, or the injector, is gone
	prove    bool          // the next life without faults has to show that it works
	refused  abi.Errno     // what the reincarnation server refused a refresh with, that this phase waits for
	lies     string        // told between two blocks; the next one's
	call     call          // that the victim makes
	due      time.Duration // when the alarm comes
	b        block
}

// block is what is known of the block that is made.
type block struct {
	faults  []armed
	sites   map[uint64]int // address → the fault that waits there
	classes abi.TraceClass
	births  []int // the faults that wait for a birth; the first has the next one
	lives   int   // that these end
	seen    outcome.Seen
	where   string // the first operation that was not right
	end     record.End
	rounds  int          // of coming and trying
	expect  []string     // other services whose deaths are the block's doing
	down    []string     // those that died so, and are not back
	ended   bool         // the life was ended, so that there is a birth, and its death has not been told yet
	toStop  bool         // it is to be, when the victim has been seen to make a call: what it is in already is not traced
	judge   judgement    // of what the block has left to later lives
	ends    int          // lives that have ended since judging began
	forced  int          // 1: the life was ended, since the workload did not, and its death has not been told yet; 2: it has
	healed  bool         // what it has left was noticed once, and then no more
	stopped bool         // the reincarnation server was asked to stop the victim, by a fault
	held    abi.Endpoint // a life that goes on when the alarm comes; None: none
	capped  bool         // its memory
}

// judgement is how far a block of a plan that says prove is judged.
type judgement uint8

const (
	unjudged judgement = iota
	judging            // a life without faults is to come, and to show that it works
	twice              // it has not, and has another time to
	judged
)

func newBlock() block {
	return block{sites: map[uint64]int{}, held: abi.None}
}

// armed is one fault of a block.
type armed struct {
	record.Fault
	made bool // the plan has it made
	kind fault.Type
	rand *rand.Rand
	wait int  // AtCall, AtReturn: so many calls more
	did  int  // AtBirth: to so many lives
	told bool // by a watch, when it is met
}

// New is the engine of a plan. types are those of the plan, lists expanded: a fault's type is drawn among them.
func New(w World, p plan.Plan, types []fault.Type, target Target) *Engine {
	e := &Engine{w: w, plan: p, types: types, code: target, ep: abi.None, block: p.First}
	e.b = newBlock()
	return e
}

// Start begins: ep is the victim's life, which is ready.
func (e *Engine) Start(ep abi.Endpoint, life uint32) {
	e.ep, e.life, e.ready, e.mended = ep, life, true, true
	if err := e.w.Trace(0); err != abi.OK {
		e.quit("attach: " + err.Name())
		return
	}
	if e.plan.Reached {
		e.explore()
		return
	}
	e.hello()
	e.next()
}

func (e *Engine) hello() {
	h := &record.Hello{Plan: e.plan.String()}
	for _, t := range e.types {
		h.Types = append(h.Types, t.Name())
	}
	e.code.Hello(h)
	e.w.Put(h)
}

// maxExplored is how many lives a golden run may take: one that meets many breakpoints may be too late for its pings.
const maxExplored = 32

// maxFailed is how often its workload may fail.
const maxFailed = 4

// explore is the golden run: a breakpoint at every instruction, taken out when it is reached.
func (e *Engine) explore() {
	e.phase = golden
	if e.explored++; e.explored > maxExplored {
		e.quit("golden run: the victim dies again and again without a fault")
		return
	}
	addr, text := e.code.Planted()
	for len(text) > 0 { // in few and large pieces: a victim that stops meanwhile answers no pings
		n := min(len(text), abi.MaxCopy)
		if err := e.w.Write(e.ep, addr, text[:n]); err != abi.OK {
			e.quit("golden run: " + err.Name())
			return
		}
		addr, text = addr+uint64(n), text[n:]
	}
	e.work(e.plan.Ops, golden)
}

// shown ends the golden run: the life that had breakpoints everywhere is replaced. A run that a death interrupted shows less than there is.
func (e *Engine) shown(r Tally) {
	if e.lost {
		e.lost = false
		if e.alive() {
			e.explore()
		}
		return
	}
	if r.Errors+r.Wrong+r.Lost > 0 && e.alive() { // what was late among so many stops is in time when fewer are left
		e.failed++
		if e.failed < maxFailed {
			e.explore()
			return
		}
		e.quit("golden run: the workload fails again and again without a fault")
		return
	}
	e.hello()
	e.renew()
}

// next begins the next block, or ends the plan.
func (e *Engine) next() {
	if e.done == e.plan.Blocks {
		e.quit(e.lies) // that no block has
		return
	}
	e.begin()
}

// Quit ends the plan: the injector cannot go on.
func (e *Engine) Quit(words string) { e.quit(words) }

// quit ends the plan.
func (e *Engine) quit(words string) {
	if e.phase == over {
		return
	}
	e.phase = over
	e.alarm(0)
	e.w.Put(&record.Bye{Blocks: e.done, TSC: e.w.TSC(), Words: words})
	e.w.Over(words)
}

// Breakpoint is INT3. Source: Intel SDM Vol. 2A, "INT n/INTO/INT3/INT1—Call to Interrupt Procedure".
const Breakpoint = 0xcc

var breakpoint = []byte{Breakpoint}
