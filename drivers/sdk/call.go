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

// Call sends the request *m to a task and waits for its answer, which replaces *m. The result
// is the answer's Errno (Arg[0]), or why there is none; m.Type is abi.MsgReply in the first
// case only. m.Arg[6] is the SDK's: it carries a tag, so that the late answer of a Call
// that gave up is not taken for another's.
//
// Pings are answered meanwhile; whatever else comes from the task or from the reincarnation
// server is handled after the handler that called Call has returned.
//
// Errors: EDEADSRCDST (it is dead, or died before it answered), ETIMEDOUT (limit is over),
// ECALLDENIED, ETRAPDENIED, ELOCKED (it waits for this driver), EINTR (limit is Forever and
// the driver is to stop), and those of the protocol.
func (c *Context) Call(to abi.Endpoint, m *abi.Msg, limit time.Duration) abi.Errno {
	c.calls++
	tag := ownTag | c.calls
	end := c.deadline(limit)
	sent := false
	for {
		kind, e := abi.KindSendA, abi.OK
		if sent {
			kind, e = c.k.Receive(to, c.sliceUntil(end), &c.side)
		} else {
			c.side = *m
			c.side.Arg[6] = tag
			sent, e = c.k.SendRec(to, c.sliceUntil(end), &c.side)
		}
		switch e {
		case abi.OK:
			sent = true
			if kind != abi.KindNotify && c.side.Type == abi.MsgReply && c.side.Arg[6] == tag {
				*m = c.side
				return abi.Errno(m.Arg[0])
			}
			c.putOff(kind)
		case abi.EAGAIN, abi.ETIMEDOUT:
			c.attend()
		default:
			return e
		}
		if limit == Forever && c.stop {
			return abi.EINTR
		}
		if c.k.Now() >= end {
			return abi.ETIMEDOUT
		}
	}
}

// Sleep waits for d. Pings are answered meanwhile. Errors: EINTR (the driver is to stop).
func (c *Context) Sleep(d time.Duration) abi.Errno {
	for end := c.deadline(d); c.k.Now() < end && !c.stop; {
		kind, e := c.k.Receive(c.root, c.sliceUntil(end), &c.side)
		switch e {
		case abi.OK:
			c.putOff(kind)
		case abi.EAGAIN:
		default: // no reincarnation server, no pings: only time is left to wait for
			c.k.Receive(abi.Self, c.sliceUntil(end), &c.side)
		}
	}
	if c.stop {
		return abi.EINTR
	}
	return abi.OK
}

func (c *Context) deadline(limit time.Duration) uint64 {
	now := c.k.Now()
	if limit == Forever {
		return abi.NoTimeout
	}
	return now + uint64(max(limit, 0))
}

func (c *Context) sliceUntil(end uint64) uint64 {
	now := c.k.Now()
	if now >= end {
		return 0
	}
	return min(end-now, uint64(slice))
}

// attend looks, without waiting, for what the reincarnation server wants.
func (c *Context) attend() {
	for i := 0; i < len(c.later.m); i++ {
		kind, e := c.k.Receive(c.root, 0, &c.side)
		if e != abi.OK {
			return
		}
		c.putOff(kind)
	}
}

// putOff keeps c.side for the loop; a ping is answered at once.
func (c *Context) putOff(kind abi.ReceiveKind) {
	m := &c.side
	if kind == abi.KindNotify && c.fromRoot(m.Source) {
		c.heartbeat()
		return
	}
	if m.Type == abi.MsgReply && m.Arg[6]&ownTag != 0 {
		return // of a Call that gave up
	}
	if kind != abi.KindNotify && m.Type == abi.RSStop && c.fromRoot(m.Source) {
		c.stop = true
	}
	if _, ok := c.d.(program); ok {
		c.dispatch(m, kind)
		return
	}
	if !c.later.push(m, kind) {
		c.Log("error", "too much at once, dropped", "type", Hex(uint64(m.Type)), "from", Dec(uint64(m.Source)))
		if kind != abi.KindNotify && m.Type != abi.MsgReply {
			c.Reply(m, abi.EAGAIN)
		}
	}
}

// Ask sends a request and does not wait: the answer comes to Replier.Reply with tag in
// Arg[6]. A task that dies before it received the request is an answer with EDEADSRCDST; one
// that dies later is none, so keep an alarm or watch events.
//
// Errors: EINVAL (tag above MaxTag), EDEADSRCDST, ECALLDENIED, ETRAPDENIED, EAGAIN (MaxAsync
// messages wait already).
func (c *Context) Ask(to abi.Endpoint, m *abi.Msg, tag uint64) abi.Errno {
	if tag > MaxTag {
		return abi.EINVAL
	}
	c.out = *m
	c.out.Arg[6] = tag
	return c.k.SendA(to, tag, &c.out)
}

// Tell sends a message that wants no answer, without waiting. Errors: as Ask; that the task
// died before it received it is not told.
func (c *Context) Tell(to abi.Endpoint, m *abi.Msg) abi.Errno {
	c.out = *m
	return c.k.SendA(to, ownTag, &c.out)
}

// Asker is whom a request came from, for an answer that is given later.
type Asker struct {
	To  abi.Endpoint
	Tag uint64
}

// Asker is the one to answer for m.
func (c *Context) Asker(m *abi.Msg) Asker { return Asker{m.Source, m.Arg[6]} }

// Reply answers m: args become Arg[1] and on (at most five), Arg[6] is the request's.
//
// It never waits. Errors: EDEADSRCDST (the asker died), EAGAIN (it does not receive, and
// MaxAsync answers wait already: this one is lost, and logged), ECALLDENIED.
func (c *Context) Reply(m *abi.Msg, e abi.Errno, args ...uint64) abi.Errno {
	return c.ReplyTo(Asker{m.Source, m.Arg[6]}, e, args...)
}

// ReplyTo is Reply to an asker that was kept.
func (c *Context) ReplyTo(a Asker, e abi.Errno, args ...uint64) abi.Errno {
	m := &c.out
	*m = abi.Msg{Type: abi.MsgReply}
	m.Arg[0] = uint64(e)
	copy(m.Arg[1:6], args)
	m.Arg[6] = a.Tag
	e = c.k.SendNB(a.To, m)
	if e == abi.ENOTREADY {
		if e = c.k.SendA(a.To, ownTag, m); e == abi.EAGAIN {
			c.Log("error", "answer lost", "to", Dec(uint64(a.To)), "errno", e.Name())
		}
	}
	return e
}

// queue holds what arrived while a handler waited.
type queue struct {
	m    [16]abi.Msg
	kind [16]abi.ReceiveKind
	head int
	n    int
}

func (q *queue) push(m *abi.Msg, kind abi.ReceiveKind) bool {
	if q.n == len(q.m) {
		return false
	}
	i := (q.head + q.n) % len(q.m)
	q.m[i], q.kind[i] = *m, kind
	q.n++
	return true
}

// pop takes the oldest. Precondition: n > 0.
func (q *queue) pop(m *abi.Msg) abi.ReceiveKind {
	i := q.head
	*m = q.m[i]
	q.head, q.n = (i+1)%len(q.m), q.n-1
	return q.kind[i]
}
