package client

import (
	"bennu/drivers/protocol/block"
	"bennu/kernel/abi"
)

// open asks for the sessions that there are not.
func (c *Client) open() {
	for i := range c.side {
		s := &c.side[i]
		if s.w.ID == 0 || s.session != 0 || s.asked {
			continue
		}
		flags := block.OpenFill
		if i == drain {
			flags = block.OpenWrite
		}
		if e := c.port.Let(s.w.ID, c.driver, i == fill); e == abi.EDEADSRCDST {
			c.Down(c.driver)
			return
		} // another error is Open's to tell: EFAULT
		if !s.again {
			c.serial++
			s.base = c.serial
		}
		m := block.OpenMessage(s.w.ID, s.w.Bytes, flags)
		switch e := c.port.Ask(c.driver, &m, uint64(s.base)); e {
		case abi.OK:
			s.asked, s.again, s.ticks = true, false, 0
		case abi.EAGAIN:
			return
		case abi.EDEADSRCDST:
			c.Down(c.driver)
			return
		default:
			c.fail(e)
			return
		}
	}
}

// Answer takes an answer of the driver's: m.Source gave it, its tag is Arg[6]. One that nobody waits for is dropped.
func (c *Client) Answer(m *abi.Msg) {
	if m.Source != c.driver || c.failed != abi.OK {
		c.Counts.Strange++
		return
	}
	e := abi.Errno(m.Arg[0])
	if e == abi.EDEADSRCDST {
		c.Down(m.Source)
		return
	}
	for i := range c.side {
		if s := &c.side[i]; (s.asked || s.again) && uint64(s.base) == m.Arg[6] {
			s.asked, s.again = false, false
			c.opened(s, m, e)
			c.Pump()
			return
		}
	}
	for i := range c.ops[:c.top] {
		if o := &c.ops[i]; o.state == sent && uint64(o.serial) == m.Arg[6] {
			c.answered(o, m, e)
			c.Pump()
			return
		}
	}
	c.Counts.Strange++
}

// opened takes the answer to an Open.
func (c *Client) opened(s *side, m *abi.Msg, e abi.Errno) {
	if e == abi.EAGAIN {
		return
	}
	if e != abi.OK {
		c.fail(e)
		return
	}
	shape, epoch, session, _, ok := block.ReadShape(m)
	if !ok || session == 0 || epoch.Life() != c.driver {
		c.Counts.Strange++
		c.fail(abi.EIO)
		return
	}
	if c.known && (shape.Identity != c.shape.Identity || shape.BlockShift != c.shape.BlockShift) {
		c.fail(abi.ENODEV) // another device: what was written is not to be written there
		return
	}
	c.shape, c.known = shape, true
	s.session = session
	for i := range c.side {
		if c.side[i].w.ID != 0 && c.side[i].session == 0 {
			return
		}
	}
	c.ready = true
	c.Counts.Lives++
	if c.epoch.Life() != epoch.Life() || c.epoch.Resets() < epoch.Resets() {
		c.enter(epoch)
	}
}

// answered takes the answer to a request.
func (c *Client) answered(o *op, m *abi.Msg, e abi.Errno) {
	epoch := block.Epoch(m.Arg[1])
	if epoch.Life() == c.driver && epoch.Resets() > c.epoch.Resets() {
		c.enter(epoch)
	}
	redo := o.redo
	o.state, o.redo = waiting, false
	c.flight--
	if epoch.Life() != c.driver { // no driver of this protocol says so: whatever it has done, it is not relied on
		c.Counts.Strange++
		c.finish(o, abi.EIO)
		return
	}
	switch {
	case redo:
		c.Counts.Again++
		c.tried(o)
	case e == abi.EAGAIN:
		c.paused = true
	case e == abi.ENODEV:
		c.finish(o, e)
		c.fail(e)
	case e == abi.ESRCH: // it has forgotten the session; it is opened again
		c.reopen(o)
	case o.Op == block.Flush:
		c.flushed(o, e, epoch)
	case e != abi.OK:
		c.failedOp(o, e)
	case o.Op == block.Read && m.Arg[2] != o.Sectors, changes(o) && m.Arg[2] != o.Sectors:
		c.Counts.Strange++
		c.failedOp(o, abi.EIO)
	case o.Op == block.Read, o.Op == block.Discard, o.Flags&block.FUA != 0, c.shape.Flags&block.WriteThrough != 0:
		if changes(o) {
			c.replaces(o)
		}
		c.finish(o, abi.OK)
	case epoch != c.epoch && c.shape.Flags&block.KeepsCache == 0: // forgotten already, perhaps: it stays to be sent
		c.Counts.Again++
		c.tried(o)
	default:
		o.epoch = c.epoch
		if !o.told {
			c.results = append(c.results, Result{o.user, abi.OK})
		}
		c.replaces(o)
		c.keep(o)
	}
}

// tried counts an answer by which o was not done; too many end it.
func (c *Client) tried(o *op) {
	if o.tries++; o.tries > maxTries {
		c.Counts.Strange++
		c.failedOp(o, abi.EIO)
	}
}

// reopen opens the sessions again, when the driver says that it does not know that of o.
func (c *Client) reopen(o *op) {
	c.tried(o)
	if c.ready {
		c.ready = false
		for i := range c.side {
			c.side[i].session = 0
		}
	}
	c.open()
}

// failedOp ends a request that the driver could not do. One that was said to be done is lost: the next flush tells it.
func (c *Client) failedOp(o *op, e abi.Errno) {
	if o.told {
		c.lost = true
		c.Counts.Lost++
	}
	c.finish(o, e)
}

// flushed takes the answer to a flush. It was in vain if the epoch is another than the one it was about.
func (c *Client) flushed(o *op, e abi.Errno, epoch block.Epoch) {
	same := epoch == o.epoch && c.epoch == o.epoch || c.shape.Flags&(block.KeepsCache|block.WriteThrough) != 0
	switch {
	case e == abi.ESTALE && epoch.Resets() == o.epoch.Resets():
		c.Counts.Strange++ // it says that it has forgotten, and does not say since when
		c.finish(o, abi.EIO)
	case e == abi.ESTALE, e == abi.OK && !same: // it stays to be sent, behind what is made again
		c.tried(o)
	case e != abi.OK:
		c.finish(o, e)
	case c.lost && !o.own:
		c.lost = false
		c.finish(o, abi.EIO)
	default:
		if c.shape.Flags&block.KeepsCache != 0 {
			o.epoch = c.epoch
		}
		c.covered(o)
		c.finish(o, abi.OK)
	}
}

// Notice takes what the driver tells by itself.
func (c *Client) Notice(m *abi.Msg) {
	if m.Source != c.driver || m.Type != block.Notice || !c.ready {
		c.Counts.Strange++
		return
	}
	switch block.What(m.Arg[0]) {
	case block.Removed:
		c.fail(abi.ENODEV)
	case block.Resized:
		shape := c.shape
		if shape.Sectors = m.Arg[3]; shape.Possible() {
			c.shape = shape
		}
	default:
		c.Counts.Strange++
	}
}
