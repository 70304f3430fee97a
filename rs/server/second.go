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
	t.turn.b = make([]byte, 1, turnSize)
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
		if l.Endpoint == s.root() {
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

// prove ends the server if what is kept does not lead to the state in b. rest is what was noted of the turn that is going on, and is not kept yet.
func (s *Server) prove(b, rest []byte) {
	f, ok := kept.Open(s.k.Kept(), kept.Latest)
	if !s.keeps || s.unproved || !ok {
		return
	}
	t := s.second
	t.anew()
	if !t.recall(&f, rest) {
		s.differ("what it has kept cannot be read")
	}
	t.snap = t.appendState(t.snap[:0])
	if !bytes.Equal(t.snap, b) {
		s.differ("what it has kept leads to another state, from byte " + decimal(uint64(firstUnlike(t.snap, b))))
	}
}

// anew makes the table as New makes it.
func (s *Server) anew() {
	for i := range s.table[:s.good] {
		t := &s.table[i]
		t.endpoint, t.image, t.watching, t.watch, t.patient = abi.None, noImage, false, 0, false
		t.mail, t.fault, t.words = mail{}, order{}, words{}
	}
	s.events.reset()
	s.own = own{}
}

func firstUnlike(a, b []byte) (at int) {
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	return at
}

// differ ends this life.
func (s *Server) differ(how string) {
	s.say("event=differs: rs is not what it should be: " + how + "; its next life goes on with what was kept")
	s.k.Exit(unlike, abi.ExitPanic)
}
