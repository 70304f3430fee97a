package server

import (
	"time"

	"bennu/rs/policy"
)

// A service that comes back at once comes back before anybody is told of its death: those who wait for it in the kernel know already, and
// log lines, events and news are dear. They follow when it is ready, or after hushMost, whatever else happens; where the policy waits
// before the next start, there is time at once.
const (
	hushMost = 50 * time.Millisecond // from the first such death on
	hushRest = time.Millisecond      // from its being ready on: those who waited for it come first
	noHush   = time.Duration(-1)
)

// hush puts telling off until a service that is being reborn is ready.
func (s *Server) hush(id policy.ID) {
	if s.tellAt == noHush {
		s.tellAt = s.now + hushMost
	}
	s.reborn |= 1 << id
}

// unhush notes that a service is ready, or will not be for a while: rest is how long others come first.
func (s *Server) unhush(id policy.ID, rest time.Duration) {
	if s.reborn>>id&1 == 0 {
		return
	}
	if s.reborn &^= 1 << id; s.reborn == 0 {
		s.tellAt = min(s.tellAt, s.now+rest)
	}
}

// tellAll writes the log's lines and tells watchers that there are events, unless that is put off.
func (s *Server) tellAll() {
	if s.tellAt != noHush {
		if s.now < s.tellAt {
			return
		}
		s.tellAt, s.reborn = noHush, 0
	}
	s.logEvents()
	s.news()
}
