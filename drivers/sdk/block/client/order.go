package client

import (
	"bennu/drivers/protocol/block"
	"bennu/kernel/abi"
)

// changes tells whether a request changes what is on the device.
func changes(o *op) bool { return o.Op != block.Read && o.Op != block.Flush }

func overlap(a, b *op) bool { return a.Sector < b.Sector+b.Sectors && b.Sector < a.Sector+a.Sectors }

// conflict tells whether it matters which of the two is done first.
func conflict(a, b *op) bool {
	return a.Op != block.Flush && b.Op != block.Flush && overlap(a, b) && (changes(a) || changes(b))
}

// free tells whether o may be sent: nothing that came before it, is not done, and touches the same sectors, is left, so that requests that overlap are done, and
// repeated, in the order in which they were made. What is made again waits, besides, for what came after it and was sent before its epoch ended. A flush waits for
// all that is made again: they were said to be done.
func (c *Client) free(o *op) bool {
	for i := range c.ops[:c.top] {
		b := &c.ops[i]
		switch {
		case b == o || b.state != sent && b.state != waiting:
		case o.Op == block.Flush && b.told:
			return false
		case (b.state == sent || b.seq < o.seq) && conflict(o, b):
			return false
		}
	}
	return true
}

// oldest is the waiting request that comes next after another; nil: the first. Pieces of one have the same number.
func (c *Client) oldest(seq uint64, place int) (next int) {
	next = -1
	for i := range c.ops[:c.top] {
		b := &c.ops[i]
		if b.state == waiting && (b.seq > seq || b.seq == seq && i > place) && (next < 0 || b.seq < c.ops[next].seq) {
			next = i
		}
	}
	return next
}

// Pump sends what may be sent.
func (c *Client) Pump() {
	for seq, place := uint64(0), 0; c.ready && !c.paused && c.flight < int(c.shape.Depth); {
		if place = c.oldest(seq, place); place < 0 {
			return
		}
		o := &c.ops[place]
		if seq = o.seq; c.free(o) && !c.send(o) {
			return
		}
	}
}

// send sends one request. False: there is no room.
func (c *Client) send(o *op) bool {
	s := &c.side[drain]
	if o.Op == block.Read || s.w.ID == 0 {
		s = &c.side[fill]
	}
	o.Session = s.session
	if o.Op == block.Flush {
		o.Epoch, o.epoch, o.ack = 0, c.epoch, c.acks
		if c.Kept() > 0 {
			o.Epoch = c.epoch
		}
	}
	c.serial++
	o.serial = c.serial
	m := o.Message()
	switch e := c.port.Ask(c.driver, &m, uint64(o.serial)); e {
	case abi.OK:
		o.state = sent
		c.flight++
		return true
	case abi.EAGAIN:
	case abi.EDEADSRCDST:
		c.Down(c.driver)
	default:
		c.fail(e)
	}
	return false
}

// covered forgets the writes that a flush has made durable.
func (c *Client) covered(f *op) {
	for i := range c.ops[:c.top] {
		if o := &c.ops[i]; o.state == kept && o.ack <= f.ack && o.epoch == f.epoch {
			c.drop(o)
		}
	}
}

// keep keeps a write that is answered.
func (c *Client) keep(o *op) {
	c.acks++
	o.state, o.ack, o.told = kept, c.acks, true
}

// replaces takes the sectors that o has changed out of all writes that are kept: each sector is made again from the newest alone, so that not for a moment is
// there anything older on the device than what was durable once.
func (c *Client) replaces(o *op) {
	for i := range c.ops[:c.top] {
		b := &c.ops[i]
		if b == o || b.state != kept || !overlap(o, b) {
			continue
		}
		head, end, tail := o.Sector > b.Sector, o.Sector+o.Sectors, b.Sector+b.Sectors
		switch {
		case head && end < tail:
			p := c.place() // there is one: each change that is open has two (Submit)
			*p = *b
			c.n++
			p.cut(end, tail)
			b.cut(b.Sector, o.Sector)
		case head:
			b.cut(b.Sector, o.Sector)
		case end < tail:
			b.cut(end, tail)
		default:
			c.drop(b)
		}
	}
}

// cut leaves of o the sectors from one up to another. Precondition: it has them, and they are not none.
func (o *op) cut(from, to uint64) {
	at, n := o.Sector, 0
	for _, g := range o.Segments[:o.N] {
		first, last := max(at, from), min(at+g.Sectors(), to)
		if first < last {
			o.Segments[n], _ = block.MakeSegment(g.At()+first-at, last-first)
			n++
		}
		at += g.Sectors()
	}
	clear(o.Segments[n:])
	o.N, o.Sector, o.Sectors = n, from, to-from
}

// enter goes into another epoch: what is kept of others is made again, before anything that overlaps it.
func (c *Client) enter(e block.Epoch) {
	if e == c.epoch {
		return
	}
	c.epoch = e
	again := false
	for i := range c.ops[:c.top] {
		o := &c.ops[i]
		if o.state != kept {
			continue
		}
		if c.shape.Flags&block.KeepsCache != 0 {
			o.epoch = e
			continue
		}
		o.state, again = waiting, true
		for j := range c.ops[:c.top] {
			if b := &c.ops[j]; b.state == sent && conflict(o, b) {
				b.redo = true // it may have read what was forgotten, or been written over by then
			}
		}
		c.Counts.Replayed++
		c.Counts.Bytes += o.Sectors * block.SectorSize
	}
	if again {
		c.Counts.Stale++
	}
}
