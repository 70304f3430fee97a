package server

import (
	"encoding/binary"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/policy"
)

// What is kept is bytes: numbers at a fixed width, little-endian, so that one costs one instruction.

var le = binary.LittleEndian

// reader takes numbers off bytes. Too few give zeros, and bad.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.b, r.bad = nil, true
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) u8() uint8 {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) u32() uint32 {
	if b := r.take(4); b != nil {
		return le.Uint32(b)
	}
	return 0
}

func (r *reader) u64() uint64 {
	if b := r.take(8); b != nil {
		return le.Uint64(b)
	}
	return 0
}

// flag is a byte that is 0 or 1.
func (r *reader) flag() bool {
	v := r.u8()
	r.bad = r.bad || v > 1
	return v == 1
}

func (r *reader) msg(m *abi.Msg) { copy(abi.Bytes(m), r.take(len(abi.Bytes(m)))) }

func appendFlag(b []byte, on bool) []byte {
	if on {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendAsker(b []byte, a *policy.Asker) []byte {
	b = le.AppendUint32(b, uint32(a.From))
	b = le.AppendUint32(b, uint32(a.Endpoint))
	b = le.AppendUint64(b, uint64(a.Place))
	b = le.AppendUint64(b, a.Tag)
	return le.AppendUint64(b, a.Seq)
}

// asker reads one that is of a table of so many services.
func (r *reader) asker(a *policy.Asker, services int) {
	*a = policy.Asker{From: policy.ID(int32(r.u32())), Endpoint: abi.Endpoint(r.u32()), Place: int(int64(r.u64())), Tag: r.u64(), Seq: r.u64()}
	if a.From < policy.Nobody || int(a.From) >= services || a.Place < -1 || a.Place >= abi.RSOpen {
		r.bad = true
	}
}

// part is what is kept of a service's row as one piece: a turn that has changed any of it keeps the whole piece as it is then. The policy's
// state is kept as the events that led to it.
type part uint8

const (
	partImage part = iota
	partWatch
	partMail
	partFault
	partWords
	parts
)

// none tells whether a part is as it is in a new table.
func (t *service) none(p part) bool {
	switch p {
	case partImage:
		return t.image < 0
	case partWatch:
		return !t.watching && t.watch == 0 && !t.patient
	case partMail:
		return t.mail.empty()
	case partFault:
		return !t.fault.on
	default:
		return t.words.len == 0 && t.words.of == 0
	}
}

// empty tells whether nothing of a mail is kept.
func (m *mail) empty() bool { return m.owed == 0 && m.busy == 0 }

func (t *service) append(b []byte, p part) []byte {
	switch p {
	case partImage:
		return appendFlag(b, t.image >= 0)
	case partWatch:
		return le.AppendUint64(appendFlag(appendFlag(b, t.watching), t.patient), t.watch)
	case partMail:
		return t.mail.append(b)
	case partFault:
		o := &t.fault
		if b = appendFlag(b, o.on); !o.on {
			return b
		}
		b = le.AppendUint64(b, o.way)
		b = le.AppendUint64(b, o.number)
		b = le.AppendUint64(b, uint64(o.due))
		return appendAsker(b, &o.asker)
	default:
		w := &t.words
		return append(append(le.AppendUint32(b, w.of), byte(w.len)), w.text()...)
	}
}

func (t *service) read(r *reader, p part, services int) {
	switch p {
	case partImage:
		if t.image = noImage; r.flag() {
			t.image = t.program
		}
	case partWatch:
		t.watching, t.patient, t.watch = r.flag(), r.flag(), r.u64()
	case partMail:
		t.mail.read(r)
	case partFault:
		if t.fault = (order{on: r.flag()}); t.fault.on {
			t.fault.way, t.fault.number, t.fault.due = r.u64(), r.u64(), time.Duration(r.u64())
			r.asker(&t.fault.asker, services)
		}
	default:
		t.words.of, t.words.len = r.u32(), int(r.u8())
		if t.words.len > len(t.words.b) {
			t.words.len, r.bad = 0, true
		}
		copy(t.words.b[:], r.take(t.words.len))
	}
}

// append leaves out what follows from the rest (owed) and what may begin anew (due, pause).
func (m *mail) append(b []byte) []byte {
	b = appendFlag(appendFlag(appendFlag(b, m.stop), m.fault), m.news)
	if b = appendFlag(b, m.refused.Type != 0); m.refused.Type != 0 {
		b = append(b, abi.Bytes(&m.refused)...)
	}
	for i := range m.places {
		p := &m.places[i]
		if p.state == placeFree {
			continue
		}
		b = appendFlag(append(b, byte(i), byte(p.state)), p.waits)
		b = le.AppendUint64(b, p.seq)
		if p.state == placeOwed {
			b = append(le.AppendUint64(b, p.order), abi.Bytes(&p.m)...)
		}
	}
	return append(b, lastPlace)
}

const lastPlace = 0xff

func (m *mail) read(r *reader) {
	for i := range m.places { // what else stands in a free place says nothing
		m.places[i].state = placeFree
	}
	m.stop, m.fault, m.news = r.flag(), r.flag(), r.flag()
	m.refused.Type, m.busy, m.due, m.pause = 0, 0, 0, 0
	if r.flag() {
		r.msg(&m.refused)
		r.bad = r.bad || m.refused.Type != abi.MsgReply
	}
	for i := r.u8(); i != lastPlace && !r.bad; i = r.u8() {
		if i >= abi.RSOpen {
			r.bad = true
			return
		}
		p := &m.places[i]
		m.busy |= 1 << i
		p.state, p.waits, p.seq = placeState(r.u8()), r.flag(), r.u64()
		switch p.state {
		case placeOpen:
		case placeOwed:
			p.order = r.u64()
			r.msg(&p.m)
		default:
			r.bad = true
		}
	}
	m.owed = m.count()
}

// count is how many messages wait for the service.
func (m *mail) count() (n int) {
	for i := range m.places {
		if m.places[i].state == placeOwed {
			n++
		}
	}
	for _, on := range [...]bool{m.stop, m.fault, m.news, m.refused.Type != 0} {
		if on {
			n++
		}
	}
	return n
}

// appendEventRow appends an event: what follows it, whose it is, which words are not 0, and those.
func appendEventRow(b []byte, e *abi.Event, next abi.EventKind, owner uint8) []byte {
	at := len(b)
	b = append(b, byte(next), owner, 0, 0, 0, 0) // eventRowHead
	words, mask := abi.Bytes(e), uint32(0)
	for i := 0; i < len(words); i += 8 {
		if w := le.Uint64(words[i:]); w != 0 {
			mask |= 1 << (i / 8)
			b = le.AppendUint64(b, w)
		}
	}
	le.PutUint32(b[at+2:], mask)
	return b
}

const (
	eventRowHead = 6
	maxEventRow  = eventRowHead + int(eventSize)
)

// eventRowSize is how many bytes appendEventRow appends.
func eventRowSize(e *abi.Event) int {
	n, words := eventRowHead, abi.Bytes(e)
	for i := 0; i < len(words); i += 8 {
		if le.Uint64(words[i:]) != 0 {
			n += 8
		}
	}
	return n
}

func (r *reader) event(e *abi.Event) (next abi.EventKind, owner uint8) {
	next, owner = abi.EventKind(r.u8()), r.u8()
	words, mask := abi.Bytes(e), r.u32()
	clear(words)
	for i := 0; i < len(words); i += 8 {
		if mask>>(i/8)&1 != 0 {
			le.PutUint64(words[i:], r.u64())
		}
	}
	if mask>>(len(words)/8) != 0 || owner > abi.MaxTasks {
		r.bad = true
	}
	return next, owner
}

// An event is whole words, no more of them than the mask has bits.
const _ = uint(32*8-eventSize) - uint(eventSize%8)
