package server

import (
	"strconv"

	"bennu/kernel/abi"
	"bennu/rs/policy"
)

const (
	maxOutbox = 64 // messages that wait for their receiver
	maxOwed   = 4  // of them, to one receiver
	// maxAsync is how many senda messages one receiver may be owed. The kernel keeps
	// abi.MaxAsync of the server in all: a service that never receives must not have them.
	maxAsync = 2
)

// outgoing is a message that neither its receiver nor the kernel has taken yet.
type outgoing struct {
	to abi.Endpoint
	m  abi.Msg
}

// post sends without waiting: to a receiver that waits, else by the kernel, else by the
// outbox. What is owed goes first. A message to the dead is dropped.
func (s *Server) post(to abi.Endpoint, m *abi.Msg) {
	owed := 0
	for i := range s.outbox {
		if s.outbox[i].to == to {
			owed++
		}
	}
	if owed == 0 && s.deliver(to, m) {
		return
	}
	if owed >= maxOwed || len(s.outbox) == maxOutbox {
		s.line = strconv.AppendUint(append(s.line[:0], "event=lost ep="...), uint64(to), 10)
		s.line = appendHex(s.line, " type=", uint64(m.Type))
		s.k.Diag(0, s.line)
		return
	}
	s.outbox = append(s.outbox, outgoing{to, *m})
}

// deliver tries now; false: the receiver is not ready and the kernel is not to keep more.
func (s *Server) deliver(to abi.Endpoint, m *abi.Msg) bool {
	id := s.find(to)
	switch s.k.SendNB(to, m) {
	case abi.OK:
		if id != policy.Nobody {
			s.table[id].async = 0 // it waited: so nothing older of the kernel's was left
		}
		return true
	case abi.ENOTREADY:
	default: // it is dead, or may not be sent to
		return true
	}
	if id == policy.Nobody {
		s.k.SendA(to, m) // no service of the table: the kernel's best is enough
		return true
	}
	if s.table[id].async >= maxAsync {
		return false
	}
	switch s.k.SendA(to, m) {
	case abi.EAGAIN:
		return false
	case abi.OK:
		s.table[id].async++
	}
	return true
}

// flush offers what is owed again, in order.
func (s *Server) flush() {
	if len(s.outbox) == 0 {
		return
	}
	keep := s.outbox[:0]
	for _, o := range s.outbox {
		blocked := false
		for i := range keep {
			blocked = blocked || keep[i].to == o.to
		}
		s.out = o.m
		if blocked || !s.deliver(o.to, &s.out) {
			keep = append(keep, o)
		}
	}
	s.outbox = keep
}
