// Package client is a client's end of the protocol of block devices. It hides that drivers die: what a driver has answered and its device may have forgotten is
// written again, in order, from the client's own buffers, and nothing is said to be done that is not.
//
// It is pure: a Port sends, the caller tells what has come (Up, Down, Answer, Notice, Tick) and takes results (Next).
package client

import (
	"bennu/drivers/protocol/block"
	"bennu/kernel/abi"
)

// Port is the world around a client.
type Port interface {
	// Ask sends a request without waiting; the answer comes with tag. Errors: EAGAIN (no room now), EDEADSRCDST, others for good.
	Ask(to abi.Endpoint, m *abi.Msg, tag uint64) abi.Errno
	// Let lets the driver use a window: to read it, or to write it, too. Errors: any; EEXIST is as good as OK.
	Let(w abi.WindowID, to abi.Endpoint, write bool) abi.Errno
}

// Window is memory of the caller's that the device is to reach.
type Window struct {
	ID    abi.WindowID
	Bytes uint64
}

// maxOps is requests at a time, and writes that are kept until a flush.
const maxOps = 256

// lostTick is the Tick at which an answer to an Open is taken for lost.
const lostTick = 2

// maxTries is how often one life of the driver may answer a request so that it must be sent again: more is no driver that does anything.
const maxTries = 64

// The two sessions; a client that only reads has the first alone.
const (
	fill  = iota // the device writes there: Read
	drain        // the device only reads there: Write
	sides
)

type state uint8

const (
	unused  state = iota
	waiting       // to be sent
	sent
	kept // a write that is answered and not flushed
)

// op is a request of the caller's.
type op struct {
	block.Request
	state  state
	redo   bool   // sent, and what it touches is made again: its answer does not count
	own    bool   // the client's own flush: nobody is told
	told   bool   // the caller has been told that it is done: a write that is made again
	user   uint64 // the caller's word for it
	seq    uint64
	epoch  block.Epoch // of its answer; of a flush that is sent, the one that it is about
	ack    uint64      // number of its answer; of a flush that is sent, that of the last write that it covers
	serial uint32      // of its last sending: late answers to others are not its
	tries  uint32      // answers by which it was not done, and is to be sent again
}

type side struct {
	w       Window
	session uint32
	asked   bool
	again   bool   // it is to be asked again, and either answer will do
	ticks   int    // since it was
	base    uint32 // serial of the Open that is open
}

// Result is the end of a request.
type Result struct {
	User  uint64
	Errno abi.Errno
}

// Counts is what the client has had to do.
type Counts struct {
	Lives    uint64 // of the driver, that it opened
	Again    uint64 // requests that were sent again because a life ended before its answer
	Replayed uint64 // writes that were done, and made again
	Bytes    uint64 // of those
	Stale    uint64 // epochs that ended while writes were kept
	Strange  uint64 // answers to nothing, or that could not be true
	Lost     uint64 // writes that were told done and could not be made again: the next flush says so
}

// Client is one device as a caller sees it.
type Client struct {
	Counts Counts

	port    Port
	side    [sides]side
	driver  abi.Endpoint // 0: there is none
	ready   bool
	failed  abi.Errno // for good
	shape   block.Shape
	known   bool // shape is
	epoch   block.Epoch
	ops     [maxOps]op
	n       int // that are in use
	top     int // the places behind it are not
	flight  int
	seq     uint64
	acks    uint64
	serial  uint32
	lost    bool
	paused  bool // the driver had no room: Tick goes on
	results []Result
	settled int // of the results that were taken
}

// New makes a client. in is what the device writes to, out, if it has an ID, what it reads from: it is let to the driver for reading only, so that a
// driver gone mad cannot change what would be written again.
func New(p Port, in, out Window) *Client {
	c := &Client{port: p}
	c.side[fill].w, c.side[drain].w = in, out
	return c
}

// Shape is the device's, once it is Ready.
func (c *Client) Shape() block.Shape { return c.shape }

// Ready tells whether requests go to a driver now; they may be made at any time.
func (c *Client) Ready() bool { return c.ready }

// Driver is the life of the driver that requests go to; 0: there is none.
func (c *Client) Driver() abi.Endpoint { return c.driver }

// Open is how many requests have no result, and Kept how many writes wait for a flush: their buffers are the client's.
func (c *Client) Open() int { return c.count(waiting) + c.count(sent) }

// Kept is how many writes wait for a flush.
func (c *Client) Kept() int { return c.count(kept) }

func (c *Client) count(s state) (n int) {
	for i := range c.ops[:c.top] {
		if c.ops[i].state == s && !c.ops[i].told || c.ops[i].state == s && s == kept {
			n++
		}
	}
	return n
}

// Held tells whether the client needs a piece of the out window: a write from there waits, or may have to be made again.
func (c *Client) Held(s block.Segment) bool {
	for i := range c.ops[:c.top] {
		o := &c.ops[i]
		if o.state == unused || o.Op != block.Write {
			continue
		}
		for _, g := range o.Segments[:o.N] {
			if g.At() < s.At()+s.Sectors() && s.At() < g.At()+g.Sectors() {
				return true
			}
		}
	}
	return false
}

// Submit makes a request: Op, Flags, Sector, Sectors or segments are the caller's; its result has user. Until then a Read's segments are the device's; those of a
// Write are the client's until a flush that began after its result has ended OK (Held), or the write has failed.
//
// Errors: EAGAIN (too many are open, or kept: flush), EINVAL (no such request), and what has ended the device for good.
func (c *Client) Submit(r block.Request, user uint64) abi.Errno {
	r.Session, r.Epoch = 0, 0
	m := r.Message()
	got, why := block.Decode(&m)
	switch {
	case c.failed != abi.OK:
		return c.failed
	case why != block.WhyNone:
		return why.Errno()
	case r.Op != block.Read && c.side[drain].w.ID == 0:
		return abi.EPERM
	}
	if !c.add(got, user, false) {
		return abi.EAGAIN
	}
	if c.n > maxOps*3/4 && r.Op != block.Flush && !c.flushes() {
		c.add(block.Request{Op: block.Flush}, 0, true)
	}
	c.Pump()
	return abi.OK
}

func (c *Client) flushes() bool {
	for i := range c.ops[:c.top] {
		if c.ops[i].state != unused && c.ops[i].Op == block.Flush {
			return true
		}
	}
	return false
}

// add takes a place. A change has two, for what it may cut in two; one is left for the flush that makes room.
func (c *Client) add(r block.Request, user uint64, own bool) bool {
	need := c.n + 1
	if r.Op != block.Flush {
		need += 2
	}
	for i := range c.ops[:c.top] {
		if o := &c.ops[i]; changes(o) && (o.state == waiting || o.state == sent) {
			need++
		}
	}
	if need > maxOps {
		return false
	}
	c.seq++
	c.n++
	*c.place() = op{Request: r, state: waiting, own: own, user: user, seq: c.seq}
	return true
}

// place is one that is free. Precondition: there is one.
func (c *Client) place() *op {
	i := 0
	for c.ops[i].state != unused {
		i++
	}
	c.top = max(c.top, i+1)
	return &c.ops[i]
}

func (c *Client) drop(o *op) {
	*o = op{}
	c.n--
	for c.top > 0 && c.ops[c.top-1].state == unused {
		c.top--
	}
}

// finish tells the caller the end of a request.
func (c *Client) finish(o *op, e abi.Errno) {
	if !o.own && !o.told {
		c.results = append(c.results, Result{o.user, e})
	}
	c.drop(o)
}

// Next takes a result.
func (c *Client) Next() (r Result, ok bool) {
	if c.settled == len(c.results) {
		c.results, c.settled = c.results[:0], 0
		return r, false
	}
	r = c.results[c.settled]
	c.settled++
	return r, true
}

// Up tells of a life of the driver that is ready.
func (c *Client) Up(driver abi.Endpoint) {
	if driver == c.driver || c.failed != abi.OK {
		return
	}
	c.Down(c.driver)
	c.driver = driver
	c.open()
}

// Down tells that a life of the driver has ended. What had no answer is sent again, to the next.
func (c *Client) Down(driver abi.Endpoint) {
	if driver == 0 || driver != c.driver {
		return
	}
	c.driver, c.ready, c.flight, c.paused = 0, false, 0, false
	for i := range c.side {
		c.side[i].session, c.side[i].asked, c.side[i].again = 0, false, false
	}
	for i := range c.ops[:c.top] {
		if o := &c.ops[i]; o.state == sent {
			o.state, o.tries, o.redo = waiting, 0, false
			c.Counts.Again++
		}
	}
}

// Tick tries again what found no room, and asks again for sessions whose answers have not come between two of them: to open twice is to open once (package block), and a
// driver has no place where it keeps the answer until there is room. It is wanted now and then while Open is not 0, or there is a driver and the client is not Ready.
func (c *Client) Tick() {
	c.paused = false
	for i := range c.side {
		s := &c.side[i]
		if s.ticks++; s.asked && s.ticks == lostTick {
			s.again, s.asked = true, false
		}
	}
	if c.driver != 0 && !c.ready {
		c.open()
	}
	c.Pump()
}

// fail ends everything.
func (c *Client) fail(e abi.Errno) {
	c.failed, c.ready = e, false
	for i := range c.ops[:c.top] {
		if o := &c.ops[i]; o.state == waiting || o.state == sent {
			c.finish(o, e)
		}
	}
}
