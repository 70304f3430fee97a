package sdk

import (
	"time"

	"bennu/kernel/abi"
)

const (
	// ownTag marks the tags of the SDK's own messages: answers, heartbeats, Calls.
	ownTag = 1 << 63
	// MaxTag is the largest tag of an Ask.
	MaxTag = ownTag - 1
	// slice is how long a waiting method leaves pings unanswered at most.
	slice = 20 * time.Millisecond
)

// awaited is the answer that a Call waits for.
type awaited struct {
	from abi.Endpoint
	tag  uint64 // 0: nobody waits
	root bool   // from is the reincarnation server, whose next life may give the answer
	came bool
	sent bool    // it may have been received
	m    abi.Msg // the answer
}

// Call sends the request *m to a task and waits for its answer, which replaces *m. The result is the answer's
// Errno (Arg[0]), or why there is none; m.Type is abi.MsgReply in the first case only. m.Arg[6] is the SDK's:
// it carries a tag, so that the late answer to a Call that gave up is not taken for another one's.
//
// Pings are answered meanwhile. Other messages of the task or of the reincarnation server are handled after
// the handler that called Call has returned. Everything from others, interrupts and the alarm included, waits
// in the kernel.
//
// Any goroutine may call; only itself waits. While other goroutines have work or timers, the driver's own too waits among
// them: then requests of others and interrupts are taken from the kernel meanwhile, and handled after the handler.
//
// Errors: EDEADSRCDST (it is dead, or died before it answered; of one that had the request already this is found out after
// a while, when others wait or have work), ETIMEDOUT (limit is over), ECALLDENIED, ETRAPDENIED, ELOCKED (it waits for this
// driver), EINTR (limit is Forever and the driver is to stop), EAGAIN (too much waits for the handler to return, or
// abi.MaxAsync messages wait with the kernel), and those of the protocol.
//
// EDEADSRCDST, ETIMEDOUT, EINTR and EAGAIN leave open whether the request was done, if it had been received. The methods of RS and Store know of each request
// whether it may be made again, and make it; Call never does.
func (c *Context) Call(to abi.Endpoint, m *abi.Msg, limit time.Duration) abi.Errno {
	e, _ := c.callOpen(to, m, limit)
	return e
}

// callOpen is Call. open: no answer has come, and the request may have been received.
func (c *Context) callOpen(to abi.Endpoint, m *abi.Msg, limit time.Duration) (e abi.Errno, open bool) {
	if own := c.sched.self() == c.owner; !own || !c.alone() {
		return c.callElsewhere(to, m, limit, own)
	}
	return c.callAlone(to, m, limit)
}

// callAlone is Call by sendrec, by which alone statements (RSReady, RSWords, RSFaulted) are answered. The whole task waits.
func (c *Context) callAlone(to abi.Endpoint, m *abi.Msg, limit time.Duration) (e abi.Errno, open bool) {
	before, asked := c.await, *m
	defer func() { c.await = before }()
	e, open = c.call(to, m, limit)
	if e == abi.EAGAIN && m.Type == abi.MsgReply && abi.Why(m.Arg[5]) == abi.WhyTooMany && c.fromRoot(m.Source) {
		*m = asked // the server has a place for it when the driver has taken what waits there
		c.heartbeat()
		e, open = c.call(to, m, limit)
	}
	return e, open
}

// call asks once. *m becomes the answer when that has come.
func (c *Context) call(to abi.Endpoint, m *abi.Msg, limit time.Duration) (e abi.Errno, open bool) {
	c.calls++
	c.await = awaited{from: to, tag: ownTag | c.calls, root: to == c.root}
	req := *m
	req.Arg[6] = c.await.tag
	if e = c.persist(to, &req, limit); e == abi.OK {
		*m = c.await.m
		return abi.Errno(m.Arg[0]), false
	}
	return e, c.await.sent || e == abi.EDEADSRCDST // who dies over a request and who was dead are told alike
}

// persist sends a request and waits until the answer has come. Errors: why it has not.
func (c *Context) persist(to abi.Endpoint, req *abi.Msg, limit time.Duration) abi.Errno {
	end := c.deadline(limit)
	for sent := false; c.later.room(); {
		var e abi.Errno
		if sent, e = c.exchange(to, req, sent, c.sliceUntil(end)); e != abi.OK {
			return e
		}
		switch {
		case c.await.came:
			return abi.OK
		case limit == Forever && c.stop:
			return abi.EINTR
		case c.k.Now() >= end:
			return c.last(to, sent)
		}
	}
	return abi.EAGAIN
}

// exchange sends the request, or, when it was received, waits for the answer; timeout is in ns. Then it looks
// for messages of the reincarnation server.
func (c *Context) exchange(to abi.Endpoint, req *abi.Msg, sent bool, timeout uint64) (bool, abi.Errno) {
	kind, e, m := abi.KindSendA, abi.OK, *req
	if sent {
		kind, e = c.k.Receive(to, timeout, &m)
	} else {
		sent, e = c.k.SendRecTimeout(to, timeout, &m)
	}
	c.await.sent = c.await.sent || sent || e == abi.OK
	switch e {
	case abi.OK:
		sent = true
		c.arrived(&m, kind)
		return sent, abi.OK
	case abi.EAGAIN, abi.ETIMEDOUT:
	case abi.ELOCKED: // it sends to this driver: when that is received, it can go on
		kind, none := c.k.Receive(to, 0, &m)
		if none != abi.OK {
			return sent, e
		}
		c.arrived(&m, kind)
	default:
		return sent, e
	}
	c.attend()
	return sent, abi.OK
}

// last looks once more when the time is over: a message that is there by then has come in time.
func (c *Context) last(to abi.Endpoint, sent bool) abi.Errno {
	for sent && c.later.room() && !c.await.came {
		var m abi.Msg
		kind, e := c.k.Receive(to, 0, &m)
		if e == abi.EAGAIN {
			break
		}
		if e != abi.OK {
			return e
		}
		c.arrived(&m, kind)
	}
	if c.await.came {
		return abi.OK
	}
	return abi.ETIMEDOUT
}

// Sleep waits for d, and lets other goroutines run. On the driver's own pings are answered meanwhile. Errors: EINTR (the driver is
// to stop), EAGAIN (too much waits for the handler to return).
func (c *Context) Sleep(d time.Duration) abi.Errno {
	if c.sched.self() != c.owner {
		time.Sleep(d)
		return abi.OK
	}
	for end := c.deadline(d); c.k.Now() < end && !c.stop; {
		if !c.later.room() {
			return abi.EAGAIN
		}
		if !c.alone() {
			c.sleepAmong(end)
			continue
		}
		var m abi.Msg
		kind, e := c.k.Receive(c.root, c.sliceUntil(end), &m)
		switch e {
		case abi.OK:
			c.arrived(&m, kind)
		case abi.EAGAIN:
		default: // no reincarnation server, no pings: only time is left to wait for
			c.k.Sleep(c.sliceUntil(end))
		}
	}
	if c.stop {
		return abi.EINTR
	}
	return abi.OK
}

func (c *Context) deadline(limit time.Duration) uint64 {
	if limit == Forever {
		return abi.NoTimeout
	}
	return c.k.Now() + uint64(max(limit, 0))
}

func (c *Context) sliceUntil(end uint64) uint64 {
	now := c.k.Now()
	if now >= end {
		return 0
	}
	return min(end-now, uint64(slice))
}

// attend looks, without waiting, for messages of the reincarnation server.
func (c *Context) attend() {
	for i := 0; i < maxRequests && c.later.room() && !c.await.came; i++ {
		var m abi.Msg
		kind, e := c.k.Receive(c.root, 0, &m)
		if e != abi.OK {
			return
		}
		c.arrived(&m, kind)
	}
}

// arrived takes a message within a handler: the Call takes the awaited answer, a ping is answered at once, and
// anything else is kept for the loop. Precondition: later.room.
func (c *Context) arrived(m *abi.Msg, kind abi.ReceiveKind) {
	root := c.fromRoot(m.Source)
	if kind == abi.KindNotify && root {
		c.heartbeat()
		return
	}
	if m.Type == abi.MsgReply && kind != abi.KindNotify && m.Arg[6]&ownTag != 0 {
		w := &c.await
		if m.Arg[6] == w.tag && !w.came && (m.Source == w.from || w.root && root) {
			w.m, w.came = *m, true
		} else {
			c.closes(m)
			c.answers(m)
		}
		return // else it is that of a Call that gave up
	}
	if kind == abi.KindNotify && m.Source == abi.System {
		if m.Arg[0]&abi.SystemAsync != 0 {
			c.takeResults()
		}
		if m.Arg[0]&abi.SystemTrace == 0 {
			return
		}
	}
	if kind != abi.KindNotify && m.Type == abi.RSStop && root {
		c.stop = true
	}
	if !c.later.keep(m, kind, root) {
		c.Log("error", "too many requests at once", "type", Hex(uint64(m.Type)), "from", Dec(uint64(m.Source)), "answer", "EAGAIN")
		c.Reply(m, abi.EAGAIN)
	}
}

// Ask sends a request and does not wait: the answer comes to Replier.Reply with tag in Arg[6]. If the task
// dies before it receives the request, the answer is EDEADSRCDST; if it dies later there is none, so keep an
// alarm or watch events.
//
// An answer of the reincarnation server whose tag is not open (any more) is dropped: a life of its may give again what the one before gave.
//
// Errors: EINVAL (tag above MaxTag), EDEADSRCDST, ECALLDENIED, ETRAPDENIED, EAGAIN (MaxAsync
// messages wait already, or the reincarnation server owes 64 answers).
func (c *Context) Ask(to abi.Endpoint, m *abi.Msg, tag uint64) abi.Errno {
	if tag > MaxTag {
		return abi.EINVAL
	}
	asked := *m
	asked.Arg[6], asked.Seq = tag, 0
	return c.ask(to, tag, &asked)
}

// ask leaves a request with the kernel. Errors: as Ask.
func (c *Context) ask(to abi.Endpoint, tag uint64, m *abi.Msg) abi.Errno {
	if to == c.root && !c.asks.room() {
		return abi.EAGAIN
	}
	e := c.k.SendA(to, tag, m)
	if e == abi.OK && to == c.root {
		c.asks.opens(tag)
	}
	return e
}

// Tell sends a message that wants no answer, without waiting. Errors: as Ask; a death of the task before it
// receives the message is not told.
func (c *Context) Tell(to abi.Endpoint, m *abi.Msg) abi.Errno {
	told := *m
	told.Seq = 0
	return c.k.SendA(to, ownTag, &told)
}

// Asker is the sender of a request, for an answer that is given later.
type Asker struct {
	To  abi.Endpoint
	Tag uint64
	Seq uint64 // of its sendrec; 0: it asked otherwise
}

// Asker is the one to answer for m.
func (c *Context) Asker(m *abi.Msg) Asker { return Asker{m.Source, m.Arg[6], m.Seq} }

// Reply answers m: args become Arg[1] and on (at most five), Arg[6] is the request's.
//
// It never waits. Errors: EDEADSRCDST (the asker died), EAGAIN (it does not receive, and too many
// answers to it wait already: this one is lost, and logged), ECALLDENIED.
func (c *Context) Reply(m *abi.Msg, e abi.Errno, args ...uint64) abi.Errno {
	return c.ReplyTo(c.Asker(m), e, args...)
}

// ReplyTo is Reply to an asker that was kept.
func (c *Context) ReplyTo(a Asker, e abi.Errno, args ...uint64) abi.Errno {
	m := abi.Msg{Type: abi.MsgReply, Seq: a.Seq}
	fill(&m, a.Tag, e, args)
	return c.deliver(a.To, &m)
}

func fill(m *abi.Msg, tag uint64, e abi.Errno, args []uint64) {
	m.Arg[0] = uint64(e)
	copy(m.Arg[1:6], args)
	m.Arg[6] = tag
}

// deliver is ReplyTo of a whole answer.
func (c *Context) deliver(to abi.Endpoint, m *abi.Msg) abi.Errno {
	e := c.post(to, m)
	if e != abi.EAGAIN {
		return e
	}
	if c.owe(to, m) {
		return abi.OK
	}
	c.Log("error", "answer lost", "to", Dec(uint64(to)), "errno", e.Name())
	return e
}
