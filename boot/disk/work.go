//go:build tamago

package main

import (
	"bennu/boot/disk/plan"
	"bennu/drivers/protocol/block"
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

const (
	windowBytes = 8 << 20
	places      = windowBytes / plan.SectorSize / plan.MaxSectors
)

// mix is operations that are drawn: reads are held against what was written, writes are kept until a flush.
type mix struct {
	p    *plan.Plan
	op   plan.Op // that is drawn and not made
	has  bool
	ops  uint64 // that were made
	last bool   // the last flush is made
	in   [depth]read
	out  int // the next place of the window for writes
}

// read is a read that has no answer yet.
type read struct {
	used bool
	op   plan.Op
	want [plan.MaxSectors]uint32
}

func newMix(s *service) *mix { return &mix{p: plan.New(s.seed, int(s.sectors))} }

const flushUser = 1 << 62

func (m *mix) more(s *service) (made, over bool) {
	switch {
	case m.has:
	case m.last:
		return false, true
	case s.done() && m.ops >= s.ops:
		if s.open > 0 {
			return false, false
		}
		m.last = s.d.Submit(block.Request{Op: block.Flush}, flushUser) == abi.OK
		s.open++
		return m.last, false
	default:
		m.op, m.has = m.p.Next(), true
	}
	if !m.make(s) {
		return false, false
	}
	m.has = false
	m.ops++
	s.open++
	return true, false
}

// make makes the request, if there is room.
func (m *mix) make(s *service) bool {
	o := &m.op
	switch o.Kind {
	case plan.Flush:
		return s.d.Submit(block.Request{Op: block.Flush}, flushUser) == abi.OK
	case plan.Read:
		for i := range m.in {
			if x := &m.in[i]; !x.used {
				x.op = *o
				copy(x.want[:o.Sectors()], m.p.Versions[o.Sector:])
				x.used = s.d.Submit(request(block.Read, o, uint64(i)), uint64(i)) == abi.OK
				return x.used
			}
		}
		return false
	}
	g, _ := block.MakeSegment(uint64(m.out)*plan.MaxSectors, plan.MaxSectors)
	if s.d.Held(g) {
		if s.open == 0 {
			s.d.Submit(block.Request{Op: block.Flush}, flushUser)
			s.open++
		}
		return false
	}
	r := request(block.Write, o, uint64(m.out))
	for i := range o.Sectors() {
		sector := o.Sector + i
		plan.Fill(s.d.Out.Bytes[(g.At()+i)*plan.SectorSize:][:plan.SectorSize], sector, m.p.Versions[sector])
	}
	if s.d.Submit(r, depth) != abi.OK {
		return false
	}
	m.out = (m.out + 1) % places
	return true
}

// request is an operation with its memory in a place of the window: pieces one behind the other.
func request(op abi.MsgType, o *plan.Op, place uint64) block.Request {
	r := block.Request{Op: op, Sector: o.Sector}
	at := place * plan.MaxSectors
	for _, n := range o.Pieces {
		if n > 0 {
			r.Segments[r.N], _ = block.MakeSegment(at, n)
			r.N++
			at += n
		}
	}
	return r
}

func (m *mix) ended(s *service, user uint64) {
	if user >= depth {
		return
	}
	x := &m.in[user]
	x.used = false
	for i := range x.op.Sectors() {
		b := s.d.In.Bytes[(user*plan.MaxSectors+i)*plan.SectorSize:][:plan.SectorSize]
		if !plan.Is(b, x.op.Sector+i, x.want[i]) {
			s.fault("a sector is not what was written", abi.EIO, x.op.Sector+i)
		}
	}
	s.bytes += x.op.Sectors() * plan.SectorSize
}

func (m *mix) result(*service) []string { return []string{"ops", sdk.Dec(m.ops)} }

// chunk is sectors of a request of a stream, pieces its window has room for.
const (
	chunk  = 256
	pieces = windowBytes / plan.SectorSize / chunk
)

// stream reads the device from its beginning to its end, and hashes it; with write it writes a pattern, flushes, and reads it back.
type stream struct {
	write   bool // it does now
	pattern bool
	at      uint64         // sectors that were asked for
	seen    uint64         // and that were hashed, in order
	ready   [pieces]uint64 // sectors that have arrived there; 0: not yet
	flushed bool
}

func (t *stream) more(s *service) (made, over bool) {
	n := min(chunk, s.sectors-t.at)
	switch {
	case t.write && n == 0 && !t.flushed:
		if s.open > 0 {
			return false, false
		}
		t.flushed = s.d.Submit(block.Request{Op: block.Flush}, flushUser) == abi.OK
		s.open++
		return true, false
	case t.write && n == 0:
		if s.open > 0 {
			return false, false
		}
		t.write, t.pattern, t.at = false, true, 0
		n = min(chunk, s.sectors)
	case n == 0:
		return false, t.seen == s.sectors
	}
	place := t.at / chunk % pieces
	g, _ := block.MakeSegment(place*chunk, n)
	r := block.Request{Op: block.Read, Sector: t.at, N: 1, Segments: [8]block.Segment{g}}
	switch {
	case t.write:
		if s.d.Held(g) {
			if s.open == 0 {
				s.d.Submit(block.Request{Op: block.Flush}, flushUser)
				s.open++
			}
			return false, false
		}
		r.Op = block.Write
		for i := range n {
			plan.Fill(s.d.Out.Bytes[(g.At()+i)*plan.SectorSize:][:plan.SectorSize], t.at+i, 1)
		}
	case t.at-t.seen >= chunk*(pieces-1):
		return false, false
	}
	if s.d.Submit(r, t.at) != abi.OK {
		return false, false
	}
	t.at += n
	s.open++
	return true, false
}

func (t *stream) ended(s *service, user uint64) {
	n := min(chunk, s.sectors-min(user, s.sectors))
	if t.write || user == flushUser && n == 0 {
		s.bytes += n * plan.SectorSize
		return
	}
	t.ready[user/chunk%pieces] = n
	for ; t.seen < s.sectors && t.ready[t.seen/chunk%pieces] != 0 && t.seen < t.at; t.seen += n {
		place := t.seen / chunk % pieces
		n = t.ready[place]
		t.ready[place] = 0
		b := s.d.In.Bytes[place*chunk*plan.SectorSize:][:n*plan.SectorSize]
		s.bytes += uint64(len(b))
		s.hash.Write(b)
		for i := range n {
			if t.pattern && !plan.Is(b[i*plan.SectorSize:][:plan.SectorSize], t.seen+i, 1) {
				s.fault("a sector is not what was written", abi.EIO, t.seen+i)
			}
		}
	}
}

func (t *stream) result(s *service) []string { return []string{"sha256", s.sum()} }
