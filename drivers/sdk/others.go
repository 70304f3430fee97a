package sdk

import (
	"time"

	"bennu/kernel/abi"
)

// A task has one thread, and a call that blocks blocks all of it. Here is how the driver's goroutine shares it with others, and how
// others may call.

// scheduler is the Go scheduler, of which one goroutine asks what the others have to do.
type scheduler struct {
	// others tells when one of them has something to do: the time of the next timer (ns since boot), 0 if one can run now,
	// noWork if there is nothing.
	others func() (when int64)
	yield  func() // lets all that can run do so
	self   func() uint
}

const noWork = 1<<63 - 1

// alone tells whether nobody misses anything while the driver's goroutine waits in the kernel.
func (c *Context) alone() bool {
	return len(c.waits) == 0 && c.sched.others() == noWork
}

// mine ends a driver of which another goroutine does what only the driver's own may. What is alone in a driver stays so: its
// alarm, its lines, its end.
func (c *Context) mine(what string) {
	if c.sched.self() != c.owner {
		panic("sdk: " + what + " by another goroutine than the driver's own (its Init and its handlers run there)")
	}
}

// among receives from all, until end, while other goroutines have work or timers: they run in turn with it. It waits in the
// kernel only when none of them is ready, no longer than to the next timer. leave ends it as end does, after others have run.
// Errors: EAGAIN (end has come, or leave).
func (c *Context) among(end uint64, m *abi.Msg, leave *bool) (abi.ReceiveKind, abi.Errno) {
	for {
		if *c.pending != 0 {
			*c.pending = 0 // before the kernel is asked: what comes after that sets it again
			kind, e := c.k.Receive(abi.Any, 0, m)
			if e != abi.EAGAIN {
				*c.pending = 1 // there may be more
				return kind, e
			}
		}
		now := c.k.Now()
		work := uint64(c.sched.others())
		switch {
		case now >= end || *leave:
			return 0, abi.EAGAIN
		case work <= now:
			c.sched.yield()
		default:
			wait := uint64(abi.NoTimeout)
			if until := min(end, work); until < noWork {
				wait = until - now
			}
			if kind, e := c.k.Receive(abi.Any, wait, m); e != abi.EAGAIN {
				return kind, e
			}
		}
	}
}

// never is what a reason to leave is that never comes.
var never = new(bool)

// enter makes the driver's goroutine the one that receives.
func (c *Context) enter() {
	c.receives = true
	for c.pumps { // it stops when it runs next
		c.sched.yield()
	}
}

// leave is its inverse: a handler runs now, which may wait for what others do. Those that wait in Call have the pump
// receive meanwhile.
func (c *Context) leave() {
	c.receives = false
	c.relay()
}

// relay has the pump receive, if there is something to receive and nobody does.
func (c *Context) relay() {
	if len(c.waits) == 0 || c.receives {
		return
	}
	if c.wanted == nil {
		c.wanted = make(chan struct{}, 1)
		go c.pump()
	}
	select {
	case c.wanted <- struct{}{}:
	default:
	}
}

// pump receives while the driver's goroutine does not, and others wait for answers. All but answers it puts off, pings among it: a
// handler that hangs must be found out.
func (c *Context) pump() {
	m := new(abi.Msg)
	for range c.wanted {
		for len(c.waits) > 0 && !c.receives && c.later.room() {
			c.pumps = true
			kind, e := c.among(c.nextProbe(), m, &c.receives)
			c.pumps = false
			switch {
			case e == abi.EAGAIN:
				c.probe(m)
			case e != abi.OK: // the loop meets it too, and tells
				c.giveUp(e)
			case kind == abi.KindNotify && c.fromRoot(m.Source):
				c.later.keep(m, kind, true)
			default:
				c.arrived(m, kind)
			}
		}
	}
}

// waiting is a Call that waits for its answer.
type waiting struct {
	to   abi.Endpoint
	tag  uint64
	root bool // to is the reincarnation server, whose next life may give the answer
	done bool
	e    abi.Errno // why there is no answer

	undelivered bool // it was never received
	m           abi.Msg
	wake        chan struct{}
	probe       uint64        // when to look next whether to lives
	pause       time.Duration // until the look after that
}

const (
	noRoom     = time.Millisecond
	firstProbe = slice
	lastProbe  = time.Second
)

// callElsewhere is Call by another goroutine than the driver's, and by that one while others have work.
func (c *Context) callElsewhere(to abi.Endpoint, m *abi.Msg, limit time.Duration, own bool) (e abi.Errno, open bool) {
	c.calls++
	w := &waiting{to: to, tag: ownTag | c.calls, root: to == c.root, wake: make(chan struct{}, 1), pause: firstProbe}
	w.probe = c.deadline(w.pause)
	w.m = *m
	w.m.Arg[6], w.m.Seq = w.tag, 0
	end := c.deadline(limit)
	c.waits = append(c.waits, w)
	e = c.ask(to, w.tag, &w.m)
	for e == abi.EAGAIN && c.k.Now() < end && c.Sleep(noRoom) == abi.OK { // as many messages of the driver's wait with the kernel as may
		e = c.ask(to, w.tag, &w.m)
	}
	if e != abi.OK {
		c.finish(w, e)
		return e, false
	}
	if own {
		c.waitAmong(w, end)
	} else {
		c.relay()
		w.sleep(limit)
	}
	switch {
	case !w.done:
		c.finish(w, abi.ETIMEDOUT)
		return abi.ETIMEDOUT, true
	case w.e != abi.OK:
		return w.e, !w.undelivered
	}
	*m = w.m
	return abi.Errno(m.Arg[0]), false
}

// sleep waits for the end of w, at most limit.
func (w *waiting) sleep(limit time.Duration) {
	if limit == Forever {
		<-w.wake
		return
	}
	t := time.NewTimer(max(limit, 0))
	defer t.Stop()
	select {
	case <-w.wake:
	case <-t.C:
	}
}

// waitAmong receives, on the driver's goroutine, until w has ended or end has come.
func (c *Context) waitAmong(w *waiting, end uint64) {
	c.enter()
	defer c.leave()
	for !w.done && c.later.room() && !(end == abi.NoTimeout && c.stop) {
		var m abi.Msg
		kind, e := c.among(min(end, c.nextProbe()), &m, never)
		switch {
		case e == abi.OK:
			c.arrived(&m, kind)
		case e != abi.EAGAIN:
			c.finish(w, e)
		case c.k.Now() >= end:
			return
		default:
			c.probe(&m)
		}
	}
	switch {
	case w.done:
	case end == abi.NoTimeout && c.stop:
		c.finish(w, abi.EINTR)
	default:
		c.finish(w, abi.EAGAIN)
	}
}

// sleepAmong waits, on the driver's goroutine, for a message, or for end.
func (c *Context) sleepAmong(end uint64) {
	c.enter()
	defer c.leave()
	var m abi.Msg
	if kind, e := c.among(min(end, c.nextProbe()), &m, never); e == abi.OK {
		c.arrived(&m, kind)
	} else {
		c.probe(&m)
	}
}

// finish ends w, whose answer has come or will not.
func (c *Context) finish(w *waiting, e abi.Errno) {
	for i, o := range c.waits {
		if o == w {
			c.waits = append(c.waits[:i], c.waits[i+1:]...)
			w.done, w.e = true, e
			w.wake <- struct{}{}
			return
		}
	}
}

// answers tells whether m is the answer to a waiting Call, which has it then.
func (c *Context) answers(m *abi.Msg) bool {
	for _, w := range c.waits {
		if w.tag == m.Arg[6] && (m.Source == w.to || w.root && c.fromRoot(m.Source)) {
			w.m = *m
			c.finish(w, abi.OK)
			return true
		}
	}
	return false
}

// failed is the end of the waiting Call with this tag, whose request could not be delivered.
func (c *Context) failed(tag uint64, e abi.Errno) {
	for _, w := range c.waits {
		if w.tag == tag {
			w.undelivered = true
			c.finish(w, e)
			return
		}
	}
}

func (c *Context) giveUp(e abi.Errno) {
	for len(c.waits) > 0 {
		c.finish(c.waits[0], e)
	}
}

// nextProbe is when somebody is to be looked at next.
func (c *Context) nextProbe() uint64 {
	at := abi.NoTimeout
	for _, w := range c.waits {
		if !w.root {
			at = min(at, w.probe)
		}
	}
	return at
}

// probe looks whether those live who were asked some time ago: nobody tells that a task died that had received a request. The
// longer it takes, the rarer the look.
func (c *Context) probe(m *abi.Msg) {
	now := c.k.Now()
	for i := 0; i < len(c.waits) && c.later.room(); i++ {
		w := c.waits[i]
		if w.root || now < w.probe {
			continue
		}
		w.pause = min(2*w.pause, lastProbe)
		w.probe = now + uint64(w.pause)
		kind, e := c.k.Receive(w.to, 0, m)
		switch e {
		case abi.EAGAIN:
			continue
		case abi.OK:
			w.probe = now // there may be more of it
			c.arrived(m, kind)
		default:
			c.finish(w, e)
		}
		i = -1 // the list is another
	}
}
