package server

import (
	"bennu/kernel/abi"
	"bennu/kernel/archive"
)

// Archive is the boot archive: kernel/archive's.
type Archive interface {
	File(name string) (b []byte, ok bool)
	Lookup(name string) (archive.Entry, bool)
	Check(name string) error
}

// root is the server's own endpoint.
func (s *Server) root() abi.Endpoint { return s.k.Start().Endpoint }

// unpromised is how many bytes of memory are free and promised to nobody.
func (s *Server) unpromised() uint64 {
	var c abi.Counts
	s.k.GetInfo(abi.InfoCounts, 0, abi.Bytes(&c))
	return (c.Frames - c.Reserved) * abi.PageSize
}

// takeDeath takes the oldest record of a death. The dead task's account pays then. Errors: EAGAIN (there is none).
func (s *Server) takeDeath() abi.Errno {
	_, e := s.k.GetInfo(abi.InfoDeath, 1, abi.Bytes(&s.record))
	if e == abi.OK {
		s.turn.held = true
		s.payer = s.record.Account
	}
	return e
}

// pay has an account pay for what follows.
func (s *Server) pay(a abi.AccountID) {
	if s.payer != a {
		s.k.AccountPay(a)
		s.payer = a
	}
}

// resetLatency reads the record of the worst delays, which begins anew.
func (s *Server) resetLatency(l *abi.Latency) abi.Errno {
	_, e := s.k.GetInfo(abi.InfoLatency, 1, abi.Bytes(l))
	return e
}

// poke writes a byte of another task's memory.
func (s *Server) poke(ep abi.Endpoint, addr uint64, b byte) abi.Errno {
	_, e := s.k.Trace(abi.TracePoke1, ep, addr, uint64(b))
	return e
}
