package server

import (
	"strconv"

	"bennu/kernel/abi"
	"bennu/rs/ctl/wire"
)

// MaxUnheard is how many events a subscriber is sent without a line from it. A client that only listens sends an empty line
// more often, so that a few of them may be late: tools/internal/control does at every 512th event (TestAliveInTime).
const MaxUnheard = 4096

// Key is the key of a Subscription in the data store.
const Key = "events"

// Subscription outlives an incarnation: it says which client the session is of, and what that client follows.
type Subscription struct {
	On      bool
	Next    uint64 // number of the first event that the client may not have
	Session uint64
	Last    uint64 // the greatest number that was an id in this session
}

// Value is the subscription as the data store keeps it.
func (s Subscription) Value() (v [4]uint64) {
	if s.On {
		v[0], v[1] = 1, s.Next
	}
	v[2], v[3] = s.Session, s.Last
	return v
}

// MakeSubscription is the inverse of Value.
func MakeSubscription(v [4]uint64) Subscription {
	s := Subscription{Session: v[2], Last: v[3]}
	if v[0] == 1 {
		s.On, s.Next = true, v[1]
	}
	return s
}

// ident says which request an answer is for.
type ident struct {
	value   wire.Value // of the field id, as it was
	given   bool       // there was one
	session uint64
}

// unread is for a line whose id could not be read.
func (s *Server) unread() ident {
	return ident{wire.Value{Kind: wire.Raw, Text: "null"}, true, s.sub.Session}
}

// number is an id that is an unsigned integer.
func (id ident) number() (n uint64, ok bool) {
	n, err := strconv.ParseUint(id.value.Text, 10, 64)
	return n, id.given && err == nil
}

// next begins the session of another client. The last one's subscription and answers end; output that waits
// is dropped, but for a line that was begun.
func (s *Server) next() {
	s.sub = Subscription{Session: s.sub.Session + 1}
	s.unheard, s.ended = 0, ""
	keep := 0
	if s.begun {
		for keep < len(s.out) && s.out[keep] != '\n' {
			keep++
		}
		keep = min(keep+1, len(s.out))
	}
	s.out = s.out[:keep]
}

// Hangup tells that the other end of the wire went: its modem lines fell.
func (s *Server) Hangup() {
	s.next()
	s.line, s.tooLong, s.gap, s.skip = s.line[:0], false, false, false
}

// follows looks at the id of a request. A client numbers its requests upwards. A number that is not above the
// ones before is from a new client, which said no hello, and the events are not for it.
func (s *Server) follows(id ident) {
	n, ok := id.number()
	if !ok {
		return
	}
	if s.sub.On && n <= s.sub.Last {
		s.sub.On = false
		s.ended = "id " + strconv.FormatUint(n, 10) + " is not above " + strconv.FormatUint(s.sub.Last, 10) + ": taken for a new client, which has not subscribed"
	}
	s.sub.Last = max(s.sub.Last, n)
}

// sent counts an event that was written. A silent subscriber may be gone.
func (s *Server) sent() {
	if s.unheard++; s.unheard < MaxUnheard {
		return
	}
	s.sub.On, s.unheard = false, 0
	s.begin()
	s.w.String("event", "end")
	s.w.Seconds("t", s.asker.Now())
	s.w.String("why", "no line came from the subscriber in "+strconv.Itoa(MaxUnheard)+" events; an empty one is enough")
	s.finish()
}

// doHello begins a session.
func (s *Server) doHello(id ident, _ fields) {
	s.next()
	if n, ok := id.number(); ok {
		s.sub.Last = n
	}
	id.session = s.sub.Session
	s.succeed(id)
	s.hello()
	s.finish()
}

// doBye ends one.
func (s *Server) doBye(id ident, _ fields) {
	s.next()
	id.session = s.sub.Session
	s.succeed(id)
	s.finish()
}

// hello tells the client about the server, and about its session.
func (s *Server) hello() {
	s.w.Seconds("t", s.asker.Now())
	s.w.String("label", s.Label)
	s.w.Uint("incarnation", uint64(s.Incarnation))
	s.w.Uint("abi", abi.Version)
	s.w.String("version", s.Version)
	s.w.Uint("session", s.sub.Session)
	s.w.Bool("subscribed", s.sub.On)
	s.w.Uint("next", s.sub.Next)
}
