package server

import (
	"time"

	"bennu/rs/policy"
)

// A service that comes back at once comes back before anybody is told of its death: those who wait for it in the kernel know already, and
// log lines, events and news are dear. Watchers are told when it is ready; the log's lines and those who only show what happens follow
// when the first had their time; all after hushMost, whatever else happens. Where the policy waits before the next start, there is time at once.
const (
	hushMost = 50 * time.Millisecond // from the first such death on
	hushRest = time.Millisecond      // from its being ready on, for the log's lines and patient watchers
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

// tellAll tells watchers that there are events and writes the log's lines, unless that is put off.
func (s *Server) tellAll() {
	if s.tellAt != noHush && s.now >= s.tellAt {
		s.tellAt, s.reborn = noHush, 0
	}
	if s.tellAt == noHush {
		s.logEvents()
	}
	if s.reborn == 0 {
		s.news()
	}
}
