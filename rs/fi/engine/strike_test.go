package engine

import (
	"math/rand/v2"
	"testing"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault"
	"bennu/rs/fi/message"
	"bennu/rs/fi/plan"
	"bennu/rs/fi/record"
)

// strike is a fault for tests, that does what do does.
type strike struct {
	name  string
	when  fault.When
	lives int
	wants func(nr abi.CallNr, m *abi.Msg) bool
	do    func(v fault.Victim, r *rand.Rand) (string, abi.Errno)
}

func (k strike) Name() string     { return k.name }
func (k strike) Doc() string      { return "" }
func (k strike) When() fault.When { return k.when }
func (k strike) Lives() int       { return max(1, k.lives) }

func (k strike) Wants(nr abi.CallNr, m *abi.Msg) bool {
	if k.wants != nil {
		return k.wants(nr, m)
	}
	return message.Own(nr, m)
}

func (k strike) Strike(v fault.Victim, r *rand.Rand) (string, abi.Errno) { return k.do(v, r) }

// Numbers of the caller's messages, and of its registers.
const (
	request = 0x904
	answer  = abi.MsgReply
	peer    = abi.Endpoint(0x1234)
	after   = base + 6 // its SYSCALL
)

// sent is a message that left, or a receive (of type 0).
type sent struct {
	nr  abi.CallNr
	typ abi.MsgType
}

// caller is a world whose victim is a server: an operation is a message that it receives, and the answer, by one call; and a heartbeat.
type caller struct {
	*world
	page    abi.Msg
	cur     abi.Registers
	killed  bool
	log     []sent
	wrong   int // requests that were not what was sent
	timeout bool
	watch   uint64
	watches []uint64
	ceil    []uint64
	lines   []uint32
	did     func(op int)
	kind    plan.Kind
	early   bool
}

func newCaller(t *testing.T) *caller {
	c := &caller{world: newWorld(t, 1), lines: []uint32{8}}
	c.world.born = c.bornStop
	return c
}

func (c *caller) Read(ep abi.Endpoint, va uint64, b []byte) abi.Errno {
	if va == abi.CallPage && ep == c.ep {
		copy(b, abi.Bytes(&c.page))
		return abi.OK
	}
	if va-base >= sites*size || va-base+uint64(len(b)) > sites*size {
		return abi.EFAULT
	}
	return c.world.Read(ep, va, b)
}

func (c *caller) Write(ep abi.Endpoint, va uint64, b []byte) abi.Errno {
	if va == abi.CallPage && ep == c.ep {
		copy(abi.Bytes(&c.page), b)
		return abi.OK
	}
	return c.world.Write(ep, va, b)
}

func (c *caller) SetRegs(ep abi.Endpoint, r *abi.Registers) abi.Errno {
	c.cur = *r
	return c.world.SetRegs(ep, r)
}

func (c *caller) Kill(ep abi.Endpoint) abi.Errno { c.killed = true; return abi.OK }
func (c *caller) Lines() []uint32                { return c.lines }

func (c *caller) Watch(_ abi.Endpoint, va, kind, _ uint64) abi.Errno {
	c.watch = va
	c.watches = append(c.watches, va)
	return abi.OK
}

func (c *caller) Ceiling(pages uint64) abi.Errno {
	c.ceil = append(c.ceil, pages)
	return abi.OK
}

func (c *caller) Refresh() {
	c.early = c.early || c.e.phase == working && c.went // not from within a stop
	c.later(func() {
		if c.ep == abi.None {
			c.begin()
			return
		}
		log := c.log
		c.page = abi.Msg{Type: request}
		c.call(abi.CallReceive, abi.Msg{Type: abi.RSStop})
		c.log = log
		if c.ep != abi.None {
			c.die(abi.ReasonStopped)
		}
	})
}

func (c *caller) bornStop() (dies bool) {
	c.killed = false
	if c.classes&abi.TraceBirth != 0 {
		c.tell(abi.StopBirth)
	}
	dies, c.killed = c.killed, false
	return dies
}

// tell has the victim be stopped. false: it died.
func (c *caller) tell(why abi.TraceWhy) bool {
	c.went = false
	s := abi.TraceStop{Endpoint: c.ep, Why: why, Regs: c.cur}
	c.e.Stopped(&s)
	if !c.went { // it is held
		c.now, c.on = max(c.now, c.alarm), false
		c.e.Alarm()
	}
	if !c.went {
		c.t.Fatal("a stopped life was not continued")
	}
	if c.killed && why != abi.StopBirth {
		c.killed = false
		c.die(abi.ReasonException)
		return false
	}
	return true
}

// call makes a call with the message that is in the page, and receives in.
func (c *caller) call(nr abi.CallNr, in abi.Msg) (e abi.Errno, value uint64) {
	c.cur = abi.Registers{RIP: after}
	c.cur.GPR[regAX], c.cur.GPR[regDI], c.cur.GPR[regSI] = uint64(nr), uint64(peer), 77
	if c.classes&abi.TraceCalls == 0 {
		c.made(abi.CallNr(c.cur.GPR[regAX]), in)
		return
	}
	for {
		if !c.tell(abi.StopCall) {
			return abi.EDEADSRCDST, 0
		}
		if c.how == abi.TraceSkip {
			break
		}
		c.made(abi.CallNr(c.cur.GPR[regAX]), in)
		c.cur.GPR[regAX], c.cur.GPR[regDX] = uint64(abi.OK), 1
		if c.timeout {
			c.cur.GPR[regAX], c.cur.GPR[regDX] = uint64(abi.EAGAIN), 0
		}
		if !c.tell(abi.StopReturn) {
			return abi.EDEADSRCDST, 0
		}
		if c.cur.RIP == after {
			break
		}
		if c.cur.RIP != after-syscallSize {
			c.t.Fatalf("it goes on at %#x", c.cur.RIP)
		}
		c.cur.RIP = after
	}
	if nr != abi.CallReceive && (c.cur.GPR[regDI] != uint64(peer) || c.cur.GPR[regSI] != 77) {
		c.t.Fatalf("call %d has changed rdi, rsi: %#x, %#x", nr, c.cur.GPR[regDI], c.cur.GPR[regSI])
	}
	return abi.Errno(c.cur.GPR[regAX]), c.cur.GPR[regDX]
}

func (c *caller) made(nr abi.CallNr, in abi.Msg) {
	s := sent{nr: nr}
	if message.Sends(nr) {
		s.typ = c.page.Type
	}
	c.log = append(c.log, s)
	if message.Receives(nr) && !c.timeout {
		c.page = in
	}
}

func (c *caller) Work(ops int, _ time.Duration, _ uint64) {
	c.later(func() {
		var t Tally
		for op := range ops {
			if c.killed {
				c.killed = false
				c.die(abi.ReasonException)
			}
			c.deliver()
			if c.ep == abi.None {
				t.Lost++
				continue
			}
			c.page = abi.Msg{Type: abi.RSHeartbeat}
			c.call(abi.CallSendRec, abi.Msg{Type: abi.MsgReply})
			c.page = abi.Msg{Type: answer, Arg: [7]uint64{1, 2, 3}}
			c.call(abi.CallReplyReceive, abi.Msg{Type: request, Arg: [7]uint64{uint64(op)}})
			if c.page != (abi.Msg{Type: request, Arg: [7]uint64{uint64(op)}}) {
				c.wrong++
			}
			if c.did != nil {
				c.did(op)
			}
			t.Right++
		}
		c.e.Worked(t)
	})
}

// run has a plan of blocks with faults of these kinds be made.
func (c *caller) run(faults int, blocks uint32, kinds ...strike) {
	var types []fault.Type
	for _, k := range kinds {
		types = append(types, k)
	}
	p := aPlan(faults, blocks)
	p.Kind = c.kind
	c.e = New(c, p, types, &target{})
	c.e.Start(c.ep, 0)
	for !c.over {
		if len(c.queue) > 0 {
			f := c.queue[0]
			c.queue = c.queue[1:]
			f()
			continue
		}
		if !c.on {
			c.t.Fatalf("nothing is going to happen any more, in phase %s of block %d", phases[c.e.phase], c.e.block)
		}
		c.now, c.on = max(c.now, c.alarm), false
		c.e.Alarm()
	}
	if c.words != "" {
		c.t.Fatalf("the plan ended early: %s", c.words)
	}
}

// faults are the records of the faults.
func (c *caller) faults() (list []*record.Fault) {
	for _, f := range c.frames {
		if f, ok := f.(*record.Fault); ok {
			list = append(list, f)
		}
	}
	return list
}

func (c *caller) count(nr abi.CallNr, typ abi.MsgType) (n int) {
	for _, s := range c.log {
		if s == (sent{nr, typ}) {
			n++
		}
	}
	return n
}
