package server

import (
	"math/bits"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/kept"
	"bennu/rs/policy"
)

// The server outlives its lives: rs/kept has a snapshot of its state, and a record of each turn since that has changed it. A record holds the
// policy's events with their time, by which the policy comes to the same state again, and the parts of services' rows as they were when the turn
// was over. What a turn does is done before its record is written: a life that ends before that leaves the turn's input to the next one, which
// does it again. So whatever is done here is such that it may be, or the kernel knows that it was done (start).
//
// A turn in which a service's next life begins has its record in the next turn's: the new life runs first.

const (
	// snapshotEach is how many records behind a snapshot ask for the next one: each of them is some hundred instructions more until the next
	// life of the server answers. In a flood there are more: affords.
	snapshotEach = 16

	// The server pays for one snapshot in snapshotPause, and some at once: half a millisecond each, of the twentieth of the processor
	// that it may have for itself. A client can have records written as fast as it may ask.
	snapshotPause  = 50 * time.Millisecond
	snapshotsFirst = 4

	// snapshotRest is how long one is put off at least: whoever was answered in this turn runs first.
	snapshotRest = 100 * time.Microsecond

	turnSize = 4096                               // more than most turns; it grows
	pending  = kept.MaxRecord - 4*policy.MaxEvent // a record that is so long is not left for the next turn
)

// What stands in a record behind its first byte, one after the other.
const (
	itemPolicy  = iota + 1 // an event of the policy
	itemRow                // a service, a part, the part
	itemGlobals            // globals
	itemImage              // a program's place, its image, the size
	itemEvent              // an event that is none of the policy's
	itemTry                // an endpoint: its death record is about to be handled again, after it may have been the end of the server
	itemRefused            // a service: one more request of its is refused without an answer (mail.refused)
)

// Flags in a record's first byte.
const (
	recordFirst = 1 << iota // of a turn's records
	recordLast
	recordDone  // with recordLast: what the server was given is done with
	recordFlags = 1<<iota - 1
)

// recordHead is what stands before a record's items: the flags, and the number of the next event, which is known so even where the items are not.
const recordHead = 1 + 8

// turn is what is to be kept of the turns that have no record yet.
type turn struct {
	b       []byte        // begins with recordHead
	changed [parts]uint64 // bits by place of services
	globals bool
	held    bool // records of deaths were taken, and their slots are not free yet
	written bool // a part of the turn that is going on is kept already
}

// changed notes that a part of a service's row is another one.
func (s *Server) changed(t *service, p part) { s.turn.changed[p] |= 1 << t.place }

// jot notes an event that the policy was given.
func (s *Server) jot(e *policy.Event) {
	s.turn.b = policy.AppendEvent(append(s.turn.b, itemPolicy), s.now, e)
}

// changes tells whether the policy may be another one by an event that has led to these actions.
func changes(e *policy.Event, actions []policy.Action) bool {
	switch len(actions) {
	case 0:
		return e.Kind != policy.Ready && e.Kind != policy.Death && e.Kind != policy.Started && e.Kind != policy.StartFailed
	case 1:
		a := &actions[0]
		return a.Kind != policy.Reply || a.Errno == abi.OK || a.Asker != e.Asker
	}
	return true
}

// jotImage notes that a program's image is another one.
func (s *Server) jotImage(program int) {
	if s.keeps {
		b := append(s.turn.b, itemImage, byte(program))
		b = le.AppendUint32(b, s.images[program].id)
		s.turn.b = le.AppendUint64(b, s.images[program].size)
	}
}

// jotEvent notes an event that no event of the policy leads to.
func (s *Server) jotEvent(e *abi.Event) {
	if s.keeps {
		next := abi.EventKind(0)
		if e.Kind == abi.EventDeath {
			next = abi.EventStart
		}
		s.turn.b = appendEventRow(append(s.turn.b, itemEvent), e, next, 0)
	}
}

// jotRefused notes that mail.refused of a service counts one more.
func (s *Server) jotRefused(id policy.ID) {
	if s.keeps {
		s.turn.b = append(s.turn.b, itemRefused, byte(id))
	}
}

// jotRows notes what has changed of rows, and of the rest.
func (s *Server) jotRows() {
	for p := range parts {
		for m := s.turn.changed[p]; m != 0; m &= m - 1 {
			i := bits.TrailingZeros64(m)
			s.turn.b = s.table[i].append(append(s.turn.b, itemRow, byte(i), byte(p)), p)
		}
		s.turn.changed[p] = 0
	}
	if s.turn.globals {
		s.turn.globals = false
		s.turn.b = s.appendGlobals(append(s.turn.b, itemGlobals))
	}
}

func (s *Server) appendGlobals(b []byte) []byte {
	b = le.AppendUint64(b, s.orders)
	b = le.AppendUint64(b, uint64(s.how))
	b = le.AppendUint64(b, s.status)
	b = le.AppendUint64(b, s.events.logged)
	return appendFlag(b, s.booted)
}

func (s *Server) readGlobals(r *reader) {
	s.orders, s.how, s.status, s.events.logged, s.booted = r.u64(), abi.ShutdownHow(r.u64()), r.u64(), r.u64(), r.flag()
}

// commit writes the record of the turn: what it was given is done with. Not before the new life of a service runs.
func (s *Server) commit() {
	if !s.keeps {
		s.freeImages()
		return
	}
	s.redoing = false
	s.jotRows()
	if len(s.turn.b) == recordHead {
		s.turn.written = false
		if s.turn.held {
			s.k.KeepConsume()
			s.turn.held = false
		}
		return
	}
	s.write(true)
	s.turn.written = false
	s.freeImages()
	n, due := s.writer.Since(), s.affords()
	switch {
	case due && n >= 4*snapshotEach:
		s.snapshot(nil)
	case !due || n < snapshotEach:
		s.full = false
	case !s.full:
		s.full, s.fullAt = true, s.now+snapshotRest
	}
}

// secure keeps what has been noted so far, before the message in s.in is handled.
func (s *Server) secure() {
	if !s.keeps {
		return
	}
	if s.jotRows(); len(s.turn.b) > recordHead {
		s.write(false)
	}
}

// makeRoom sees to it that what ends a life can be kept before it is done: what the next event leads to is not known before, and then a snapshot would
// have what the server has not done yet.
func (s *Server) makeRoom() {
	if !s.keeps || s.writer.Fits(len(s.turn.b)+mostRows) {
		return
	}
	s.jotRows()
	s.snapshot(s.turn.b[recordHead:])
	s.turn.held = true // what the turn was given is done with at its end, also if no record is to say so
}

// mostRows is more than what is noted of one event and the rows that it changes, with its answers.
const mostRows = 2048

// write appends the turn's records. consume: what the server was given is done with. Where there is no room for them, there is a snapshot instead.
func (s *Server) write(consume bool) {
	var e abi.Errno
	b := s.turn.b
	for flags := byte(recordFirst); ; flags = 0 {
		n := min(len(b), kept.MaxRecord)
		if n == len(b) {
			if flags |= recordLast; consume {
				flags |= recordDone
			}
		}
		b[0] = flags
		le.PutUint64(b[1:], s.events.seq)
		if e = s.writer.Append(b[:n], consume && n == len(b)); e != abi.OK || n == len(b) {
			break
		}
		b = b[n-recordHead:] // the last bytes that were written make room for the next record's head
	}
	if e != abi.OK {
		if e == abi.EIO {
			s.differ("what it is about to keep would not be found again")
		}
		s.snapshot(b[recordHead:])
		if consume {
			s.k.KeepConsume()
		}
	}
	s.turn.b, s.turn.written = s.turn.b[:recordHead], true
	s.turn.held = s.turn.held && !consume
}

// snapshot keeps the state as it is. The server pays, so that nobody's request costs its asker what others have written; but not for more than
// it affords: then it is one whose records need the room. rest is what is noted of the turn that is going on: what is kept, and that, lead to the state.
func (s *Server) snapshot(rest []byte) {
	if len(s.k.Kept()) == 0 {
		return
	}
	if s.affords() {
		s.pay(abi.AccountRoot)
	}
	s.paidUntil = max(s.paidUntil, s.now) + snapshotPause
	s.prove(rest)
	b := s.appendState(append(s.snap[:0], make([]byte, kept.Room)...))
	s.proveWritten(b[kept.Room:])
	if len(rest) > 0 {
		s.writer.Gap()
	}
	e := s.writer.Snapshot(b)
	if s.second.abreast = s.second.abreast && e == abi.OK; e == abi.OK {
		s.keeps, s.unproved = true, false
		s.turn.b, s.turn.changed, s.turn.globals = s.turn.b[:recordHead], [parts]uint64{}, false // the state has it: no record is to have it again
	} else if !s.unkept {
		s.unkept = true // said once: whatever comes now is not kept either
		s.say("event=unkept errno=" + e.Name() + ": if rs ends now, it goes on with what it knew at its last snapshot")
	}
	s.snap, s.full = b[:0], false
}

const stateVersion = 1

// logRoom is how much of a bank a snapshot leaves to the records after it.
const logRoom = 24 << 10

// appendState appends everything that the next life is to know. Of the events it is the newest that find room.
func (s *Server) appendState(b []byte) []byte {
	b = append(b, stateVersion, byte(s.good), byte(len(s.candidates)), byte(len(s.images)))
	b = le.AppendUint64(b, s.roomBytes)
	for i := range s.candidates {
		c := &s.candidates[i]
		b = le.AppendUint32(b, uint32(c.account))
		b = appendFlag(le.AppendUint32(b, uint32(c.refused)), c.kernel)
	}
	b = s.appendGlobals(b)
	for i := range s.images {
		b = le.AppendUint64(le.AppendUint32(b, s.images[i].id), s.images[i].size)
	}
	for p := range parts {
		at, has := len(b), uint64(0)
		b = le.AppendUint64(b, 0)
		for i := range s.table[:s.good] {
			if t := &s.table[i]; !t.none(p) {
				has |= 1 << i
				b = t.append(b, p)
			}
		}
		le.PutUint64(b[at:], has)
	}
	b = s.policy.Snapshot(b)
	return s.events.append(b, s.bank()-logRoom)
}

// bank is how large a snapshot with its records can be.
func (s *Server) bank() int { return (len(s.k.Kept()) - abi.PageSize) / 2 }

// readState is the inverse of appendState, into a table as New makes it. False: this is nothing that appendState has written.
func (s *Server) readState(b []byte) bool {
	events, ok := s.readKnown(b)
	return ok && s.events.take(events)
}

// readKnown is readState for all but the events, which it returns.
func (s *Server) readKnown(b []byte) (events []byte, ok bool) {
	r := &reader{b: b}
	if r.u8() != stateVersion {
		return nil, false
	}
	good, candidates, images := int(r.u8()), int(r.u8()), int(r.u8())
	s.roomBytes = r.u64()
	if candidates != len(s.candidates) {
		return nil, false
	}
	refused := 0
	for i := range s.candidates {
		c := &s.candidates[i]
		c.account, c.refused, c.kernel = abi.AccountID(r.u32()), abi.Errno(r.u32()), r.flag()
		if (c.account == 0) != (c.refused != abi.OK) || c.account >= abi.MaxAccounts {
			return nil, false
		}
		if c.refused != abi.OK {
			refused++
		}
	}
	if refused > 0 {
		s.settle(s.admitted())
	} else {
		s.settle(nil)
	}
	if r.bad || good != s.good || images != len(s.images) {
		return nil, false
	}
	s.readGlobals(r)
	for i := range s.images {
		s.images[i].id, s.images[i].size = r.u32(), r.u64()
	}
	for p := range parts {
		has := r.u64()
		if has>>s.good != 0 {
			return nil, false
		}
		for ; has != 0 && !r.bad; has &= has - 1 {
			s.table[bits.TrailingZeros64(has)].read(r, p, s.good)
		}
	}
	if r.bad {
		return nil, false
	}
	rest, err := s.policy.Restore(r.b)
	if err != nil {
		return nil, false
	}
	for i := range s.table[:s.good] {
		s.table[i].endpoint = s.policy.Living(policy.ID(i))
	}
	return rest, true
}
