package server

import (
	"time"

	"bennu/kernel/abi"
	"bennu/rs/policy"
)

// The deaths that nobody has handled when a life of the server begins.

// takeRecords takes the records of deaths that wait: the server's own first, then others, which are handled when the state is the kernel's.
func (s *Server) takeRecords() {
	s.taken = s.taken[:0]
	for s.takeDeath() == abi.OK {
		if r := &s.record; r.Endpoint == s.root() {
			s.own.record = facts(r)
		} else {
			s.taken = append(s.taken, *r)
		}
		if s.record.Waiting == 0 {
			break
		}
	}
}

// tryTwice is how many lives of the server a death record may end.
const tryTwice = 2

// bury handles the records that were waiting. One that has ended two lives of the server is not looked at again: its service is given up.
func (s *Server) bury() {
	for i := range s.taken {
		r := &s.taken[i]
		id := s.find(r.Endpoint)
		if id == policy.Nobody {
			continue
		}
		doubtful := s.keeps && s.own.record.Cause != abi.CauseKilled
		if doubtful && r.Endpoint == s.tried && s.tries >= tryTwice {
			s.gone(id)
			s.step(policy.Event{Kind: policy.GiveUp, ID: id, Record: policy.Record{Endpoint: r.Endpoint, Died: time.Duration(r.DiedNS)}})
			s.say("label=" + s.table[id].name + " event=spared: two lives of rs have ended with its death, which is not handled again")
			continue
		}
		if doubtful {
			s.note()
			s.jotRows()
			if len(s.turn.b) > recordHead {
				s.write(false)
			}
			s.turn.b = le.AppendUint32(append(s.turn.b, itemTry), uint32(r.Endpoint))
			s.write(false)
		}
		s.ended(r)
	}
	rest := s.taken[:0]
	for i := range s.taken {
		if r := &s.taken[i]; r.StartedNS != 0 && s.unheard(r) {
			rest = append(rest, *r)
		}
	}
	s.taken, s.buried = rest, true
}

// unheard tells whether a record is of a life that nobody knows, and may have been begun for what the server was given, and is given again.
func (s *Server) unheard(r *abi.DeathRecord) bool {
	for i := range s.table[:s.good] {
		if s.table[i].account == r.Account {
			return r.Incarnation >= s.policy.Lives(policy.ID(i))
		}
	}
	return false
}

// buryOverdue handles the records of lives that have come to be known since.
func (s *Server) buryOverdue() {
	for len(s.overdue) > 0 {
		r := s.overdue[0]
		s.overdue = s.overdue[:copy(s.overdue, s.overdue[1:])]
		s.ended(&r)
		s.note() // this turn has taken a message, and it is to be noted before there is another
	}
}
