package server

import (
	"strconv"

	"bennu/kernel/abi"
	"bennu/rs/policy"
)

// words are a service's last words, or RS's words about a life that could not begin.
type words struct {
	of  uint32 // the incarnation
	len int
	b   [abi.RSMaxLen]byte
}

func (w *words) text() []byte { return w.b[:w.len] }

// set keeps as much of text as fits, without bytes that do not print.
func (w *words) set(of uint32, text []byte) {
	w.of, w.len = of, copy(w.b[:], text)
	for i, c := range w.text() {
		if c < ' ' || c > '~' {
			w.b[i] = '?'
		}
	}
}

// hear keeps the words that s.in names: Arg[1] is a grant of the service's, Arg[2] their length.
// Errors: those of the copy.
func (s *Server) hear(id policy.ID) abi.Errno {
	n := min(s.in.Arg[2], abi.RSMaxLen)
	if n == 0 {
		return abi.OK
	}
	b := s.line[:n]
	e := s.k.CopyFrom(s.in.Source, abi.GrantID(s.in.Arg[1]), 0, b)
	if e == abi.OK {
		s.table[id].words.set(s.policy.Incarnation(id), b)
		s.changed(&s.table[id], partWords)
	}
	return e
}

// explain sets RS's own words about a life that could not begin: they name the port and its owner.
func (s *Server) explain(t *service, of uint32, why abi.Why) {
	b := s.line[:0]
	if why == abi.WhyPorts {
		b = s.appendOwner(b, t)
	}
	t.words.set(of, b)
	s.changed(t, partWords)
}

// appendOwner names the first port range of t that overlaps with one of a service that lives.
func (s *Server) appendOwner(b []byte, t *service) []byte {
	for i := range s.table[:s.good] {
		o := &s.table[i]
		if o == t || o.endpoint == abi.None {
			continue
		}
		for _, r := range t.conf.Ports {
			for _, x := range o.conf.Ports {
				if first := max(r.First, x.First); first <= min(r.Last, x.Last) {
					b = strconv.AppendUint(append(b, "port 0x"...), uint64(first), 16)
					return append(append(b, " is held by "...), o.name...)
				}
			}
		}
	}
	return append(b, "a port of its entry is held by a task that is no service"...)
}
