package server

import (
	"time"

	"bennu/kernel/abi"
	"bennu/rs/kept"
	"bennu/rs/policy"
)

// recall restores what a rung has, and does with it what rest says, which was to follow.
func (s *Server) recall(f *kept.Found, rest []byte) bool {
	s.own.records, s.own.believed = f.Log.Len(), -1
	return s.readState(f.Snapshot) && s.catchUp(f, rest)
}

// catchUp does with the state what the records behind its snapshot say, and then rest.
func (s *Server) catchUp(f *kept.Found, rest []byte) bool {
	all := f.Log.Len()
	s.own.believed = 0
	for whole := s.turn.b[:0]; ; {
		b := f.Log.Next()
		switch {
		case b == nil:
			if rest != nil {
				return s.replay(append(whole, rest...))
			}
			if len(whole) > 0 { // its turn will be done again
				s.own.lost = true
			}
			s.turn.b = s.turn.b[:recordHead]
			return true
		case len(b) < recordHead || b[0]&^recordFlags != 0:
			return false
		case b[0]&recordFirst != 0:
			whole = whole[:0]
		case len(whole) == 0:
			return false
		}
		turn := b[recordHead:]
		if b[0]&(recordFirst|recordLast) != recordFirst|recordLast {
			whole = append(whole, turn...)
			turn = whole
		}
		if b[0]&recordLast == 0 {
			continue
		}
		if !s.replay(turn) {
			return false
		}
		if whole = whole[:0]; b[0]&recordDone != 0 {
			s.tried, s.tries = abi.None, 0
		}
		s.own.believed = all - f.Log.Len()
	}
}

// given is the number of the next event as the records say it that were not believed: those behind the first n of a log, and left, if that is one. 0: they
// say nothing that can be.
func (s *Server) given(l kept.Log, n int, left []byte) uint64 {
	seq, bound := s.events.seq, s.events.seq
	for range n {
		l.Next()
	}
	for b := l.Next(); ; b = l.Next() {
		if b == nil {
			b, left = left, nil
		}
		if b == nil {
			return seq
		}
		if bound += abi.EventsKept; len(b) < recordHead || le.Uint64(b[1:]) < seq || le.Uint64(b[1:]) > bound { // no record has so many
			return 0
		}
		seq = le.Uint64(b[1:])
	}
}

// replay does with the state what the turns of a record have done with it.
func (s *Server) replay(b []byte) bool {
	r := &reader{b: b}
	for len(r.b) > 0 && !r.bad {
		switch r.u8() {
		case itemPolicy:
			now, rest, err := policy.ReadEvent(r.b, &s.event)
			if err != nil || !s.fits(&s.event) {
				return false
			}
			r.b = rest
			s.again(now)
		case itemRow:
			i, p := int(r.u8()), part(r.u8())
			if i >= s.good || p >= parts {
				return false
			}
			s.table[i].read(r, p, s.good)
		case itemGlobals:
			s.readGlobals(r)
		case itemImage:
			i, id, size := int(r.u8()), r.u32(), r.u64()
			if i >= len(s.images) {
				return false
			}
			s.images[i].id, s.images[i].size = id, size
		case itemEvent:
			var e abi.Event
			next, _ := r.event(&e)
			if r.bad {
				return false
			}
			n, at := s.events.add(policy.Nobody)
			e.Seq = n.Seq
			*n, s.events.next[at] = e, next
		case itemTry:
			if ep := abi.Endpoint(r.u32()); ep == s.tried {
				s.tries++
			} else {
				s.tried, s.tries = ep, 1
			}
		case itemRefused:
			i := int(r.u8())
			if i >= s.good {
				return false
			}
			s.table[i].mail.refused.Arg[1]++
		default:
			return false
		}
	}
	return !r.bad
}

// fits tells whether the policy takes an event.
func (s *Server) fits(e *policy.Event) bool {
	switch e.Kind {
	case policy.Boot, policy.Tick, policy.Shutdown, policy.Reborn:
		return e.Asker.From >= policy.Nobody && int(e.Asker.From) < s.good
	}
	return s.policy.Fits(e)
}

// again steps the event in s.event as of then. Of the actions only what they note in the server's own state is done again.
func (s *Server) again(now time.Duration) {
	s.now = now
	e := &s.event
	switch e.Kind {
	case policy.Death, policy.StartFailed, policy.Lost, policy.GiveUp:
		s.table[e.ID].endpoint = abi.None
	case policy.Started, policy.Adopt:
		s.table[e.ID].endpoint = e.Record.Endpoint
	}
	for i, actions := 0, s.policy.Step(now, e); i < len(actions); i++ {
		if a := &actions[i]; a.Kind == policy.Emit {
			s.register(a)
		}
	}
}
