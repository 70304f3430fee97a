package block

import "bennu/kernel/abi"

// Request is a request of a session.
type Request struct {
	Op       abi.MsgType // Read to WriteZeroes
	Session  uint32
	Flags    Flags
	Epoch    Epoch  // Flush
	Sector   uint64 // first one
	Sectors  uint64 // how many; of a Read or Write the sum of its segments
	N        int    // segments
	Segments [MaxSegments]Segment
}

// Message makes the message of r. Precondition: Decode accepts it.
func (r *Request) Message() abi.Msg {
	m := abi.Msg{Type: r.Op}
	m.Arg[0] = r.Sector
	m.Arg[1] = uint64(r.Session) | uint64(r.Flags)<<32 | uint64(r.N)<<40
	switch r.Op {
	case Flush:
		m.Arg[0] = uint64(r.Epoch)
	case Discard, WriteZeroes:
		m.Arg[2] = r.Sectors
	}
	for i, s := range r.Segments[:r.N] {
		m.Arg[2+i/2] |= uint64(s) << (32 * (i % 2))
	}
	return m
}

// Decode reads a request; WhyNone: it can be meant. Nothing is known yet of the session, the window and the device. Whatever the sender put there, what comes
// back has no range that wraps, and no segment that a window cannot have.
func Decode(m *abi.Msg) (r Request, why Why) {
	head := m.Arg[1]
	r = Request{Op: m.Type, Session: uint32(head), Flags: Flags(head >> 32), N: int(head >> 40 & 0xff), Sector: m.Arg[0]}
	switch {
	case head>>headBits != 0 || r.Flags&^flags != 0:
		return r, WhyFlags
	case r.Flags&FUA != 0 && r.Op != Write && r.Op != WriteZeroes, r.Flags&Unmap != 0 && r.Op != WriteZeroes:
		return r, WhyFlags
	}
	switch r.Op {
	case Read, Write:
		if why = r.segments(m); why != WhyNone {
			return r, why
		}
	case Flush:
		r.Epoch, r.Sector = Epoch(m.Arg[0]), 0
	case Discard, WriteZeroes:
		r.Sectors = m.Arg[2]
	default:
		return r, WhyRequest
	}
	switch {
	case r.Op != Read && r.Op != Write && (r.N != 0 || m.Arg[3]|m.Arg[4]|m.Arg[5] != 0), r.Op == Flush && m.Arg[2] != 0:
		return r, WhyVector
	case r.Op == Flush:
		return r, WhyNone
	case r.Sectors == 0:
		return r, WhyEmpty
	case r.Sectors > MaxErase:
		return r, WhyLong
	case r.Sector > MaxSector || r.Sector+r.Sectors > MaxSector:
		return r, WhyRange
	}
	return r, WhyNone
}

// segments reads the vector: words behind it are 0.
func (r *Request) segments(m *abi.Msg) Why {
	if r.N == 0 || r.N > MaxSegments {
		return WhyVector
	}
	for i := range MaxSegments {
		s := Segment(m.Arg[2+i/2] >> (32 * (i % 2)))
		switch {
		case i >= r.N && s != 0:
			return WhyVector
		case i >= r.N:
		case s.Sectors() == 0:
			return WhyEmpty
		case s.At()+s.Sectors() > MaxWindow:
			return WhyWindow
		}
		if i < r.N {
			r.Segments[i] = s
			r.Sectors += s.Sectors()
		}
	}
	return WhyNone
}

// Words are the Arg[1:6] of an answer that tells a Shape. Session is 0 in that of Geometry.
func (s *Shape) Words(e Epoch, session, changes uint32) (w [5]uint64) {
	w[0] = uint64(e)
	w[1] = uint64(session) | uint64(s.Identity)<<32
	w[2] = s.Sectors
	w[3] = uint64(changes)<<32 | uint64(s.MaxSectors)
	w[4] = uint64(s.BlockShift) | uint64(s.PhysicalShift)<<8 | uint64(s.Segments)<<16 | uint64(s.Depth)<<24 | uint64(s.EraseShift)<<32 | uint64(s.Flags)<<40
	return w
}

// ReadShape reads an answer that tells a Shape. ok is false when no device is like that: the driver is not in its right mind.
func ReadShape(m *abi.Msg) (s Shape, e Epoch, session, changes uint32, ok bool) {
	e, session, changes = Epoch(m.Arg[1]), uint32(m.Arg[2]), uint32(m.Arg[4]>>32)
	w := m.Arg[5]
	s = Shape{Sectors: m.Arg[3], Identity: uint32(m.Arg[2] >> 32), MaxSectors: uint32(m.Arg[4]), BlockShift: uint8(w), PhysicalShift: uint8(w >> 8),
		Segments: uint8(w >> 16), Depth: uint8(w >> 24), EraseShift: uint8(w >> 32), Flags: GeometryFlags(w >> 40)}
	return s, e, session, changes, e != 0 && w>>56 == 0 && s.Possible()
}

// Possible tells whether the protocol has room for such a device.
func (s *Shape) Possible() bool {
	whole := s.BlockShift <= MaxBlockShift && s.Sectors <= MaxSector && s.Sectors%s.Block() == 0 && uint64(s.MaxSectors) >= s.Block()
	return whole && s.PhysicalShift < 32 && s.EraseShift < 32 && s.Flags&^geometry == 0 &&
		s.Segments >= 1 && s.Segments <= MaxSegments && s.Depth >= 1 && s.Depth <= MaxDepth
}

// Opening reads an Open.
func Opening(m *abi.Msg) (w abi.WindowID, sectors uint64, f OpenFlags, why Why) {
	w, sectors, f = abi.WindowID(m.Arg[0]), m.Arg[1]/SectorSize, OpenFlags(m.Arg[2])
	switch {
	case f&^openKnown != 0 || m.Arg[3]|m.Arg[4]|m.Arg[5] != 0:
		return w, 0, f, WhyFlags
	case w == 0 || sectors == 0 || m.Arg[1]%SectorSize != 0 || sectors > MaxWindow:
		return w, 0, f, WhyWindow
	}
	return w, sectors, f, WhyNone
}

// OpenMessage makes an Open.
func OpenMessage(w abi.WindowID, bytes uint64, f OpenFlags) abi.Msg {
	return abi.Msg{Type: Open, Arg: [7]uint64{uint64(w), bytes, uint64(f)}}
}
