package server

import (
	"math/bits"
	"strconv"

	"bennu/kernel/abi"
	"bennu/rs/policy"
)

// logEvents writes a line for each event that has none yet.
func (s *Server) logEvents() {
	r := &s.events
	for p := r.from(r.logged); p != 0; p = r.newer[p-1] {
		at := p - 1
		if n := r.unlogged(r.e[at].Seq); n > 0 {
			s.line = strconv.AppendUint(append(s.line[:0], "events that were gone before they had a line: "...), n, 10)
			s.k.DiagAbout(0, s.line)
		}
		r.logged = r.e[at].Seq + 1
		s.turn.globals = true
		s.line = appendEvent(s.line[:0], &r.e[at], r.next[at])
		s.line = s.appendWords(s.line, &r.e[at])
		if t := r.e[at].TimeNS; t != uint64(s.now) { // it was put off
			s.line = appendSeconds(append(s.line, " at="...), t)
		}
		s.k.DiagAbout(s.accountOf(&r.e[at]), s.line)
	}
}

// accountOf is the account whose share of the log pays for the line of an event: a service that dies often must
// not hide the events of others.
func (s *Server) accountOf(e *abi.Event) uint64 {
	if i := s.byLabel(e.Label); i >= 0 {
		return uint64(s.table[i].account)
	}
	return 0
}

// appendEvent writes an event in logfmt: the service, then what happened, then the figures. next is the event
// that follows a death. The kernel's log puts time and "rs: " before it.
func appendEvent(b []byte, e *abi.Event, next abi.EventKind) []byte {
	if e.Label != (abi.Label{}) {
		b = appendLabel(append(b, "label="...), &e.Label)
		if e.Kind != abi.EventRefuse {
			b = append(b, " inc="...)
			b = strconv.AppendUint(b, uint64(e.Incarnation), 10)
		}
		b = append(b, ' ')
	}
	if e.Kind == abi.EventDeath {
		b = append(append(b, "reason="...), e.Reason.String()...)
		b = append(append(b, " action="...), next.String()...)
		b = appendTime(b, " after=", e.BackoffNS)
	} else {
		b = append(append(b, "event="...), e.Kind.String()...)
		if e.Reason != abi.ReasonNone {
			b = append(append(b, " reason="...), e.Reason.String()...)
		}
	}
	if e.Errno != abi.OK {
		b = append(append(b, " errno="...), e.Errno.Name()...)
	}
	if e.Why != abi.WhyNone {
		b = append(append(b, " why="...), e.Why.String()...)
	}
	if e.Kind == abi.EventDeath {
		b = appendDeath(b, e)
	}
	if e.Warm != 0 && e.Kind != abi.EventDeath {
		b = append(b, " warm=yes"...)
	}
	if e.Endpoint != abi.None {
		b = append(b, " ep="...)
		b = strconv.AppendUint(b, uint64(e.Endpoint), 10)
	}
	return appendTime(b, " recovery=", e.RecoveryNS)
}

// appendWords adds the last words to the line of a death that RS can say no more about by itself.
func (s *Server) appendWords(b []byte, e *abi.Event) []byte {
	if e.Kind != abi.EventDeath || e.Why == abi.WhyNone {
		return b
	}
	w := &s.table[s.byLabel(e.Label)].words
	if w.len == 0 || w.of != e.Incarnation {
		return b
	}
	b = append(b, ` words="`...)
	for _, c := range w.text() { // all of it prints
		if c == '"' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return append(b, '"')
}

func appendDeath(b []byte, e *abi.Event) []byte {
	switch e.Reason {
	case abi.ReasonException:
		b = append(append(b, " vector="...), abi.VectorName(e.Vector)...)
		b = appendHex(b, " rip=", e.RIP)
		if e.Vector == 14 { // page fault
			b = appendHex(b, " cr2=", e.CR2)
		}
	case abi.ReasonExit, abi.ReasonPanic, abi.ReasonBadCall:
		b = append(b, " status="...)
		b = strconv.AppendUint(b, e.Status, 10)
	}
	return appendTime(b, " detect=", e.DetectNS)
}

func appendHex(b []byte, key string, v uint64) []byte {
	return strconv.AppendUint(append(append(b, key...), "0x"...), v, 16)
}

// appendSeconds writes a time since boot as the log's own stamps are written.
func appendSeconds(b []byte, ns uint64) []byte {
	b = append(strconv.AppendUint(b, ns/1e9, 10), '.')
	us := ns % 1e9 / 1000
	for unit := uint64(100_000); unit > 0; unit /= 10 {
		b = append(b, '0'+byte(us/unit%10))
	}
	return b
}

func appendLabel(b []byte, l *abi.Label) []byte {
	for _, c := range l {
		if c != 0 {
			b = append(b, c)
		}
	}
	return b
}

// appendTime writes a time that is not zero: 2s, 1.5ms, 250us, 80ns. Not time.Duration's
// String, which allocates.
func appendTime(b []byte, key string, ns uint64) []byte {
	if ns == 0 {
		return b
	}
	unit, name := uint64(1), "ns"
	switch {
	case ns >= 1e9:
		unit, name = 1e9, "s"
	case ns >= 1e6:
		unit, name = 1e6, "ms"
	case ns >= 1e3:
		unit, name = 1e3, "us"
	}
	b = strconv.AppendUint(append(b, key...), ns/unit, 10)
	if rest := ns % unit; rest > 0 {
		b = append(b, '.')
		for rest > 0 {
			unit /= 10
			b = append(b, '0'+byte(rest/unit))
			rest %= unit
		}
	}
	return append(b, name...)
}

// news tells watchers that events are there.
func (s *Server) news() {
	for m := s.watchers; m != 0; m &= m - 1 {
		i := bits.TrailingZeros64(m)
		t := &s.table[i]
		if !t.watching {
			s.watchers &^= 1 << i
			continue
		}
		if s.events.seq <= t.watch || t.patient && s.tellAt != noHush {
			continue
		}
		t.watching = false
		s.changed(t, partWatch)
		s.tell(policy.ID(i), &t.mail.news)
	}
}
