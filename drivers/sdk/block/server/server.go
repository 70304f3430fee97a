// Package server is what drivers of block devices have in common: who has which session, what a request may ask, whose turn it is, and what an answer promises. It
// is pure: what it needs of the kernel is a Port, what does the work is a Device.
package server

import (
	"bennu/drivers/protocol/block"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

// maxSessions is places for sessions of all clients. A client has block.MaxSessions of them at most.
const maxSessions = 32

// fuaTries is how often a write that must be durable is made anew because the device was reset before it was.
const fuaTries = 64

// Device does requests. Its methods do not call the server; whoever runs both hands on to Done what has ended.
type Device interface {
	// Shape is the device as it is, Epoch the stretch in which it forgets nothing, Changes how often its shape has changed in this life.
	Shape() block.Shape
	Epoch() block.Epoch
	Changes() uint32
	// Gone tells whether the device has been taken away for good.
	Gone() bool
	// Attach lets the device reach a window of a client's: to read it, or with fill to write it, too. base is what it calls the window's first byte. Errors: ENOSYS (it has no windows of clients reached), any.
	Attach(w abi.WindowID, owner abi.Endpoint, bytes uint64, fill bool) (base uint64, e abi.Errno)
	// Detach ends that. When it returns, the device does not reach the window.
	Detach(w abi.WindowID, owner abi.Endpoint)
	// Submit begins a job. False: it has no room, and will have when another has ended.
	Submit(j *Job) bool
}

// Port is the world around the server.
type Port interface {
	// Answer answers what has a place in a session, without waiting. Errors: EAGAIN (no room now: the server comes again), EDEADSRCDST.
	Answer(to sdk.Asker, e abi.Errno, words *[5]uint64) abi.Errno
	// Reply answers what has none: the SDK keeps some of these for each asker, and who asks on without listening loses more than that.
	Reply(to sdk.Asker, e abi.Errno, words *[5]uint64) abi.Errno
	Tell(to abi.Endpoint, m *abi.Msg)
	// Permitted tells whether a client may open the device to read it, or to write it.
	Permitted(ep abi.Endpoint, write bool) bool
	Alive(ep abi.Endpoint) bool
}

// Job is a request that the device is to do. Only the fields of Request and Base are the device's to read; Tag is its own.
type Job struct {
	block.Request
	Base uint64 // of the window, as the device calls it
	Tag  uint64

	asker   sdk.Asker
	session *session
	state   jobState
	op      abi.MsgType // what was asked: a FUA write becomes a flush
	tries   int
	began   block.Epoch
	errno   abi.Errno // of the answer that waits for room
	words   [5]uint64
}

type jobState uint8

const (
	free jobState = iota
	queued
	running
	answering // its answer found no room
)

type session struct {
	number  uint32 // 0: the place is free
	owner   abi.Endpoint
	window  abi.WindowID
	sectors uint64
	base    uint64
	flags   block.OpenFlags
	dead    bool // its owner is
	closing bool
	closer  sdk.Asker
	jobs    [block.MaxDepth]Job
	order   [block.MaxDepth]uint8 // places of queued jobs, oldest first
	nQueued int
	open    int // places that are not free
}

// Server has the sessions of one device.
type Server struct {
	device   Device
	port     Port
	sessions [maxSessions]session
	last     uint32 // number of the newest session
	turn     int    // the place whose turn is next
	changes  uint32
	gone     bool
	Requests uint64 // that were taken
	Refused  uint64
}

// New makes a server without sessions.
func New(d Device, p Port) *Server { return &Server{device: d, port: p, changes: d.Changes()} }

// Message takes a message. False: it is no request of the protocol that this package answers.
func (s *Server) Message(m *abi.Msg, asker sdk.Asker) bool {
	switch m.Type {
	case block.Open:
		s.opens(m, asker)
	case block.Close:
		s.closes(m, asker)
	case block.Geometry:
		if x := s.find(m.Source, m.Arg[1]); x != nil {
			s.shape(asker, 0)
		} else {
			s.refuse(asker, block.WhySession)
		}
	case block.Read, block.Write, block.Flush, block.Discard, block.WriteZeroes:
		s.request(m, asker)
	default:
		return false
	}
	s.Pump()
	return true
}

func (s *Server) refuse(to sdk.Asker, why block.Why) {
	s.Refused++
	w := s.plain()
	w[4] = uint64(why)
	s.port.Reply(to, why.Errno(), &w)
}

// plain is the words of any answer.
func (s *Server) plain() [5]uint64 {
	return [5]uint64{0: uint64(s.device.Epoch()), 3: uint64(s.device.Changes()) << 32}
}

func (s *Server) shape(to sdk.Asker, number uint32) abi.Errno {
	shape := s.device.Shape()
	w := shape.Words(s.device.Epoch(), number, s.device.Changes())
	return s.port.Reply(to, abi.OK, &w)
}

func (s *Server) find(owner abi.Endpoint, number uint64) *session {
	for i := range s.sessions {
		x := &s.sessions[i]
		if number != 0 && uint64(x.number) == number && x.owner == owner && !x.closing {
			return x
		}
	}
	return nil
}

// opens registers a window.
func (s *Server) opens(m *abi.Msg, asker sdk.Asker) {
	window, sectors, flags, why := block.Opening(m)
	shape := s.device.Shape()
	switch {
	case why != block.WhyNone:
	case !s.port.Permitted(m.Source, flags&block.OpenWrite != 0):
		why = block.WhyStranger
	case s.device.Gone():
		why = block.WhyGone
	case flags&block.OpenWrite != 0 && shape.Flags&block.ReadOnly != 0:
		why = block.WhyReadOnly
	}
	if why != block.WhyNone {
		s.refuse(asker, why)
		return
	}
	var place *session
	own := 0
	for i := range s.sessions {
		x := &s.sessions[i]
		switch {
		case x.number == 0:
			if place == nil {
				place = x
			}
		case x.owner == m.Source && x.window == window && x.flags == flags && x.sectors == sectors && !x.closing:
			s.shape(asker, x.number)
			return
		case x.owner == m.Source:
			own++
		}
	}
	if place == nil {
		place = s.reap()
	}
	if place == nil || own >= block.MaxSessions {
		s.refuse(asker, block.WhySessions)
		return
	}
	base, e := s.device.Attach(window, m.Source, sectors*block.SectorSize, flags&block.OpenFill != 0)
	if e == abi.ENOSYS {
		s.refuse(asker, block.WhyUnconfined)
		return
	}
	if e != abi.OK {
		s.refuse(asker, block.WhyRevoked)
		return
	}
	s.last = max(s.last+1, 1)
	*place = session{number: s.last, owner: m.Source, window: window, sectors: sectors, base: base, flags: flags}
	if s.shape(asker, place.number) == abi.EDEADSRCDST {
		s.Gone(m.Source)
	}
}

// reap looks for sessions whose clients have died, and gives a place that is free now.
func (s *Server) reap() (place *session) {
	for i := range s.sessions {
		if x := &s.sessions[i]; x.number != 0 && !x.dead && !s.port.Alive(x.owner) {
			s.Gone(x.owner)
		}
		if s.sessions[i].number == 0 && place == nil {
			place = &s.sessions[i]
		}
	}
	return place
}

// Gone ends the sessions of a client that has died. What runs for it runs out first.
func (s *Server) Gone(owner abi.Endpoint) {
	for i := range s.sessions {
		x := &s.sessions[i]
		if x.number == 0 || x.owner != owner {
			continue
		}
		x.dead, x.closing = true, true
		for j := range x.jobs {
			if st := x.jobs[j].state; st == queued || st == answering {
				x.jobs[j].state = free
				x.open--
			}
		}
		x.nQueued = 0
		s.settle(x)
	}
}

func (s *Server) closes(m *abi.Msg, asker sdk.Asker) {
	x := s.find(m.Source, m.Arg[1])
	if x == nil {
		s.refuse(asker, block.WhySession)
		return
	}
	x.closing, x.closer = true, asker
	s.settle(x)
}

// settle ends a session that is to end and has nothing open.
func (s *Server) settle(x *session) {
	if !x.closing || x.open > 0 {
		return
	}
	s.device.Detach(x.window, x.owner)
	to, dead := x.closer, x.dead
	*x = session{}
	if w := s.plain(); !dead {
		s.port.Reply(to, abi.OK, &w)
	}
}

// request takes one that is to be done.
func (s *Server) request(m *abi.Msg, asker sdk.Asker) {
	r, why := block.Decode(m)
	x := s.find(m.Source, m.Arg[1]&(1<<32-1))
	if why == block.WhyNone {
		why = s.allowed(&r, x)
	}
	if why != block.WhyNone {
		s.refuse(asker, why)
		return
	}
	s.Requests++
	for i := range x.jobs {
		if j := &x.jobs[i]; j.state == free {
			*j = Job{Request: r, Base: x.base, asker: asker, session: x, state: queued, op: r.Op}
			x.order[x.nQueued] = uint8(i)
			x.nQueued++
			x.open++
			return
		}
	}
}

// allowed tells why a session may not ask for r. x is nil when it is none.
func (s *Server) allowed(r *block.Request, x *session) block.Why {
	shape := s.device.Shape()
	changes := r.Op == block.Write || r.Op == block.Discard || r.Op == block.WriteZeroes
	switch {
	case x == nil:
		return block.WhySession
	case s.device.Gone():
		return block.WhyGone
	case changes && (x.flags&block.OpenWrite == 0 || shape.Flags&block.ReadOnly != 0):
		return block.WhyReadOnly
	case r.Op == block.Read && x.flags&block.OpenFill == 0:
		return block.WhyFill
	case r.Op == block.Discard && shape.Flags&block.CanDiscard == 0, r.Op == block.WriteZeroes && shape.Flags&block.CanZero == 0:
		return block.WhyCannot
	case x.open >= min(int(shape.Depth), block.MaxDepth):
		return block.WhyDepth
	case r.Op == block.Flush:
		if r.Epoch != 0 && forgot(s.device, r.Epoch) {
			return block.WhyEpoch
		}
		return block.WhyNone
	}
	return fits(r, x, &shape)
}

// fits tells why the ranges of r are not of the device, or of the window.
func fits(r *block.Request, x *session, shape *block.Shape) block.Why {
	most, mask := uint64(shape.MaxSectors), shape.Block()-1
	if r.Op == block.Discard || r.Op == block.WriteZeroes {
		most = 1 << shape.EraseShift
	}
	for _, g := range r.Segments[:r.N] {
		if g.At()+g.Sectors() > x.sectors {
			return block.WhyWindow
		}
		if g.Sectors()&mask != 0 {
			return block.WhyBlock
		}
	}
	switch {
	case r.N > int(shape.Segments):
		return block.WhyVector
	case r.Sectors > most:
		return block.WhyLong
	case (r.Sector|r.Sectors)&mask != 0:
		return block.WhyBlock
	case r.Sector+r.Sectors > shape.Sectors:
		return block.WhyEnd
	}
	return block.WhyNone
}
