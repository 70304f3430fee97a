package server

import (
	"math/bits"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/policy"
)

// A service's messages stand in its own row until it takes them: no memory of RS is shared, so a service that
// never receives takes nothing from others. RS neither waits nor polls: it notifies the service, which
// fetches its mail by a sendrec (RSHeartbeat), and a sendrec can always be answered at once. For services
// that only receive there is a try now and then.
const (
	firstTry = time.Millisecond // doubles
	lastTry  = time.Second
)

type placeState uint8

const (
	placeFree placeState = iota
	placeOpen            // the request is not answered
	placeOwed            // the answer was not received
)

// place is one of a service's open requests.
type place struct {
	state placeState
	waits bool    // the request waits for something else to happen
	seq   uint64  // the kernel's number of the request; 0: it has none
	order uint64  // owed: smaller ones first
	m     abi.Msg // owed: the answer
}

// mail is the messages for a service.
type mail struct {
	places  [abi.RSOpen]place
	refused abi.Msg // a MsgReply for requests that had no place; Type 0: none
	stop    bool
	fault   bool // the order in service.fault
	news    bool
	owed    int   // how many of all these there are
	busy    uint8 // bits of places that are not free
	due     time.Duration
	pause   time.Duration
}

// request says whose request s.in is.
type request struct {
	from  policy.ID
	kind  abi.ReceiveKind
	place int // -1: none was needed
}

// noRequest is that of a turn that has taken none.
var noRequest = request{from: policy.Nobody, place: -1}

// accept gives the request in s.in a place, so that its answer will not be lost. False: there is none, and
// the request was answered so. A task that is no service has no row: it is answered if it waits.
func (s *Server) accept(from policy.ID, kind abi.ReceiveKind) bool {
	s.req = request{from, kind, -1}
	if from == policy.Nobody {
		return true
	}
	b := &s.table[from].mail
	if b.refused.Type == 0 { // else later requests are refused too, so that the asker knows which were
		if i := bits.TrailingZeros8(^b.busy); i < abi.RSOpen {
			b.take(i, s.in.Seq)
			s.req.place = i
			return true
		}
	}
	s.turnAway()
	return false
}

// turnAway answers the request in s.in EAGAIN. If that cannot be delivered either, one message stands for it and
// for all later requests until it is delivered, and counts them.
func (s *Server) turnAway() {
	s.out = abi.Msg{Type: abi.MsgReply}
	s.out.Arg = [7]uint64{0: uint64(abi.EAGAIN), 1: 1, 5: uint64(abi.WhyTooMany), 6: s.in.Arg[6]}
	s.out.Seq = s.in.Seq
	b := &s.table[s.req.from].mail
	if s.req.kind == abi.KindSendRec || b.refused.Type == 0 {
		if s.post(s.in.Source, &s.out) != abi.ENOTREADY {
			return
		}
	}
	if b.refused.Type != 0 { // as often as it likes: the whole row would be long
		b.refused.Arg[1]++
		s.jotRefused(s.req.from)
		return
	}
	s.changed(&s.table[s.req.from], partMail)
	b.refused = s.out
	s.keep(s.req.from)
}

// mayWait marks the request in s.in as one that is answered later. False: its asker has too many of these.
func (s *Server) mayWait() bool {
	if s.req.place < 0 {
		return true
	}
	b, n := &s.table[s.req.from].mail, 0
	for i := range b.places {
		if b.places[i].state == placeOpen && b.places[i].waits {
			n++
		}
	}
	if n == abi.RSWaits {
		s.fail(abi.EAGAIN, abi.WhyTooMany)
		return false
	}
	b.places[s.req.place].waits = true
	s.changed(&s.table[s.req.from], partMail)
	return true
}

// asker is the sender of s.in, to be answered later.
func (s *Server) asker() policy.Asker {
	return policy.Asker{From: s.req.from, Endpoint: s.in.Source, Place: s.req.place, Tag: s.in.Arg[6], Seq: s.in.Seq}
}

// post delivers an answer if its asker waits for it, or, having given up, receives. Errors: ENOTREADY, and then m quotes nothing any more.
func (s *Server) post(to abi.Endpoint, m *abi.Msg) abi.Errno {
	e := s.k.SendNB(to, m)
	if e == abi.ESTALE && !s.redoing { // else an earlier life of the server may have given it
		m.Seq = 0
		e = s.k.SendNB(to, m)
	}
	return e
}

// give answers an open request: now, or when the asker takes it. Neither a life that is over nor the next one gets
// anything.
func (s *Server) give(to abi.Endpoint, id policy.ID, at int, m *abi.Msg) {
	if id == policy.Nobody || s.table[id].endpoint != to || at < 0 {
		s.post(to, m)
		return
	}
	p := &s.table[id].mail.places[at]
	if id != s.req.from || at != s.req.place || s.turn.written { // else it was free before this turn
		s.changed(&s.table[id], partMail)
	}
	if s.post(to, m) != abi.ENOTREADY {
		s.table[id].mail.release(at) // also when the asker is dead: its record follows
		return
	}
	s.changed(&s.table[id], partMail)
	s.turn.globals = true
	s.orders++
	p.state, p.order, p.m = placeOwed, s.orders, *m
	s.keep(id)
}

// tell sends a message that is no answer; owed is the flag for it in the service's row.
func (s *Server) tell(id policy.ID, owed *bool) {
	if *owed {
		return // it is told once, with the newest news of that time
	}
	t := &s.table[id]
	if s.k.SendNB(t.endpoint, s.notice(t, owed)) == abi.ENOTREADY {
		*owed = true
		s.changed(t, partMail)
		s.keep(id)
	}
}

// notice makes the message of a flag in a service's mail.
func (s *Server) notice(t *service, owed *bool) *abi.Msg {
	switch s.out = (abi.Msg{}); owed {
	case &t.mail.stop:
		s.out.Type = abi.RSStop
	case &t.mail.fault:
		s.out.Type = abi.DriverFault
		s.out.Arg[0], s.out.Arg[6] = t.fault.way, t.fault.number
	default:
		s.out.Type = abi.RSNews
		s.out.Arg[0] = s.events.seq
	}
	return &s.out
}

// keep counts one more message that waits for its service, and lets the service know.
func (s *Server) keep(id policy.ID) {
	t := &s.table[id]
	if t.mail.owed++; t.mail.owed == 1 {
		s.owing++
		t.mail.pause, t.mail.due = firstTry, s.now+firstTry
	}
	s.k.Notify(t.endpoint)
}

// hand delivers the oldest answer, or else another message for the service, as the answer to its heartbeat with that number; 0: to
// whoever receives. False: it does not receive now, or waits for another answer, or there is none.
func (s *Server) hand(id policy.ID, heartbeat uint64) bool {
	t := &s.table[id]
	b := &t.mail
	var p *place
	at := 0
	for i := range b.places {
		if q := &b.places[i]; q.state == placeOwed && (p == nil || q.order < p.order) {
			p, at = q, i
		}
	}
	var flag *bool
	switch {
	case b.owed == 0:
		return false
	case p != nil:
		s.out = p.m
	case b.refused.Type != 0:
		s.out = b.refused
	case b.stop:
		flag = &b.stop
	case b.fault:
		flag = &b.fault
	default:
		flag = &b.news
	}
	if flag != nil {
		s.notice(t, flag)
	}
	s.out.Seq = heartbeat
	e := s.k.SendNB(t.endpoint, &s.out)
	if e == abi.ENOTREADY || e == abi.ESTALE { // perhaps an earlier life has answered the heartbeat, but who knows with what: better twice
		return false
	}
	s.changed(t, partMail)
	switch {
	case p != nil:
		b.release(at)
	case flag != nil:
		*flag = false
	default:
		b.refused.Type = 0
	}
	s.took(b)
	return true
}

// took counts one message less that waits.
func (s *Server) took(b *mail) {
	if b.owed--; b.owed == 0 {
		s.owing--
	}
}

// fetch answers a sign of life with the next message for the service.
func (s *Server) fetch(id policy.ID, kind abi.ReceiveKind) {
	b := &s.table[id].mail
	if kind != abi.KindSendRec {
		b.pause, b.due = firstTry, s.now+firstTry // it will receive soon
		return
	}
	if s.hand(id, s.in.Seq) || b.owed > 0 {
		return
	}
	s.out = abi.Msg{Type: abi.MsgReply}
	s.out.Arg[6], s.out.Seq = s.in.Arg[6], s.in.Seq
	s.k.SendNB(s.in.Source, &s.out)
}

// flush tries again to deliver mail that is due.
func (s *Server) flush() {
	if s.owing == 0 {
		return
	}
	for i := range s.table[:s.good] {
		b := &s.table[i].mail
		if b.owed == 0 || b.due > s.now {
			continue
		}
		for s.hand(policy.ID(i), 0) {
		}
		b.pause = min(2*b.pause, lastTry)
		b.due = s.now + b.pause
	}
}

// nextTry is when flush has something to do; ok is false when it has not.
func (s *Server) nextTry() (at time.Duration, ok bool) {
	if s.owing == 0 {
		return 0, false
	}
	for i := range s.table[:s.good] {
		if b := &s.table[i].mail; b.owed > 0 && (!ok || b.due < at) {
			at, ok = b.due, true
		}
	}
	return at, ok
}

// take gives a place that is free to a request.
func (m *mail) take(at int, seq uint64) {
	m.busy |= 1 << at
	p := &m.places[at]
	p.state, p.waits, p.seq = placeOpen, false, seq
}

// release frees a place.
func (m *mail) release(at int) {
	m.places[at].state = placeFree
	m.busy &^= 1 << at
}

// forget drops the mail of a service that has died.
func (s *Server) forget(id policy.ID) {
	b := &s.table[id].mail
	if b.empty() {
		return
	}
	s.changed(&s.table[id], partMail)
	if b.owed > 0 {
		s.owing--
	}
	*b = mail{}
}

// A byte has a bit for each place.
const _ = uint(8 - abi.RSOpen)
