package server

import (
	"bytes"
	"time"

	"bennu/kernel/abi"
	"bennu/rs/kept"
	"bennu/rs/policy"
)

// A snapshot is what all later lives go on from, so the state is proved before it is kept as one: a second state is made of what was kept
// before, the way a later life would, and must be the same. Where it is not, memory of this life is not what it was, or something was done that has
// no record: the life ends, and the next one goes on with what was kept. What is not seen is damage to the parts of rows that records have as they
// are (part), from the record on, and whatever the server's program does wrong in the same way each time.

// unlike is the exit status of a life whose state is not what it has kept.
const unlike = 3

// newSecond makes the second state, of the same configuration.
func (s *Server) newSecond() *Server {
	t := &Server{k: s.k, archive: s.archive, file: s.file, faulty: s.faulty, candidates: append([]candidate(nil), s.candidates...)}
	t.turn.b = make([]byte, recordHead, turnSize)
	t.assemble(t.faulty)
	return t
}

// looked is what the server has found when it compared itself with the kernel last.
type looked struct {
	at   time.Duration              // it looks again then; 0: nothing has happened since
	gone [abi.MaxTasks]abi.Endpoint // by place: a life that the kernel did not know; None: there was none
}

// lookRest is how long after a message the server looks, when it has nothing else to do.
const lookRest = 10 * time.Millisecond

// look ends the server if it does not know what the kernel does: who lives, and whose requests it has received and not answered. It is called when it
// has done all its work.
func (s *Server) look() {
	s.looked.at = 0
	if s.sweeping { // some may still come to be known
		s.looked.at = s.now + lookRest
		return
	}
	n, e := s.k.GetInfo(abi.InfoLives, 0, rowBytes(s.lives[:]))
	if e != abi.OK || s.over {
		return
	}
	lives := s.lives[:n/int(lifeSize)]
	for i := range lives {
		l := &lives[i]
		if l.Endpoint == s.root() || l.Flags&abi.LifeDying != 0 {
			continue
		}
		id := s.find(l.Endpoint)
		if id == policy.Nobody {
			s.differ("it does not know the life " + decimal(uint64(l.Endpoint)))
		}
		if l.Flags&abi.LifeAsks != 0 && !s.holds(id, l) {
			s.differ("it has lost a request of " + s.table[id].name)
		}
	}
	for i := range s.table[:s.good] {
		ep, gone := s.table[i].endpoint, &s.looked.gone[i]
		switch {
		case ep == abi.None || told(lives, ep):
			*gone = abi.None
		case ep == *gone:
			s.differ("it has not heard of the end of " + s.table[i].name)
		default: // its record may be on the way
			*gone, s.looked.at = ep, s.now+lookRest
		}
	}
}

// holds tells whether the request of a life has its place.
func (s *Server) holds(id policy.ID, l *abi.Life) bool {
	for i := range s.table[id].mail.places {
		if p := &s.table[id].mail.places[i]; p.state != placeFree && l.Asks(p.seq) {
			return true
		}
	}
	return false
}

// prove ends the server if what is kept does not lead to its state. rest is what was noted of the turn that is going on, and is not kept yet.
func (s *Server) prove(rest []byte) {
	f, ok := kept.Open(s.k.Kept(), kept.Latest)
	if !s.keeps || s.unproved || !ok {
		s.second.abreast = false
		return
	}
	t := s.second
	if !t.abreast {
		t.anew()
		t.events.reset()
		ok = t.readState(f.Snapshot)
	}
	if !ok || !t.catchUp(&f, rest) {
		s.differ("what it has kept cannot be read")
	}
	if what := s.unlike(t); what != "" {
		s.differ("what it has kept leads to another state: " + what)
	}
	t.abreast = true
}

// proveWritten ends the server if b is not its state, as a later life would read it: it is about to be a snapshot. The second state comes from there
// too, but for its events.
func (s *Server) proveWritten(b []byte) {
	t := s.second
	t.anew()
	events, ok := t.readKnown(b)
	if !ok || len(events) < 8 || le.Uint64(events) != s.events.seq {
		s.differ("what it is about to keep cannot be read")
	}
	if what := s.unlikeButEvents(t); what != "" {
		s.differ("what it is about to keep is another state: " + what)
	}
}

// anew makes the table as New makes it.
func (s *Server) anew() {
	for i := range s.table[:s.good] {
		t := &s.table[i]
		t.endpoint, t.image, t.watching, t.watch, t.patient = abi.None, noImage, false, 0, false
		t.mail, t.fault, t.words = mail{}, order{}, words{}
	}
	s.own = own{}
}

// unlike says what of a state is not as it is in another one; empty: all is.
func (s *Server) unlike(t *Server) string {
	if what := s.unlikeButEvents(t); what != "" {
		return what
	}
	if !s.events.same(&t.events) {
		return "the events"
	}
	return ""
}

func (s *Server) unlikeButEvents(t *Server) string {
	switch {
	case s.good != t.good || s.roomBytes != t.roomBytes || s.orders != t.orders || s.how != t.how || s.status != t.status || s.booted != t.booted || s.events.logged != t.events.logged:
		return "the server's own"
	case !s.policy.Same(t.policy):
		return "the policy's"
	}
	for i := range s.candidates {
		if a, b := &s.candidates[i], &t.candidates[i]; a.account != b.account || a.refused != b.refused || a.kernel != b.kernel {
			return "the account of " + a.conf.Label
		}
	}
	for i := range s.images {
		if a, b := &s.images[i], &t.images[i]; a.id != b.id || a.size != b.size {
			return "the image of " + a.file
		}
	}
	for i := range s.table[:s.good] {
		if a, b := &s.table[i], &t.table[i]; !a.same(b) {
			return a.name
		}
	}
	return ""
}

// same tells whether two rows are, as far as they are kept.
func (t *service) same(o *service) bool {
	if t.image != o.image || t.watching != o.watching || t.watch != o.watch || t.patient != o.patient || t.fault.on != o.fault.on || t.fault.on && t.fault != o.fault ||
		t.words.of != o.words.of || !bytes.Equal(t.words.text(), o.words.text()) {
		return false
	}
	return t.mail.same(&o.mail)
}

func (m *mail) same(n *mail) bool {
	if m.owed != n.owed || m.busy != n.busy || m.refused.Type != n.refused.Type || m.refused.Type != 0 && m.refused != n.refused ||
		m.owed > 0 && (m.stop != n.stop || m.fault != n.fault || m.news != n.news) {
		return false
	}
	for i := range m.places {
		p, q := &m.places[i], &n.places[i]
		if m.busy>>i&1 != 0 && (p.state != q.state || p.waits != q.waits || p.seq != q.seq || p.state == placeOwed && (p.order != q.order || p.m != q.m)) {
			return false
		}
	}
	return true
}

// differ ends this life.
func (s *Server) differ(how string) {
	s.say("event=differs: rs is not what it should be: " + how + "; its next life goes on with what was kept")
	s.k.Exit(unlike, abi.ExitPanic)
}
