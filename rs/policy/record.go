package policy

import (
	"time"

	"bennu/kernel/abi"
)

// An event as bytes: its kind (8 bits), which fields follow (16) and its ID plus 1 (8), the time, and those fields that are not zero, in the
// order of the bits.
const (
	hasAsker = 1 << iota
	hasErrno
	hasWhy
	hasFault
	hasIncarnation
	hasEndpoint
	hasCause
	hasVector
	hasErrorCode
	hasRIP
	hasCR2
	hasStatus
	hasStarted
	hasDied
	isWarm
	hasFields = 1<<iota - 1
)

const (
	eventHead = 12
	askerSize = 32
	// MaxEvent is the most bytes that an event takes.
	MaxEvent = eventHead + askerSize + 6*4 + 7*8
)

// AppendEvent appends an event that came at now to b, for ReadEvent. Preconditions: its IDs are from Nobody to 254.
func AppendEvent(b []byte, now time.Duration, e *Event) []byte {
	at := len(b)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint64(b, uint64(now))
	has := uint32(0)
	if e.Asker != (Asker{}) {
		has |= hasAsker
		b = le.AppendUint32(b, uint32(e.Asker.From))
		b = le.AppendUint32(b, uint32(e.Asker.Endpoint))
		b = le.AppendUint64(b, uint64(e.Asker.Place))
		b = le.AppendUint64(b, e.Asker.Tag)
		b = le.AppendUint64(b, e.Asker.Seq)
	}
	b = add32(b, uint32(e.Errno), hasErrno, &has)
	b = add32(b, uint32(e.Why), hasWhy, &has)
	b = add64(b, uint64(e.Fault), hasFault, &has)
	b = add32(b, e.Incarnation, hasIncarnation, &has)
	if r := &e.Record; *r != (Record{}) {
		b = add32(b, uint32(r.Endpoint), hasEndpoint, &has)
		b = add32(b, uint32(r.Cause), hasCause, &has)
		b = add32(b, r.Vector, hasVector, &has)
		b = add64(b, r.ErrorCode, hasErrorCode, &has)
		b = add64(b, r.RIP, hasRIP, &has)
		b = add64(b, r.CR2, hasCR2, &has)
		b = add64(b, r.Status, hasStatus, &has)
		b = add64(b, uint64(r.Started), hasStarted, &has)
		b = add64(b, uint64(r.Died), hasDied, &has)
	}
	has |= bit(e.Warm, isWarm)
	le.PutUint32(b[at:], uint32(e.Kind)|has<<8|uint32(uint8(e.ID+1))<<24)
	return b
}

func add32(b []byte, v, bit uint32, has *uint32) []byte {
	if v == 0 {
		return b
	}
	*has |= bit
	return le.AppendUint32(b, v)
}

func add64(b []byte, v uint64, bit uint32, has *uint32) []byte {
	if v == 0 {
		return b
	}
	*has |= bit
	return le.AppendUint64(b, v)
}

// fields takes numbers off bytes. Too few give zeros, and cut.
type fields struct {
	b   []byte
	has uint32
	cut bool
}

func (f *fields) u32(bit uint32) uint32 {
	switch {
	case f.has&bit == 0:
		return 0
	case len(f.b) < 4:
		f.cut = true
		return 0
	}
	v := le.Uint32(f.b)
	f.b = f.b[4:]
	f.cut = f.cut || v == 0
	return v
}

func (f *fields) u64(bit uint32) uint64 {
	switch {
	case f.has&bit == 0:
		return 0
	case len(f.b) < 8:
		f.cut = true
		return 0
	}
	v := le.Uint64(f.b)
	f.b = f.b[8:]
	f.cut = f.cut || v == 0
	return v
}

var errEvent = wrong("an event that AppendEvent has not written")

// ReadEvent reads an event into e; rest is behind it.
//
// Errors: AppendEvent has not written this; then e is of no use. An event of another table has no error here, but with Fits.
func ReadEvent(b []byte, e *Event) (now time.Duration, rest []byte, err error) {
	if len(b) < eventHead {
		return 0, nil, errEvent
	}
	head := le.Uint32(b)
	now = time.Duration(le.Uint64(b[4:]))
	f := fields{b: b[eventHead:], has: head >> 8 & 0xffff}
	*e = Event{Kind: Kind(head), ID: ID(head>>24) - 1, Warm: f.has&isWarm != 0}
	if e.Kind < Boot || e.Kind >= events || f.has&^hasFields != 0 || now < 0 {
		return 0, nil, errEvent
	}
	if f.has&hasAsker != 0 {
		if len(f.b) < askerSize {
			return 0, nil, errEvent
		}
		p := (*[askerSize]byte)(f.b)
		f.b = f.b[askerSize:]
		e.Asker = Asker{From: ID(int32(le.Uint32(p[0:]))), Endpoint: abi.Endpoint(le.Uint32(p[4:])), Place: int(int64(le.Uint64(p[8:]))), Tag: le.Uint64(p[16:]), Seq: le.Uint64(p[24:])}
		f.cut = e.Asker == (Asker{}) || e.Asker.From < Nobody || e.Asker.From > 254
	}
	e.Errno, e.Why, e.Fault, e.Incarnation = abi.Errno(f.u32(hasErrno)), abi.Why(f.u32(hasWhy)), abi.FaultKind(f.u64(hasFault)), f.u32(hasIncarnation)
	if f.has&(hasDied<<1-hasEndpoint) != 0 {
		r := &e.Record
		r.Endpoint, r.Cause, r.Vector = abi.Endpoint(f.u32(hasEndpoint)), abi.Cause(f.u32(hasCause)), f.u32(hasVector)
		r.ErrorCode, r.RIP, r.CR2, r.Status = f.u64(hasErrorCode), f.u64(hasRIP), f.u64(hasCR2), f.u64(hasStatus)
		r.Started, r.Died = time.Duration(f.u64(hasStarted)), time.Duration(f.u64(hasDied))
	}
	if f.cut {
		return 0, nil, errEvent
	}
	return now, f.b, nil
}

// Fits tells whether an event is one of this table, so that Step takes it.
func (s *State) Fits(e *Event) bool {
	return e.ID >= 0 && int(e.ID) < len(s.rows) && e.Asker.From >= Nobody && int(e.Asker.From) < len(s.rows)
}
