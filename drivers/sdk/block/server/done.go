package server

import (
	"bennu/drivers/protocol/block"
	"bennu/kernel/abi"
)

// Pump hands the device what it has room for: of each session the oldest, one session after the other.
func (s *Server) Pump() {
	for idle := 0; idle < maxSessions; {
		x := &s.sessions[s.turn]
		if x.number == 0 || x.nQueued == 0 {
			s.turn = (s.turn + 1) % maxSessions
			idle++
			continue
		}
		j := &x.jobs[x.order[0]]
		if j.Op == j.op {
			j.began = s.device.Epoch() // the flush of a write that must be durable counts from the write on
		}
		if !s.device.Submit(j) {
			return
		}
		j.state = running
		x.nQueued--
		copy(x.order[:], x.order[1:1+x.nQueued])
		s.turn = (s.turn + 1) % maxSessions
		idle = 0
	}
}

// Done takes a job that the device has ended: ok, or it failed for good. The epoch is the device's now, and that of the answer.
func (s *Server) Done(j *Job, ok bool) {
	if j.state != running {
		return
	}
	if s.again(j, ok) {
		x := j.session
		j.state = queued
		copy(x.order[1:1+x.nQueued], x.order[:x.nQueued]) // before the others: it has waited longest
		x.order[0] = uint8(j.index())
		x.nQueued++
		return
	}
	j.errno, j.words = abi.OK, s.plain()
	j.words[1] = j.Sectors
	why := block.WhyNone
	switch {
	case !ok && s.device.Gone():
		why = block.WhyGone
	case !ok, !j.durable(s.device):
		why = block.WhyDevice
	case j.op == block.Flush && j.Epoch != 0 && forgot(s.device, j.Epoch):
		why = block.WhyEpoch
	}
	if why != block.WhyNone {
		j.errno, j.words[1], j.words[4] = why.Errno(), 0, uint64(why)
	}
	s.answer(j)
}

// forgot tells whether the device may have forgotten writes of an epoch.
func forgot(d Device, e block.Epoch) bool {
	shape := d.Shape()
	return e != d.Epoch() && shape.Flags&(block.KeepsCache|block.WriteThrough) == 0
}

// durable tells whether j's answer may be OK, as far as its own write goes.
func (j *Job) durable(d Device) bool {
	shape := d.Shape()
	return j.Flags&block.FUA == 0 || shape.Flags&block.WriteThrough != 0 || j.Op == block.Flush && !forgot(d, j.began)
}

func (j *Job) index() int {
	for i := range j.session.jobs {
		if &j.session.jobs[i] == j {
			return i
		}
	}
	return 0
}

// again tells whether j goes on: a write that is to be durable is flushed, and made anew when the device has been reset since.
func (s *Server) again(j *Job, ok bool) bool {
	if !ok || j.durable(s.device) {
		return false
	}
	if j.Op == j.op && !forgot(s.device, j.began) {
		j.Op = block.Flush
		return true
	}
	j.Op = j.op
	j.tries++
	return j.tries < fuaTries
}

// answer answers a job, or keeps the answer until there is room.
func (s *Server) answer(j *Job) {
	x := j.session
	if !x.dead {
		switch s.port.Answer(j.asker, j.errno, &j.words) {
		case abi.EAGAIN:
			j.state = answering
			return
		case abi.EDEADSRCDST:
			j.state = free
			x.open--
			s.Gone(x.owner)
			return
		}
	}
	j.state = free
	x.open--
	s.settle(x)
}

// Waits tells whether answers wait for room: then Tick is wanted in a while.
func (s *Server) Waits() bool {
	for i := range s.sessions {
		for j := range s.sessions[i].jobs {
			if s.sessions[i].jobs[j].state == answering {
				return true
			}
		}
	}
	return false
}

// Tick tries again to give the answers that found no room, and tells clients what has changed.
func (s *Server) Tick() {
	for i := range s.sessions {
		for j := range s.sessions[i].jobs {
			if x := &s.sessions[i].jobs[j]; x.state == answering {
				s.answer(x)
			}
		}
	}
	s.Pump()
}

// Changed has all clients told when the device's shape is another, or it is gone.
func (s *Server) Changed() {
	gone := s.device.Gone()
	if s.device.Changes() == s.changes && gone == s.gone {
		return
	}
	s.changes, s.gone = s.device.Changes(), gone
	what, shape := block.Resized, s.device.Shape()
	if gone {
		what = block.Removed
	}
	for i := range s.sessions {
		if x := &s.sessions[i]; x.number != 0 && !x.dead {
			m := abi.Msg{Type: block.Notice, Arg: [7]uint64{uint64(what), uint64(s.device.Epoch()), uint64(x.number), shape.Sectors, uint64(s.changes)}}
			s.port.Tell(x.owner, &m)
		}
	}
}

// Sessions is how many there are.
func (s *Server) Sessions() (n int) {
	for i := range s.sessions {
		if s.sessions[i].number != 0 {
			n++
		}
	}
	return n
}
