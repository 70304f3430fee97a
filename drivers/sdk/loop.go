package sdk

import (
	"time"

	"bennu/kernel/abi"
	"bennu/kernel/usys"
)

// Exit statuses that the SDK itself uses.
const (
	ExitInit    = 1 // Init failed, or the reincarnation server refused it
	ExitPanic   = 2 // a handler panicked
	ExitReceive = 3 // the kernel let the driver receive no more
)

const readyLimit = 10 * time.Second

// Start begins a driver's life: Init, then the answer to the reincarnation server. Run does
// it; host tests do it with the gate of a kernel/fake. c.Over tells whether it failed.
func Start(k usys.Gate, d Driver) (c *Context) {
	c = newContext(k, d)
	defer c.guard()
	if c.start.Magic != abi.StartMagic || c.start.Version != abi.Version {
		c.Log("error", "the kernel's ABI is another", "version", Dec(uint64(c.start.Version)), "want", Dec(abi.Version))
		c.end(ExitInit, abi.ExitNormal)
		return c
	}
	c.keep()
	err := d.Init(c)
	if err != nil {
		c.Log("error", "init failed", "why", err.Error())
	}
	m := abi.Msg{Type: abi.RSReady, Arg: [7]uint64{uint64(errnoOf(err))}}
	e := c.say(&m, wordsOf(err), readyLimit)
	if e != abi.OK {
		c.Log("error", "ready was not accepted", "errno", e.Name())
	}
	if err != nil || e != abi.OK {
		c.end(ExitInit, abi.ExitNormal)
	}
	return c
}

// keepTurns is how many turns goroutines that package initialisation has begun get to come to rest.
const keepTurns = 32

// keep makes the driver's memory, as it is before Init, what later lives of the service begin with: they go on here, and what the context
// knows of the life is read again. Where goroutines have something to do, or timers run, there is none: they would be late, and wrong.
func (c *Context) keep() {
	for range keepTurns {
		if c.sched.others() != 0 {
			break
		}
		c.sched.yield()
	}
	if c.sched.others() != noWork {
		c.Log("info", "no snapshot: package initialisation or main has begun a goroutine or a timer that is not done")
		return
	}
	c.k.Snapshot() // any error: later lives begin as this one did
	c.root = c.start.Root
}

// say sends a message to the reincarnation server with words that it may read until it has answered.
func (c *Context) say(m *abi.Msg, words string, limit time.Duration) abi.Errno {
	n := copy(c.words[:], words)
	if n > 0 {
		if id, ok := c.k.Grant(c.root, c.words[:n], abi.GrantRead); ok {
			m.Arg[1], m.Arg[2] = uint64(id), uint64(n)
			defer c.k.Revoke(id)
		}
	}
	e, _ := c.callAlone(c.root, m, limit) // to say it twice does no harm (abi.RSRequest), and the next life of the server answers it
	return e
}

// Over tells whether the driver has ended, and how.
func (c *Context) Over() (over bool, status uint64, kind abi.ExitKind) {
	return c.over, c.status, c.kind
}

// Step is one turn of the loop, for host tests.
func (c *Context) Step() {
	defer c.guard()
	c.turn()
}

// loop is all turns. One guard for all of them: a recovered panic ends the driver.
func (c *Context) loop() {
	defer c.guard()
	for !c.over {
		c.turn()
	}
}

func (c *Context) end(status uint64, kind abi.ExitKind) {
	c.flush()
	c.over, c.status, c.kind = true, status, kind
}

// turn receives and handles one message.
func (c *Context) turn() {
	m := &c.in
	kind, e := c.receive(m)
	switch e {
	case abi.OK:
		c.dispatch(m, kind)
	case abi.EAGAIN:
	default:
		c.Log("error", "receive failed", "errno", e.Name())
		c.end(ExitReceive, abi.ExitPanic)
	}
}

// receive takes the next message: what a waiting method put off first.
func (c *Context) receive(m *abi.Msg) (abi.ReceiveKind, abi.Errno) {
	if c.asker != 0 {
		if kind, came := c.replyReceive(m); came {
			return kind, abi.OK
		}
	}
	if !c.later.empty() {
		return c.later.next(m, c.root), abi.OK
	}
	if c.fetch || c.unread {
		c.resume()
		return 0, abi.EAGAIN
	}
	timeout := uint64(abi.NoTimeout)
	if len(c.owed) > 0 {
		timeout = c.settle()
	}
	if c.alone() {
		return c.k.Receive(abi.Any, timeout, m)
	}
	return c.receiveAmong(timeout, m)
}

// resume takes what there was no room for.
func (c *Context) resume() {
	if c.unread {
		c.takeResults()
	}
	if c.fetch {
		c.heartbeat()
	}
}

// receiveAmong is the loop's receive while other goroutines have work, timers or Calls.
func (c *Context) receiveAmong(timeout uint64, m *abi.Msg) (abi.ReceiveKind, abi.Errno) {
	end := c.nextProbe()
	if timeout != abi.NoTimeout {
		end = min(end, c.k.Now()+timeout)
	}
	c.enter()
	defer c.leave()
	kind, e := c.among(end, m, never)
	if e == abi.EAGAIN {
		c.probe(m)
	}
	return kind, e
}

func (c *Context) dispatch(m *abi.Msg, kind abi.ReceiveKind) {
	switch {
	case kind == abi.KindNotify:
		c.notified(m)
	case m.Type == abi.MsgReply:
		c.answered(m)
	case c.fromRoot(m.Source) && c.ordered(m):
	default:
		c.d.Message(c, m, kind)
	}
}

// fromRoot tells whether ep is the reincarnation server, and follows it into its next life.
func (c *Context) fromRoot(ep abi.Endpoint) bool {
	if ep == c.root {
		return true
	}
	if ep.Slot() != c.root.Slot() {
		return false
	}
	c.root = ep
	return true
}

func (c *Context) notified(m *abi.Msg) {
	switch m.Source {
	case abi.Hardware:
		c.interrupted(m.Arg[0])
	case abi.Clock:
		if a, ok := c.alarmer.of(c.d); ok {
			a.Alarm(c)
		}
	case abi.System:
		if m.Arg[0]&abi.SystemAsync != 0 {
			c.takeResults()
		}
		if t, ok := c.tracer.of(c.d); ok && m.Arg[0]&abi.SystemTrace != 0 {
			t.Traced(c)
		}
	default:
		if c.fromRoot(m.Source) {
			c.heartbeat()
		} else if c.storeNotified(m.Source) {
		} else if n, ok := c.notifier.of(c.d); ok {
			n.Notified(c, m.Source)
		}
	}
}

// interrupted hands the interrupts over, then lets them come again.
func (c *Context) interrupted(bits uint64) {
	if c.interrupter != nil {
		c.interrupter.Interrupt(c, bits)
	}
	for i := uint(0); i < c.nIRQs; i++ {
		if bits>>i&1 != 0 {
			c.k.IRQEnable(c.irqs[i])
		}
	}
}

// heartbeat answers a ping, and takes what the reincarnation server keeps for the driver: each heartbeat is
// answered with the next message, or with none. It never waits for long: the server never blocks on a driver.
func (c *Context) heartbeat() {
	for c.fetch = false; !c.mute; {
		if !c.later.room() { // the server keeps the rest until the handler has returned
			c.fetch = true
			c.k.Send(c.root, &abi.Msg{Type: abi.RSHeartbeat})
			return
		}
		c.calls++
		tag := ownTag | c.calls
		m := abi.Msg{Type: abi.RSHeartbeat, Arg: [7]uint64{6: tag}}
		if e := c.k.SendRec(c.root, &m); e != abi.OK {
			return
		}
		if m.Type == abi.MsgReply && m.Arg[6] == tag {
			return
		}
		c.arrived(&m, abi.KindSendNB)
	}
}

// ordered does what the reincarnation server tells every driver. False: it is for the driver.
func (c *Context) ordered(m *abi.Msg) bool {
	switch m.Type {
	case abi.RSStop:
		if s, ok := c.d.(Stopper); ok {
			s.Stop(c)
		}
		c.end(0, abi.ExitNormal)
	case abi.RSNews:
		if n, ok := c.newser.of(c.d); ok {
			n.News(c, m.Arg[0])
		}
	case abi.DriverFault:
		c.misbehave(m.Arg[0], m.Arg[6])
	default:
		return false
	}
	return true
}

// misbehave answers an order to do so, and then does it: afterwards it may be too late.
func (c *Context) misbehave(way, number uint64) {
	f, ok := c.d.(Faulter)
	e := abi.ENOSYS
	if ok {
		e = f.CanFault(way)
	}
	m := abi.Msg{Type: abi.RSFaulted, Arg: [7]uint64{uint64(e), number}}
	c.callAlone(c.root, &m, rsLimit)
	if e == abi.OK {
		f.Fault(c, way)
	}
}

// answered takes an answer: to an Ask, to the Call of another goroutine, or to one that gave up.
func (c *Context) answered(m *abi.Msg) {
	open := c.closes(m)
	switch {
	case m.Arg[6]&ownTag != 0:
		c.answers(m)
	case !open: // the server's life before this one has given it
	case c.replier != nil:
		c.replier.Reply(c, m)
	}
}

// closes tells whether m answers what is open, as far as that is known: of the reincarnation server's answers.
func (c *Context) closes(m *abi.Msg) bool { return !c.fromRoot(m.Source) || c.asks.closes(m) }

// takeResults turns failed asynchronous requests into answers, which the loop finds. What there is no room for stays with
// the kernel until there is.
func (c *Context) takeResults() {
	for i := 0; i < abi.MaxAsync; i++ {
		if c.unread = !c.later.room(); c.unread {
			return
		}
		var r abi.AsyncResult
		if _, e := c.k.GetInfo(abi.InfoAsync, 0, abi.Bytes(&r)); e != abi.OK {
			return
		}
		if r.Tag&ownTag != 0 {
			c.failed(r.Tag, r.Errno)
			continue
		}
		c.later.keep(&abi.Msg{Source: r.To, Type: abi.MsgReply, Arg: [7]uint64{0: uint64(r.Errno), 6: r.Tag}}, abi.KindSendA, false)
	}
}
